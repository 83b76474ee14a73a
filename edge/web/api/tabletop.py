"""`/tabletop`: a past or written incident shown to a table at any speed. Nothing of it is live, and no device hears of it."""

import asyncio
import time
from typing import Any, Final, Literal

from aiohttp import web
from msgspec import Struct

from edge import tabletop_forms, tabletop_views
from edge.operations import NotDone
from edge.scenarios.shelf import NAME
from edge.tabletop import LARGEST
from edge.tabletop_forms import Add, Clock, Form, Start
from edge.tabletop_words import BANNER
from edge.tabletops import WrongScenario
from edge.web.api.answering import answer, of
from edge.web.api.forms import Done, Time
from edge.web.api.reading import no_query
from edge.web.api.writing import caller_of, done, need, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.words import reply as said
from rules.model.kinds import KindWord
from rules.model.responses import Response

Document = dict[str, Any]
YAML: Final = "application/yaml"
BODY_S: Final = 10.0
NOT_THERE = frozenset({"unknown_tabletop", "unknown_scenario", "unknown_incident_over"})
AGAIN = frozenset({"tabletop_busy", "tabletop_not_made", "incident_long_ago"})


class RealNow(Struct, frozen=True, kw_only=True):
    """A real incident that is live: look there."""

    incident: str
    response: Response


class TabletopHead(Struct, frozen=True, kw_only=True):
    """of: an incident's id or a written one's name. until: it ends by itself then."""

    id: str
    source: Literal["incident", "scenario"]
    of: str
    sha256: str
    title: str
    started: Time
    until: Time


class TabletopOver(TabletopHead, frozen=True, kw_only=True):
    """Its record is that of the drill of this id: /api/v1/drills/{id}/record."""

    ended: Time | None
    code: str
    words: str
    people: int
    decisions: int
    open_findings: int


