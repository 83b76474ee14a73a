"""What is believed: the record (folded from the journal, survives a restart) and the live picture (read anew).

`record.fold` is the only thing that changes a `Record`; `decide` returns the next `Live`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from rules.alert_state import Alerts, SourceLive
from rules.drill_state import Drills
from rules.flag_state import DryRunLive, DryRunMemory, Measure, Stated
from rules.model.camera_facts import BlindCode, Picture
from rules.model.commands import Purpose
from rules.model.device_facts import IdentityCode
from rules.model.events import Ending, SessionName
from rules.model.facts import OrderWord
from rules.model.ids import (
    ButtonId,
    CameraId,
    CommandId,
    ControllerId,
    DoorId,
    IncidentId,
    InputId,
    OutputId,
    PressId,
    Space,
    ZoneId,
)
from rules.model.kinds import KindWord
from rules.model.moments import Instant
from rules.model.responses import Response
from rules.model.school import SchoolTold
from rules.model.screens import RoomName
from rules.model.verdicts import UNKNOWN, Verdict
from rules.notice_state import NoticeKey, NoticeLive, NoticeMemory, RoomMemory, SecondMemory
from rules.plan import CameraSound
from rules.post_state import Post
from rules.selftest_state import ExerciseLive, SelfTestRun, SelfTests
from rules.statement_state import Statements

# --- the record ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ZoneState:
    """A zone's own response (not its ancestors')."""

    response: Response
    kind: KindWord
    incident: IncidentId
    since: Instant


@dataclass(frozen=True, slots=True)
class Incident:
    """A live incident. `response` is the gravest that holds by it, or was asked for; a silent one is shown on no state topic.

    played: of an exercise and of a silent one, which are on no zone's state: each zone they are in, with what was asked for.
    """

    id: IncidentId
    kind: KindWord
    response: Response
    zone: ZoneId
    silent: bool
    opened: Instant
    played: tuple[tuple[ZoneId, Response], ...] = ()


@dataclass(frozen=True, slots=True)
class DoorOrder:
    """The last order that stands for a door.

    lock: asserted until proven, as long as its incident lives (a named lock without one: until released).
    rest: returned to its rest by name. free: freed by the fire rule, locks again only by a person's word.
    """

    word: OrderWord
    since: Instant
    incident: IncidentId | None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A press that waits for a person."""

    number: int
    button: ButtonId
    press: PressId
    response: Response
    zone: ZoneId
    why: str
    at: Instant


@dataclass(frozen=True, slots=True)
class PressMemory:
    """A press remembered for 24 hours, or for as long as the incident it belongs to lives."""

    press: PressId
    gesture: str
    at: Instant
    incident: IncidentId | None
    standing: str
    kind: KindWord = "real"


