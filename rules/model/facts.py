"""What enters the journal, each a frozen dataclass with its versioned kind; the record is the fold of these.

A released kind never changes: a new meaning is a new kind or a new version, and `edge/codec.py` reads the old one.
Fields named in `SEALED` are foreign or personal text, and enter as salted commitments only; all else is plain and our own.
"""

from typing import ClassVar, Literal

from rules.model.account_facts import AccountFact
from rules.model.alerts import AlertFact
from rules.model.book_facts import BookFact
from rules.model.camera_facts import CameraFact
from rules.model.device_facts import DeviceIdentified
from rules.model.district_facts import DirectiveAnswered
from rules.model.drill_facts import DrillFact
from rules.model.exterior_facts import DoorsWatched
from rules.model.flag_facts import FlagFact
from rules.model.ids import (
    Actor,
    ButtonId,
    CommandId,
    ControllerId,
    DoorId,
    IncidentId,
    InputId,
    PressId,
    ZoneId,
)
from rules.model.kinds import KindWord
from rules.model.notices import NoticeFact
from rules.model.post_facts import PostFact
from rules.model.response_facts import ResponseFact
from rules.model.responses import Response
from rules.model.screens import ScreenFact
from rules.model.selftest_facts import SelfTestFact
from rules.model.statements import StatementFact
from rules.model.tabletop_facts import TabletopFact
from rules.model.values import dataclass
from rules.model.verdicts import VerdictWord

Standing = Literal[
    "acted", "joined", "repeated", "retained", "too_old", "unknown_age", "found_pressed", "test", "rule_failed",
]  # fmt: skip
"""What a press counted as. Only `acted` and `joined` did anything; the unsure ones wait for a person."""
OrderWord = Literal["lock", "rest", "free"]


@dataclass(frozen=True, slots=True)
class PressRecorded:
    """One press, as what it was."""

    KIND: ClassVar[str] = "press.heard/1"
    SEALED: ClassVar[tuple[str, ...]] = ("word",)
    button: ButtonId
    press: PressId
    standing: Standing
    path: str
    gesture: str
    """`single`, `double`, `hold` or `unlisted`."""
    response: Response
    zone: ZoneId
    kind: KindWord
    counter: int | None
    age_us: int | None
    word: str


@dataclass(frozen=True, slots=True)
class PressUnanswered:
    """A press that may be an emergency and started nothing by itself: a person must answer it."""

    KIND: ClassVar[str] = "press.unanswered/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    button: ButtonId
    press: PressId
    response: Response
    zone: ZoneId
    why: str


@dataclass(frozen=True, slots=True)
class PressAnswered:
    KIND: ClassVar[str] = "press.answered/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    number: int
    started: bool
    reason: str


@dataclass(frozen=True, slots=True)
class StartRecorded:
    """A person asked for a response from a page, a phone or a program; what came of it stands in the entries beside it."""

    KIND: ClassVar[str] = "start.asked/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    response: Response
    zones: tuple[ZoneId, ...]
    kind: KindWord
    joined: bool
    reason: str


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A person's words in an incident's timeline."""

    KIND: ClassVar[str] = "incident.note/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text",)
    id: IncidentId
    text: str


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    KIND: ClassVar[str] = "incident.opened/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: IncidentId
    kind: KindWord
    response: Response
    zone: ZoneId
    silent: bool


@dataclass(frozen=True, slots=True)
class IncidentRaised:
    """A live incident rose to a higher-ranked response; it is never lowered."""

    KIND: ClassVar[str] = "incident.raised/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: IncidentId
    response: Response
    zone: ZoneId


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    KIND: ClassVar[str] = "incident.closed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    id: IncidentId
    kind: KindWord
    reason: str


@dataclass(frozen=True, slots=True)
class ZoneResponded:
    """A zone's own response changed; `number` counts these for the whole campus within an epoch."""

    KIND: ClassVar[str] = "zone.response/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    zone: ZoneId
    response: Response | None
    kind: KindWord | None
    incident: IncidentId | None


