"""Drills on a page: what is due, planned, under way; begun and ended by a person; the record of one, to read and to print."""

from collections.abc import Awaitable
from typing import Any, Final

import msgspec
from aiohttp import web

from edge import drill_forms, drill_views, drill_words
from edge.control.desk import Reply
from edge.drill_forms import NotADay, ask_for
from edge.web.api import drills as api
from edge.web.pages.acting import decided, onward
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _, say
from edge.web.pages.replies import told
from edge.web.pages.responses import startable
from edge.web.pages.scene import Scene
from edge.web.pages.showing import actor_of, pages, role_of, scene_of, show
from edge.web.route import Route, Visit
from rules.model.drill_asks import DrillAsked
from rules.tabletop_state import TABLETOP

Document = dict[str, Any]
SHOWN: Final = 40
"""Drills that are over, on the page; the API has all of them."""


async def drills(visit: Visit) -> web.StreamResponse:
    """Drills and exercises: nothing real starts here."""
    return _page(visit)


def _page(visit: Visit, missing: str = "") -> web.Response:
    now = scene_of(visit)
    found = api.listing(visit)
    more = {
        "drillable": startable(now, kind="drill"),
        "real_live": any(one["kind"] == "real" and not one["silent"] for one in now.picture["incidents"]),
        "due": drill_views.due(now.plan, now.state),
        "running": [_running(now, one) for one in found if one["state"] == "under_way"],
        "planned": [one for one in reversed(found) if one["state"] == "planned"],
        "over": [{**one, "took": _took(one["slowest_ms"])} for one in found if one["state"] == "over"][
            :SHOWN
        ],
        "types": [(name, _(one.title)) for name, one in now.plan.drills.types.items()],
        "whom": _whom(now),
        "missing": missing,
    }
    return show(visit, "plain", seen=now, template="drills.html", more=more, status=422 if missing else 200)


def _running(scene: Scene, one: Document) -> Document:
    pressed = sum(button["pressed"] for button in one["buttons"])
    return {
        **one,
        "since": scene.clock(one["started"]),
        "until_at": scene.clock(one["until"]),
        "secured": say("{n} of {m} doors secured", n=len(one["doors"]), m=one["told"]),
        "heard_from": say("{n} of {m} enrolled buttons pressed", n=pressed, m=len(one["buttons"])),
        "simulated": ", ".join(failure["name"] for failure in one["failures"]),
    }


def _whom(scene: Scene) -> list[tuple[str, str]]:
    law = scene.plan.drills.law
    named = {} if law is None else {one.whom: one.whom for one in law.notices}
    return [(one, _(title)) for one, title in {**named, **drill_words.WHOM}.items()]


async def new_drill(visit: Visit) -> web.StreamResponse:
    """Choose type, zones, buttons, what counts as failed; plan it, or begin it now."""
    return _new(visit)


def _new(visit: Visit, missing: str = "", typed: Form | None = None) -> web.Response:
    now = scene_of(visit)
    typed = typed or Form()
    more = {
        # A tabletop moves no door and has a page of its own.
        "types": [(name, _(one.title)) for name, one in now.plan.drills.types.items() if name != TABLETOP],
        "zones": [(one.id, one.name) for one in now.plan.zones.values()],
        "buttons": [(one.id, one.name) for one in now.plan.buttons.values()],
        "failable": [
            *((f"door:{one.id}", one.name) for one in now.plan.doors.values()),
            *((f"output:{one.id}", one.id) for one in now.plan.outputs.values()),
        ],
        "campus_zone": now.plan.campus,
        "typed": {name: typed.line(name) for name in ("type", "date", "time", "note", "minutes")},
        "chosen": {name: typed.all(name) for name in ("zone", "button", "fails")},
        "missing": missing,
    }
    return show(
        visit, "plain", seen=now, template="drill_new.html", more=more, status=422 if missing else 200
    )


async def make(visit: Visit) -> web.StreamResponse:
    """Plan or begin it."""
    form = await form_of(visit)
    verb = "begin" if form.text("do") == "begin" else "plan"
    said: Document = {
        "type": form.line("type"),
        "kind": form.text("kind") or "drill",
        "zones": form.all("zone") or [visit.office.plan.campus],
        "buttons": form.all("button"),
        "failures": [dict(zip(("what", "id"), one.split(":", 1), strict=False)) for one in form.all("fails")],
    }
    if verb == "plan":
        said |= {"date": form.line("date"), "time": form.line("time"), "note": form.line("note")}
        said["announced"] = form.text("announced") != "no"
    else:
        said |= {"minutes": form.number("minutes") or 30, "waits": form.text("waits") == "yes"}
    reply = await _asked(visit, form, verb, said)
    if isinstance(reply, str):
        return _new(visit, reply, form)
    if verb == "plan":
        return onward(
            visit, "/drills", told(reply, _("Planned. It starts by a person's word and by nothing else."))
        )
    return onward(visit, "/drills", told(reply, _started()))


async def log(visit: Visit) -> web.StreamResponse:
    """Log one that this box had no part in."""
    form = await form_of(visit)
    said = {name: form.line(name) for name in ("type", "date", "time", "note")}
    return await _done(
        visit, form, "log", said, _("Logged, without evidence: fill in what the law asks for.")
    )


async def start(visit: Visit) -> web.StreamResponse:
    """Start a planned one."""
    form = await form_of(visit)
    said = {"minutes": form.number("minutes") or 30, "waits": form.text("waits") == "yes"}
    return await _done(visit, form, "start", said, _started())


