"""`/inspections`: what is due, what was signed and by whom, the checks with their forms; and to sign for one."""

from typing import Annotated, Any, Final, Literal

from aiohttp import web
from msgspec import Meta, Struct, field

from edge.web.api.answering import answer, of
from edge.web.api.booking import ask_book, read_book
from edge.web.api.forms import NO_CONTROL, Asked, Done, Id, Listed, MaybeWords, PhotoTaken, Time
from edge.web.api.reading import no_query, query
from edge.web.api.writing import caller_of, write
from edge.web.photos import INSPECTION, KINDS, send_photo, take_photo
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from rules.model.ids import AssetId
from rules.model.inspection_asks import SignInspection

State = Literal["failed", "overdue", "never", "soon", "good"]
Weight = Literal["safety", "normal"]
Result = Literal["passed", "failed"]
Name = Annotated[str, Meta(max_length=100, pattern=NO_CONTROL)]
Day = Annotated[str, Meta(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
Limit = Annotated[int, Meta(ge=1, le=500)]
AnswerName = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_CONTROL)]
AnswerText = Annotated[str, Meta(max_length=500, pattern=NO_CONTROL)]


class DueAsked(Asked, frozen=True, kw_only=True):
    """state: `due` is all but what is in time. zone: and all below it. after: `next` of the page before."""

    after: Annotated[str, Meta(max_length=250)] = ""
    limit: Limit = 50
    state: Literal["due", "failed", "overdue", "never", "soon", "good", "all"] = "due"
    zone: Name | None = None
    type: Name | None = None
    asset: Name | None = None
    check: Name | None = None


class SignedAsked(Asked, frozen=True, kw_only=True):
    """after: `next` of the page before."""

    after: Annotated[int, Meta(ge=0)] = 0
    limit: Limit = 50
    asset: Name | None = None
    check: Name | None = None


class Standing(Struct, frozen=True, kw_only=True):
    """How a check stands. item: what runs out by itself, empty for the check as a whole. until: the last day in time, or the day
    on which it did not pass. days: until then, below 0 since. last: when it last passed. state never: nobody ever inspected it.
    """

    check: str
    title: str
    item: str
    weight: Weight
    state: State
    until: str
    days: int
    last: str | None


class Due(Standing, frozen=True, kw_only=True):
    """Of which asset, and where it is."""

    asset: str
    name: str
    room: str
    zone: str
    type: str


class DueList(Listed[Due], frozen=True, kw_only=True):
    """counts: of all in the scope that was asked for, by state. today: of the campus's calendar."""

    counts: dict[State, int]
    today: str


class Question(Struct, frozen=True, kw_only=True):
    """passes: the answers with which it is passed; empty: any. good: of a number, from and to. choices: word and text.
    expires: a date on which something runs out, which is a due date of its own.
    """

    id: str
    ask: str
    kind: Literal["yes_no", "number", "date", "text", "choice"]
    passes: list[str]
    choices: list[tuple[str, str]]
    unit: str
    least: float
    most: float
    good: tuple[float, float] | None
    expires: bool
    optional: bool


class Check(Struct, frozen=True, kw_only=True):
    """of: types of assets, kinds of devices. shipped_every: what the pack says, where the site has another interval.
    off: why the site does not do it. roles: who may sign. certificate: what the person who did it must hold.
    """

    id: str
    of: list[str]
    title: str
    edition: str
    every: str
    shipped_every: str | None
    off: str
    soon_days: int
    weight: Weight
    roles: list[str]
    certificate: str
    source: str
    form: list[Question]


class CheckOf(Check, frozen=True, kw_only=True):
    """Of one asset, with how it stands."""

    standing: list[Standing]


class Certified(Struct, frozen=True, kw_only=True):
    name: str
    holds: list[str]
    until: str
    number: str


class Checks(Struct, frozen=True, kw_only=True):
    """version, sha256: of `rules/packs/inspections.yaml`, with what the site put in its place."""

    version: int
    sha256: str
    checks: list[Check]
    certified: list[Certified]


class Inspection(Struct, frozen=True, kw_only=True):
    """One that was signed. day: on which it was done; at: when it was told. failed: questions that were not passed.
    corrects, corrected_by: numbers, 0 none. person: who inspected; actor: who signed. evidence: where no person signed, by what a
    rule counts it: `press`, `at_us` and `age_ms` of a press in a walk-test. photos: by their SHA-256.
    """

    number: int
    asset: str
    check: str
    title: str
    day: str
    result: Result
    failed: list[str]
    answers: dict[str, str]
    expires: dict[str, str]
    person: str
    certificate: str
    reason: str
    corrects: int
    corrected_by: int
    version: int
    pack: str
    at: Time
    actor: str
    evidence: dict[str, str]
    photos: list[str]


class OfAsset(Struct, frozen=True, kw_only=True):
    """since: since when it owes its inspections."""

    asset: str
    name: str
    room: str
    zone: str
    type: str
    state: str
    since: str
    today: str
    checks: list[CheckOf]
    signed: list[Inspection]


class Sign(Asked, frozen=True, kw_only=True):
    """answers: by the ids of the form. day: on which it was done, else today; at most 60 days ago. person: who inspected,
    else who asks. key: what was sent by it before is not done again. corrects: the number whose place this takes, and why.
    """

    asset: Id
    check: Id
    answers: Annotated[dict[AnswerName, AnswerText], Meta(max_length=64)] = field(default_factory=dict)
    day: Day = ""
    person: MaybeWords = ""
    key: Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9:-]*$")] = ""
    corrects: Annotated[int, Meta(ge=0, le=2**53)] = 0
    reason: MaybeWords = ""


