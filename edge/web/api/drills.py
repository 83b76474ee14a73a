"""`/drills`: what the law asks for; drills that are planned, under way and over; the record of each. None starts by a clock."""

import time
from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from edge import drill_forms, drill_views
from edge.calendar import zone_of
from edge.drill_forms import NotADay, ask_for, ticket_number
from edge.operations import NotDone
from edge.web.api.answering import answer, of
from edge.web.api.booking import refused
from edge.web.api.forms import Done, Listed, Time
from edge.web.api.lists import Paged
from edge.web.api.reading import no_query, query
from edge.web.api.writing import caller_of, done, submit, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.words import reply as said
from rules.model.drill_asks import DrillAsked
from rules.model.responses import Response

Document = dict[str, Any]
State = Literal["planned", "under_way", "over"]


class Named(Struct, frozen=True, kw_only=True):
    id: str
    name: str


class FailureShown(Named, frozen=True, kw_only=True):
    what: str


class ButtonShown(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """enrolled: its presses still count as the drill's. pressed: one came from it."""

    button: str
    name: str
    room: str
    enrolled: bool | None = None
    pressed: bool | None = None


class DoorTook(Struct, frozen=True, kw_only=True):
    """ms: from the order until sensors, read after it, proved it."""

    door: str
    name: str
    ms: int


class DoorNever(Struct, frozen=True, kw_only=True):
    """code: its last verdict, the interlock's reason, or `simulated`."""

    door: str
    name: str
    code: str
    words: str


class Unheard(Struct, frozen=True, kw_only=True):
    output: str
    code: str
    words: str


class Heard(Struct, frozen=True, kw_only=True):
    output: str


class RoomShown(Struct, frozen=True, kw_only=True):
    room: str
    name: str


class RoomHeardShown(RoomShown, frozen=True, kw_only=True):
    """ms: from the drill's beginning until somebody was first heard from there, by button, page or screen."""

    ms: int


class FindingShown(Struct, frozen=True, kw_only=True):
    number: int
    code: str
    subject: str
    words: str
    open: bool
    ticket: str
    change: str


class NoticeRuleShown(Struct, frozen=True, kw_only=True):
    """by: local time. given: when somebody recorded that they were told; null: nobody did."""

    whom: str
    title: str
    by: str
    given: Time | None


class Drill(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One drill. date, time: local. What has no meaning in its state is left out."""

    id: str
    type: str
    title: str
    kind: Literal["drill", "exercise"]
    response: Response | None
    state: State
    date: str | None
    time: str | None
    zones: list[Named]
    failures: list[FailureShown]
    buttons: list[ButtonShown] = []
    announced: bool | None = None
    notice_rules: list[NoticeRuleShown] = []
    started: Time | None = None
    ended: Time | None = None
    until: Time | None = None
    incident: str | None = None
    waits: bool | None = None
    told: int | None = None
    lasted_ms: int | None = None
    code: str = ""
    words: str = ""
    logged: bool | None = None
    counts: bool | None = None
    doors: list[DoorTook] = []
    unsecured: list[DoorNever] = []
    slowest_ms: int | None = None
    pressed: list[ButtonShown] = []
    silent: list[ButtonShown] = []
    rooms_heard: list[RoomHeardShown] = []
    rooms_silent: list[RoomShown] = []
    heard: list[Heard] = []
    unheard: list[Unheard] = []
    findings: list[FindingShown] = []
    open_findings: int = 0


class NoticeGiven(Struct, frozen=True, kw_only=True):
    whom: str
    title: str
    how: str
    at: Time


class FieldShown(Struct, frozen=True, kw_only=True):
    """asked: by the law. verified: its sources say so; else it is asked for from knowledge. value: `""` is missing."""

    field: str
    title: str
    asked: bool
    by: Literal["device", "person"]
    value: str


class Before(Struct, frozen=True, kw_only=True):
    """An earlier drill of the type. doors: milliseconds by door."""

    id: str
    date: str | None
    doors: dict[str, int]
    unsecured: int
    silent: int
    rooms_silent: int
    unheard: int
    slowest_ms: int | None


class DrillRecord(Drill, frozen=True, kw_only=True):
    """missing: titles of the fields that the law asks for and nobody filled in. last: at most five before it."""

    law_name: str | None
    edition: str | None
    source: list[str]
    note: str
    notices: list[NoticeGiven]
    fields: list[FieldShown]
    missing: list[str]
    keep_until: str | None
    post_by: str | None
    last: list[Before]


class Requirement(Struct, frozen=True, kw_only=True):
    """done, needed: in the school year. missing: of those whose day has passed. next: by when the next is to be held."""

    id: str
    title: str
    types: list[str]
    progress: Literal["done", "due", "overdue"]
    words: str
    done: int
    needed: int
    missing: int
    next: str | None


class SchoolYear(Struct, frozen=True, kw_only=True):
    first: str
    last: str


class DueShown(Struct, frozen=True, kw_only=True):
    """law null: none was chosen (`policies.drills.law`), and nothing is due. as_of: the campus's day."""

    law: str | None
    law_name: str | None
    edition: str | None
    source: list[str]
    law_notes: list[str]
    as_of: str | None
    year: SchoolYear | None
    items: list[Requirement]


class DrillDone(Done, frozen=True, kw_only=True):
    """incident: the one that it opened; null where it waits for its first press, or opens none."""

    drill: str
    incident: str | None


async def listed(visit: Visit) -> web.StreamResponse:
    """All of them, the newest first."""
    asked = query(visit, Paged)
    items = listing(visit)
    if asked.after is not None:
        place = next((n for n, one in enumerate(items) if one["id"] == asked.after), len(items))
        items = items[place + 1 :]
    here = items[: asked.limit]
    after = here[-1]["id"] if len(items) > len(here) else None
    return answer(Listed(items=of(list[Drill], here), next=after))


def listing(visit: Visit) -> list[Document]:
    """As this visitor may see them."""
    office = visit.office
    found = drill_views.listing(office.plan, office.state, _zone(visit), all_planned=visit.may("start-drill"))
    return found if visit.may("record") else [_without_words(one) for one in found]


def _without_words(one: Document) -> Document:
    """What a person wrote is for those who may read the record."""
    findings = [{**finding, "change": ""} for finding in one.get("findings", ())]
    return {**one, "findings": findings}


async def due(visit: Visit) -> web.StreamResponse:
    """What the law asks for."""
    no_query(visit)
    return answer(of(DueShown, drill_views.due(visit.office.plan, visit.office.state)))


async def one(visit: Visit) -> web.StreamResponse:
    """The record of one."""
    no_query(visit)
    return answer(of(DrillRecord, record(visit)))


def record(visit: Visit) -> Document:
    """Raises Problem 404."""
    office = visit.office
    found = drill_views.record(office.plan, office.state, visit.request.match_info["id"], _zone(visit))
    if found is None:
        raise Problem(404, said("unknown_drill", {}), code="unknown_drill")
    return found


async def asked_of(visit: Visit, verb: str, form: Any, finding: int = -1) -> web.Response:
    """Do what a form asks. Raises Problem."""
    drill = visit.request.match_info.get("id", "")
    try:
        ask = ask_for(verb, form, drill, finding)
    except NotADay:
        raise Problem(409, said("bad_day", {}), code="bad_day") from None
    role = caller_of(visit).role
    reply = done(await submit(visit, lambda at, number, actor: DrillAsked(at, number, actor, ask, role)))
    args = dict(reply.args)
    return answer(
        DrillDone(
            durable=reply.durable,
            words=said(reply.code, args),
            drill=str(args["drill"]),
            incident=reply.incident,
        )
    )


async def ticket_is_there(visit: Visit, form: drill_forms.Finding) -> None:
    """A finding closes with a ticket that there is. Raises Problem."""
    if form.ticket:
        try:
            await visit.office.read_book(
                "ticket", number=ticket_number(form.ticket), now_us=time.time_ns() // 1_000
            )
        except NotDone as err:
            if err.code == "not_there":
                raise Problem(404, said("unknown_ticket", {}), code="unknown_ticket") from None
            raise refused(err) from None


async def close_finding(visit: Visit, asked: drill_forms.Finding) -> web.Response:
    """Close one."""
    number = visit.request.match_info["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise Problem(404, said("unknown_finding", {}), code="unknown_finding")
    await ticket_is_there(visit, asked)
    return await asked_of(visit, "finding", asked, int(number))


def _zone(visit: Visit) -> Any:
    return zone_of(visit.office.timezone)


def _post(path: str, verb: str, summary: str, problems: tuple[int, ...] = (404,)) -> Route:
    form = drill_forms.OF_VERBS[verb]

    async def do(visit: Visit, asked: Any) -> web.Response:
        return await asked_of(visit, verb, asked)

    return Route(
        "POST",
        f"/api/v1/drills{path}",
        "start-drill",
        write(form, do),
        says=Says(summary, DrillDone, takes=form, problems=problems),
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/drills",
        "look",
        listed,
        says=Says("Drills, the newest first", Listed[Drill], asks=Paged),
    ),
    Route(
        "GET",
        "/api/v1/drills/due",
        "look",
        due,
        says=Says("What drill law asks for, and what is done", DueShown),
    ),
    Route(
        "GET",
        "/api/v1/drills/{id}/record",
        "record",
        one,
        says=Says("The record of a drill that is over", DrillRecord, problems=(404,)),
    ),
    _post("", "plan", "Plan a drill; it never starts by itself"),
    _post("/begin", "begin", "Begin a drill that nobody planned"),
    _post("/log", "log", "Log a drill that this box had no part in", problems=()),
    _post("/{id}/start", "start", "Start a planned drill now"),
    _post("/{id}/end", "end", "End the drill under way; doors stay as they are"),
    _post("/{id}/cancel", "cancel", "Cancel a planned drill"),
    _post("/{id}/notices", "notice", "Record that somebody was told of a planned drill"),
    _post("/{id}/fields", "field", "Fill in a field of a drill's record"),
    Route(
        "POST",
        "/api/v1/drills/{id}/findings/{number}",
        "start-drill",
        write(drill_forms.Finding, close_finding),
        says=Says(
            "Close a finding, with a ticket or a change of the plan",
            DrillDone,
            takes=drill_forms.Finding,
            problems=(404,),
        ),
    ),
)