async def end(visit: Visit) -> web.StreamResponse:
    """End what is under way."""
    form = await form_of(visit)
    return await _done(
        visit, form, "end", {"reason": form.line("reason")}, _("The DRILL has ended. Every button is real.")
    )


async def cancel(visit: Visit) -> web.StreamResponse:
    """It will not take place."""
    form = await form_of(visit)
    return await _done(visit, form, "cancel", {"reason": form.line("reason")}, _("Cancelled."))


async def notice(visit: Visit) -> web.StreamResponse:
    """Record that somebody was told."""
    form = await form_of(visit)
    said = {"whom": form.line("whom"), "how": form.line("how")}
    return await _done(visit, form, "notice", said, _("It is recorded that they were told."))


async def record(visit: Visit) -> web.StreamResponse:
    """The record of one, with all that its law asks for."""
    return _record(visit)


def _record(visit: Visit, missing: str = "") -> web.Response:
    now, found = scene_of(visit), api.record(visit)
    more = {
        "one": found,
        "doors": [_door(found, one) for one in found["doors"]],
        "rooms": [{**one, "took": _took(one["ms"])} for one in found["rooms_heard"]],
        "slowest": _took(found["slowest_ms"]),
        "lasted": _took(found["lasted_ms"]),
        "before": [{**one, "took": _took(one["slowest_ms"])} for one in found["last"]],
        "fillable": [
            (name, _(one.title))
            for name, one in now.plan.drills.fields.items()
            if one.by == "person" or found["logged"]
        ],
        "may_write": visit.may("start-drill"),
        "missing": missing,
    }
    return show(visit, "plain", seen=now, template="drill.html", more=more, status=422 if missing else 200)


def _door(found: Document, one: Document) -> Document:
    earlier = [before["doors"][one["door"]] for before in found["last"] if one["door"] in before["doors"]]
    return {**one, "took": _took(one["ms"]), "earlier": ", ".join(map(_took, earlier))}


async def fill(visit: Visit) -> web.StreamResponse:
    """Fill in a field."""
    form = await form_of(visit)
    said = {"field": form.line("field"), "text": form.line("text")}
    return await _on_record(visit, form, "field", said)


async def close_finding(visit: Visit) -> web.StreamResponse:
    """Close a finding, with a ticket or a change of the plan."""
    form = await form_of(visit)
    said = {"ticket": form.line("ticket"), "change": form.line("change")}
    number = visit.request.match_info["number"]
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        return _record(visit, _(drill_words.REFUSALS["unknown_finding"]))
    if said["ticket"]:
        try:
            await api.ticket_is_there(visit, msgspec.convert(said, drill_forms.Finding))
        except msgspec.ValidationError:
            return _record(visit, _(drill_words.REFUSALS["unknown_ticket"]))
    return await _on_record(visit, form, "finding", said, int(number))


# --- what all of them share ---------------------------------------------------------------------


async def _asked(visit: Visit, form: Form, verb: str, said: Document, finding: int = -1) -> Reply | str:
    """What it came to; where it was refused why, in words."""
    try:
        ask = ask_for(verb, drill_forms.read(verb, said), visit.request.match_info.get("id", ""), finding)
    except NotADay:
        return _(drill_words.REFUSALS["bad_day"])
    except msgspec.ValidationError as err:
        return say("Something is missing or cannot be: {why}. Nothing was done.", why=err)

    role = role_of(visit)

    def do() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit), lambda at, request, actor: DrillAsked(at, request, actor, ask, role)
        )

    once = pages(visit).once.do(actor_of(visit), form.text("key"), do, stands=lambda reply: reply.done)
    reply = await decided(once)
    return reply if reply.done else told(reply, "")


async def _done(visit: Visit, form: Form, verb: str, said: Document, words: str) -> web.StreamResponse:
    reply = await _asked(visit, form, verb, said)
    return _page(visit, reply) if isinstance(reply, str) else onward(visit, "/drills", told(reply, words))


async def _on_record(
    visit: Visit, form: Form, verb: str, said: Document, finding: int = -1
) -> web.StreamResponse:
    reply = await _asked(visit, form, verb, said, finding)
    if isinstance(reply, str):
        return _record(visit, reply)
    return onward(visit, f"/drills/{visit.request.match_info['id']}", told(reply, _("It is in the record.")))


def _started() -> str:
    return _(
        "The DRILL is under way. Every button that is not enrolled is real, and so is an enrolled one pressed twice within 10 s."
    )


def _took(ms: int | None) -> str:
    return _("none") if ms is None else say("{n} s", n=f"{ms / 1_000:.1f}")


ROUTES: Final = (
    Route("GET", "/drills", "start-drill", drills, page=True),
    Route("GET", "/drills/new", "start-drill", new_drill, page=True),
    Route("POST", "/drills/new", "start-drill", make, page=True),
    Route("POST", "/drills/log", "start-drill", log, page=True),
    Route("GET", "/drills/{id}", "record", record, page=True),
    Route("POST", "/drills/{id}/start", "start-drill", start, page=True),
    Route("POST", "/drills/{id}/end", "start-drill", end, page=True),
    Route("POST", "/drills/{id}/cancel", "start-drill", cancel, page=True),
    Route("POST", "/drills/{id}/notice", "start-drill", notice, page=True),
    Route("POST", "/drills/{id}/field", "start-drill", fill, page=True),
    Route("POST", "/drills/{id}/findings/{number}", "start-drill", close_finding, page=True),
)