class Signed(Done, frozen=True, kw_only=True):
    """again: it was signed before by this key, and nothing was done now."""

    number: int
    result: Result
    again: bool


async def due(visit: Visit) -> web.StreamResponse:
    """What is due."""
    asked = query(visit, DueAsked)
    return answer(of(DueList, await due_page(visit, asked)))


async def due_page(visit: Visit, asked: DueAsked) -> dict[str, Any]:
    """A page of it, as the book has it. Raises Problem."""
    said = {name: getattr(asked, name) for name in ("zone", "type", "asset", "check")}
    page: dict[str, Any] = await read_book(
        visit,
        "inspections.due",
        after=asked.after,
        limit=asked.limit,
        state=asked.state,
        **{name: value for name, value in said.items() if value},
    )
    return page


async def signed(visit: Visit) -> web.StreamResponse:
    """What was signed, the newest first."""
    asked = query(visit, SignedAsked)
    said = {name: value for name in ("asset", "check") if (value := getattr(asked, name))}
    page = await read_book(visit, "inspections", after=asked.after, limit=asked.limit, **said)
    return answer(Listed(items=of(list[Inspection], page["items"]), next=page["next"]))


async def inspection(visit: Visit) -> web.StreamResponse:
    """One."""
    no_query(visit)
    return answer(of(Inspection, await one_of(visit)))


async def one_of(visit: Visit) -> dict[str, Any]:
    """The one that a path means, as the book has it. Raises Problem."""
    one: dict[str, Any] = await read_book(visit, "inspection", number=number_of(visit))
    return one


def number_of(visit: Visit) -> int:
    """The number that a path means. Raises Problem."""
    name = visit.request.match_info["number"]
    if not (name.isascii() and name.isdigit() and len(name) < 16):
        raise Problem(404, "An inspection has a number. /api/v1/inspections lists them.", code="not_there")
    return int(name)


async def checks(visit: Visit) -> web.StreamResponse:
    """The checks in force."""
    no_query(visit)
    return answer(of(Checks, await read_book(visit, "inspections.checks")))


async def of_asset(visit: Visit) -> web.StreamResponse:
    """The checks of one asset."""
    no_query(visit)
    return answer(of(OfAsset, await asset_of(visit)))


async def asset_of(visit: Visit) -> dict[str, Any]:
    """The checks of the asset that a path means, as the book has them. Raises Problem."""
    told: dict[str, Any] = await read_book(visit, "inspections.of", id=visit.request.match_info["id"][:100])
    return told


async def sign(visit: Visit, asked: Sign) -> web.Response:
    """Sign for one."""
    caller = caller_of(visit)
    person = asked.person.strip() or visit.office.people.name_of(caller)
    said = SignInspection(
        AssetId(asked.asset),
        asked.check,
        tuple(asked.answers.items()),
        person,
        caller.role,
        asked.day,
        asked.key,
        asked.corrects,
        asked.reason,
    )
    subject = await ask_book(visit, said)
    if subject:
        page = await read_book(visit, "inspections", asset=asked.asset, check=asked.check, limit=1)
        one = page["items"][0]
    else:
        known = await read_book(visit, "inspections.by_key", key=asked.key)
        one = await read_book(visit, "inspection", number=known["number"])
    words = {"passed": "Signed: it passed.", "failed": "Signed: it did not pass. A ticket follows."}
    return answer(
        Signed(
            durable=True,
            words=words[one["result"]],
            number=one["number"],
            result=one["result"],
            again=not subject,
        )
    )


async def photo(visit: Visit) -> web.StreamResponse:
    """Take a photo in and add it."""
    no_query(visit)
    digest = await take_photo(visit, INSPECTION, number_of(visit))
    return answer(PhotoTaken(durable=True, words="The photo is kept.", sha256=digest))


async def photo_of(visit: Visit) -> web.StreamResponse:
    """One photo."""
    no_query(visit)
    return await send_photo(visit, INSPECTION, number_of(visit), visit.request.match_info["sha256"])


_READ: Final = (404, 503)
ROUTES = (
    Route("GET", "/api/v1/inspections", "assets", signed,
          says=Says("What was signed, the newest first", Listed[Inspection], asks=SignedAsked, problems=_READ)),
    Route("POST", "/api/v1/inspections", "inspect", write(Sign, sign),
          says=Says("Sign for an inspection, or correct one", Signed, takes=Sign, problems=(404,))),
    Route("GET", "/api/v1/inspections/due", "assets", due,
          says=Says("What is due, the first day first", DueList, asks=DueAsked, problems=_READ)),
    Route("GET", "/api/v1/inspections/checks", "assets", checks,
          says=Says("The checks in force, with their forms", Checks, problems=(503,))),
    Route("GET", "/api/v1/inspections/{number}", "assets", inspection,
          says=Says("One inspection", Inspection, problems=_READ)),
    Route("POST", "/api/v1/inspections/{number}/photos", "inspect", photo,
          says=Says("Add a photo to one", PhotoTaken, sends=KINDS, problems=(404, 408, 413, 415, 422, 503))),
    Route("GET", "/api/v1/inspections/{number}/photos/{sha256}", "assets", photo_of,
          says=Says("One photo", None, media="image/jpeg", problems=_READ)),
    Route("GET", "/api/v1/assets/{id}/inspections", "assets", of_asset,
          says=Says("The checks of one asset, how each stands, and what was signed last", OfAsset, problems=_READ)),
)  # fmt: skip
