"""What detectors report, looked at and answered by a person; 911 calls, seen; and who reports at all."""

from collections.abc import Awaitable
from typing import Final

from aiohttp import web

from edge.control.desk import Reply
from edge.web.api.alerts import number_of, only_persons
from edge.web.api.writing import need
from edge.web.pages.acting import decided, onward
from edge.web.pages.alert_views import detection_of, sources_view
from edge.web.pages.forms import form_of
from edge.web.pages.language import _
from edge.web.pages.replies import told
from edge.web.pages.showing import actor_of, pages, scene_of, show
from edge.web.pages.watching import tiles
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.alerts import CallSeenAsked, DetectionAnswerAsked


async def all_of(visit: Visit) -> web.StreamResponse:
    """Who reports; what waits stands on every page."""
    now = scene_of(visit)
    return show(visit, "plain", seen=now, template="detections.html", more={"sources": sources_view(now)})


async def one_of(visit: Visit) -> web.StreamResponse:
    """One report: its pictures, the nearest cameras, and the two answers."""
    return _one(visit)


def _one(visit: Visit, missing: str = "") -> web.Response:
    now, number = scene_of(visit), number_of(visit)
    found = detection_of(now, number)
    if found is None:
        raise Problem(404, _("No report of this number waits, or it was answered long ago."))
    near = [camera for camera, _name in found["cameras"]]
    more = {"one": found, "missing": missing, **tiles(visit, now, near)}
    return show(
        visit, "plain", seen=now, template="detection.html", more=more, status=422 if missing else 200
    )


async def confirm(visit: Visit) -> web.StreamResponse:
    """It is real: a person's start."""
    only_persons(visit)
    need(visit, "start", _("start a response"))
    return await _answered(visit, confirm=True)


async def dismiss(visit: Visit) -> web.StreamResponse:
    """It was nothing; why, is a must."""
    only_persons(visit)
    need(visit, "alerts", _("see what detectors report"))
    return await _answered(visit, confirm=False)


async def _answered(visit: Visit, *, confirm: bool) -> web.StreamResponse:
    form, number = await form_of(visit), number_of(visit)
    reason = form.line("reason")
    if not confirm and not reason:
        return _one(visit, _("Write why it was nothing. Nothing was changed."))

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit),
            lambda at, request, actor: DetectionAnswerAsked(at, request, actor, number, confirm, reason),
        )

    key = f"detection {number} {confirm}"
    reply = await decided(pages(visit).once.do(actor_of(visit), key, ask))
    done = _("You said that it is real: started.") if confirm else _("You said that it was nothing.")
    place = f"/incidents/{reply.incident}" if reply.incident else "/"
    return onward(visit, place, told(reply, done), done=reply.done)


async def seen(visit: Visit) -> web.StreamResponse:
    """A 911 call was seen."""
    only_persons(visit)
    await form_of(visit)
    number = number_of(visit)

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit), lambda at, request, actor: CallSeenAsked(at, request, actor, number)
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), f"call {number}", ask))
    return onward(visit, "/", told(reply, _("It is in the record that you saw it.")), done=reply.done)


ROUTES: Final = (
    Route("GET", "/detections", "alerts", all_of, page=True),
    Route("GET", "/detections/{number}", "alerts", one_of, page=True),
    Route("POST", "/detections/{number}/confirm", "alerts", confirm, page=True),
    Route("POST", "/detections/{number}/dismiss", "dismiss", dismiss, page=True),
    Route("POST", "/emergency-calls/{number}/seen", "alerts", seen, page=True),
)