@dataclass(frozen=True, slots=True)
class ButtonMemory:
    """What the record keeps of one button: its presses, newest last, and its last counter.

    proven: when a press of the button itself last came through, by what it asked for: who may not know of silent
    responses is not told of their times.
    """

    presses: tuple[PressMemory, ...] = ()
    counter: int | None = None
    proven: Mapping[Response, Instant] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WalkTest:
    """A button's enrolment in a walk-test. It ends at `until`, and with the boot it began in."""

    until: Instant
    boot: str
    last_press: PressMemory | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A shortcoming shown by rule. `args` are codes and numbers for its text."""

    code: str
    subject: str
    args: tuple[str, ...]
    since: Instant


@dataclass(frozen=True, slots=True)
class CameraMemory:
    """What was last written of a camera, so that the same is not written again, nor its end left out, over a restart.

    sound: the date on which somebody signed for keeping its sound; `""`: it is dropped.
    """

    down: bool = False
    picture: Picture = "ok"
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """What a camera is, by its own words: the last `camera.identified`. since: when it was first heard as such."""

    manufacturer: str
    model: str
    firmware: str
    hardware: str
    since: Instant


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """What a controller is, by its own words: the last `device.identified`. code: see `device_facts.IdentityCode`."""

    code: IdentityCode
    vendor: str
    model: str
    firmware: str
    since: Instant


@dataclass(frozen=True)
class Record:
    """The part of the state that is a fold of the journal and nothing else."""

    number: int = 0
    zones: Mapping[ZoneId, ZoneState] = field(default_factory=dict)
    incidents: Mapping[IncidentId, Incident] = field(default_factory=dict)
    orders: Mapping[DoorId, DoorOrder] = field(default_factory=dict)
    unanswered: Mapping[int, Unanswered] = field(default_factory=dict)
    last_unanswered: int = 0
    buttons: Mapping[ButtonId, ButtonMemory] = field(default_factory=dict)
    walk_tests: Mapping[ButtonId, WalkTest] = field(default_factory=dict)
    flags: Mapping[tuple[str, str], Flag] = field(default_factory=dict)
    measures: Mapping[tuple[str, str], Measure] = field(default_factory=dict)
    readiness: Stated | None = None
    dry_run: DryRunMemory = field(default_factory=DryRunMemory)
    outputs_on: frozenset[OutputId] = frozenset()
    secured: Mapping[DoorId, Instant] = field(default_factory=dict)
    """When each door was last proven locked by sensors read after a command."""
    self_tests: SelfTests = field(default_factory=SelfTests)
    keeping: Mapping[IncidentId, frozenset[CameraId]] = field(default_factory=dict)
    """Whose pictures each live incident keeps."""
    blind: Mapping[IncidentId, tuple[tuple[CameraId, BlindCode], ...]] = field(default_factory=dict)
    """Of each live incident where nobody could see when it was pressed, and why, as it was known then."""
    blind_found: Mapping[IncidentId, tuple[tuple[CameraId, BlindCode, int], ...]] = field(
        default_factory=dict
    )
    """And what became known behind the press, with since when, UTC microseconds."""
    cameras: Mapping[CameraId, CameraMemory] = field(default_factory=dict)
    """Of each camera of which anything else was written than that all is well."""
    assets: Mapping[CameraId, Asset] = field(default_factory=dict)
    devices: Mapping[ControllerId, DeviceMemory] = field(default_factory=dict)
    notices: Mapping[NoticeKey, NoticeMemory] = field(default_factory=dict)
    """Of live incidents, and of what was told to be over until every route has said so."""
    seconds: Mapping[NoticeKey, SecondMemory] = field(default_factory=dict)
    """Of live incidents, by the key of the notice that was not acknowledged: the last try by a second channel."""
    last_notice: int = 0
    rooms: Mapping[RoomName, RoomMemory] = field(default_factory=dict)
    """What was heard from rooms in live incidents."""
    posts: Mapping[IncidentId, Post] = field(default_factory=dict)
    alerts: Alerts = field(default_factory=Alerts)
    drills: Drills = field(default_factory=Drills)
    statements: Statements = field(default_factory=Statements)
    directive: int = 0
    """Number of the last directive of the district that was answered."""


# --- the live picture ------------------------------------------------------------------------

FIRST_COMMAND: Final = CommandId(1)


@dataclass(frozen=True, slots=True)
class Read:
    """A point's last value; `at` is when the round that read it began."""

    value: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Contact:
    """An input or wired button, debounced: two equal reads at least 20 ms apart make a value `stable`.

    raw, raw_at: the last read. raw_since: the first read of the present run of equal reads.
    stable None: not yet known since start or since the board was away. turned: when `stable` last became known
    or changed. raw -1: not read since the board was away. seen: the last single read of 0 and of 1.
    confirmed: when a read last agreed with `stable`. told: when a press of this wired button was last reported,
    and told_by what alone spoke for it (`contact`, `module`), until the other of the two has spoken as well.
    """

    raw: int
    raw_at: Instant
    raw_since: Instant
    stable: int | None = None
    turned: Instant | None = None
    seen: tuple[Instant | None, Instant | None] = (None, None)
    confirmed: Instant | None = None
    told: Instant | None = None
    told_by: Literal["", "contact", "module"] = ""


