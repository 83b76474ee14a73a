"""Who looks through cameras now: each a lease that ends with the session, the role or the page that it was given to."""

import asyncio
import contextlib
import secrets
import time
from dataclasses import dataclass
from struct import Struct
from typing import Final

from aiohttp import web

from edge.web.route import Visit
from rules.model.ids import Actor, CameraId

ASK_AGAIN_S: Final = 1.5
"""How soon a look ends behind its session or its right."""
LOOK_S: Final = 600.0
"""A look that goes on, or is taken again within it, is one look."""
MOST_LOOKS: Final = 4_096
CHUNK: Final = Struct(">BI")
TEXT: Final = 0
"""Kind and length of a piece, as `edge.media.live_fmp4` frames them."""
CHUNK_MOST: Final = 4 * 1024 * 1024
"""A key picture of a 4K camera is below 1 MiB."""


@dataclass(slots=True)
class _Lease:
    visit: Visit
    camera: CameraId
    writer: asyncio.StreamWriter
    task: "asyncio.Task[None]"


class Viewers:
    """Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._leases: dict[str, _Lease] = {}
        self._looked: dict[tuple[Actor, str, str], float] = {}

    def looked(self, actor: Actor, what: str, how: str) -> bool:
        """Somebody looks, through a camera or at a report's picture; whether that is a new look."""
        now, key = time.monotonic(), (actor, what, how)
        last = self._looked.get(key)
        if last is not None and now - last < LOOK_S:
            return False
        if len(self._looked) >= MOST_LOOKS:
            self._looked = {one: at for one, at in self._looked.items() if now - at < LOOK_S}
        self._looked[key] = now
        return True

    def lease(
        self, visit: Visit, camera: CameraId, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str:
        """Keep a WebRTC look until either side ends it, or whoever has it may no longer look; its name."""
        name = secrets.token_urlsafe(18)
        task = asyncio.get_running_loop().create_task(self._keep(name, visit, reader), name="camera viewer")
        self._leases[name] = _Lease(visit, camera, writer, task)
        return name

    def end(self, visit: Visit, name: str) -> bool:
        """End a lease of the same person; False: there is none."""
        lease = self._leases.get(name)
        mine = None if lease is None or lease.visit.caller is None else lease.visit.caller.actor
        if lease is None or visit.caller is None or mine != visit.caller.actor:
            return False
        lease.task.cancel()
        return True

    async def relay(self, visit: Visit, socket: web.WebSocketResponse, reader: asyncio.StreamReader) -> None:
        """Hand pieces on until either side ends, or whoever looks may no longer.

        Each piece waits until the one before was taken: what does not fit is dropped at its source, at a key picture.
        """
        loop = asyncio.get_running_loop()
        # Three tasks for a look and not one more for each piece: there are many of them.
        parts = (
            loop.create_task(_until_closed(socket)),
            loop.create_task(_while_allowed(visit)),
            loop.create_task(_hand_on(reader, socket)),
        )
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)

    async def close(self) -> None:
        """The page's port closes."""
        tasks = [lease.task for lease in self._leases.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, visit: Visit, reader: asyncio.StreamReader) -> None:
        try:
            while _still(visit):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(ASK_AGAIN_S):
                        await reader.read(1)
                        return  # nothing is said on it: it ended there
        except OSError:
            return
        finally:
            lease = self._leases.pop(name, None)
            if lease is not None:
                lease.writer.transport.abort()


VIEWERS: Final = web.AppKey("viewers", Viewers)


def _still(visit: Visit) -> bool:
    """Whether whoever looks may still do so; a look that goes on is no use of their session, which would never lapse."""
    now = None if visit.caller is None else visit.office.people.still(visit.caller)
    return now is not None and now.may(visit.office.rights, "watch")


async def _until_closed(socket: web.WebSocketResponse) -> None:
    """What a page says on it is nothing of ours."""
    async for _ in socket:
        pass


async def _while_allowed(visit: Visit) -> None:
    """Also of a camera that says nothing, and of a page that takes nothing."""
    while _still(visit):  # noqa: ASYNC110 - a right that goes tells nobody
        await asyncio.sleep(ASK_AGAIN_S)


async def _hand_on(reader: asyncio.StreamReader, socket: web.WebSocketResponse) -> None:
    """Until either side ends; what it raises is an end as well."""
    while True:
        kind, piece = await _piece(reader)
        if kind == TEXT:
            await socket.send_str(piece.decode())
        else:
            await socket.send_bytes(piece)


async def _piece(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    kind, size = CHUNK.unpack(await reader.readexactly(CHUNK.size))
    if size > CHUNK_MOST:
        raise ConnectionResetError("a piece is too long")
    return kind, await reader.readexactly(size)
