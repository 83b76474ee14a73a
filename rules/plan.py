"""The campus as configured: what a configuration says, resolved for the rules. Built once for each accepted configuration."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final, Literal

from rules.drill_law import DrillRules
from rules.flag_table import FlagTable
from rules.model.alerts import Detected
from rules.model.ids import (
    ButtonId,
    CameraId,
    ControllerId,
    DetectorId,
    DoorId,
    InputId,
    OutputId,
    PhoneSystemId,
    Point,
    ZoneId,
)
from rules.model.moments import SECOND_US
from rules.model.notices import Audience
from rules.model.post_facts import IncidentRole
from rules.model.responses import Ask, Response
from rules.model.school import OUTPUT_MODES
from rules.model.statements import Addressed
from rules.model.values import dataclass
from rules.transition_table import Transitions

LockType = Literal["electrified-lockset", "strike", "maglock", "panic-latch-retraction", "delayed-egress"]
Egress = Literal["free-mechanical", "sensor-release", "hardware-release", "delayed"]
PowerLoss = Literal["secure", "safe"]
CommLoss = Literal["hold", "locked", "unlocked"]
Relay = Literal["no", "nc"]
Rest = Literal["locked", "unlocked"]
StairSide = Literal["stair", "floor"]
"""Which side of a stair door the lock locks: `stair` stops entry from the stair to the floor."""
DoorKind = Literal["classroom", "exterior", "interior", "stair"]
InputKind = Literal["fire-alarm", "rex", "exit-button", "glass-break", "tamper"]
DriverKind = Literal["modbus-tcp", "modbus-rtu", "osdp"]
Mounted = Literal["secure-side", "attack-side"]
Perimeter = Literal["lock", "leave"]
EndAsks = Literal["session", "fresh", "second-person"]


@dataclass(frozen=True, slots=True)
class Stair:
    """A stair door's own facts: which side is locked, and whether it is the discharge door."""

    side: StairSide
    discharge: bool


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours in which a self-test may exercise a lock; minutes after midnight, may wrap."""

    start_minute: int
    end_minute: int


@dataclass(frozen=True, slots=True)
class Hardware:
    """The commissioning record of one lock. Dates are ISO 8601 text as written."""

    type: LockType
    egress: Egress
    on_power_loss: PowerLoss
    on_comm_loss: CommLoss
    relay: Relay
    fire_rated: bool
    travel_us: int
    rest: Rest
    commissioned: str
    by: str
    self_test: Hours | None = None
    stair: Stair | None = None
    reentry_release: str | None = None
    fire_release_tested: str | None = None
    ahj_note: str | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """The coil or output that drives a lock, and its value when locked."""

    point: Point
    locked_when: bool


@dataclass(frozen=True, slots=True)
class Sensor:
    """A wired contact: `when` is the raw value that means thrown, closed, active or pressed."""

    point: Point
    when: bool
    freshness_us: int


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """One door.

    defects: codes of `rules.hardware` why this record may not be driven, `no_record` first; empty: sound.
    rex, exit_buttons: inputs of this door. fire: the fire-alarm inputs that cover its zone.
    """

    id: DoorId
    name: str
    zone: ZoneId
    kind: DoorKind
    controller: ControllerId
    lock: Lock | None
    bolt: Sensor | None
    position: Sensor | None
    hardware: Hardware | None
    defects: tuple[str, ...] = ()
    rex: tuple[InputId, ...] = ()
    exit_buttons: tuple[InputId, ...] = ()
    fire: tuple[InputId, ...] = ()


@dataclass(frozen=True, slots=True)
class InputPlan:
    """One input; `zones` holds the named zones and all below them."""

    id: InputId
    kind: InputKind
    controller: ControllerId
    sensor: Sensor
    zones: frozenset[ZoneId]
    doors: tuple[DoorId, ...]


@dataclass(frozen=True, slots=True)
class Wired:
    """A wired button: its contact, and the module's own counter or latch register where it has one."""

    controller: ControllerId
    contact: Sensor
    counter: Point | None
    latch: Point | None


@dataclass(frozen=True, slots=True)
class Escalation:
    """`presses` presses within `within_us` ask for something more."""

    presses: int
    within_us: int
    ask: Ask


@dataclass(frozen=True, slots=True)
class ButtonPlan:
    """One button. `silence_limit_us` None: unsupervised by design, a standing flag.

    asks: what each listed gesture asks for. highest: the highest-ranked of them, for unlisted words.
    """

    id: ButtonId
    name: str
    zone: ZoneId
    room: str
    wired: Wired | None
    asks: Mapping[str, Ask]
    highest: Ask
    escalation: Escalation | None
    silence_limit_us: int | None


SWITCHED: Final = frozenset({"modbus-coil", "osdp-output"})
"""Drivers of outputs that are on or off; the others are routes."""


@dataclass(frozen=True, slots=True)
class OutputPlan:
    """One on-site output on a coil or OSDP output; `point` None: a route. modes: when it is for."""

    id: OutputId
    driver: str
    zone: ZoneId
    point: Point | None
    commissioned: str | None
    modes: frozenset[str] = OUTPUT_MODES
    rooms: tuple[str, ...] = ()
    """Of screens, in which rooms they are."""
    audience: Audience = "staff"


@dataclass(frozen=True, slots=True)
class CameraSound:
    """Who answers for keeping a camera's sound, on which legal ground, and since when (ISO date)."""

    by: str
    note: str
    date: str


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """One camera. doors: what it shows. offline_after_us: how long it may be away before that is a shortcoming.

    sound None: it is dropped.
    """

    id: CameraId
    name: str
    zone: ZoneId
    doors: tuple[DoorId, ...]
    offline_after_us: int
    sound: CameraSound | None = None


