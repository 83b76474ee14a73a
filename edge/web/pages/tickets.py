"""Tickets: the list, a technician's day, one with its history, a new one. Plain forms, each done once."""

from typing import Any, Final, cast
from urllib.parse import urlencode

from aiohttp import web

from edge.web.api.booking import read_book
from edge.web.api.tickets import DAY_US, Which, listed, number_of, whole
from edge.web.pages import ticket_views
from edge.web.pages.acting import onward
from edge.web.pages.booking import asked_of_book
from edge.web.pages.confirming import ours
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _, say
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, scene_of, show
from edge.web.photos import TICKET, take_enclosed_photo
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.asset_facts import Pairs
from rules.model.book_asks import BookAsk
from rules.model.ticket_asks import BeginUpkeep, ChangeTicket, EndUpkeep, NoteTicket, OpenTicket
from rules.rights import Role

Document = dict[str, Any]

A_DAY: Final = 12
"""Tickets that a technician's day shows with their buttons; the others are rows."""
WORDS: Final = ("title", "category", "weight", "zone", "asset", "room", "text", "reporter", "assigned")


async def tickets_page(visit: Visit) -> web.StreamResponse:
    """The list; `?mine`: a technician's day."""
    now, given = scene_of(visit), visit.request.query
    mine = "mine" in given
    state = given.get("state", "open")
    asked = Which(
        after=given.get("after", "")[:100] or None,
        state="closed" if state == "closed" else "open",
        mine=mine,
        weight="safety" if given.get("weight") == "safety" else None,
        zone=given.get("zone", "")[:64] or None,
        asset=given.get("asset", "")[:64] or None,
        q=given.get("q", "")[:200],
    )
    page = await listed(visit, asked)
    rows = [ticket_views.row(now, one, _names(visit)) for one in page["items"]]
    more = {
        "rows": rows,
        "day": mine and visit.may("work-tickets"),
        "a_day": A_DAY,
        "tabs": ticket_views.tabs(mine=mine, safety=asked.weight == "safety", closed=asked.state == "closed"),
        "q": asked.q,
        "asset": asked.asset or "",
        "next": ticket_views.address(asked, page["next"]) if page["next"] else "",
        "open": (await read_book(visit, "tickets.desk"))["open"],
    }
    return show(visit, "plain", seen=now, template="tickets.html", more=more)


async def ticket_page(visit: Visit) -> web.StreamResponse:
    """One, whole."""
    return await _one(visit)


async def _one(visit: Visit, missing: str = "", typed: Document | None = None) -> web.StreamResponse:
    now = scene_of(visit)
    one = await whole(visit, number_of(visit))
    more = {
        "one": ticket_views.whole(now, one, _names(visit)),
        "works": visit.may("work-tickets"),
        "whom": _whom(visit),
        "missing": missing,
        "typed": {"why": "", "text": "", **(typed or {})},
    }
    return show(visit, "plain", seen=now, template="ticket.html", more=more, status=422 if missing else 200)


async def new_page(visit: Visit) -> web.StreamResponse:
    """A new one; `?asset=`, `?zone=` and `?template=` begin it."""
    given = visit.request.query
    typed = {name: given.get(name, "")[:200] for name in (*WORDS, "template")}
    return await _new(visit, typed)


async def _new(visit: Visit, typed: Document, missing: str = "") -> web.StreamResponse:
    now = scene_of(visit)
    desk = await read_book(visit, "tickets.desk")
    typed = {**dict.fromkeys((*WORDS, "template"), ""), **typed}
    template = desk["templates"].get(typed["template"])
    if template is not None and not missing:
        begun = {"title": template["title"], "category": template["category"], "text": template["text"]}
        typed = {**typed, **begun}
    more = {
        "typed": typed,
        "templates": [
            (f"/tickets/new?{urlencode({'template': name, 'asset': typed['asset']})}", _(one["title"]))
            for name, one in desk["templates"].items()
        ],
        "categories": ticket_views.categories(desk["categories"], typed.get("category", "")),
        "zones": [(one.id, one.name, one.id == typed.get("zone")) for one in now.plan.zones.values()],
        "doors": [(one.id, one.name, one.id == typed.get("asset")) for one in now.plan.doors.values()],
        "missing": missing,
    }
    return show(
        visit, "plain", seen=now, template="ticket_new.html", more=more, status=422 if missing else 200
    )


async def open_ticket(visit: Visit) -> web.StreamResponse:
    """Open it."""
    form = await form_of(visit)
    typed = {name: form.text(name).strip() if name == "text" else form.line(name) for name in WORDS}
    said = tuple((name, value) for name, value in typed.items() if value)
    reply = await asked_of_book(visit, form, OpenTicket(said))
    if not reply.done:
        return await _new(visit, typed, told(reply, ""))
    number = str(dict(reply.args).get("subject", "")).removeprefix("ticket-")
    place = f"/tickets/{number}" if visit.may("read-tickets") else "/"
    return onward(visit, place, say("Ticket {n} is open.", n=f"{visit.office.plan.campus}-{number}"))


async def turn(visit: Visit) -> web.StreamResponse:
    """Another state: begun, waiting, done, closed, open again."""
    form = await form_of(visit)
    mine = (("assigned", str(actor_of(visit))),) if form.text("mine") else ()
    said: Pairs = (("state", form.text("state")), *mine)
    asked = ChangeTicket(number_of(visit), said, form.text("why").strip())
    return await _done(visit, form, asked, _("Changed."))


async def assign(visit: Visit) -> web.StreamResponse:
    """Give it to somebody."""
    form = await form_of(visit)
    asked = ChangeTicket(number_of(visit), (("assigned", form.text("whom")),))
    return await _done(visit, form, asked, _("Given."))


