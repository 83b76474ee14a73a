"""Cameras on pages: all of them, one with what is counted of it, tiles for who may watch, and files that were kept."""

from collections.abc import Awaitable, Iterable
from typing import Any, Final

from aiohttp import web

from edge import words
from edge.control.desk import Reply
from edge.web import export
from edge.web.api.cameras import whole
from edge.web.evidence import send
from edge.web.incidents import known
from edge.web.pages import cameras
from edge.web.pages.acting import decided, onward
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, say
from edge.web.pages.replies import told
from edge.web.pages.scene import Scene
from edge.web.pages.showing import actor_of, moment_of, pages, scene_of, show, show_shared
from edge.web.route import Route, Visit
from rules.model.camera_events import LearnAsked
from rules.model.ids import CameraId

Document = dict[str, Any]


def tiles(visit: Visit, now: Scene, ids: Iterable[str]) -> Document:
    """Values of `tiles.html` for cameras by their ids, in this order; none for whoever may not watch."""
    if not visit.may("watch"):
        return {"tiles": [], "at_once": cameras.AT_ONCE}
    known = {one["id"]: one for one in now.picture["cameras"]}
    shown = [cameras.tile(now, known[one], whole(visit, known[one])) for one in ids if one in known]
    return {"tiles": shown, "at_once": cameras.AT_ONCE}


def why_not(visit: Visit) -> str:
    """Why somebody sees no picture; `""`: they may."""
    return "" if visit.may("watch") else _(words.not_yours("watch"))


async def all_cameras(visit: Visit) -> web.StreamResponse:
    """Every camera by zone, and its picture."""
    moment = moment_of(visit)
    now = moment.scene
    view = cameras.cameras_view(now)
    rows = (*view["blind"], *(row for zone in view["seen"] for row in zone["rows"]))
    shown = tiles(visit, now, [row["id"] for row in rows])
    more = {**shown, "why_not": why_not(visit) if view["count"] else ""}
    return await show_shared(visit, "cameras", seen=moment, more=more)


async def one_camera(visit: Visit) -> web.StreamResponse:
    """A camera: its picture, and what is counted of it at this moment."""
    of = visit.request.match_info["id"]
    now = scene_of(visit)
    found = next((one for one in now.picture["cameras"] if one["id"] == of), None)
    more: Document = {"tile": None, "why_not": why_not(visit), "figures": [], "looked": "", "ring": ""}
    if found is not None:
        counted = whole(visit, found)
        if visit.may("watch"):
            more["tile"] = cameras.tile(now, found, counted, main=True)
        more["figures"] = cameras.figures(counted, now.zone)
        more["looked"] = now.full(counted["looked"])
        more["ring"] = say(
            "{n} s, {size}", n=round(counted["ring_ms"] / 1_000), size=cameras.size_of(counted["ring_bytes"])
        )
    return show(visit, "camera", of, seen=now, more=more)


async def learn(visit: Visit) -> web.StreamResponse:
    """Have a camera's view learned anew."""
    form = await form_of(visit)
    of = CameraId(visit.request.match_info["id"])

    def ask() -> Awaitable[Reply]:
        return visit.office.submit(
            actor_of(visit), lambda at, request, actor: LearnAsked(at, request, actor, of)
        )

    reply = await decided(pages(visit).once.do(actor_of(visit), form.text("key"), ask))
    done = _("What it sees from now on is learned. That takes some 20 s.")
    known = of in visit.office.plan.cameras
    return onward(visit, f"/cameras/{of}" if known else "/cameras", told(reply, done), done=reply.done)


async def taking_out(visit: Visit) -> web.StreamResponse:
    """How an incident's record is to be taken out."""
    here = await known(visit)
    return show(visit, "plain", template="export.html", more={"incident": here.id})


async def take_out(visit: Visit) -> web.StreamResponse:
    """An incident's record as one ZIP."""
    form = await form_of(visit)
    # What is not said is not opened.
    return await export.send(visit, redact=form.text("redact") != "no")


async def one_file(visit: Visit) -> web.StreamResponse:
    """A file of pictures that an incident kept."""
    return await send(visit)


ROUTES: Final = (
    Route("GET", "/cameras", "look", all_cameras, page=True),
    Route("GET", "/cameras/{id}", "look", one_camera, page=True),
    Route("POST", "/cameras/{id}/learn", "configure", learn, page=True),
    Route("GET", "/incidents/{id}/evidence/{name}", "export", one_file, page=True),
    Route("GET", "/incidents/{id}/export", "export", taking_out, page=True),
    Route("POST", "/incidents/{id}/export", "export", take_out, page=True),
)
