"""What a tabletop's processes are told and what they say: a written incident step by step, and the film made of one."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from rules.model.post_facts import IncidentRole, RoomWord
from rules.model.responses import Response
from rules.plan import DoorKind, Plan

NO_CONTROL: Final = r"^[^\x00-\x1f\x7f-\x9f]*\Z"
Id = Annotated[str, Meta(max_length=128, pattern=r"^[!-~]*\Z")]
Said = Annotated[str, Meta(min_length=1, max_length=1_000, pattern=NO_CONTROL)]
MaybeSaid = Annotated[str, Meta(max_length=1_000, pattern=NO_CONTROL)]
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
Number = Annotated[int, Meta(ge=1, le=1_000)]
"""The so-manyth of its sort, in the configuration's order: so that one file fits every campus."""
Does = Literal["not-latched", "no-answer", "refused", "open", "works"]
Line = tuple[int, str]
"""A line of the file, and why it cannot be."""

MOST_STEPS: Final = 200
LONGEST_MS: Final = 2 * 60 * 60 * 1_000
MOST_ROWS: Final = 2_000
"""Rows of one film; what follows is left out, and that is said."""


class _Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """line: of the file. at_ms: since the first moment."""

    line: int
    at_ms: int


class Press(_Step, frozen=True, kw_only=True, tag="press"):
    """A button is pressed: this one, or the so-manyth of those that can ask for a response."""

    button: Id = ""
    asks: Response | None = None
    number: Number = 1


class Door(_Step, frozen=True, kw_only=True, tag="door"):
    """A door behaves so from now on: this one, or the so-manyth of its kind."""

    door: Id = ""
    kind: DoorKind | None = None
    number: Number = 1
    does: Does


class Fire(_Step, frozen=True, kw_only=True, tag="fire"):
    """A fire alarm's relay turns; no input named: the first."""

    input: Id = ""
    active: bool


class Room(_Step, frozen=True, kw_only=True, tag="room"):
    """A room says how it is: this one, by id or name, or the so-manyth."""

    room: Annotated[str, Meta(max_length=128, pattern=NO_CONTROL)] = ""
    number: Number = 1
    word: RoomWord
    people: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    text: MaybeSaid = ""


class Note(_Step, frozen=True, kw_only=True, tag="note"):
    """Somebody writes into the timeline."""

    text: Said


class Start(_Step, frozen=True, kw_only=True, tag="start"):
    """A person starts a response, or changes to it. zone `""`: the campus."""

    response: Response
    zone: Id = ""
    reason: MaybeSaid = ""


class Close(_Step, frozen=True, kw_only=True, tag="close"):
    """A person ends what is live."""

    reason: MaybeSaid = ""


class Inject(_Step, frozen=True, kw_only=True, tag="inject"):
    """A question for the table, and what is expected of whom. to `""`: the whole table."""

    text: Said
    to: IncidentRole | Literal[""] = ""
    expected: MaybeSaid = ""


Step = Press | Door | Fire | Room | Note | Start | Close | Inject


class Scenario(Struct, frozen=True, kw_only=True):
    """A written incident."""

    title: Title
    about: MaybeSaid
    steps: list[Step]


class Read(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a file says, or what is wrong with it."""

    scenario: Scenario | None = None
    sha256: str = ""
    wrong: list[Line] = []


class Wanted(Struct, frozen=True, kw_only=True):
    """What a film is to be made of: a scenario on this plan, or an incident's rows. at_us: UTC of a scenario's first moment.

    Sent as MessagePack, which holds a plan whole; it has no address, no secret and no driver's settings.
    """

    at_us: int
    plan: Plan | None = None
    scenario: Scenario | None = None
    rows: list[dict[str, Any]] = []
    title: str = ""
    cut: bool = False


class DoorCut(Struct, frozen=True, omit_defaults=True):
    """A door as the record has it. order `""`: none stands."""

    order: str = ""
    held: str = ""
    verdict: str = ""
    by: str = ""
    code: str = ""


class IncidentCut(Struct, frozen=True, omit_defaults=True):
    id: str
    kind: str
    response: str
    zone: str


class Cut(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What the record says differently from this row on. Maps hold what changed; lists are whole; None: as before."""

    at_ms: int
    zones: dict[str, str] | None = None
    doors: dict[str, DoorCut] = {}
    outputs: list[str] | None = None
    incidents: list[IncidentCut] | None = None
    rooms: dict[str, tuple[str, int | None]] = {}


class InjectCut(Struct, frozen=True, omit_defaults=True):
    """number: from 1."""

    number: int
    at_ms: int
    text: str
    to: str = ""
    expected: str = ""


class Film(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A whole incident, row by row: as many cuts as rows. rows stay JSON until they are shown. cut: the rest was left out.

    wrong: why there is none, by line of the scenario. loaded: modules of drivers in the process that made it: none.
    """

    title: str = ""
    about: str = ""
    length_ms: int = 0
    rows: list[msgspec.Raw] = []
    cuts: list[Cut] = []
    injects: list[InjectCut] = []
    cut: bool = False
    wrong: list[Line] = []
    loaded: list[str] = []
