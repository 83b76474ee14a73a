"""`/cap/ID`: what holds on this campus as an Atom feed of CAP 1.2 messages, for signs and desktops that come and fetch it.

With a token of a role that may look, such as `device`. What a program was given is evidence that it arrived there; a person
who looks into the feed is no sign, and counts as nobody.
"""

from typing import TYPE_CHECKING

from aiohttp import web

from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.model.ids import OutputId

if TYPE_CHECKING:
    from drivers.outputs.cap_feed import CapFeed

ATOM = "application/atom+xml"
CAP = "application/cap+xml"


async def atom(visit: Visit) -> web.StreamResponse:
    """The feed, each message whole. Who has it already by `If-None-Match` is told so."""
    feed, request = _feed(visit), visit.request
    headers = {"ETag": feed.tag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == feed.tag:
        _seen(visit, feed)
        return web.Response(status=304, headers=headers)
    place = f"{request.scheme}://{request.host}{request.path}"
    answer = web.Response(body=feed.atom(place), content_type=ATOM, charset="utf-8", headers=headers)
    _seen(visit, feed)
    return answer


async def message(visit: Visit) -> web.StreamResponse:
    """One message, as the feed names it."""
    feed, name = _feed(visit), visit.request.match_info["name"]
    found = feed.message(name)
    if found is None:
        raise Problem(404, "There is no such message: the feed tells which there are.")
    answer = web.Response(body=found, content_type=CAP, charset="utf-8")
    _seen(visit, feed, name)
    return answer


def _feed(visit: Visit) -> "CapFeed":
    """Raises Problem 404, 503."""
    feed = visit.office.feeds.get(OutputId(visit.request.match_info["id"]))
    if feed is None:
        raise Problem(404, "There is no such feed: it is an output with driver: cap-feed.")
    if not feed.ready:
        raise Problem(503, "The feed is being opened. Ask again.", headers={"Retry-After": "2"})
    return feed


def _seen(visit: Visit, feed: "CapFeed", name: str | None = None) -> None:
    caller = visit.caller
    if caller is not None and caller.by == "token" and visit.request.method == "GET":
        feed.fetched(caller.actor, name)


ROUTES = (
    Route("GET", "/cap/{id}", "look", atom),
    Route("GET", "/cap/{id}/{name}", "look", message),
)