async def date(visit: Visit) -> web.StreamResponse:
    """By which day it is to be done."""
    form = await form_of(visit)
    return await _done(
        visit, form, ChangeTicket(number_of(visit), (("due", form.line("due")),)), _("Changed.")
    )


async def photo(visit: Visit) -> web.StreamResponse:
    """Add a photo, by a form with a file: where no script sends it."""
    place = f"/tickets/{number_of(visit)}"
    try:
        await take_enclosed_photo(visit, TICKET, number_of(visit))
    except Problem as problem:
        if problem.status in (401, 403, 404):
            raise
        return onward(visit, place, problem.detail, done=False)
    return onward(visit, place, _("The photo is kept."))


async def note(visit: Visit) -> web.StreamResponse:
    """Words, time spent, a part."""
    form = await form_of(visit)
    parts = ((form.line("part"), str(form.number("count") or 1)),) if form.line("part") else ()
    asked = NoteTicket(number_of(visit), form.text("text").strip(), form.number("minutes"), parts)
    return await _done(visit, form, asked, _("The note is in the record."))


async def snooze(visit: Visit) -> web.StreamResponse:
    """Let it rest."""
    form = await form_of(visit)
    until_us = scene_of(visit).now_ms * 1_000 + form.number("days") * DAY_US
    asked = BeginUpkeep("snooze", "ticket", str(number_of(visit)), until_us, form.line("reason"))
    return await _done(visit, form, asked, _("It rests."))


async def upkeep_page(visit: Visit) -> web.StreamResponse:
    """What rests, with owner, reason and end."""
    return await _upkeep(visit)


async def _upkeep(visit: Visit, missing: str = "", typed: Document | None = None) -> web.StreamResponse:
    now = scene_of(visit)
    found = await read_book(visit, "upkeeps")
    more = {
        "rows": [ticket_views.upkeep(now, one, _names(visit)) for one in found],
        "places": ticket_views.places(now),
        "works": visit.may("work-tickets"),
        "missing": missing,
        "typed": {"place": "", "days": "", "reason": "", **(typed or {})},
    }
    return show(visit, "plain", seen=now, template="upkeep.html", more=more, status=422 if missing else 200)


async def begin_upkeep(visit: Visit) -> web.StreamResponse:
    """Maintenance of a device or zone."""
    form = await form_of(visit)
    of, _colon, subject = form.text("place").partition(":")
    until_us = scene_of(visit).now_ms * 1_000 + form.number("days") * DAY_US
    asked = BeginUpkeep(
        "maintenance", "device" if of == "device" else "zone", subject, until_us, form.line("reason")
    )
    reply = await asked_of_book(visit, form, asked)
    if not reply.done:
        typed = {"place": form.text("place"), "reason": form.line("reason"), "days": form.text("days")}
        return await _upkeep(visit, told(reply, ""), typed)
    return onward(visit, "/upkeep", _("It is in maintenance. The end comes by itself."))


async def end_upkeep(visit: Visit) -> web.StreamResponse:
    """Before its time."""
    form = await form_of(visit)
    reply = await asked_of_book(visit, form, EndUpkeep(form.number("upkeep")))
    return onward(visit, "/upkeep", told(reply, _("It rests no more.")), done=reply.done)


async def _done(visit: Visit, form: Form, asked: BookAsk, text: str) -> web.StreamResponse:
    reply = await asked_of_book(visit, form, asked)
    if not reply.done and not form.text("back"):
        return await _one(visit, told(reply, ""), {"why": form.text("why"), "text": form.text("text")})
    place = ours(form.text("to") or f"/tickets/{number_of(visit)}")
    return onward(visit, place, told(reply, text), done=reply.done)


def _names(visit: Visit) -> dict[str, str]:
    """What people call actors: accounts by their names, roles in words."""
    accounts = visit.office.people.registrar.book.accounts.values()
    return {one.id: one.name for one in accounts}


def _whom(visit: Visit) -> list[tuple[str, str]]:
    """To whom a ticket may be given: who asks, the roles, and whoever works on tickets."""
    rights = visit.office.rights
    accounts = visit.office.people.registrar.book.accounts.values()
    own = [] if visit.caller is None else [(str(visit.caller.actor), _("Me"))]
    roles = [(f"role:{one}", ticket_views.role(one)) for one in ("technician", "administrator")]
    others = [
        (one.id, one.name)
        for one in sorted(accounts, key=lambda one: one.name.casefold())
        if rights.may(cast("Role", one.role), "work-tickets")
        and not one.disabled
        and one.id != (own[0][0] if own else "")
    ]
    return [*own, *roles, *others[:200], ("", _("Nobody"))]


ROUTES: Final = (
    Route("GET", "/tickets", "read-tickets", tickets_page, page=True),
    Route("POST", "/tickets", "report", open_ticket, page=True),
    Route("GET", "/tickets/new", "report", new_page, page=True),
    Route("GET", "/tickets/{id}", "read-tickets", ticket_page, page=True),
    Route("POST", "/tickets/{id}/turn", "work-tickets", turn, page=True),
    Route("POST", "/tickets/{id}/assign", "work-tickets", assign, page=True),
    Route("POST", "/tickets/{id}/due", "work-tickets", date, page=True),
    Route("POST", "/tickets/{id}/note", "report", note, page=True),
    Route("POST", "/tickets/{id}/photo", "report", photo, page=True),
    Route("POST", "/tickets/{id}/snooze", "work-tickets", snooze, page=True),
    Route("GET", "/upkeep", "read-tickets", upkeep_page, page=True),
    Route("POST", "/upkeep", "work-tickets", begin_upkeep, page=True),
    Route("POST", "/upkeep/end", "work-tickets", end_upkeep, page=True),
)
