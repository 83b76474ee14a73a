"""Pictures of detectors' reports, handed out by number and SHA-256, each checked to be what was kept."""

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from aiohttp import web

from drivers.clock import instant
from edge.journal.places import TICKET_PHOTOS
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import shared
from edge.web.viewers import VIEWERS
from rules.model.alerts import DetectionLooked

PIECE: Final = 64 * 1024
AT_ONCE: Final = 4

_places: Final = asyncio.Semaphore(AT_ONCE)


async def send_photo(visit: Visit, number: int, sha256: str) -> web.StreamResponse:
    """A picture that this report shows. Raises Problem 404, 409, 503."""
    alerts = visit.office.state.record.alerts
    known = (*alerts.detections.values(), *alerts.answered)
    if not any(one.number == number and sha256 in one.photos for one in known):
        raise Problem(404, "There is no such picture with it.", code="unknown_photo")
    if _places.locked():
        raise Problem(503, "As many pictures are on their way as this box sends. Try again.", headers=SOON)
    async with _places:
        try:
            data = await asyncio.to_thread(_read, visit.office.store / TICKET_PHOTOS / sha256, sha256)
        except OSError:
            raise Problem(
                503,
                "The disk does not give the picture now. Doors and presses work; try again.",
                code="photo_unread",
            ) from None
    if not data:
        raise Problem(
            409, "The picture is not what was kept. Keep the disk and ask for help.", code="photo_changed"
        )
    _record(visit, number)
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline", "ETag": f'"{sha256}"'}
    response = web.StreamResponse(headers=headers)
    response.content_type = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
    response.content_length = len(data)
    await response.prepare(visit.request)
    courtesy = shared(visit.request).pages.courtesy
    if visit.request.method != "HEAD":
        for begin in range(0, len(data), PIECE):
            await courtesy.turn()
            await response.write(data[begin : begin + PIECE])
    return response


def _record(visit: Visit, number: int) -> None:
    """A look enters the record where the role demands it, once in ten minutes of looking, as one through a camera does."""
    caller = visit.caller
    if caller is None or caller.role not in visit.office.rights.looks_recorded:
        return
    if visit.request.app[VIEWERS].looked(caller.actor, str(number), "detection"):
        visit.office.emit(DetectionLooked(instant(), caller.actor, number))


def _read(place: Path, sha256: str) -> bytes:
    """Empty: it is not what was kept. Raises OSError."""
    data = place.read_bytes()
    return data if hashlib.sha256(data).hexdigest() == sha256 else b""


SOON: Final = {"Retry-After": "2"}
