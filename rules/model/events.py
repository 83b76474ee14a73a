"""What happened, in the past tense: everything that enters the one inbox.

Drivers hand in what devices did, the socket hands in what persons asked, the loop hands in `Ticked`.
The counterpart is `commands`. Events are transient; what is remembered of them are `facts`.
"""

from collections.abc import Mapping
from typing import Literal

from rules.model.alerts import AlertAsked, AlertEvent
from rules.model.book_events import BookDecided
from rules.model.camera_events import CameraEvent, LearnAsked
from rules.model.device_facts import ControllerIdentified
from rules.model.district_facts import DirectiveEnded
from rules.model.drill_asks import DrillAsked
from rules.model.ids import (
    Actor,
    ButtonId,
    CommandId,
    ControllerId,
    DeliveryId,
    DoorId,
    IncidentId,
    PressId,
    RequestId,
    Space,
    ZoneId,
)
from rules.model.kinds import Drill, Exercise, Kind, Real
from rules.model.moments import Instant
from rules.model.notices import NoticeEnded
from rules.model.post_asks import PostAsked
from rules.model.responses import Response
from rules.model.school import SchoolTold
from rules.model.screens import ScreenAnswerAsked, ScreenDrew
from rules.model.selftest import LinkName
from rules.model.statements import StatementAsked
from rules.model.tabletop_asks import TabletopAsked
from rules.model.values import dataclass

SessionName = Literal["presses", "status"]
PressPath = Literal["mqtt", "cli"]


# --- buttons ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PressHeard:
    """A press by a networked button, parsed by its declared format, not yet judged.

    gesture: the word with the format's prefixes removed, lower case (`single`, `double`, `triple`,
        `hold`, `emergency`, ...); edges that are no gesture never become an event.
    press_id: valid as sent, or the SHA-256 of what was sent; None where the device gives none.
    device_at_us: UTC microseconds by the device's or the network's clock; None where it gives none.
    waited_at_most_us: longest time the broker may have held it: 0 delivered live, None unknown.
    delivery: to be acknowledged to the broker once durable; None where nothing waits for it.
    """

    at: Instant
    button: ButtonId
    gesture: str
    press_id: PressId | None
    counter: int | None
    device_at_us: int | None
    waited_at_most_us: int | None
    retained: bool
    path: PressPath
    delivery: DeliveryId | None


@dataclass(frozen=True, slots=True)
class StatusHeard:
    """A button's report. `online` False is a last will: a hint. Retained: says nothing about now."""

    at: Instant
    button: ButtonId
    battery: int | None
    online: bool | None
    device_at_us: int | None
    retained: bool


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """A message on a topic of ours that could not be read. `button` is None for an unknown topic."""

    at: Instant
    button: ButtonId | None
    code: str
    topic: str
    payload: bytes
    delivery: DeliveryId | None


@dataclass(frozen=True, slots=True)
class SessionChanged:
    """One of our two MQTT sessions went up or down."""

    at: Instant
    session: SessionName
    up: bool
    detail: str


# --- controllers, doors, inputs, wired buttons -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Scanned:
    """Points of one controller as read in one round.

    started: when the round's first request left. A value counts as read then, the earliest it can
        have been sampled, so that nothing read before a command's answer can prove that command.
    values: bits as 0 or 1, registers as 0..65535, by (space, number).
    by_commands: the round went over the connection that commands use, so that it proves that one too.
    """

    at: Instant
    controller: ControllerId
    started: Instant
    values: Mapping[tuple[Space, int], int]
    by_commands: bool = True


@dataclass(frozen=True, slots=True)
class ControllerChanged:
    """A controller answers again, or no longer. `code`: `up`, `silent`, `refused`, `reset`, `unreachable`, ..."""

    at: Instant
    controller: ControllerId
    up: bool
    code: str
    detail: str


Ending = Literal["written", "refused", "no_answer", "not_sent"]


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """What became of one permit: every permit ends in exactly one of these.

    written: the device echoed the write, which proves nothing about a bolt.
    refused: the device answered and said no (`code`, such as `exception_2`).
    no_answer: sent, nothing valid came within the time-out. not_sent: never left the box.
    """

    at: Instant
    command: CommandId
    controller: ControllerId
    ending: Ending
    code: str


# --- persons, through the local socket (later: the page, the API) -----------------------------


@dataclass(frozen=True, slots=True)
class PressAsked:
    """`campus-edge press`: a person presses a configured button by name, with its kind.

    gesture: as a button would send it; None: the button's highest-ranked response.
    """

    at: Instant
    request: RequestId
    actor: Actor
    button: ButtonId
    kind: Kind
    gesture: str | None = None


@dataclass(frozen=True, slots=True)
class StartAsked:
    """A person starts a response from a page, a phone or a program; on a live one of the same kind it joins or raises.

    zones: with all below each; silent responses and those of a zone's scope need them named.
    role: of who asks, for the plan's own list of who may; `""`: the box's own authority.
    change: it may take the place of something graver, as the pack's transitions allow.
    """

    at: Instant
    request: RequestId
    actor: Actor
    response: Response
    zones: tuple[ZoneId, ...]
    kind: Real | Drill | Exercise
    reason: str
    role: str = ""
    change: bool = False


