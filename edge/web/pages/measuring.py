"""What is done while a flag stands, and looks at which doors would fail: recorded and begun from a page."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from edge.control.desk import Reply
from edge.views.readiness import history
from edge.web.pages import times
from edge.web.pages.acting import decided, onward
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _
from edge.web.pages.looking import from_record
from edge.web.pages.readiness import past_view
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, moment_of, pages, show, show_shared
from edge.web.route import Route, Visit
from rules.model.events import DryRunAsked, MeasureAsked, MeasureEndAsked

MOST_PAST: Final = 2_000
NOTHING: Final = {"reason": "", "day": "", "time": ""}


async def one_flag(visit: Visit) -> web.StreamResponse:
    """Look at one."""
    return await show_shared(visit, "flag", visit.request.match_info["id"], more={"typed": NOTHING})


async def measure(visit: Visit) -> web.StreamResponse:
    """Record what is done meanwhile."""
    of = visit.request.match_info["id"]
    code, _colon, subject = of.partition(":")
    form = await form_of(visit)
    until = _until(visit, form)
    if until is None:
        return _again(visit, of, form, _("Say until when: a day, and a time of that day if you like."))
    until_us, reason = round(until.timestamp() * 1_000_000), form.line("reason")

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: MeasureAsked(at, request, actor, code, subject, until_us, reason),
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    if not reply.done:
        return _again(visit, of, form, told(reply, ""))
    text = told(reply, _("It stands beside the flag until then. The flag stands as well."))
    return onward(visit, f"/flags/{of}", text)


async def end(visit: Visit) -> web.StreamResponse:
    """It is over."""
    of = visit.request.match_info["id"]
    code, _colon, subject = of.partition(":")
    form = await form_of(visit)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit), lambda at, request, actor: MeasureEndAsked(at, request, actor, code, subject)
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    text = told(reply, _("What was done meanwhile is over. The flag stands."))
    return onward(visit, "/flags", text, done=reply.done)


def _again(visit: Visit, of: str, form: Form, why: str) -> web.Response:
    typed = {name: form.text(name) for name in NOTHING}
    return show(visit, "flag", of, status=422, more={"wrong": why, "typed": typed})


def _until(visit: Visit, form: Form) -> datetime | None:
    """The end of the day named, or the time of it, where the campus is."""
    day, at = form.line("day"), form.line("time")
    try:
        found = datetime.fromisoformat(f"{day}T{at or '00:00'}")
    except ValueError:
        return None
    if found.tzinfo is not None:
        return None
    return (found if at else found + timedelta(days=1)).replace(tzinfo=times.zone_of(visit.office.timezone))


# --- readiness --------------------------------------------------------------------------------


async def readiness(visit: Visit) -> web.StreamResponse:
    """The number, what it was lost for, and how it went as far as the record can be read."""
    seen = moment_of(visit)
    more: dict[str, Any] = {"past": None, "past_read": False}
    lines = await from_record(visit.office.views(lambda views: history(views, MOST_PAST)))
    if lines is not None:
        more = {"past": past_view(seen.scene, lines), "past_read": True}
    return await show_shared(visit, "readiness", seen=seen, more=more)


async def dry_run(visit: Visit) -> web.StreamResponse:
    """Begin one."""
    form = await form_of(visit)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(actor_of(visit), DryRunAsked)

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    text = told(reply, _("The box looks at each door. Nothing is touched; look again in some seconds."))
    return onward(visit, "/readiness", text, done=reply.done)


ROUTES: Final = (
    Route("GET", "/flags/{id}", "look", one_flag, page=True),
    Route("POST", "/flags/{id}/measure", "measure", measure, page=True),
    Route("POST", "/flags/{id}/measure/end", "measure", end, page=True),
    Route("GET", "/readiness", "look", readiness, page=True),
    Route("POST", "/dry-run", "selftest", dry_run, page=True),
)
