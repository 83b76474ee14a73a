"""What somebody at the page wants of a camera: each asks over a socket of their own, which the daemon handed us.

The socket is also the lease of a look: whoever closes it ends it.
"""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import structlog

from drivers.clock import instant
from drivers.lines import Unreadable, line
from edge.media.camera import Camera
from edge.media.clock import utc
from edge.media.following import Followers
from edge.media.hub import Hub
from edge.media.live_fmp4 import Fmp4Door, Unplayable
from edge.media.live_jpeg import JpegDoor
from edge.media.live_whep import NotServed, Viewers
from edge.media.looking import Looking, NotSeen, Picture
from edge.media.messages import LONGEST_ASKED, Answer, Asked, asked
from edge.media.still import picture

log = structlog.get_logger(__name__)

MOST: Final = 128
"""Asking at once: far above what one box serves."""
MOST_WATCHING: Final = 32
"""As many as look by WebRTC."""
ASKED_S: Final = 5.0
OLDEST_US: Final = 60_000_000
"""A snapshot says its age; one that is older than a minute is none, unless the last one is asked for."""
_REFUSED: Final = {
    "malformed": "bad_offer",
    "no_h264": "not_h264",
    "codec": "not_h264",
    "reordered": "reordered",
    "no_picture": "no_picture",
    "full": "viewers_most",
    "address": "no_address",
}


class Doors:
    """Belongs to the loop's thread."""

    def __init__(self, cameras: Mapping[str, Camera], looking: Looking, address: Callable[[], str]) -> None:
        self._cameras = cameras
        self._looking = looking
        self._address = address
        self._tasks: set[asyncio.Task[None]] = set()
        self._left: dict[str, asyncio.Event] = {}
        self._over: dict[Hub, asyncio.Event] = {}
        """Of the streams that are being watched: set when there is no such stream any more."""
        self._whep = Viewers(ended=self._ended)
        self._fmp4 = Fmp4Door()
        self._followers = Followers()
        self._jpeg = JpegDoor(self._newest)
        self._key = JpegDoor(self._still)
        self._watching = 0

    @property
    def count(self) -> int:
        """Who looks live now."""
        return self._whep.count + self._watching

    def knocked(self, doors: socket.socket) -> None:
        """The daemon handed over a socket: serve it."""
        with contextlib.suppress(BlockingIOError, OSError):
            said, descriptors, _, _ = socket.recv_fds(doors, 16, 1)
            if not said:
                # The daemon is gone: a socket at its end is ready to be read for ever.
                asyncio.get_running_loop().remove_reader(doors)
            for descriptor in descriptors:
                ours = socket.socket(fileno=descriptor)
                if len(self._tasks) >= MOST:
                    ours.close()
                    continue
                task = asyncio.get_running_loop().create_task(self._serve(ours), name="camera asked")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def forget(self, hub: Hub) -> None:
        """There is no such stream any more: who watches it leaves."""
        self._jpeg.forget(hub)
        self._key.forget(hub)
        self._followers.forget(hub)
        over = self._over.pop(hub, None)
        if over is not None:
            over.set()

    async def close(self) -> None:
        """Everybody leaves."""
        await asyncio.gather(self._whep.close(), self._followers.close())
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, ours: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_ASKED)
        try:
            async with asyncio.timeout(ASKED_S):
                wish = asked(await reader.readline())
            if wish.do == "end":
                self._ended(wish.viewer, "ended")
                writer.write(line(Answer()))
                return
            camera = self._cameras.get(wish.camera)
            stream = None if camera is None else camera.stream(wish.stream)
            if stream is None:
                writer.write(line(Answer("no_stream")))
            elif wish.do == "snapshot":
                await self._snapshot(stream.hub, wish, writer)
            elif wish.do == "whep":
                await self._look(stream.hub, wish, reader, writer)
            else:
                await self._watch(stream.hub, reader, writer)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        except (Unreadable, TimeoutError, ValueError, ConnectionError):
            pass  # who asked has gone, or is not the daemon that we know
        finally:
            writer.close()

    async def _snapshot(self, hub: Hub, wish: Asked, writer: asyncio.StreamWriter) -> None:
        # Who wants the last one wants it at once: nobody waits for a process to begin.
        door = self._key if wish.last and not self._followers.follows(hub) else self._jpeg
        try:
            if not wish.last and instant().mono_us - hub.last_at_us > OLDEST_US:
                raise NotSeen("stale")
            taken = await door.snapshot(hub, wish.width)
            if not wish.last and instant().mono_us - taken.at_us > OLDEST_US:
                raise NotSeen("stale")
        except NotSeen as err:
            code = "no_picture" if err.code in ("none", "stale") else "cameras_busy"
            writer.write(line(Answer(code)))
            return
        writer.write(line(Answer(size=len(taken.jpeg), captured_us=utc(taken.at_us).utc_us)) + taken.jpeg)

    async def _newest(self, hub: Hub, width: int) -> Picture:
        try:
            return await self._followers.picture(hub, width)
        except NotSeen:
            return await self._still(hub, width)

    async def _still(self, hub: Hub, width: int) -> Picture:
        return await picture(self._looking, hub, width, instant().mono_us, None)

    async def _look(
        self, hub: Hub, wish: Asked, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """WebRTC, for as long as the socket is open on both sides."""
        over = self._over_of(hub)
        try:
            answer = await self._whep.offer(hub, wish.offer, wish.address or self._address())
        except NotServed as err:
            writer.write(line(Answer(_REFUSED.get(err.code, err.code))))
            return
        left = self._left[answer.viewer] = asyncio.Event()
        writer.write(line(Answer(answer=answer.sdp, viewer=answer.viewer)))
        waiting = _tasks(reader.read(1), left.wait(), over.wait())
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancelled(waiting)
            self._left.pop(answer.viewer, None)
            await self._whep.end(answer.viewer)

    async def _watch(self, hub: Hub, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Fragmented MP4, for as long as the socket is open on both sides."""
        if hub.track is None or self._watching >= MOST_WATCHING:
            writer.write(line(Answer("no_picture" if hub.track is None else "viewers_most")))
            return
        writer.write(line(Answer(answer=json.dumps({"codec": hub.track.codec}))))
        waiting = _tasks(self._fmp4.serve(hub, writer), reader.read(1), self._over_of(hub).wait())
        self._watching += 1
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watching -= 1
            for told in await _cancelled(waiting):
                if isinstance(told, Unplayable):
                    log.info("a stream cannot be played", camera=hub.camera)

    def _over_of(self, hub: Hub) -> asyncio.Event:
        return self._over.setdefault(hub, asyncio.Event())

    def _ended(self, viewer: str, why: str) -> None:
        left = self._left.get(viewer)
        if left is not None:
            left.set()


def _tasks(*each: Coroutine[Any, Any, Any]) -> tuple[asyncio.Task[Any], ...]:
    return tuple(asyncio.ensure_future(one) for one in each)


async def _cancelled(tasks: tuple[asyncio.Task[Any], ...]) -> list[Any]:
    """What each came to."""
    for task in tasks:
        task.cancel()
    return await asyncio.gather(*tasks, return_exceptions=True)
