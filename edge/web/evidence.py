"""A file of pictures that an incident kept, handed out: one of the names in the record, whole or by range (RFC 9110 section 14).

Read in a thread of its own that may hang with its disk: not by `sendfile`, which would read on the loop's thread.
"""

import asyncio
import base64
import contextlib
import os
import queue
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from drivers.clock import instant
from edge.journal.places import EVIDENCE
from edge.journal.writer import JournalRefused
from edge.views import pages
from edge.web.incidents import known
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import no_history, shared
from edge.web.viewers import VIEWERS
from rules.model.camera_events import CameraLooked
from rules.model.ids import CameraId, IncidentId
from rules.model.values import dataclass

PIECE: Final = 256 * 1024
MOST: Final = 4
"""Files handed out at once; a disk that hangs holds so many threads and no more."""
DISK_S: Final = 10.0
KINDS: Final = {".mp4": "video/mp4", ".jpg": "image/jpeg"}
WHOLE: Final = frozenset({"sealed", "recovered"})
_RANGE: Final = re.compile(r"bytes=(\d{1,18})?-(\d{1,18})?")
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~-]{0,127}")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file as the record has it. path: below the store's evidence folder."""

    path: str
    size: int
    sha256: str
    camera: str


class Reading:
    """One open file in a thread of its own. Belongs to the loop's thread."""

    places = threading.BoundedSemaphore(MOST)
    """Given back by the thread itself: one that hangs with its disk keeps its place."""

    def __init__(self, folder: Path, sealed: Sealed) -> None:
        self._folder, self._sealed = folder, sealed
        self._asked: queue.SimpleQueue[tuple[int, int, asyncio.Future[bytes]] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        # It may fail when nobody waits for it any more.
        self._opened.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def begin(self) -> None:
        """Raises OSError where it cannot be read or is not what was sealed, TimeoutError."""
        if not Reading.places.acquire(blocking=False):
            raise Problem(
                503,
                "As many files are taken now as this box hands out at once.",
                headers={"Retry-After": "10"},
            )
        threading.Thread(target=self._serve, name="evidence handed out", daemon=True).start()
        async with asyncio.timeout(DISK_S):
            await asyncio.shield(self._opened)

    async def read(self, offset: int, size: int) -> bytes:
        """Raises OSError, TimeoutError."""
        future: asyncio.Future[bytes] = self._loop.create_future()
        self._asked.put((offset, size, future))
        async with asyncio.timeout(DISK_S):
            return await future

    def end(self) -> None:
        """Close it, as soon as its disk lets it."""
        self._asked.put(None)

    # --- the thread ---

    def _serve(self) -> None:
        descriptor = -1
        try:
            try:
                descriptor = self._open()
            except OSError as err:
                self._told(self._opened.set_exception, err)
                return
            self._told(self._opened.set_result, None)
            while (asked := self._asked.get()) is not None:
                offset, size, future = asked
                try:
                    data = os.pread(descriptor, size, offset)
                except OSError as err:
                    self._told(_settle, future, err)
                else:
                    self._told(_settle, future, data)
        finally:
            if descriptor >= 0:
                os.close(descriptor)
            Reading.places.release()

    def _open(self) -> int:
        root = self._folder.resolve()
        place = root / self._sealed.path
        if not place.resolve().is_relative_to(root) or place.is_symlink():
            raise FileNotFoundError("it leads elsewhere")
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        if os.fstat(descriptor).st_size != self._sealed.size:
            os.close(descriptor)
            raise FileNotFoundError("it is not what was sealed")
        return descriptor

    def _told(self, call: Callable[..., object], *given: object) -> None:
        # A loop that is closed needs to hear nothing more.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *given)


def _settle(future: "asyncio.Future[bytes]", said: bytes | OSError) -> None:
    if future.done():
        return
    if isinstance(said, OSError):
        future.set_exception(said)
    else:
        future.set_result(said)


async def send(visit: Visit) -> web.StreamResponse:
    """The file that a route's `{id}` and `{name}` mean. Raises Problem."""
    incident, sealed = await _known(visit)
    begin, end = _range(visit.request, sealed)
    part = (begin, end) != (0, sealed.size)
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{sealed.sha256}"',
        # RFC 9530: of the whole file, so that whoever has it can compare it with the record.
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(sealed.sha256)).decode()}:",
        "Content-Disposition": f'attachment; filename="{incident}-{Path(sealed.path).name}"',
        "Cache-Control": "no-store",
    }
    if part:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{sealed.size}"
    response = web.StreamResponse(status=206 if part else 200, headers=headers)
    response.content_type = KINDS.get(Path(sealed.path).suffix, "application/octet-stream")
    response.content_length = end - begin
    reading = Reading(visit.office.store / EVIDENCE, sealed)
    try:
        await reading.begin()
        if visit.caller is not None:
            _record(visit, incident, sealed)
        await response.prepare(visit.request)
        courtesy, place = shared(visit.request).pages.courtesy, begin
        while place < end and visit.request.method != "HEAD":
            await courtesy.turn()
            visit.body_came()  # whoever may no longer have it gets no more of it
            data = await reading.read(place, min(PIECE, end - place))
            if not data:
                raise OSError("it ended early")
            await response.write(data)
            place += len(data)
    except (OSError, TimeoutError, Problem, web.HTTPException) as err:
        if response.prepared:
            # Half a file must not look whole: the connection ends before its announced length.
            if visit.request.transport is not None:
                visit.request.transport.abort()
            return response
        if isinstance(err, Problem | web.HTTPException | ConnectionError):
            raise
        raise _unreadable(err) from None
    finally:
        reading.end()
    return response


