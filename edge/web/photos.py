"""Photos of tickets over HTTP: taken in piece by piece into a file that the book's process looks at, handed out by hash.

The daemon never reads a picture: what a phone sends is foreign, and large.
"""

import asyncio
import secrets
from pathlib import Path
from typing import Any, BinaryIO, Final

from aiohttp import web

from edge import words
from edge.journal.places import TICKET_PHOTOS
from edge.web.api.booking import ask_book, read_book
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import shared
from rules.model.ticket_asks import NoteTicket

FOLDER: Final = TICKET_PHOTOS
INCOMING: Final = "incoming"
LARGEST: Final = 8 * 1_048_576
PIECE: Final = 64 * 1024
BODY_S: Final = 60.0
MOST: Final = 4
"""Photos on their way at once: a disk that hangs holds so many threads and no more."""
KINDS: Final = ("image/jpeg", "image/png")
TOO_LARGE: Final = words.reply("photo_too_large", {})

_places: Final = asyncio.Semaphore(MOST)


async def take_photo(visit: Visit, number: int) -> str:
    """Take in the body of a request, have it looked at and noted with a ticket; its SHA-256. Raises Problem."""
    request = visit.request
    if request.content_type not in KINDS or "Content-Encoding" in request.headers:
        raise Problem(415, words.reply("photo_no_picture", {}), code="photo_no_picture")
    if (request.content_length or 0) > LARGEST:
        raise Problem(413, TOO_LARGE, code="photo_too_large")
    await read_book(
        visit, "ticket", number=number, now_us=0
    )  # before anything is written for one that is not there
    _room()
    async with _places:
        name = secrets.token_hex(16)
        place = visit.office.store / FOLDER / INCOMING / name
        try:
            await _written(visit, place)
            visit.body_came()
            told = await read_book(visit, "tickets.take_photo", name=name)
        except OSError:
            raise Problem(503, words.reply("photo_not_kept", {}), code="photo_not_kept") from None
        finally:
            await asyncio.to_thread(place.unlink, missing_ok=True)
    if told["code"]:
        status = {"photo_too_large": 413, "photo_not_kept": 503, "photo_gone": 503}.get(told["code"], 422)
        raise Problem(status, words.reply(told["code"], {}), code=told["code"])
    digest = str(told["sha256"])
    await ask_book(visit, NoteTicket(number, photos=(digest,)))
    return digest


def _room() -> None:
    """Raises Problem 503."""
    if _places.locked():
        raise Problem(
            503,
            "As many photos are on their way now as this box takes. Try again.",
            headers={"Retry-After": "5"},
        )


async def _written(visit: Visit, place: Path) -> None:
    """Raises Problem, OSError."""
    file = await asyncio.to_thread(_opened, place)
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            async for piece in visit.request.content.iter_chunked(PIECE):
                size += len(piece)
                if size > LARGEST:
                    raise Problem(413, TOO_LARGE, code="photo_too_large")
                await asyncio.to_thread(file.write, piece)
    except TimeoutError:
        raise Problem(408, f"The photo did not come within {BODY_S:.0f} s. Nothing was kept.") from None
    finally:
        await asyncio.to_thread(file.close)
    if not size:
        raise Problem(422, words.reply("photo_no_picture", {}), code="photo_no_picture")


def _opened(place: Path) -> BinaryIO:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place.open("xb")


async def send_photo(visit: Visit, number: int, sha256: str) -> web.StreamResponse:
    """A photo that this ticket shows. Raises Problem."""
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise Problem(404, "This ticket has no such photo.", code="unknown_photo")
    told: dict[str, Any] = await read_book(visit, "tickets.photo", number=number, sha256=sha256)
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