@dataclass(frozen=True, slots=True)
class DoorsOrdered:
    """Doors told to lock, to return to rest, or freed by the fire rule; `held` are those the interlock held back.

    `held` pairs a door with the code of why.
    """

    KIND: ClassVar[str] = "doors.ordered/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    order: OrderWord
    doors: tuple[DoorId, ...]
    held: tuple[tuple[DoorId, str], ...]
    commands: tuple[CommandId, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class DoorsAsserted:
    """The standing order of these doors was written once more: the same value, never cycled."""

    KIND: ClassVar[str] = "doors.asserted/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    order: OrderWord
    doors: tuple[DoorId, ...]
    commands: tuple[CommandId, ...]


@dataclass(frozen=True, slots=True)
class CommandRecorded:
    """What a command during an incident came to, where it was not simply written."""

    KIND: ClassVar[str] = "command.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    command: CommandId
    controller: ControllerId
    ending: str
    code: str


@dataclass(frozen=True, slots=True)
class VerdictReached:
    """A door's verdict changed. Ages are of the evidence at that moment, None where not wired or never read."""

    KIND: ClassVar[str] = "door.verdict/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    door: DoorId
    verdict: VerdictWord
    by: str | None
    code: str
    bolt: bool | None
    position: bool | None
    evidence_age_us: int | None


@dataclass(frozen=True, slots=True)
class OutputsOrdered:
    KIND: ClassVar[str] = "outputs.ordered/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    on: bool
    outputs: tuple[str, ...]
    held: tuple[tuple[str, str], ...]
    commands: tuple[CommandId, ...]


@dataclass(frozen=True, slots=True)
class InputTurned:
    """An input became active or quiet, or `unsure` (stale or unreadable)."""

    KIND: ClassVar[str] = "input.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    input: InputId
    state: Literal["active", "quiet", "unsure"]


@dataclass(frozen=True, slots=True)
class ControllerTurned:
    KIND: ClassVar[str] = "controller.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("detail",)
    controller: ControllerId
    up: bool
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class SessionTurned:
    KIND: ClassVar[str] = "broker.session/1"
    SEALED: ClassVar[tuple[str, ...]] = ("detail",)
    session: str
    up: bool
    detail: str


@dataclass(frozen=True, slots=True)
class ButtonTurned:
    """A supervised button fell silent, or was heard again."""

    KIND: ClassVar[str] = "button.supervision/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    button: ButtonId
    state: Literal["silent", "heard"]


@dataclass(frozen=True, slots=True)
class MessageRefusedRecorded:
    """A message that could not be read. Sealed with its start is its digest: unsalted, a short text could be guessed."""

    KIND: ClassVar[str] = "message.refused/1"
    SEALED: ClassVar[tuple[str, ...]] = ("topic", "payload", "sha256")
    button: ButtonId | None
    code: str
    size: int
    sha256: str
    topic: str
    payload: str


@dataclass(frozen=True, slots=True)
class WalkTestStarted:
    KIND: ClassVar[str] = "walk_test.started/1"
    SEALED: ClassVar[tuple[str, ...]] = ("person",)
    buttons: tuple[ButtonId, ...]
    minutes: int
    until_utc_us: int
    until_mono_us: int
    boot: str
    person: str


@dataclass(frozen=True, slots=True)
class WalkTestEnded:
    KIND: ClassVar[str] = "walk_test.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    buttons: tuple[ButtonId, ...]
    code: str


@dataclass(frozen=True, slots=True)
class FlagRaised:
    """`args` are sealed: some quote what others wrote, such as a configuration or a topic."""

    KIND: ClassVar[str] = "flag.raised/1"
    SEALED: ClassVar[tuple[str, ...]] = ("args",)
    code: str
    subject: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlagCleared:
    KIND: ClassVar[str] = "flag.cleared/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    code: str
    subject: str


@dataclass(frozen=True, slots=True)
class RuleFailed:
    """A rule raised. What went out instead stands in the entries beside it; a person is called."""

    KIND: ClassVar[str] = "rule.failed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("error",)
    event: str
    fallback: str
    error: str


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """A person's request that was refused, and why."""

    KIND: ClassVar[str] = "request.refused/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    verb: str
    code: str


@dataclass(frozen=True, slots=True)
class DaemonStarted:
    KIND: ClassVar[str] = "daemon.started/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    version: str
    pack_hash: str
    config_hash: str
    mode: Literal["normal", "last_accepted", "safe"]
    boot: str


@dataclass(frozen=True, slots=True)
class ConfigurationTurned:
    """A configuration was accepted, or refused with that many problems; the accepted one goes on."""

    KIND: ClassVar[str] = "configuration.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    accepted: bool
    config_hash: str
    pack_hash: str
    problems: int
    code: str


@dataclass(frozen=True, slots=True)
class TelemetrySummed:
    """What is not recorded one by one, summed over some minutes; `longest_us` is the loop's longest step."""

    KIND: ClassVar[str] = "telemetry.summary/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    minutes: int
    scans: int
    statuses: int
    movements: int
    longest_us: int
    shed: int


@dataclass(frozen=True, slots=True)
class IncidentExported:
    """An incident's record was made to be taken out of the box, by the entry's actor. redacted: nothing sealed is open."""

    KIND: ClassVar[str] = "incident.exported/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: IncidentId
    redacted: bool


Fact = (
    PressRecorded
    | PressUnanswered
    | PressAnswered
    | StartRecorded
    | NoteWritten
    | IncidentOpened
    | IncidentRaised
    | IncidentClosed
    | IncidentExported
    | ZoneResponded
    | DoorsOrdered
    | DoorsAsserted
    | CommandRecorded
    | VerdictReached
    | OutputsOrdered
    | InputTurned
    | ControllerTurned
    | SessionTurned
    | ButtonTurned
    | MessageRefusedRecorded
    | WalkTestStarted
    | WalkTestEnded
    | SelfTestFact
    | FlagRaised
    | FlagCleared
    | RuleFailed
    | RequestRefused
    | DaemonStarted
    | ConfigurationTurned
    | TelemetrySummed
    | FlagFact
    | CameraFact
    | AccountFact
    | DeviceIdentified
    | DoorsWatched
    | BookFact
    | DirectiveAnswered
    | NoticeFact
    | ScreenFact
    | PostFact
    | StatementFact
    | ResponseFact
    | AlertFact
    | DrillFact
    | TabletopFact
)


@dataclass(frozen=True, slots=True)
class Because:
    """Why, as a code with arguments; put into words only when shown."""

    code: str
    args: tuple[tuple[str, str | int | bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One row for the journal, before it is numbered and hashed."""

    fact: Fact
    subject: str
    actor: Actor
    incident: IncidentId | None = None
    because: Because | None = None
