"""The requests that the socket takes, one JSON object a line: bounded, strict, and read without I/O.

Shape only is judged here; whether a button or door exists, and whether it may be, the rules decide.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, assert_never

import msgspec

from edge.control.desk import Make
from edge.floorplans.gathering import Told
from rules.model import kinds
from rules.model.alerts import DetectionAnswerAsked
from rules.model.bundle_facts import BundleKind
from rules.model.events import (
    AnswerAsked,
    DryRunAsked,
    LockAsked,
    MeasureAsked,
    MeasureEndAsked,
    PressAsked,
    ReleaseAsked,
    SelfTestAsked,
    StartAsked,
    WalkTestAsked,
)
from rules.model.ids import ButtonId, DoorId, ZoneId
from rules.model.kinds import KindWord, kind_of
from rules.model.moments import Instant
from rules.model.post_facts import IncidentRole, RoomWord, TaskState
from rules.model.responses import Response
from rules.model.statements import StatementAnswer

STARTED: Final[Mapping[str, kinds.Real | kinds.Drill | kinds.Exercise]] = {
    "real": kinds.REAL,
    "drill": kinds.DRILL,
    "exercise": kinds.EXERCISE,
}
LONGEST: Final = 64 * 1024
"""Bytes of one request line, its newline included."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[!-~]+\Z")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Said = Annotated[str, msgspec.Meta(max_length=2_000)]
Name = Annotated[str, msgspec.Meta(max_length=256)]
Secret = Annotated[str, msgspec.Meta(max_length=1_024)]
Ids = Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=1_000)]


class NotARequest(Exception):
    """The line is no request; the text says what is wrong with it."""


class _Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="do", kw_only=True):
    """One request; `do` names it."""


class Status(_Request, frozen=True, tag="status"):
    """The live picture, once or again and again until the caller hangs up."""

    watch: bool = False


class Rules(_Request, frozen=True, tag="rules"):
    """The rules and limits in force."""


class Press(_Request, frozen=True, tag="press"):
    """gesture None: the button's highest-ranked response."""

    button: Id
    kind: KindWord
    gesture: Id | None = None


class Lock(_Request, frozen=True, tag="lock"):
    doors: Ids
    reason: Text


class Release(_Request, frozen=True, tag="release"):
    """user, code: who releases, and a time-based or printed code of theirs, good for this request.

    asked_us: when they asked, in microseconds of CLOCK_MONOTONIC, which this machine's programs share; None: just now.
    """

    doors: Ids
    reason: Text
    user: Name = ""
    code: Secret = ""
    asked_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None

    def __repr__(self) -> str:
        return f"Release(doors={self.doors!r})"


class Answer(_Request, frozen=True, tag="answer"):
    """Starting what was asked for waits for no reason; dismissing needs one, which the rules see to."""

    press: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    answer: Literal["start", "dismiss"]
    reason: Said = ""


class Start(_Request, frozen=True, tag="start"):
    """Start a response, or with `change` put it in the place of a graver one. zones: none is the campus."""

    response: Response
    kind: Literal["real", "drill", "exercise"]
    zones: Annotated[tuple[Id, ...], msgspec.Meta(max_length=1_000)] = ()
    reason: Said = ""
    change: bool = False


class Detection(_Request, frozen=True, tag="detection"):
    """Say that what a detector reported is real, which starts its response, or that it was nothing; that needs a reason."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    answer: Literal["confirm", "dismiss"]
    reason: Said = ""


class Statements(_Request, frozen=True, tag="statements"):
    """Words for families and media that are kept."""


class Statement(_Request, frozen=True, tag="statement"):
    """Approve words for families or media, or decline them; that needs a reason. user, code: as of a release."""

    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    answer: StatementAnswer
    reason: Said = ""
    user: Name = ""
    code: Secret = ""

    def __repr__(self) -> str:
        return f"Statement(number={self.number}, answer={self.answer!r})"


class Close(_Request, frozen=True, tag="close"):
    """incident None: every live one that the caller may know of.

    user, code: who ends it and a time-based or printed code of theirs; second, second_code: the other named person, likewise.
    Both where the plan of a real one asks for it.
    """

    reason: Said = ""
    incident: Id | None = None
    user: Name = ""
    code: Secret = ""
    second: Name = ""
    second_code: Secret = ""

    def __repr__(self) -> str:
        return f"Close(incident={self.incident!r})"


class WalkTest(_Request, frozen=True, tag="walk-test"):
    buttons: Ids
    minutes: Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
    person: Text


class SelfTest(_Request, frozen=True, tag="selftest"):
    """Go through every link now; the answer comes when it has begun, and says its number."""


class Measure(_Request, frozen=True, tag="measure"):
    """What somebody does while a flag stands, until `until_us` (UTC microseconds since 1970); None: it is over."""

    code: Id
    subject: Id
    until_us: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    reason: Said = ""


class DryRun(_Request, frozen=True, tag="dry-run"):
    """Which doors would fail if lockdown were ordered now; the answer comes when it has begun, and says its number."""


class LeaveSafeMode(_Request, frozen=True, tag="leave-safe-mode"):
    """Back to normal work."""


class Firmware(_Request, frozen=True, tag="firmware"):
    """What runs on the devices, and what is to be said of it."""


class ImportBundle(_Request, frozen=True, tag="import-bundle"):
    """Take in a list of published flaws. file: its whole path, to be read as the daemon's user."""

    kind: BundleKind
    file: Annotated[str, msgspec.Meta(min_length=1, max_length=4_096)]


