"""`/sweeps`: the weekly sweep of the exterior doors, made from their own sensors; what it found is signed by name."""

from typing import Annotated, Any, Literal

from aiohttp import web
from msgspec import Meta, Struct

from edge import exterior_words
from edge.exterior_sheet import sheet
from edge.journal.stored import rfc3339
from edge.web.api.answering import answer, of
from edge.web.api.booking import ask_book, read_book
from edge.web.api.forms import NO_CONTROL, Asked, Done, Id, Time
from edge.web.api.reading import no_query, query
from edge.web.api.writing import caller_of, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from rules.model.exterior_asks import SignSweep
from rules.model.ids import DoorId

Result = Literal["ok", "exception", "unknown"]
Code = Literal["forced", "held_open", "unlocked", "not_watched", "not_read", "not_sensed", "not_proven"]
Weeks = Annotated[int, Meta(ge=0, le=60)]
Monday = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_CONTROL)]


class Signature(Struct, frozen=True, kw_only=True):
    """by: the actor. person, reason: empty once they were erased."""

    at: Time
    by: str
    person: str
    reason: str


class SweptDoor(Struct, frozen=True, kw_only=True):
    """What was seen of a door in a week, in seconds. unknown is never ok.

    longest: at once. unlocked: closed, and its bolt not thrown. unsensed: a sensor is lacking. unknown_s: not read, stale, or
    nobody watched; seen_s: how long the box watched at all. opened, unlatched, lost, forced: how many times
    it came to be open, unlocked, unknown, forced. proven_at: when its lock was last proven.
    """

    door: str
    name: str
    zone: str
    result: Result
    codes: list[Code]
    words: str
    seen_s: int
    unknown_s: int
    open_s: int
    longest_open_s: int
    unlocked_s: int
    longest_unlocked_s: int
    unsensed_s: int
    opened: int
    unlatched: int
    lost: int
    forced: int
    proven_at: Time | None
    signed: Signature | None


class Sweep(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """week: its Monday. over: false of the week under way, which is as of `until`. unsigned: doors that nobody explained yet.

    pack_version, pack_sha256: of the limits that it was judged by.
    """

    week: str
    over: bool
    from_: Time
    until: Time
    unsigned: int
    pack_version: int
    pack_sha256: str
    doors: list[SweptDoor]


class Sweeps(Struct, frozen=True, kw_only=True):
    """current: the week under way; null where there is no exterior door. items: those that are over, the newest first."""

    current: Sweep | None
    items: list[Sweep]
    next: None = None


class Which(Asked, frozen=True, kw_only=True):
    """weeks: how many of those that are over."""

    weeks: Weeks = 6


class Sign(Asked, frozen=True, kw_only=True):
    """reason: what somebody who went and looked says of these doors in this week. Who asks signs, by name."""

    doors: Annotated[list[Id], Meta(min_length=1, max_length=200)]
    reason: Reason


async def sweeps(visit: Visit) -> web.StreamResponse:
    """The week under way, and the last ones."""
    found = await read_book(visit, "sweeps", weeks=query(visit, Which).weeks)
    current = found["current"]
    items = [_week(one) for one in found["weeks"]]
    return answer(Sweeps(current=None if current is None else _week(current), items=items))


async def sweep(visit: Visit) -> web.StreamResponse:
    """One week that is over."""
    no_query(visit)
    found = await read_book(visit, "sweeps", week=visit.request.match_info["week"][:64])
    return answer(_week(found["weeks"][0]))


async def as_csv(visit: Visit) -> web.StreamResponse:
    """The last weeks as a sheet."""
    found = await read_book(visit, "sweeps", weeks=query(visit, Which).weeks)
    return web.Response(
        body=sheet(found["weeks"]).encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": 'attachment; filename="exterior-doors.csv"'},
    )


async def sign(visit: Visit, asked: Sign) -> web.Response:
    """Explain and sign."""
    doors = tuple(DoorId(one) for one in asked.doors)
    week = visit.request.match_info["week"][:64]
    await ask_book(visit, SignSweep(week, doors, asked.reason, signer(visit)))
    return answer(Done(durable=True, words="Signed."))


def signer(visit: Visit) -> str:
    """By what name who asks signs. Raises Problem 403 for a program: a person answers for a door."""
    caller = caller_of(visit)
    name = visit.office.people.name_of(caller)
    if caller.by != "session" or not name:
        raise Problem(403, "A named person signs, and no program. Nothing was signed.", code="no_signer")
    return name


def _week(one: dict[str, Any]) -> Sweep:
    doors = [_door(each) for each in one["doors"]]
    return Sweep(
        week=one["week"],
        over=one["over"],
        from_=rfc3339(one["from_us"]),
        until=rfc3339(one["until_us"]),
        unsigned=one["unsigned"],
        pack_version=one["version"],
        pack_sha256=one["pack"],
        doors=doors,
    )


def _door(one: dict[str, Any]) -> SweptDoor:
    signed = one["signed"]
    words = exterior_words.found(",".join(one["codes"]))
    proven = rfc3339(one["proven_us"]) if one["proven_us"] else None
    told = None if signed is None else {**signed, "at": rfc3339(signed["at_us"])}
    found: SweptDoor = of(SweptDoor, {**one, "words": words, "proven_at": proven, "signed": told})
    return found


ROUTES = (
    Route(
        "GET", "/api/v1/sweeps", "assets", sweeps,
        says=Says("The weekly sweep of the exterior doors: so far, and the last weeks", Sweeps, asks=Which, problems=(503,)),
    ),
    Route(
        "GET", "/api/v1/sweeps.csv", "assets", as_csv,
        says=Says("The last sweeps as CSV, a line a door and week", asks=Which, problems=(503,), media="text/csv"),
    ),
    Route(
        "GET", "/api/v1/sweeps/{week}", "assets", sweep,
        says=Says("One week that is over, by its Monday", Sweep, problems=(404, 503)),
    ),
    Route(
        "POST", "/api/v1/sweeps/{week}/signatures", "sign-sweep", write(Sign, sign),
        says=Says("Explain by name what a week's sweep found", Done, takes=Sign, problems=(404, 503)),
    ),
)  # fmt: skip