@dataclass(frozen=True, slots=True)
class DetectorPlan:
    """A weapon or gunshot detector. zone: where it looks. cameras: the nearest, in that order.

    ask: what a person who confirms its report starts. answer_within_us: unanswered for so long, that is a shortcoming.
    silence_limit_us None: unsupervised, a standing flag.
    """

    id: DetectorId
    name: str
    detects: Detected
    zone: ZoneId
    cameras: tuple[CameraId, ...]
    ask: Ask
    answer_within_us: int
    silence_limit_us: int | None


@dataclass(frozen=True, slots=True)
class PhoneSystemPlan:
    """A telephone system that tells of 911 calls. extensions: where each telephone stands, as (zone, place)."""

    id: PhoneSystemId
    name: str
    zone: ZoneId
    extensions: Mapping[str, tuple[ZoneId, str]]
    silence_limit_us: int | None
    answer_within_us: int


@dataclass(frozen=True, slots=True)
class ControllerPlan:
    id: ControllerId
    driver: DriverKind
    mounted: Mounted


@dataclass(frozen=True, slots=True)
class ZonePlan:
    """within: this zone and all below. above: this zone and all its ancestors, nearest first."""

    id: ZoneId
    name: str
    parent: ZoneId | None
    within: frozenset[ZoneId]
    above: tuple[ZoneId, ...]


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """One response of the pack. A higher rank holds over a lower one.

    locks: the kinds of door it locks; `exterior` among them only where the perimeter choice says lock.
    scope: what a gesture without a written scope covers. silent: nothing is seen or heard on site.
    outputs: whether on-site outputs of the zone are switched on. sounds: whether loudspeakers say it.
    messages: whether it is written to staff.
    start, change, end: the roles that may, of those whose right it is; None: every one of them. Hardware asks nobody.
    owner: the roles that see to it, the first of them that is there. says: its words; `""`: the product's own.
    nearest: kinds of asset whose nearest ones in service its page names. end_asks: what a person who ends a real one must have
    given: a second factor once in their session, one for this within minutes, or the sign-in of a second named person.
    """

    response: Response
    rank: int
    scope: Literal["campus", "zone"]
    silent: bool
    locks: frozenset[DoorKind]
    outputs: bool
    sounds: bool = False
    messages: bool = False
    start: frozenset[str] | None = None
    change: frozenset[str] | None = None
    end: frozenset[str] | None = None
    owner: tuple[str, ...] = ()
    says: str = ""
    nearest: tuple[str, ...] = ()
    end_asks: EndAsks = "session"


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task of a responses pack. within_us: due so long after it was opened; every_us: and again; 0: no time.

    drill: what it says in a drill or an exercise, where nobody outside is to be told; `""`: the same.
    """

    id: str
    role: IncidentRole
    text: str
    within_us: int = 0
    every_us: int = 0
    timer: bool = False
    drill: str = ""


@dataclass(frozen=True, slots=True)
class StatementPlan:
    """One text of a responses pack for families or media. owner: the ICS role that answers for it.

    real, drill: with {campus}, {where} and {number} in them; the first word, REAL or DRILL, is not theirs.
    """

    id: str
    to: Addressed
    owner: IncidentRole
    real: str
    drill: str


@dataclass(frozen=True, slots=True)
class RolePlan:
    """Who is to hold an ICS role, by name: the first one and those who stand in, in order."""

    primary: str
    deputies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything rules know of the campus.

    campus: the id of the root zone, which `zones` holds too.
    pack_hash, config_hash: SHA-256 hex; recorded with each decision.
    """

    campus: ZoneId
    zones: Mapping[ZoneId, ZonePlan]
    controllers: Mapping[ControllerId, ControllerPlan]
    doors: Mapping[DoorId, DoorPlan]
    inputs: Mapping[InputId, InputPlan]
    buttons: Mapping[ButtonId, ButtonPlan]
    outputs: Mapping[OutputId, OutputPlan]
    responses: Mapping[Response, ResponsePlan]
    pack_hash: str
    config_hash: str
    standing_flags: tuple[tuple[str, str], ...] = field(default=())
    """(code, subject) of shortcomings the configuration itself implies, such as `nc_relay` on a door."""
    cameras: Mapping[CameraId, CameraPlan] = field(default_factory=dict)
    detectors: Mapping[DetectorId, DetectorPlan] = field(default_factory=dict)
    phone_systems: Mapping[PhoneSystemId, PhoneSystemPlan] = field(default_factory=dict)
    self_test_at: int | None = None
    """Local minute after midnight at which every day's self-test begins; None: only when a person asks."""
    flags: FlagTable = field(default_factory=FlagTable)
    packs: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Version and SHA-256 of each file of rules that is in force, by its name."""
    transitions: Transitions = field(default_factory=Transitions)
    dry_run_at: int | None = None
    """Local minute after midnight of every day's dry run; None: only when a person asks."""
    tasks: Mapping[Response, tuple[TaskPlan, ...]] = field(default_factory=dict)
    statements: Mapping[str, tuple[StatementPlan, ...]] = field(default_factory=dict)
    """By response, and for the end by `over`."""
    roles: Mapping[IncidentRole, RolePlan] = field(default_factory=dict)
    responder_access: str = ""
    """The responders' way in, as whoever approved the perimeter wrote it; `""`: nobody did."""
    drills: DrillRules = field(default_factory=DrillRules)
    district: bool = False
    """Whether one is configured, which fetches what is queued for it."""
    unacknowledged_after_us: int = 30 * SECOND_US
    """Who was told and did not acknowledge for so long is named, and tried by a second channel (`rules.second_channel`)."""
