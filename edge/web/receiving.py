"""What is sent as a file: taken in piece by piece, bounded in size and time, and written in a thread; a press goes first."""

import asyncio
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from edge.web.enclosed import Enclosed, NotEnclosed
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import shared
from rules.model.values import dataclass

PIECE: Final = 256 * 1024
LEFT_FREE: Final = 256 * 1_048_576
"""Of the store's disk, whatever is sent: the record goes first."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A form with a file. size, name: of the file, as it is called where it comes from."""

    fields: dict[str, str]
    size: int
    name: str


async def received(visit: Visit, place: Path, most: int, within_s: float, too_large: Problem) -> int:
    """A request's body into a file of its owner's alone; its size. Raises Problem 408, 413, 503."""
    return await _into(visit, place, most, within_s, too_large, lambda data: data)


async def enclosed(visit: Visit, place: Path, most: int, within_s: float, too_large: Problem) -> Sent:
    """A form with a file, which is written to `place`. Raises Problem as above, 400, 415, 422."""
    request = visit.request
    if request.content_type != "multipart/form-data" or "Content-Encoding" in request.headers:
        raise Problem(415, "This takes a form with a file. Nothing was done.")
    boundary = _boundary(request.headers.get("Content-Type", ""))
    try:
        form = Enclosed(boundary)
        size = await _into(visit, place, most, within_s, too_large, form.feed)
    except NotEnclosed:
        raise Problem(422, "The form could not be read. Nothing was done: send it again.") from None
    if not form.over:
        raise Problem(400, "The form ended before its end. Nothing was done: send it again.")
    visit.body_came()
    return Sent(form.fields, size, form.file_name)


def _boundary(kind: str) -> str:
    for part in kind.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.strip().lower() == "boundary":
            return value.strip().strip('"')
    return ""


async def _into(
    visit: Visit,
    place: Path,
    most: int,
    within_s: float,
    too_large: Problem,
    taken: Callable[[bytes], bytes],
) -> int:
    request, courtesy, size, came = visit.request, shared(visit.request).pages.courtesy, 0, 0
    # The envelope of a form adds its own few lines.
    limit = most + PIECE
    if (request.content_length or 0) > limit:
        raise too_large
    try:
        await asyncio.to_thread(_room, place.parent, request.content_length or most)
        file = await asyncio.to_thread(_opened, place)
        try:
            async with asyncio.timeout(within_s):
                async for piece in request.content.iter_chunked(PIECE):
                    await courtesy.turn()
                    came += len(piece)
                    data = taken(piece)
                    size += len(data)
                    if came > limit or size > most:
                        raise too_large
                    if data:
                        await asyncio.to_thread(file.write, data)
        finally:
            await asyncio.to_thread(file.close)
    except TimeoutError:
        raise Problem(408, f"It did not come within {within_s:.0f} s. Nothing was done.") from None
    except OSError as err:
        why = err.strerror or "the disk does not take it"
        raise Problem(
            503,
            f"The file could not be kept: {why}. Nothing was done; doors and presses work.",
            code="no_room",
        ) from None
    return size


def _opened(place: Path) -> BinaryIO:
    return os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _room(folder: Path, size: int) -> None:
    """Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < size + LEFT_FREE:
        raise OSError(28, "there is too little room on the disk")
