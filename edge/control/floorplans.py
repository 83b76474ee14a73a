"""The socket's requests about the map: floor plans that come in, and what the map says."""

import asyncio
import contextlib
from typing import Any

import msgspec

from edge import words
from edge.control.desk import Desk
from edge.control.requests import DropFloorplan, ImportFloorplan, Map
from edge.floorplans import telling, writing
from edge.floorplans.refusal import Refused
from edge.operations import NotDone
from edge.version import VERSION
from rules.model.ids import Actor


async def bring_in(desk: Desk, request: ImportFloorplan, actor: Actor) -> dict[str, Any]:
    """Read a file, and let it count where that is asked; then it is taken away."""
    path = desk.store / request.file
    try:
        found = await desk.floorplans.take(actor, path, request.told, keep=not request.check)
    except Refused as err:
        return _refusal("floorplan_refused", refused(err))
    except NotDone as err:
        return _refusal(err.code, dict(err.said))
    finally:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(path.unlink, missing_ok=True)
    return _data(msgspec.to_builtins(found))


def refused(err: Refused) -> dict[str, str]:
    """Why, for `words`."""
    where = f" ({err.where})" if err.where else ""
    return {"reason": err.code, "what": err.what, "where": where, "do": err.do}


async def drop(desk: Desk, request: DropFloorplan, actor: Actor) -> dict[str, Any]:
    """Have a level or a layer count no more."""
    try:
        await desk.floorplans.drop(actor, request.level, request.layer)
    except NotDone as err:
        return _refusal(err.code, dict(err.said))
    return _data(telling.levels(desk.floorplans.now, desk.plan.flags.map_days))


async def told(desk: Desk, request: Map) -> dict[str, Any]:
    """What the map says."""
    campus = desk.floorplans.now
    match request.what:
        case "levels":
            return _data(telling.levels(campus, desk.plan.flags.map_days))
        case "geojson":
            about = {"campus": str(desk.plan.campus), "made_by": f"campus-edge {VERSION}"}
            return _data(writing.geojson(campus, about))
        case "cell":
            return _data(telling.cell_document(campus, request.level, request.cell))
        case "differences":
            try:
                return _data(telling.different(await desk.floorplans.differences(desk.plan)))
            except NotDone as err:
                return _refusal(err.code, dict(err.said))


def _data(data: object) -> dict[str, Any]:
    return {"ok": True, "data": data, "more": False}


def _refusal(code: str, args: dict[str, Any]) -> dict[str, Any]:
    return {"ok": False, "code": code, "args": args, "words": words.reply(code, args), "more": False}
