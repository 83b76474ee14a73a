"""`/events/page`: what changes on one open page, as server-sent events. Slow or gone: dropped, and nobody else waits."""

import asyncio
from typing import Final

from aiohttp import web

from edge.web.pages.language import _
from edge.web.pages.live import MOST_LISTENERS, Looking
from edge.web.pages.screens import SCREENS
from edge.web.pages.showing import pages
from edge.web.problem import Problem
from edge.web.route import Route, Visit

WRITE_S: Final = 1.0
"""A browser that takes nothing for this long, with megabytes waiting in its socket, is not looking."""
LONGEST_ID: Final = 128


async def stream(visit: Visit) -> web.StreamResponse:
    """`?screen=NAME&of=ID`: events `parts` and `beat`, at least every 2 s; `out` when the session may look no more."""
    request, here = visit.request, pages(visit)
    screen = SCREENS.get(request.query.get("screen", ""))
    of = request.query.get("of", "")
    if screen is None or len(of) > LONGEST_ID:
        raise Problem(404, _("There is no such page."))
    if here.listeners >= MOST_LISTENERS:
        raise Problem(
            503, _("More pages are open than this box serves. Pages still load; they do not update.")
        )
    duress, record = visit.may("look-duress"), visit.may("record")

    def still() -> bool:
        caller = None if visit.caller is None else visit.office.people.still(visit.caller)
        return (
            caller is not None
            and caller.may(visit.office.rights, "look")
            and caller.may(visit.office.rights, "look-duress") == duress
        )

    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(request)
    listener = here.listen(Looking(screen, of, duress, record), still)
    try:
        while True:
            await listener.woken.wait()
            listener.woken.clear()
            while listener.waiting and not (listener.out or listener.closed):
                async with asyncio.timeout(WRITE_S):
                    await response.write(listener.waiting.popleft())
            if listener.closed:
                return response
            if listener.out:
                async with asyncio.timeout(WRITE_S):
                    await response.write(b"event: out\ndata: {}\n\n")
                return response
    except (ConnectionError, TimeoutError):
        # It went away, or takes nothing: its browser asks again.
        if request.transport is not None:
            request.transport.abort()
        return response
    finally:
        here.leave(listener)


ROUTES: Final = (Route("GET", "/events/page", "look", stream),)
