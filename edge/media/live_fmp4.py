"""The second door to a live picture: fragmented MP4 for a browser's MSE, muxed once a stream however many look.

A viewer gets chunks over any byte stream, each behind its kind and length (`CHUNK`, big-endian): `TEXT` is a JSON
object, `MEDIA` goes to the source buffer as it is. The first chunk is text: {"codec", "width", "height", "now"};
another such text announces another codec, before its own initialisation segment. {"now"} alone comes every five
seconds. `now` is the box's clock in seconds of the media's own time, so media time shows how old a picture is.
"""

import asyncio
import json
import time
from collections import deque
from contextlib import suppress
from struct import Struct
from typing import Final

from drivers.cameras.stream import AccessUnit, Track
from edge.media.fmp4 import Timeline, fragment, init_segment
from edge.media.hub import Hub
from edge.media.parameter_sets import codec_string
from rules.model.moments import SECOND_US

CHUNK: Final = Struct(">BI")
"""Kind, and the length of what follows."""
TEXT: Final = 0
MEDIA: Final = 1
MOST_WAITING: Final = 150
"""Pictures kept for a viewer who does not take them; then all are dropped, up to the next key picture."""
MOST_WAITING_BYTES: Final = 8 << 20
BEAT_S: Final = 5.0
STUCK_S: Final = 30.0
_WRITE_AHEAD: Final = 256 << 10


class Unplayable(Exception):
    """No browser can be given this stream: its parameter sets are broken."""


class _Viewer:
    """The way of one stream's chunks to one viewer: straight into the socket while that takes them."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.stirred = asyncio.Event()
        self.dropped = 0
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._until_key = False

    def put(self, media: bytes, *, key: bool) -> None:
        """The next fragment; a viewer who is too far behind begins anew at a key picture."""
        if key:
            self._until_key = False
        elif self._until_key:
            self.dropped += 1
            return
        if len(self._waiting) >= MOST_WAITING or self._bytes + len(media) > MOST_WAITING_BYTES:
            self.dropped += len(self._waiting) + (not key)
            self._waiting = deque(one for one in self._waiting if one[0] == TEXT or one[9:13] == b"ftyp")
            self._bytes = sum(map(len, self._waiting))
            if not key:
                self._until_key = True
                return
        self.tell(MEDIA, media)

    def tell(self, kind: int, payload: bytes) -> None:
        """One chunk, whatever waits already."""
        chunk = CHUNK.pack(kind, len(payload)) + payload
        if not self._waiting and not self._writer.transport.get_write_buffer_size():
            # Nobody has to wake for it.
            if not self._writer.is_closing():
                self._writer.write(chunk)
            return
        self._waiting.append(chunk)
        self._bytes += len(payload)
        self.stirred.set()

    def take(self) -> list[bytes]:
        """All that waits."""
        self.stirred.clear()
        taken, self._waiting, self._bytes = list(self._waiting), deque(), 0
        return taken


class _Muxed:
    """One stream's fragments, made once while at least one viewer looks. A `Tap`."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._timeline = Timeline()
        self._track: Track | None = None
        self._head = b""
        self._number = 0
        self._gop: list[bytes] = []
        self._viewers: list[_Viewer] = []
        self._detach = hub.attach(self)

    def unit(self, unit: AccessUnit) -> None:
        if unit.key:
            self._gop = []
            if unit.track != self._track:
                self._begin(unit.track)
        elif not self._gop:
            return
        if not self._head:
            return
        self._number += 1
        media = fragment(unit, self._timeline.place(unit), self._number)
        self._gop.append(media)
        for viewer in self._viewers:
            viewer.put(media, key=unit.key)

    def broken(self) -> None:
        self._gop = []
        self._timeline.restart()

    def join(self, viewer: _Viewer) -> None:
        """From the newest key picture on."""
        if self._track is not None:
            if not self._head:
                raise Unplayable
            self._announce(viewer, self._track)
        if self._gop:
            # A browser shows the key picture while it still reads the rest.
            viewer.tell(MEDIA, self._gop[0])
        if len(self._gop) > 1:
            viewer.tell(MEDIA, b"".join(self._gop[1:]))
        self._viewers = [*self._viewers, viewer]

    def leave(self, viewer: _Viewer) -> bool:
        """True: it was the last."""
        self._viewers = [one for one in self._viewers if one is not viewer]
        if self._viewers:
            return False
        self._detach()
        return True

    def _begin(self, track: Track) -> None:
        self._track = track
        try:
            self._head = init_segment(track)
        except ValueError:
            self._head = b""
            return
        for viewer in self._viewers:
            self._announce(viewer, track)

    def _announce(self, viewer: _Viewer, track: Track) -> None:
        what = {"codec": codec_string(track), "width": track.width, "height": track.height, "now": _now()}
        viewer.tell(TEXT, json.dumps(what).encode())
        viewer.tell(MEDIA, self._head)


class Fmp4Door:
    """All viewers of this door, of every stream; belongs to the loop's thread."""

    def __init__(self) -> None:
        self._muxed: dict[Hub, _Muxed] = {}

    async def serve(self, hub: Hub, writer: asyncio.StreamWriter) -> None:
        """Give one viewer the stream until they leave. Returns then; never raises for what the other end does.

        A viewer who takes too little loses pictures up to a key picture, and never holds up another one. Raises
        `Unplayable` at once where the stream's parameter sets are broken.
        """
        muxed = self._muxed.get(hub)
        if muxed is None:
            muxed = self._muxed[hub] = _Muxed(hub)
        viewer = _Viewer(writer)
        writer.transport.set_write_buffer_limits(high=_WRITE_AHEAD)
        try:
            muxed.join(viewer)
            # Who takes nothing for so long is gone, or as good as gone.
            with suppress(ConnectionError, TimeoutError):
                await _pass_on(viewer, writer)
        finally:
            if muxed.leave(viewer):
                del self._muxed[hub]
            writer.close()


async def _pass_on(viewer: _Viewer, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        try:
            async with asyncio.timeout(BEAT_S):
                await viewer.stirred.wait()
        except TimeoutError:
            viewer.tell(TEXT, json.dumps({"now": _now()}).encode())
        writer.writelines(viewer.take())
        async with asyncio.timeout(STUCK_S):
            await writer.drain()


def _now() -> float:
    return time.monotonic_ns() // 1000 / SECOND_US
