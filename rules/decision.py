"""What came of one event: entries for the journal, permits for the drivers, answers for who asked."""

from rules.model.commands import Permit
from rules.model.facts import Entry
from rules.model.ids import ButtonId, DeliveryId, IncidentId, PressId, RequestId
from rules.model.kinds import KindWord
from rules.model.notices import Notice
from rules.model.selftest import Probe
from rules.model.values import dataclass
from rules.state import State


@dataclass(frozen=True, slots=True)
class PressAnswer:
    """To a button, once the entries are durable (or the disk took nothing for 1 s).

    `incident` None: nothing was opened, or it is not to be shown (duress). `delivery` is acknowledged with it.
    `topic_answer` False: only the broker is acknowledged.
    """

    button: ButtonId | None
    press: PressId | None
    incident: IncidentId | None
    kind: KindWord
    delivery: DeliveryId | None
    topic_answer: bool = True


@dataclass(frozen=True, slots=True)
class RequestAnswer:
    """To a person, once the entries are durable. `code` `done` or why not; `args` for its text."""

    request: RequestId
    done: bool
    code: str
    args: tuple[tuple[str, str | int | bool], ...] = ()
    incident: IncidentId | None = None


Answer = PressAnswer | RequestAnswer


@dataclass(frozen=True, slots=True)
class Decision:
    """What to hand on, permits before anything else, and the state once it is taken.

    `state.record` is the fold of `entries` over the record before: a restart folds them and gets the same.
    probes: what a self-test asks of the box, after everything else. notices: what routes tell people, behind the permits.
    """

    state: State
    entries: tuple[Entry, ...] = ()
    permits: tuple[Permit, ...] = ()
    answers: tuple[Answer, ...] = ()
    probes: tuple[Probe, ...] = ()
    notices: tuple[Notice, ...] = ()
