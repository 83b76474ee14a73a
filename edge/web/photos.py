"""Photos of tickets and inspections over HTTP: taken into a file that the book's process looks at, handed out by hash.

The daemon never reads a picture: what a phone sends is foreign, and large.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from edge import words
from edge.journal.places import TICKET_PHOTOS
from edge.web.api.booking import ask_book, read_book
from edge.web.problem import Problem
from edge.web.receiving import enclosed, received
from edge.web.route import Visit
from edge.web.shared import shared
from rules.model.book_asks import BookAsk
from rules.model.inspection_asks import PhotographInspection
from rules.model.ticket_asks import NoteTicket
from rules.model.values import dataclass

FOLDER: Final = TICKET_PHOTOS
INCOMING: Final = "incoming"
LARGEST: Final = 8 * 1_048_576
PIECE: Final = 64 * 1024
"""Of what is handed out."""
BODY_S: Final = 60.0
MOST: Final = 4
"""Photos on their way at once: a disk that hangs holds so many threads and no more."""
KINDS: Final = ("image/jpeg", "image/png")
TOO_LARGE: Final = words.reply("photo_too_large", {})

_places: Final = asyncio.Semaphore(MOST)


@dataclass(frozen=True, slots=True)
class Shown:
    """What photos are shown with. one, photo: the queries of it and of its photo. more: what the first asks beside its number."""

    one: str
    photo: str
    note: Callable[[int, str], BookAsk]
    more: Mapping[str, int] = field(default_factory=dict)


TICKET: Final = Shown(
    "ticket", "tickets.photo", lambda number, digest: NoteTicket(number, photos=(digest,)), {"now_us": 0}
)
INSPECTION: Final = Shown(
    "inspection", "inspections.photo", lambda number, digest: PhotographInspection(number, (digest,))
)
Write = Callable[[Path], Awaitable[None]]


async def take_photo(visit: Visit, of: Shown, number: int) -> str:
    """Take in the body of a request, have it looked at and noted; its SHA-256. Raises Problem."""
    request = visit.request
    if request.content_type not in KINDS or "Content-Encoding" in request.headers:
        raise Problem(415, words.reply("photo_no_picture", {}), code="photo_no_picture")

    async def write(place: Path) -> None:
        size = await received(visit, place, LARGEST, BODY_S, _too_large())
        visit.body_came()
        _some(size)

    return await _taken(visit, of, number, write)


async def take_enclosed_photo(visit: Visit, of: Shown, number: int) -> str:
    """The same of a form with a file, as a browser without a script sends it. Raises Problem."""

    async def write(place: Path) -> None:
        _some((await enclosed(visit, place, LARGEST, BODY_S, _too_large())).size)

    return await _taken(visit, of, number, write)


def _too_large() -> Problem:
    return Problem(413, TOO_LARGE, code="photo_too_large")


def _some(size: int) -> None:
    if not size:
        raise Problem(422, words.reply("photo_no_picture", {}), code="photo_no_picture")


async def _taken(visit: Visit, of: Shown, number: int, write: Write) -> str:
    # Before anything is written for one that is not there.
    await read_book(visit, of.one, number=number, **of.more)
    _room()
    async with _places:
        name = secrets.token_hex(16)
        place = visit.office.store / FOLDER / INCOMING / name
        try:
            await write(place)
            told = await read_book(visit, "tickets.take_photo", name=name)
        except OSError:
            raise Problem(503, words.reply("photo_not_kept", {}), code="photo_not_kept") from None
        finally:
            await asyncio.to_thread(place.unlink, missing_ok=True)
    if told["code"]:
        status = {"photo_too_large": 413, "photo_not_kept": 503, "photo_gone": 503}.get(told["code"], 422)
        raise Problem(status, words.reply(told["code"], {}), code=told["code"])
    digest = str(told["sha256"])
    await ask_book(visit, of.note(number, digest))
    return digest


def _room() -> None:
    """Raises Problem 503."""
    if _places.locked():
        raise Problem(
            503,
            "As many photos are on their way now as this box takes. Try again.",
            headers={"Retry-After": "5"},
        )


async def send_photo(visit: Visit, of: Shown, number: int, sha256: str) -> web.StreamResponse:
    """A photo that this one shows. Raises Problem."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise Problem(404, "There is no such photo with it.", code="unknown_photo")
    told: dict[str, Any] = await read_book(visit, of.photo, number=number, sha256=sha256)
    place = visit.office.store / FOLDER / sha256
    response = web.StreamResponse(
        headers={"Cache-Control": "no-store", "Content-Disposition": "inline", "ETag": f'"{sha256}"'}
    )
    response.content_type = told["kind"] if told["kind"] in KINDS else "application/octet-stream"
    response.content_length = told["size"]
    courtesy = shared(visit.request).pages.courtesy
    _room()
    try:
        async with _places:
            data = await asyncio.to_thread(place.read_bytes)
    except OSError:
        raise Problem(
            503,
            "The disk does not give the photo now. Doors and presses work; try again.",
            code="photo_unread",
        ) from None
    if len(data) != told["size"]:
        raise Problem(
            409, "The photo is not what was kept. Keep the disk and ask for help.", code="photo_changed"
        )
    await response.prepare(visit.request)
    if visit.request.method != "HEAD":
        for begin in range(0, len(data), PIECE):
            await courtesy.turn()
            await response.write(data[begin : begin + PIECE])
    return response