def _unreadable(err: Exception) -> Problem:
    if isinstance(err, FileNotFoundError):
        return Problem(
            409,
            "The file is gone or not what was sealed; the record still has its hash. Keep the disk and ask for help.",
            code="evidence_changed",
        )
    return Problem(
        503,
        "The disk does not give the file now. Doors and presses work; try again, and look at the disk.",
        code="evidence_unread",
        headers={"Retry-After": "10"},
    )


async def _known(visit: Visit) -> tuple[IncidentId, Sealed]:
    here = await known(visit)
    name = visit.request.match_info["name"]
    line: dict[str, Any] | None = None
    if _NAME.fullmatch(name):
        try:
            line = await visit.office.views(lambda views: pages.file_of(views, here.id, f"{here.id}/{name}"))
        except JournalRefused as err:
            raise no_history(err) from None
    if line is None or line["ending"] not in WHOLE or line["deleted_at"] or not line["sha256"]:
        raise Problem(
            404,
            "This incident has no such file that is whole. Its page lists what it kept.",
            code="unknown_evidence",
        )
    return IncidentId(here.id), Sealed(line["name"], line["size"], line["sha256"], line["camera"] or "")


def _range(request: web.Request, sealed: Sealed) -> tuple[int, int]:
    """First byte and the one behind the last. What is no single range of bytes is passed over. Raises Problem 416."""
    asked = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    same = request.headers.get("If-Range", f'"{sealed.sha256}"') == f'"{sealed.sha256}"'
    if asked is None or not same or asked.groups() == (None, None):
        return 0, sealed.size
    first, last = (None if one is None else int(one) for one in asked.groups())
    if first is None:
        begin, end = max(0, sealed.size - (last or 0)), sealed.size
    else:
        begin, end = first, sealed.size if last is None else min(last + 1, sealed.size)
    if last is not None and first is not None and last < first:
        return 0, sealed.size
    if begin >= end:
        headers = {"Content-Range": f"bytes */{sealed.size}"}
        raise Problem(416, "The file is shorter than that.", code="bad_range", headers=headers)
    return begin, end


def _record(visit: Visit, incident: IncidentId, sealed: Sealed) -> None:
    """Whoever takes a file out is in the record of its incident: once for all pieces of one taking."""
    caller = visit.caller
    if caller is not None and visit.request.app[VIEWERS].looked(
        caller.actor, CameraId(sealed.path), "evidence"
    ):
        visit.office.emit(
            CameraLooked(instant(), caller.actor, CameraId(sealed.camera), "evidence", incident)
        )
