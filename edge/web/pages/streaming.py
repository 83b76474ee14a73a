"""`/events/page`: what changes on one open page, as server-sent events. Slow or gone: dropped, and nobody else waits."""

from typing import Final

from aiohttp import web

from edge import words
from edge.web.pages.language import _
from edge.web.pages.listeners import Looking, event
from edge.web.pages.live import MOST_LISTENERS
from edge.web.pages.screens import SCREENS
from edge.web.pages.showing import pages
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from edge.web.wire import opened

LONGEST_ID: Final = 128


async def stream(visit: Visit) -> web.StreamResponse:
    """`?screen=NAME&of=ID`: events `parts` and `beat`, at least every 2 s; `out` when the session may look no more."""
    request, here = visit.request, pages(visit)
    screen = SCREENS.get(request.query.get("screen", ""))
    of = request.query.get("of", "")
    if screen is None or len(of) > LONGEST_ID:
        raise Problem(404, _("There is no such page."))
    if not visit.may(screen.right):
        raise Problem(403, words.not_yours(screen.right))
    if here.listeners >= MOST_LISTENERS:
        raise Problem(
            503, _("More pages are open than this box serves. Pages still load; they do not update.")
        )
    duress, record, takes = visit.may("look-duress"), visit.may("record"), visit.could("export")
    alerts = visit.may("alerts")
    incident = screen.name == "incident"

    def still() -> bool:
        caller = None if visit.caller is None else visit.office.people.still(visit.caller)
        return (
            caller is not None
            and caller.may(visit.office.rights, "look")
            and caller.may(visit.office.rights, screen.right)
            and caller.may(visit.office.rights, "look-duress") == duress
            and caller.may(visit.office.rights, "record") == record
            and caller.may(visit.office.rights, "alerts") == alerts
            and caller.could(visit.office.rights, "export") == takes
        )

    response, out = await opened(request)
    here, listener = pages(visit), None
    try:
        listener = here.listen(
            Looking(screen, of, duress, record and incident, takes and incident, alerts), out, still
        )
        await listener.ended.wait()
        if listener.why == "out":
            out.put(event("out", {}))
        if listener.why == "gone":
            # It hung up, or takes nothing: its browser asks again.
            out.abort()
    except ConnectionError:
        out.abort()
    finally:
        if listener is not None:
            here.leave(listener)
    return response


ROUTES: Final = (Route("GET", "/events/page", "look", stream, stream=True),)
