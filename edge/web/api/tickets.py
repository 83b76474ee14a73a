"""`/tickets`: what is wrong and who mends it; `/upkeep`: what rests for a while, with its owner, reason and end."""

import time
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from msgspec import Meta, Struct, field

from edge.web.api.answering import answer, of
from edge.web.api.booking import ask_book, read_book
from edge.web.api.forms import (
    NO_CONTROL,
    Asked,
    Cursor,
    Done,
    Id,
    Listed,
    MaybeWords,
    PhotoTaken,
    Time,
    Words,
)
from edge.web.api.reading import no_query, query
from edge.web.api.ticket_versions import Versions, rfc3339, versions_of
from edge.web.api.writing import caller_of, write
from edge.web.photos import KINDS, TICKET, send_photo, take_photo
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from rules.model.asset_facts import Pairs
from rules.model.ticket_asks import BeginUpkeep, ChangeTicket, EndUpkeep, NoteTicket, OpenTicket

Weight = Literal["safety", "urgent", "normal"]
State = Literal["open", "progress", "waiting", "proposed", "closed", "reopened"]
Line = Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]
MaybeLine = Annotated[str, Meta(max_length=200, pattern=NO_CONTROL)]
MaybeId = Annotated[str, Meta(max_length=64, pattern=r"^[!-~]*$")]
Text = Annotated[str, Meta(max_length=2_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$")]
MaybeDay = Annotated[str, Meta(max_length=10, pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Days = Annotated[int, Meta(ge=1, le=365)]
DAY_US: Final = 86_400_000_000


class TicketLine(Struct, frozen=True, kw_only=True):
    """One ticket in a list. id: to be said aloud; the number alone is enough here. key: `CODE:SUBJECT` of the flag that a rule
    opened it for, empty where a person did. title: empty where it was erased. minutes: time spent. untrusted: it came of a report
    without a sign-in, which nobody may have checked.
    conflict: it was closed on one side while the other edited it, and a person has to say a state.
    """

    id: str
    number: int
    state: State
    open: bool
    weight: Weight
    category: str
    title: str
    zone: str
    asset: str
    assigned: str
    key: str
    before: int
    reporter: str
    opened_at: Time
    turned_at: Time
    changed_at: Time
    escalated_at: Time | None
    minutes: int
    conflict: bool
    untrusted: bool


class Report(Struct, frozen=True, kw_only=True):
    """Sent by a label without a sign-in: not checked. name: as somebody wrote it. outcome: waits, taken or dismissed."""

    number: int
    at: Time
    text: str
    name: str
    outcome: str


class Said(Struct, frozen=True, kw_only=True):
    """name: title, text, room, reporter, note, why, part or photo."""

    name: str
    value: str


class Happened(Struct, frozen=True, kw_only=True):
    """One event of a ticket. words: what was said in it, unless erased."""

    at: Time
    actor: str
    kind: str
    data: dict[str, Any]
    words: list[Said]


class TicketWhole(TicketLine, frozen=True, kw_only=True):
    """age_s: how long it was open, all times together, without what rested. next_step: of escalation, in so many seconds;
    next_does: what it does then: weight, assigned, flag.
    supported_until: of its asset, where that is known. due: the day by which it is to be done, or empty.
    photos_away: those whose file is not on this box, as of the district.
    versions: what was written on both sides, until somebody who has seen both writes it anew.
    clock_was_ahead: the box's clock was ahead; its dates and age are corrected, and its history has what the clock said.
    """

    text: str
    room: str
    reported_by: str
    age_s: int
    steps: list[str]
    next_step: str | None
    next_does: dict[str, str]
    next_step_in_s: int | None
    resting_until: Time | None
    supported_until: str
    due: str
    clock_was_ahead: bool
    photos: list[str]
    photos_away: list[str]
    versions: list[Versions]
    reports: list[Report]
    history: list[Happened]


class Which(Asked, frozen=True, kw_only=True):
    """mine: given to who asks, or to their role. q: words that were said in it, all of them. after: `next` of the page before."""

    after: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    state: Literal["open", "closed", "all"] = "open"
    mine: bool = False
    assigned: MaybeId | None = None
    weight: Weight | None = None
    category: MaybeId | None = None
    zone: MaybeId | None = None
    asset: MaybeId | None = None
    q: MaybeLine = ""


class NewTicket(Asked, frozen=True, kw_only=True):
    """template: one of `/tickets/desk`, to begin with; what is said goes before it. zone: else where its asset is.
    reporter: who said so, where not who writes it.
    """

    title: Line | None = None
    category: MaybeId | None = None
    template: MaybeId = ""
    text: Text = ""
    weight: Weight | None = None
    zone: MaybeId = ""
    asset: MaybeId = ""
    room: MaybeLine = ""
    reporter: MaybeLine = ""
    assigned: MaybeId = ""
    due: MaybeDay = ""


class TicketChange(Asked, frozen=True, kw_only=True):
    """What is another from now on; an empty text takes one away. why: a must to close what weighs safety."""

    state: State | None = None
    assigned: MaybeId | None = None
    due: MaybeDay | None = None
    weight: Weight | None = None
    category: MaybeId | None = None
    zone: MaybeId | None = None
    asset: MaybeId | None = None
    title: Line | None = None
    text: Text | None = None
    room: MaybeLine | None = None
    reporter: MaybeLine | None = None
    why: MaybeWords = ""


class Part(Asked, frozen=True, kw_only=True):
    name: Line
    count: Annotated[int, Meta(ge=1, le=1_000_000)]


class NewNote(Asked, frozen=True, kw_only=True):
    """minutes: time spent. photos: taken in by `/tickets/{id}/photos` before."""

    text: Text = ""
    minutes: Annotated[int, Meta(ge=0, le=1_440)] = 0
    parts: Annotated[list[Part], Meta(max_length=50)] = field(default_factory=list)
    photos: Annotated[list[Sha256], Meta(max_length=10)] = field(default_factory=list)


class Snooze(Asked, frozen=True, kw_only=True):
    days: Days
    reason: Words


class NewUpkeep(Asked, frozen=True, kw_only=True):
    """Maintenance: while it lasts, flags there open no ticket, and tickets there do not age. owner: else who asks."""

    of: Literal["device", "zone"]
    subject: Id
    days: Days
    reason: Words
    owner: MaybeId = ""


class Nothing(Asked, frozen=True, kw_only=True):
    """It takes none."""


class Numbered(Done, frozen=True, kw_only=True):
    """id: to be said aloud."""

    id: str
    number: int


class Upkeep(Struct, frozen=True, kw_only=True):
    """number: to end it by."""

    number: int
    what: Literal["maintenance", "snooze"]
    of: Literal["ticket", "device", "zone"]
    subject: str
    owner: str
    from_at: Time
    until: Time
    reason: str


class Category(Struct, frozen=True, kw_only=True):
    desk: Literal["it", "facilities"]
    weight: Weight


class Template(Struct, frozen=True, kw_only=True):
    title: str
    category: str
    text: str


class Step(Struct, frozen=True, kw_only=True):
    """flag: raised from then on; empty: none."""

    id: str
    after_s: int
    flag: str


class Desk(Struct, frozen=True, kw_only=True):
    """What a ticket may be, what becomes of it by age, and how many wait. version, sha256: of `rules/packs/escalation.yaml`."""

    version: int
    sha256: str
    categories: dict[str, Category]
    templates: dict[str, Template]
    steps: list[Step]
    open: dict[Weight, int]


# --- reading ----------------------------------------------------------------------------------


async def tickets(visit: Visit) -> web.StreamResponse:
    """A page of the list."""
    asked = query(visit, Which)
    page = await listed(visit, asked)
    return answer(Listed(items=[line_of(one) for one in page["items"]], next=page["next"]))


async def listed(visit: Visit, asked: Which) -> dict[str, Any]:
    """A page of the list, as the book has it."""
    caller = caller_of(visit)
    assigned = [asked.assigned] if asked.assigned else []
    if asked.mine:
        assigned += [caller.actor, f"role:{caller.role}"]
    page: dict[str, Any] = await read_book(
        visit,
        "tickets",
        after=asked.after or "",
        limit=asked.limit,
        state=asked.state,
        assigned=assigned,
        weight=asked.weight,
        category=asked.category or None,
        zone=asked.zone or None,
        asset=asked.asset or None,
        q=asked.q,
    )
    return page


async def ticket(visit: Visit) -> web.StreamResponse:
    """One, whole."""
    told = await whole(visit, number_of(visit))
    history = [{**one, "data": dict(one["data"])} for one in told["history"]]
    rest_us, next_us = told.get("resting_until_us", 0), told.get("next_step_in_us")
    more = {
        **times_of(told),
        "history": history,
        "versions": versions_of(told),
        "age_s": told.get("age_us", 0) // 1_000_000,
        "clock_was_ahead": told.get("clock_was_ahead", False),
        "steps": told.get("steps", []),
        "next_step": told.get("next_step"),
        "next_does": told.get("next_does", {}),
        "next_step_in_s": None if next_us is None else next_us // 1_000_000,
        "resting_until": rfc3339(rest_us) if rest_us else None,
    }
    return answer(of(TicketWhole, {**told, **more}))


async def whole(visit: Visit, number: int) -> dict[str, Any]:
    """One, as the book has it. Raises Problem."""
    told: dict[str, Any] = await read_book(visit, "ticket", number=number, now_us=time.time_ns() // 1000)
    return told


async def desk(visit: Visit) -> web.StreamResponse:
    """What a ticket may be."""
    no_query(visit)
    told = await read_book(visit, "tickets.desk")
    steps = [{**one, "after_s": one["after_us"] // 1_000_000} for one in told["steps"]]
    return answer(of(Desk, {**told, "steps": steps}))


async def upkeep(visit: Visit) -> web.StreamResponse:
    """What rests."""
    query(visit, Nothing)
    found = await read_book(visit, "upkeeps")
    items = [{**one, "from_at": rfc3339(one["from_us"]), "until": rfc3339(one["until_us"])} for one in found]
    return answer(Listed(items=of(list[Upkeep], items), next=None))


def line_of(told: dict[str, Any]) -> TicketLine:
    """A row of the book as its model."""
    line: TicketLine = of(TicketLine, {**told, **times_of(told)})
    return line


def times_of(told: dict[str, Any]) -> dict[str, str | None]:
    """Its moments as the API has them."""
    names = ("opened", "turned", "changed", "escalated")
    return {f"{name}_at": rfc3339(told[f"{name}_us"]) if told[f"{name}_us"] else None for name in names}


def number_of(visit: Visit) -> int:
    """The ticket that a path means: its number, or as it is said. Raises Problem 404."""
    name = visit.request.match_info["id"].removeprefix(f"{visit.office.plan.campus}-")
    if not (name.isascii() and name.isdigit() and 0 < len(name) < 16 and int(name) > 0):
        raise Problem(404, "A ticket has a number. /api/v1/tickets lists them.", code="unknown_ticket")
    return int(name)


# --- writing ----------------------------------------------------------------------------------


def pairs(asked: Struct, *names: str) -> Pairs:
    """What is said, but for what is not."""
    said = ((name, getattr(asked, name)) for name in names)
    return tuple((name, value) for name, value in said if value is not None)


async def open_ticket(visit: Visit, asked: NewTicket) -> web.Response:
    """A new one."""
    said = tuple(
        (name, value)
        for name, value in pairs(
            asked,
            "title",
            "category",
            "text",
            "weight",
            "zone",
            "asset",
            "room",
            "reporter",
            "assigned",
            "due",
        )
        if value
    )
    subject = await ask_book(visit, OpenTicket(said, asked.template))
    number = int(subject.removeprefix("ticket-"))
    name = f"{visit.office.plan.campus}-{number}"
    return answer(Numbered(durable=True, words=f"Ticket {name} is open.", id=name, number=number))


async def change_ticket(visit: Visit, asked: TicketChange) -> web.Response:
    """What is another."""
    said = pairs(
        asked,
        "state",
        "assigned",
        "due",
        "weight",
        "category",
        "zone",
        "asset",
        "title",
        "text",
        "room",
        "reporter",
    )
    await ask_book(visit, ChangeTicket(number_of(visit), said, asked.why))
    return answer(Done(durable=True, words="Changed."))


async def note_ticket(visit: Visit, asked: NewNote) -> web.Response:
    """Something said or seen."""
    parts = tuple((one.name, str(one.count)) for one in asked.parts)
    await ask_book(visit, NoteTicket(number_of(visit), asked.text, asked.minutes, parts, tuple(asked.photos)))
    return answer(Done(durable=True, words="Noted."))


async def photo(visit: Visit) -> web.StreamResponse:
    """Take a photo in and note it."""
    no_query(visit)
    digest = await take_photo(visit, TICKET, number_of(visit))
    return answer(PhotoTaken(durable=True, words="The photo is kept.", sha256=digest))


async def photo_of(visit: Visit) -> web.StreamResponse:
    """One photo."""
    no_query(visit)
    return await send_photo(visit, TICKET, number_of(visit), visit.request.match_info["sha256"])


async def snooze(visit: Visit, asked: Snooze) -> web.Response:
    """Let it rest for some days."""
    until_us = time.time_ns() // 1000 + asked.days * DAY_US
    number = number_of(visit)
    await ask_book(visit, BeginUpkeep("snooze", "ticket", str(number), until_us, asked.reason))
    return answer(Done(durable=True, words=f"It rests until {rfc3339(until_us)}."))


async def begin_upkeep(visit: Visit, asked: NewUpkeep) -> web.Response:
    """Maintenance of a device or zone, from now on."""
    until_us = time.time_ns() // 1000 + asked.days * DAY_US
    await ask_book(
        visit,
        BeginUpkeep("maintenance", asked.of, asked.subject, until_us, asked.reason, owner=asked.owner),
    )
    return answer(Done(durable=True, words=f"It is in maintenance until {rfc3339(until_us)}."))


async def end_upkeep(visit: Visit, asked: Nothing) -> web.Response:
    """Before its time."""
    name = visit.request.match_info["number"]
    if not (name.isascii() and name.isdigit() and len(name) < 16):
        raise Problem(404, "It has a number. /api/v1/upkeep lists what rests.", code="unknown_upkeep")
    await ask_book(visit, EndUpkeep(int(name)))
    return answer(Done(durable=True, words="It rests no more."))


_AWAY: Final = (503,)
_LISTS: Final = (404, 503)
ROUTES = (
    Route("GET", "/api/v1/tickets", "read-tickets", tickets,
          says=Says("Tickets, what to do next first", Listed[TicketLine], asks=Which, problems=_LISTS)),
    Route("POST", "/api/v1/tickets", "report", write(NewTicket, open_ticket),
          says=Says("Open a ticket", Numbered, takes=NewTicket, problems=(404,))),
    Route("GET", "/api/v1/tickets/desk", "report", desk,
          says=Says("What a ticket may be, and how many wait", Desk, problems=_AWAY)),
    Route("GET", "/api/v1/tickets/{id}", "read-tickets", ticket,
          says=Says("One ticket with its history", TicketWhole, problems=_AWAY)),
    Route("POST", "/api/v1/tickets/{id}/changes", "work-tickets", write(TicketChange, change_ticket),
          says=Says("Assign, change, close or reopen it", Done, takes=TicketChange)),
    Route("POST", "/api/v1/tickets/{id}/notes", "report", write(NewNote, note_ticket),
          says=Says("Add words, time spent, parts", Done, takes=NewNote)),
    Route("POST", "/api/v1/tickets/{id}/photos", "report", photo,
          says=Says("Add a photo; where and when it was taken is removed", PhotoTaken, sends=KINDS,
                    problems=(400, 408, 409, 413, 415, 503))),
    Route("GET", "/api/v1/tickets/{id}/photos/{sha256}", "read-tickets", photo_of,
          says=Says("One photo", problems=(409, 503), media="image/jpeg")),
    Route("POST", "/api/v1/tickets/{id}/snooze", "work-tickets", write(Snooze, snooze),
          says=Says("Let it rest for some days: it does not age meanwhile", Done, takes=Snooze)),
    Route("GET", "/api/v1/upkeep", "read-tickets", upkeep,
          says=Says("What rests for a while", Listed[Upkeep], asks=Nothing, problems=_AWAY)),
    Route("POST", "/api/v1/upkeep", "work-tickets", write(NewUpkeep, begin_upkeep),
          says=Says("Put a device or zone into maintenance", Done, takes=NewUpkeep, problems=(404,))),
    Route("POST", "/api/v1/upkeep/{number}/end", "work-tickets", write(Nothing, end_upkeep),
          says=Says("End it before its time", Done, takes=Nothing)),
)  # fmt: skip
