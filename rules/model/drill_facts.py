"""What enters the journal of drills: planned, told of, begun, ended with what the devices showed, and what came of it.

A drill (or an exercise) of this kind is one that somebody began under a type of the drill law; its incident, if any, is a
fact of its own. No fact here asks anything of 911, the police or another campus.
"""

from typing import ClassVar, Literal

from rules.model.ids import ButtonId, DoorId, DrillId, OutputId, ZoneId
from rules.model.responses import Response
from rules.model.values import dataclass

DrillKind = Literal["drill", "exercise"]
RealCode = Literal["second_press", "before_drill", "zone_gone", "time", "boot"]
"""Why a button that was enrolled is real again though its drill may go on."""


@dataclass(frozen=True, slots=True)
class DrillPlanned:
    """A drill that is to come. day: local, as `date.toordinal`; minute: after local midnight. type: of the drill pack.

    failures: (what, id) that is to count as failed: `door`, `output` or `button`. Nothing on a device is touched for it.
    announced False: who may not start drills does not see it coming.
    """

    KIND: ClassVar[str] = "drill.planned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)
    id: DrillId
    type: str
    kind: DrillKind
    response: Response
    zones: tuple[ZoneId, ...]
    buttons: tuple[ButtonId, ...]
    failures: tuple[tuple[str, str], ...]
    day: int
    minute: int
    announced: bool
    note: str


@dataclass(frozen=True, slots=True)
class DrillCancelled:
    """It will not take place."""

    KIND: ClassVar[str] = "drill.cancelled/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    id: DrillId
    reason: str


@dataclass(frozen=True, slots=True)
class DrillNoticeGiven:
    """Somebody was told of a drill. whom: a code of the pack, such as `parents`; how: by which means, in words."""

    KIND: ClassVar[str] = "drill.notice_given/1"
    SEALED: ClassVar[tuple[str, ...]] = ("how",)
    id: DrillId
    whom: str
    how: str


@dataclass(frozen=True, slots=True)
class DrillStarted:
    """A person began it. buttons: whose presses count as the drill's from now on, until it ends.

    waits: nothing is opened by the start; the first press of an enrolled button does. until_utc_us, until_mono_us: when
    enrolled buttons are real again at the latest; they are with the end of this boot too. day: local; None: not known.
    """

    KIND: ClassVar[str] = "drill.started/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: DrillId
    type: str
    kind: DrillKind
    response: Response
    zones: tuple[ZoneId, ...]
    buttons: tuple[ButtonId, ...]
    failures: tuple[tuple[str, str], ...]
    waits: bool
    until_utc_us: int
    until_mono_us: int
    boot: str
    day: int | None


@dataclass(frozen=True, slots=True)
class DrillButtonsReal:
    """These buttons were enrolled and are real again."""

    KIND: ClassVar[str] = "drill.buttons_real/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: DrillId
    buttons: tuple[ButtonId, ...]
    code: RealCode


@dataclass(frozen=True, slots=True)
class DrillEnded:
    """It is over, and this is what the devices showed. code: `asked`, `real_press`, `time`, `boot`.

    doors: those proven locked by sensors, with milliseconds since each was told. unsecured: those never, with the last verdict,
    the interlock's code, or `simulated`. silent: enrolled buttons that no press came from. unheard: outputs with what is known
    of their page or message. findings: (code, subject), numbered from 0. rooms_heard: rooms of its zones (`rules.rooms`) that
    somebody was heard from in it, by button, page or screen, with milliseconds since it began; rooms_silent: all others.
    """

    KIND: ClassVar[str] = "drill.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: DrillId
    code: str
    doors: tuple[tuple[DoorId, int], ...]
    unsecured: tuple[tuple[DoorId, str], ...]
    pressed: tuple[ButtonId, ...]
    silent: tuple[ButtonId, ...]
    heard: tuple[OutputId, ...]
    unheard: tuple[tuple[OutputId, str], ...]
    findings: tuple[tuple[str, str], ...]
    rooms_heard: tuple[tuple[str, int], ...] = ()
    rooms_silent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrillLogged:
    """A drill that this box had no part in (a fire drill by the panel), entered by a person's word and without evidence."""

    KIND: ClassVar[str] = "drill.logged/1"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)
    id: DrillId
    type: str
    day: int
    minute: int
    note: str


@dataclass(frozen=True, slots=True)
class DrillFieldFilled:
    """One field of a drill's record, by a person; the last one counts."""

    KIND: ClassVar[str] = "drill.field_filled/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text",)
    id: DrillId
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class DrillFindingClosed:
    """A finding is closed with a ticket (its id) or with a change of the plan (in words); never with neither."""

    KIND: ClassVar[str] = "drill.finding_closed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("change",)
    id: DrillId
    finding: int
    ticket: str
    change: str


DrillFact = (
    DrillPlanned
    | DrillCancelled
    | DrillNoticeGiven
    | DrillStarted
    | DrillButtonsReal
    | DrillEnded
    | DrillLogged
    | DrillFieldFilled
    | DrillFindingClosed
)