class ImportFloorplan(_Request, frozen=True, tag="import-floorplan"):
    """A floor plan that lies in the store directory, to be read and taken away. told: what its file does not say.

    check: say what it would come to, and change nothing.
    """

    file: Annotated[str, msgspec.Meta(pattern=r"^import-[0-9a-f]{16}\.plan\Z")]
    told: Told = Told()
    check: bool = False


class DropFloorplan(_Request, frozen=True, tag="drop-floorplan"):
    """Have a level of the map, or one layer of it, count no more."""

    level: Id
    layer: Name = ""


class Map(_Request, frozen=True, tag="map"):
    """The map: its levels, the whole of it as GeoJSON, what differs from the inventory, or what lies in a cell.

    level: of a cell; `""`: on every level.
    """

    what: Literal["levels", "geojson", "differences", "cell"]
    level: Name = ""
    cell: Name = ""


class VerifyJournal(_Request, frozen=True, tag="verify-journal"):
    """rebuild: make the views again from the events and compare. evidence: read each file of pictures whole."""

    rebuild: bool = False
    evidence: bool = False


class Rows(_Request, frozen=True, tag="rows"):
    """Events of one incident, or of None: what opens, raises and closes any."""

    incident: Id | None = None


class Export(_Request, frozen=True, tag="export"):
    """redact: leave the sealed fields closed."""

    incident: Id
    redact: bool = False


UserVerb = Literal[
    "add", "invite", "role", "disable", "enable", "password", "totp", "codes", "remove-factors", "sign-out"
]


class User(_Request, frozen=True, tag="user"):
    """Something about a person's account. role: for `add`, `role` and `invite`; password: for `add` and `password`.

    `invite` without a role: another code for somebody who is there.
    """

    verb: UserVerb
    name: Name
    role: Name = ""
    password: Secret = ""

    def __repr__(self) -> str:
        return f"User(verb={self.verb!r})"


class Token(_Request, frozen=True, tag="token"):
    """Something about a program's token. role, expires_utc_s (seconds since 1970), room (whose screen it is): for `create`."""

    verb: Literal["create", "revoke"]
    name: Name
    role: Name = ""
    expires_utc_s: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    room: Name = ""


class Known(_Request, frozen=True, tag="people"):
    """Lists the accounts, or the tokens."""

    what: Literal["users", "tokens"]


BookQuery = Literal["assets", "asset", "assets.count", "assets.csv"]


class ReadBook(_Request, frozen=True, tag="book"):
    """Reads the inventory. query: of `edge.book.queries`, with what it asks for."""

    query: BookQuery
    asked: dict[Id, Annotated[str, msgspec.Meta(max_length=200)] | int] = {}


class ImportAssets(_Request, frozen=True, tag="import-assets"):
    """A file that lies in the store directory, to be read and taken away. take: let it count as a whole.

    without_refused: also where rows of it are refused, without them.
    """

    file: Annotated[str, msgspec.Meta(pattern=r"^import-[0-9a-f]{16}\.csv\Z")]
    take: bool = False
    without_refused: bool = False


class BookAsk(_Request, frozen=True, tag="book-ask"):
    """Something that the book is to decide. verb: of `rules.model.book_asks`."""

    verb: Id
    asked: msgspec.Raw


class Drills(_Request, frozen=True, tag="drills"):
    """Every drill and what is due, or with an id the record of one that is over."""

    drill: Id | None = None


class Drill(_Request, frozen=True, tag="drill"):
    """Something about drills. verb and asked: of `edge.drill_forms`; finding: the number of one."""

    verb: Literal["plan", "begin", "start", "end", "cancel", "notice", "log", "field", "finding"]
    asked: msgspec.Raw
    drill: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[!-~]*\Z")] = ""
    finding: Annotated[int, msgspec.Meta(ge=-1, le=100_000)] = -1


class Tabletop(_Request, frozen=True, tag="tabletop"):
    """Something about tabletop exercises. asked: of `edge.tabletop_forms`, by the verb."""

    verb: Literal["list", "show", "start", "add", "clock", "join", "decide", "find", "end"]
    tabletop: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[!-~]*\Z")] = ""
    asked: msgspec.Raw = msgspec.Raw(b"{}")


