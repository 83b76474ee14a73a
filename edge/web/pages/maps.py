"""The map's pages: a level, a cell of it, the same on paper, what differs from the inventory, and files that come in."""

import asyncio
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from edge.floorplans.compared import WORDS
from edge.floorplans.kinds import KINDS
from edge.floorplans.places import picture_of
from edge.operations import NotDone
from edge.web.book import problem
from edge.web.floorplans import take_enclosed
from edge.web.pages.acting import onward
from edge.web.pages.language import _, many, say
from edge.web.pages.map_view import LAYER_WORDS, map_view
from edge.web.pages.showing import moment_of, scene_of, show, show_shared
from edge.web.problem import Problem
from edge.web.route import Route, Visit

Document = dict[str, Any]
NO_PICTURE: Final = "There is no such picture."


async def the_map(visit: Visit) -> web.StreamResponse:
    """The ground, or the level and cell that a form asks for."""
    asked = visit.request.query
    level, cell = asked.get("level", ""), asked.get("cell", "").strip().upper()
    campus = visit.office.floorplans.now
    if campus.level(level) is None:
        level = "" if campus.ground is None else campus.ground.id
    of = f"{level}:{cell}" if cell and level else level
    moment = moment_of(visit)
    if cell and map_view(moment.scene, of) is None:
        return await show_shared(visit, "map", level, seen=moment, more={"no_cell": cell[:8]})
    return await show_shared(visit, "map", of, seen=moment, more={"no_cell": ""})


async def one_level(visit: Visit) -> web.StreamResponse:
    """A level, or a cell of it."""
    match = visit.request.match_info
    of = match["level"] + (f":{match['cell'].upper()}" if "cell" in match else "")
    return await show_shared(visit, "map", of, more={"no_cell": ""})


async def paper(visit: Visit) -> web.StreamResponse:
    """A level on one page, black on white."""
    now = scene_of(visit)
    view = map_view(now, visit.request.match_info["level"])
    if view is None or not view["has_map"]:
        raise Problem(404, _("There is no such level on the map."))
    return show(visit, "plain", seen=now, template="map_paper.html", more=view)


async def picture(visit: Visit) -> web.StreamResponse:
    """A level's picture, as it was bared when it was brought."""
    name = visit.request.match_info["sha256"]
    levels = visit.office.floorplans.now.levels
    if name not in {one.picture.sha256 for level in levels for one in level.layers if one.picture}:
        raise Problem(404, _(NO_PICTURE))
    body = await asyncio.to_thread(read, picture_of(visit.office.store, name))
    if body is None:
        raise Problem(404, _(NO_PICTURE))
    headers = {"Cache-Control": "private, max-age=31536000, immutable"}
    return web.Response(body=body, content_type="image/png", headers=headers)


async def inventory(visit: Visit) -> web.StreamResponse:
    """What stands on the map and not in the inventory, or the other way round; and how a plan is brought."""
    return await _inventory(visit)


async def _inventory(visit: Visit, *, missing: str = "", status: int = 200) -> web.StreamResponse:
    now = scene_of(visit)
    rows: list[Document] | None = None
    try:
        found = await visit.office.floorplans.differences(now.plan)
        levels = {one.id: one.name for one in now.map.levels}
        rows = [
            {
                "word": _(KINDS[one.kind].word) if one.kind in KINDS else one.kind,
                "name": _(LAYER_WORDS[one.name]) if one.kind == "layer" else one.name,
                "id": one.id,
                "where": " ".join(filter(None, (levels.get(one.level, ""), one.cell))),
                "href": f"/map/level/{one.level}/{one.cell}" if one.level and one.cell else "",
                "says": _(WORDS[one.code]),
            }
            for one in found
        ]
    except NotDone as err:
        missing = missing or problem(err).detail
    more = {
        "rows": rows,
        "missing": missing,
        "levels": [(one.id, one.name) for one in now.map.levels],
        "brings": visit.could("assets-write"),
    }
    return show(visit, "plain", seen=now, template="map_inventory.html", more=more, status=status)


async def bring(visit: Visit) -> web.StreamResponse:
    """Take a floor plan in, by a form with a file."""
    try:
        came = await take_enclosed(visit)
    except Problem as err:
        if err.status in (401, 403):
            raise
        return await _inventory(visit, missing=err.detail, status=err.status)
    things = sum(one.features for one in came.layers)
    text = many("{n} thing on the map now.", "{n} things on the map now.", things)
    if came.left:
        left = ", ".join(f"{count} {what}" for what, count in came.left.items())
        text += " " + say("Not taken: {left}.", left=left)
    return onward(visit, "/map", text)


def read(path: Path) -> bytes | None:
    """A file; None: it is not there."""
    try:
        return path.read_bytes()
    except OSError:
        return None


ROUTES: Final = (
    Route("GET", "/map", "look", the_map, page=True),
    Route("GET", "/map/level/{level}", "look", one_level, page=True),
    Route("GET", "/map/level/{level}/{cell}", "look", one_level, page=True),
    Route("GET", "/map/paper/{level}", "look", paper, page=True),
    Route("GET", "/map/picture/{sha256}", "look", picture, page=True),
    Route("GET", "/map/inventory", "assets", inventory, page=True),
    Route("POST", "/map/inventory", "assets-write", bring, page=True),
)
