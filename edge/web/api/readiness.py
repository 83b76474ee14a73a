"""`/readiness` and `/dry-run`: how ready each zone is, why not more, how that went, and which doors would fail."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from edge.journal.writer import JournalRefused
from edge.views.readiness import history
from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Done, Time
from edge.web.api.reading import query
from edge.web.api.writing import done, submit, write
from edge.web.route import Route, Says, Visit
from edge.web.shared import no_history, shared
from edge.words import reply as said
from rules.model.events import DryRunAsked
from rules.model.selftest import TestCause
from rules.rights import Role


class ZoneReady(Struct, frozen=True, kw_only=True):
    """score: 0 to 100. lost: points lost, also those below 0."""

    zone: str
    name: str
    score: int
    lost: int


class LostPoint(Struct, frozen=True, kw_only=True):
    """Points lost for one thing. behind: the heavier flag of the same thing that counts instead, `""` none.

    unknown: nothing was heard of it. flag: its id in `/flags`, null where it is what a door's sensors say.
    """

    points: int
    code: str
    subject: str
    zones: list[str]
    behind: str
    unknown: bool
    title: str
    text: str
    owner: Role
    place: str
    flag: str | None
    since: Time | None


class Readiness(Struct, frozen=True, kw_only=True):
    """version, weights: of the table that says what each flag costs; weights is its SHA-256."""

    score: int
    lost: int
    version: int
    weights: str
    zones: list[ZoneReady]
    points: list[LostPoint]


class Cause(Struct, frozen=True, kw_only=True):
    """Points lost for flags of one code, and of how many things."""

    code: str
    things: int
    points: int


class Stated(Struct, frozen=True, kw_only=True):
    """How it was; weights: of the table in force then."""

    at: Time
    score: int
    lost: int
    zones: dict[str, int]
    causes: list[Cause]
    weights: str


class Past(Struct, frozen=True, kw_only=True):
    """The newest first."""

    items: list[Stated]


class HowMany(Asked, frozen=True, kw_only=True):
    """How many of the newest."""

    limit: Annotated[int, Meta(ge=1, le=2_000)] = 500


class Nothing(Asked, frozen=True, kw_only=True):
    """It takes none: no body, or an empty one."""


class Reason(Struct, frozen=True, kw_only=True):
    """Why a door would fail."""

    code: str
    words: str


class FailingDoor(Struct, frozen=True, kw_only=True):
    """A door that would not be locked, or not be proven; the reason that comes first stands first."""

    door: str
    name: str
    zone: str
    reasons: list[Reason]


class LastRun(Struct, frozen=True, kw_only=True):
    """asked: how many doors lockdown locks. doors: those of them that would fail."""

    number: int
    at: Time
    cause: TestCause
    asked: int
    doors: list[FailingDoor]


class DryRun(Struct, frozen=True, kw_only=True):
    """last null: none came to its end yet."""

    running: bool
    number: int
    last: LastRun | None


class Begun(Done, frozen=True, kw_only=True):
    """number: it has come to its end once `last.number` is this or higher."""

    number: int


async def readiness(visit: Visit) -> web.StreamResponse:
    """Now."""
    query(visit, Nothing)
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    return answer(of(Readiness, seen["readiness"]))


async def past(visit: Visit) -> web.StreamResponse:
    """As it was recorded."""
    asked = query(visit, HowMany)
    try:
        items = await visit.office.views(lambda views: history(views, asked.limit))
    except JournalRefused as err:
        raise no_history(err) from None
    return answer(of(Past, {"items": items}))


async def dry_run(visit: Visit) -> web.StreamResponse:
    """What the last one saw."""
    query(visit, Nothing)
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    return answer(of(DryRun, seen["dry_run"]))


async def begin(visit: Visit, asked: Nothing) -> web.Response:
    """Begin one."""
    reply = done(await submit(visit, DryRunAsked))
    args = dict(reply.args)
    return answer(Begun(durable=reply.durable, words=said(reply.code, args), number=int(args["number"])))


ROUTES = (
    Route(
        "GET",
        "/api/v1/readiness",
        "look",
        readiness,
        says=Says("How ready each zone is, and what each lost point was lost for", Readiness, asks=Nothing),
    ),
    Route(
        "GET",
        "/api/v1/readiness/history",
        "look",
        past,
        says=Says("How ready the campus was", Past, asks=HowMany, problems=(503,)),
    ),
    Route(
        "GET",
        "/api/v1/dry-run",
        "look",
        dry_run,
        says=Says("Which doors would have failed when it was last looked", DryRun, asks=Nothing),
    ),
    Route(
        "POST",
        "/api/v1/dry-run",
        "selftest",
        write(Nothing, begin),
        says=Says("Look which doors would fail if lockdown were ordered now", Begun, takes=Nothing),
    ),
)
