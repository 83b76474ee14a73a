"""What persons ask about drills: one event, with one of these in it. Each is answered once durable."""

from rules.model.drill_facts import DrillKind
from rules.model.ids import Actor, ButtonId, DrillId, RequestId, ZoneId
from rules.model.moments import Instant
from rules.model.responses import Response
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class PlanDrill:
    """See `drill_facts.DrillPlanned`. response None: that of the type."""

    type: str
    kind: DrillKind
    response: Response | None
    zones: tuple[ZoneId, ...]
    buttons: tuple[ButtonId, ...]
    failures: tuple[tuple[str, str], ...]
    day: int
    minute: int
    announced: bool
    note: str


@dataclass(frozen=True, slots=True)
class CancelDrill:
    drill: DrillId
    reason: str


@dataclass(frozen=True, slots=True)
class GiveNotice:
    drill: DrillId
    whom: str
    how: str


@dataclass(frozen=True, slots=True)
class StartDrill:
    """Begin a planned one, now. minutes: how long enrolled buttons count as the drill's, at most."""

    drill: DrillId
    minutes: int
    waits: bool = False


@dataclass(frozen=True, slots=True)
class BeginDrill:
    """Begin one that nobody planned before."""

    type: str
    kind: DrillKind
    response: Response | None
    zones: tuple[ZoneId, ...]
    buttons: tuple[ButtonId, ...]
    failures: tuple[tuple[str, str], ...]
    minutes: int
    waits: bool = False


@dataclass(frozen=True, slots=True)
class EndDrill:
    """End what is under way; its incident, if one is live, is closed. Doors stay as they are."""

    drill: DrillId
    reason: str


@dataclass(frozen=True, slots=True)
class LogDrill:
    type: str
    day: int
    minute: int
    note: str


@dataclass(frozen=True, slots=True)
class FillField:
    drill: DrillId
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class CloseFinding:
    """ticket or change, one of them."""

    drill: DrillId
    finding: int
    ticket: str
    change: str


DrillAsk = (
    PlanDrill
    | CancelDrill
    | GiveNotice
    | StartDrill
    | BeginDrill
    | EndDrill
    | LogDrill
    | FillField
    | CloseFinding
)


@dataclass(frozen=True, slots=True)
class DrillAsked:
    """A person's request about drills. role: as in `events.StartAsked`."""

    at: Instant
    request: RequestId
    actor: Actor
    ask: DrillAsk
    role: str = ""