@dataclass(frozen=True, slots=True)
class ControllerLive:
    """up False: nothing read from it counts as fresh. since: of this up or down."""

    up: bool
    since: Instant
    code: str = ""
    reads: Mapping[tuple[Space, int], Read] = field(default_factory=dict)
    contacts: Mapping[tuple[Space, int], Contact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CommandLive:
    """A door's or output's last command. `ended` and `ending` None while it is on the wire."""

    id: CommandId
    purpose: Purpose
    sent: Instant
    ended: Instant | None = None
    ending: Ending | None = None
    code: str = ""


Left = Literal["forced", "egress", "opened"]


@dataclass(frozen=True, slots=True)
class DoorLive:
    """One door as it is now. Times are of this run of the daemon; None: not yet.

    held: the interlock's code while it holds the door's order back, `""` else.
    tries, next_try: assertions so far of the standing order, and when the next one is due.
    locked: it was read locked and nobody of ours unlocked it since. unthrown: since when its bolt is back unasked.
    left, left_at: how it left the locked state, until it is closed again and read.
    commanded, written, bolt_at, position_at, verdict_at: the ledger's times; written: the first of this order.
    answered: the last command of the standing order that ended. may_land: when an older one ended without an answer
    though a newer had gone out: its board may still do it. due: monotonic microseconds at which time alone
    may change something; None: now.
    """

    command: CommandLive | None = None
    held: str = ""
    tries: int = 0
    next_try: Instant | None = None
    locked: bool = False
    unthrown: Instant | None = None
    left: Left | None = None
    left_at: Instant | None = None
    verdict: Verdict = UNKNOWN
    verdict_at: Instant | None = None
    commanded: Instant | None = None
    written: Instant | None = None
    bolt_at: Instant | None = None
    position_at: Instant | None = None
    answered: CommandLive | None = None
    may_land: Instant | None = None
    due: int | None = None


@dataclass(frozen=True, slots=True)
class ButtonLive:
    """What was heard of a button in this run. `clock`: (device time, our time) of its last status with a time."""

    heard: Instant | None = None
    battery: int | None = None
    online: bool | None = None
    status_at: Instant | None = None
    clock: tuple[int, Instant] | None = None


@dataclass(frozen=True, slots=True)
class CameraLive:
    """What the camera process last said of one camera; since: of this up or down; judged: since when of this picture."""

    up: bool
    since: Instant
    code: str = ""
    picture: Picture = "unknown"
    engine: str = ""
    engine_code: str = ""
    judged: Instant | None = None


@dataclass(frozen=True, slots=True)
class CameraSelf:
    """What a camera last said of itself. code: as `CameraVisited.code`; None: nothing was heard of a visit since start.

    tampered None: not known. tamper_over: when that was last said to be over. active: (what, source) that goes on.
    written: (minute of CLOCK_MONOTONIC, facts written in it). serial: for comparing, never in the record.
    """

    code: str | None = None
    serial: str = ""
    streams: bool | None = None
    skew_us: int | None = None
    stream_skew_us: int | None = None
    tampered: bool | None = None
    tamper_over: Instant | None = None
    active: frozenset[tuple[str, str]] = frozenset()
    written: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class DeviceSelf:
    """What a controller said in this run. serial: for comparing, never in the record. written: as `CameraSelf.written`."""

    serial: str = ""
    written: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class LocalClock:
    """What the campus's clock showed when it was last told; see `events.ClockTold`."""

    at: Instant
    day: int
    minute: int
    sure: bool
    attended: bool


@dataclass(frozen=True)
class Live:
    """What is read and heard since start. `boot` is the machine's boot id: monotonic times hold within it."""

    started: Instant
    boot: str
    now: Instant
    controllers: Mapping[ControllerId, ControllerLive] = field(default_factory=dict)
    doors: Mapping[DoorId, DoorLive] = field(default_factory=dict)
    outputs: Mapping[OutputId, DoorLive] = field(default_factory=dict)
    notices: Mapping[NoticeKey, NoticeLive] = field(default_factory=dict)
    buttons: Mapping[ButtonId, ButtonLive] = field(default_factory=dict)
    inputs: Mapping[InputId, Literal["active", "quiet", "unsure", "unread"]] = field(default_factory=dict)
    sessions: Mapping[SessionName, bool] = field(default_factory=dict)
    conditions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commands: Mapping[CommandId, tuple[DoorId | OutputId, ...]] = field(default_factory=dict)
    next_command: CommandId = FIRST_COMMAND
    swept: Instant | None = None
    doors_swept: int = 0
    """When flags and supervision were last begun to be gone through, and how many doors' flags have been since."""
    refused: tuple[int, int] = (0, 0)
    """(minute of CLOCK_MONOTONIC, unreadable messages in it): a flood is not recorded one by one."""
    unreadable: Mapping[str, Instant] = field(default_factory=dict)
    """When a button's (or for an unknown topic the campus's) last unreadable message came."""
    clock: LocalClock | None = None
    self_test: SelfTestRun | None = None
    exercises: Mapping[DoorId, ExerciseLive] = field(default_factory=dict)
    exits: Mapping[InputId, Instant] = field(default_factory=dict)
    """When earlier runs in this boot last read each exit button active."""
    exits_unseen: Instant | None = None
    """Until then any exit button may have been active without that being known; None: all is known."""
    cameras: Mapping[CameraId, CameraLive] = field(default_factory=dict)
    cameras_up: bool | None = None
    """Whether the camera process is there; None: not heard of since start, or there are no cameras."""
    cameras_since: Instant | None = None
    learning: Mapping[CameraId, Instant] = field(default_factory=dict)
    """When a person last said, in this life of the camera process, that what a camera sees is right."""
    sounds: Mapping[CameraId, CameraSound] = field(default_factory=dict)
    """Who was last recorded in this run as answering for a camera's sound."""
    camera_selves: Mapping[CameraId, CameraSelf] = field(default_factory=dict)
    device_selves: Mapping[ControllerId, DeviceSelf] = field(default_factory=dict)
    dry_run: DryRunLive | None = None
    network: Mapping[tuple[str, str], tuple[str, ...]] | None = None
    """What was last told of our own networks, as flags; None: nothing since start, or nobody listens."""
    sources: Mapping[str, SourceLive] = field(default_factory=dict)
    school: SchoolTold | None = None
    weighed: Instant | None = None
    """When the readiness number was last worked out for the record."""


@dataclass(frozen=True, slots=True)
class State:
    record: Record
    live: Live