@dataclass(frozen=True, slots=True)
class NoteAsked:
    """A person writes into a live or closed incident's timeline. silent: whether they may know of silent ones."""

    at: Instant
    request: RequestId
    actor: Actor
    incident: IncidentId
    text: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class LockAsked:
    at: Instant
    request: RequestId
    actor: Actor
    doors: tuple[DoorId, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseAsked:
    """Named doors are to return to their rest. asked: when whoever asks did so; None: just now. A box in trouble may come
    to it late."""

    at: Instant
    request: RequestId
    actor: Actor
    doors: tuple[DoorId, ...]
    reason: str
    asked: Instant | None = None


@dataclass(frozen=True, slots=True)
class AnswerAsked:
    """An unanswered press is started or dismissed. `press` is the short number shown beside it."""

    at: Instant
    request: RequestId
    actor: Actor
    press: int
    start: bool
    reason: str


@dataclass(frozen=True, slots=True)
class CloseAsked:
    """A live incident, None: all of them, is to be closed. Doors stay as they are: release is by name.

    silent: whether the person may know of silent ones; if not, these stay live, and no answer tells of them.
    role: as in `StartAsked`. fresh: a second factor was given for this, within minutes; second: the account of the other named
    person who signed with them, `""` where it was a code. named: a person, by name; or the box's own authority, where there is
    nobody to be named. False: a program, which ends nothing real.
    """

    at: Instant
    request: RequestId
    actor: Actor
    reason: str
    incident: IncidentId | None = None
    silent: bool = False
    role: str = ""
    fresh: bool = False
    second: str = ""
    named: bool = True


@dataclass(frozen=True, slots=True)
class WalkTestAsked:
    at: Instant
    request: RequestId
    actor: Actor
    buttons: tuple[ButtonId, ...]
    minutes: int
    person: str


@dataclass(frozen=True, slots=True)
class SelfTestAsked:
    """A person has every link between a press and a bolt gone through now, silently."""

    at: Instant
    request: RequestId
    actor: Actor


@dataclass(frozen=True, slots=True)
class MeasureAsked:
    """Somebody does something while a flag stands. until_us: UTC microseconds since 1970; text: what, and who."""

    at: Instant
    request: RequestId
    actor: Actor
    code: str
    subject: str
    until_us: int
    text: str


@dataclass(frozen=True, slots=True)
class MeasureEndAsked:
    """What was done while a flag stood is over before its end."""

    at: Instant
    request: RequestId
    actor: Actor
    code: str
    subject: str


@dataclass(frozen=True, slots=True)
class DryRunAsked:
    """A person wants to know which doors would fail if lockdown were ordered now. Nothing is touched."""

    at: Instant
    request: RequestId
    actor: Actor


# --- the box itself --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time passed. The loop hands one in at least every 100 ms."""

    at: Instant


@dataclass(frozen=True, slots=True)
class ConditionChanged:
    """A condition of the box that rules cannot see for themselves: disk, loop lag, configuration.

    `code` is a flag's code; `args` are codes and numbers for its text.
    """

    at: Instant
    code: str
    active: bool
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClockTold:
    """What the campus's clock on the wall shows now: told at least every minute.

    day: of the local calendar, as `datetime.date.toordinal`. minute: after local midnight.
    sure: it may be relied on for what must not happen in the day. attended: somebody's release session is open.
    """

    at: Instant
    day: int
    minute: int
    sure: bool
    attended: bool


@dataclass(frozen=True, slots=True)
class ProbeEnded:
    """What became of one probe of a self-test.

    code: `""` it held, else why not. held: what a press would find held back by the interlock, as (door, code).
    """

    at: Instant
    run: int
    link: LinkName
    code: str
    held: tuple[tuple[DoorId, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ExportMade:
    """An incident's record was made to be taken out, for this actor."""

    at: Instant
    actor: Actor
    incident: IncidentId
    redacted: bool


@dataclass(frozen=True, slots=True)
class NetworkTold:
    """All that the box sees wrong on its own networks now, as (flag's code, subject, arguments)."""

    at: Instant
    found: tuple[tuple[str, str, tuple[str, ...]], ...]


Asked = (
    PressAsked
    | StartAsked
    | NoteAsked
    | LockAsked
    | ReleaseAsked
    | AnswerAsked
    | CloseAsked
    | WalkTestAsked
    | SelfTestAsked
    | MeasureAsked
    | MeasureEndAsked
    | DryRunAsked
    | LearnAsked
    | PostAsked
    | StatementAsked
    | AlertAsked
    | DrillAsked
    | TabletopAsked
    | ScreenAnswerAsked
)
ButtonEvent = PressHeard | StatusHeard | MessageRefused | SessionChanged
DeviceEvent = Scanned | ControllerChanged | CommandEnded | ControllerIdentified
BoxEvent = Ticked | ConditionChanged | ClockTold | SchoolTold | ProbeEnded | ExportMade | NetworkTold
Event = (
    ButtonEvent
    | DeviceEvent
    | Asked
    | BoxEvent
    | CameraEvent
    | AlertEvent
    | BookDecided
    | DirectiveEnded
    | NoticeEnded
    | ScreenDrew
)