class BookRead(_Request, frozen=True, tag="book-read"):
    """Something that is read of the book. query: of `edge.book.queries` and the nouns beside it."""

    query: Id
    asked: msgspec.Raw = msgspec.Raw(b"{}")


class Post(_Request, frozen=True, tag="post"):
    """Something about a live incident's command post. incident None: the only live one. What a verb does not use is left out.

    `role` with name "": nobody holds it any more. minutes 0: it has no time. people None: not said.
    """

    verb: Literal["show", "task", "add", "role", "responder", "room"]
    incident: Id | None = None
    task: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 0
    state: TaskState = "taken"
    role: IncidentRole = "incident-commander"
    text: Said = ""
    minutes: Annotated[int, msgspec.Meta(ge=0, le=1_440)] = 0
    timer: bool = False
    every: bool = False
    name: Annotated[str, msgspec.Meta(max_length=64)] = ""
    gone: bool = False
    room: Annotated[str, msgspec.Meta(max_length=128)] = ""
    word: RoomWord = "safe"
    people: Annotated[int, msgspec.Meta(ge=0, le=9_999)] | None = None
    reason: Said = ""


Asking = Press | Start | Lock | Answer | Detection | WalkTest | SelfTest | Measure | DryRun
Request = (
    Status
    | Rules
    | Asking
    | Release
    | Statements
    | Statement
    | Close
    | LeaveSafeMode
    | VerifyJournal
    | Rows
    | Export
    | User
    | Token
    | Known
    | Firmware
    | ImportBundle
    | ImportFloorplan
    | DropFloorplan
    | Map
    | ReadBook
    | ImportAssets
    | BookAsk
    | BookRead
    | Drill
    | Drills
    | Tabletop
    | Post
)
_decoder: Final = msgspec.json.Decoder(Request)


def parse(line: bytes) -> Request:
    """The request in one line. Raises NotARequest, and nothing else, for any bytes."""
    if len(line) > LONGEST:
        raise NotARequest("it is longer than 64 KiB")
    try:
        request: Request = _decoder.decode(line)
        _storable(request)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
        raise NotARequest(str(err)[:300]) from None
    return request


def _storable(request: Request) -> None:
    """Control characters are no text that a terminal could show one day."""
    for field in ("reason", "person", "name", "user", "second", "file", "text", "room"):
        text: object = getattr(request, field, "")
        if isinstance(text, str) and any(ord(one) < 0x20 or 0x7F <= ord(one) < 0xA0 for one in text):
            raise msgspec.ValidationError(f"`{field}` holds a line break or another control character")


def released(request: Release, came: Instant) -> Make:
    """What makes the event of a release that came just now, or was asked before by its own word: never later."""
    ago_us = 0 if request.asked_us is None else max(0, came.mono_us - request.asked_us)
    doors = tuple(DoorId(one) for one in request.doors)
    return lambda at, number, actor: ReleaseAsked(
        at, number, actor, doors, request.reason, came.plus(-ago_us)
    )


def asked(request: Asking) -> Make:
    """What makes the event of a request, once it is stamped and numbered."""
    match request:
        case Start():
            return _start(request)
        case Detection():
            confirm = request.answer == "confirm"
            return lambda at, number, actor: DetectionAnswerAsked(
                at, number, actor, request.number, confirm, request.reason
            )
        case Press():
            kind = kind_of(request.kind)
            return lambda at, number, actor: PressAsked(
                at, number, actor, ButtonId(request.button), kind, request.gesture
            )
        case Lock():
            locked = tuple(DoorId(one) for one in request.doors)
            return lambda at, number, actor: LockAsked(at, number, actor, locked, request.reason)
        case Answer():
            start = request.answer == "start"
            return lambda at, number, actor: AnswerAsked(
                at, number, actor, request.press, start, request.reason
            )
        case WalkTest():
            buttons = tuple(ButtonId(one) for one in request.buttons)
            return lambda at, number, actor: WalkTestAsked(
                at, number, actor, buttons, request.minutes, request.person
            )
        case SelfTest():
            return SelfTestAsked
        case Measure():
            return _measured(request)
        case DryRun():
            return DryRunAsked
        case _:
            assert_never(request)


def _start(request: Start) -> Make:
    zones, kind = tuple(ZoneId(one) for one in request.zones), STARTED[request.kind]
    return lambda at, number, actor: StartAsked(
        at, number, actor, request.response, zones, kind, request.reason, change=request.change
    )


def _measured(request: Measure) -> Make:
    code, subject, until_us = request.code, request.subject, request.until_us
    if until_us is None:
        return lambda at, number, actor: MeasureEndAsked(at, number, actor, code, subject)
    return lambda at, number, actor: MeasureAsked(at, number, actor, code, subject, until_us, request.reason)