class ScenarioShown(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    shipped: bool


class TabletopList(Struct, frozen=True, kw_only=True):
    """banner, live: in every answer: nothing here is live, and a program must not show it as if it were."""

    banner: str
    live: Literal[False]
    real: RealNow | None
    running: list[TabletopHead]
    over: list[TabletopOver]
    scenarios: list[ScenarioShown]


class IncidentThen(Struct, frozen=True, kw_only=True):
    """As it was or would be at this moment; it is live nowhere."""

    id: str
    kind: KindWord
    response: Response
    zone: str


class ZoneThen(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    response: str


class DoorThen(Struct, frozen=True, kw_only=True):
    """secured: proven by sensors read after the command, at that moment."""

    id: str
    name: str
    zone: str
    order: str
    held: str
    by: str
    verdict: str
    secured: bool
    words: str


class RoomThen(Struct, frozen=True, kw_only=True):
    room: str
    name: str
    word: str
    people: int | None


class InjectShown(Struct, frozen=True, kw_only=True):
    """A question for the table. expected: told once it was answered."""

    number: int
    at_ms: int
    text: str
    to: str
    expected: str
    answered: bool


class Seated(Struct, frozen=True, kw_only=True):
    role: str
    name: str


class DecidedShown(Struct, frozen=True, kw_only=True):
    inject: int
    at_ms: int
    role: str
    text: str


class LineThen(Struct, frozen=True, kw_only=True):
    at_ms: int
    kind: str
    words: str
    note: str


class Tabletop(TabletopHead, frozen=True, kw_only=True):
    """What the table sees at `position_ms`. timeline: the last rows before it. cut: the film's end was left out."""

    banner: str
    live: Literal[False]
    real: RealNow | None
    about: str
    cut: bool
    position_ms: int
    length_ms: int
    speed: int
    playing: bool
    incidents: list[IncidentThen]
    zones: list[ZoneThen]
    doors: list[DoorThen]
    outputs: list[str]
    rooms: list[RoomThen]
    injects: list[InjectShown]
    to_come: int
    table: list[Seated]
    decided: list[DecidedShown]
    found: list[str]
    timeline: list[LineThen]


class TabletopDone(Done, frozen=True, kw_only=True):
    """tabletop: its id; `""`: of a written incident that was kept."""

    banner: str
    live: Literal[False]
    tabletop: str


async def listed(visit: Visit) -> web.StreamResponse:
    """All of them."""
    no_query(visit)
    return answer(of(TabletopList, await listing(visit)))


async def listing(visit: Visit) -> Document:
    """All of them, as a document. Raises Problem."""
    tabletops = visit.office.tabletops
    try:
        return tabletop_views.listing(visit.office.state, await tabletops.scenarios(), tabletops.real)
    except NotDone as err:
        raise refused(err) from None


async def one(visit: Visit) -> web.StreamResponse:
    """What one shows now."""
    no_query(visit)
    return answer(of(Tabletop, await shown(visit)))


async def shown(visit: Visit) -> Document:
    """What the tabletop of the path shows now, as a document. Raises Problem."""
    tabletops = visit.office.tabletops
    try:
        found = tabletops.running(visit.request.match_info["id"])
        if found.source == "incident":
            need(visit, "record", "read the record of a past incident")
        seat = await tabletops.seat(found)
    except NotDone as err:
        raise refused(err) from None
    return tabletop_views.document(
        visit.office.plan, found, seat, tabletops.real, time.monotonic_ns() // 1_000
    )


async def asked_of(visit: Visit, form: Form) -> web.Response:
    """Do what a form asks. Raises Problem."""
    reply = await do(visit, form)
    return answer(
        TabletopDone(
            banner=BANNER,
            live=False,
            durable=reply.durable,
            words=said(reply.code, dict(reply.args)),
            tabletop=str(dict(reply.args).get("tabletop", "")),
        )
    )


async def add(visit: Visit) -> web.StreamResponse:
    """Keep a written incident."""
    no_query(visit)
    name = visit.request.match_info["name"]
    if NAME.fullmatch(name) is None:
        raise Problem(409, said("bad_scenario_name", {}), code="bad_scenario_name")
    return await asked_of(visit, Add(name=name, text=await _file(visit)))


async def _file(visit: Visit) -> str:
    request = visit.request
    if request.content_type != YAML or "Content-Encoding" in request.headers:
        raise Problem(415, "A written incident is sent as it is, as application/yaml. Nothing was kept.")
    try:
        async with asyncio.timeout(BODY_S):
            data = await request.read()
    except TimeoutError:
        raise Problem(408, f"The file did not come within {BODY_S:.0f} s. Nothing was kept.") from None
    except web.HTTPRequestEntityTooLarge:
        data = b" " * (LARGEST + 1)
    if len(data) > LARGEST:
        raise Problem(413, "A written incident is at most 48 KiB. Nothing was kept.")
    visit.body_came()
    try:
        return data.decode()
    except UnicodeDecodeError:
        lines = [(1, "it is not UTF-8 text: save it as UTF-8")]
        raise refused(WrongScenario(lines)) from None


async def do(visit: Visit, form: Form) -> Any:
    """Do what a form asks, of the tabletop of the path. Raises Problem."""
    if isinstance(form, Start) and form.source == "incident":
        need(visit, "record", "read the record of a past incident")
    name = visit.request.match_info.get("id", "")
    try:
        return done(await visit.office.tabletops.do(caller_of(visit).actor, form, name))
    except NotDone as err:
        raise refused(err) from None


def refused(err: NotDone) -> Problem:
    """Why not; of a written incident each thing that is wrong with it, by line."""
    detail = said(err.code, dict(err.said))
    if isinstance(err, WrongScenario):
        rows = [{"line": line, "words": why} for line, why in err.lines]
        return Problem(409, detail, code=err.code, rows=rows)
    if err.code in AGAIN:
        return Problem(503, detail, code=err.code, headers={"Retry-After": "30"})
    return Problem(404 if err.code in NOT_THERE else 409, detail, code=err.code)


def _post(path: str, form: type[Any], summary: str, problems: tuple[int, ...] = (404, 503)) -> Route:
    return Route(
        "POST",
        f"/api/v1/tabletop{path}",
        "start-drill",
        write(form, asked_of),
        says=Says(summary, TabletopDone, takes=form, problems=problems),
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/tabletop",
        "start-drill",
        listed,
        says=Says(
            "Tabletop exercises, and the written incidents to begin one with", TabletopList, problems=(503,)
        ),
    ),
    Route(
        "GET",
        "/api/v1/tabletop/{id}",
        "start-drill",
        one,
        says=Says(
            "What a tabletop shows at its moment; nothing of it is live", Tabletop, problems=(404, 409, 503)
        ),
    ),
    _post("", Start, "Begin a tabletop on a past or written incident; it stands still at its first moment"),
    Route(
        "POST",
        "/api/v1/tabletop/scenarios/{name}",
        "start-drill",
        add,
        says=Says(
            "Keep a written incident: checked whole, with each mistake by its line",
            TabletopDone,
            sends=(YAML,),
            problems=(404, 408, 409, 413, 415, 503),
            text="The body is its file, of at most 48 KiB. name: small letters, digits and hyphens.",
        ),
    ),
    _post("/{id}/clock", Clock, "Play, pause, step or seek"),
    _post("/{id}/table", tabletop_forms.Join, "Somebody sits at the table"),
    _post("/{id}/decisions", tabletop_forms.Decide, "What the table decided"),
    _post("/{id}/findings", tabletop_forms.Find, "What would not have gone as it should"),
    _post("/{id}/end", tabletop_forms.End, "End it; it is in the log of drills then"),
)
