"""One stream of a simulated camera: its loop played without end, RTP time going on, to everybody who watches.

All who watch get the same packets (sequence numbers, source), so that a picture is patched once however many there are.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol

from drivers.cameras.stream import VIDEO_CLOCK
from drivers.child import killed
from drivers.simulators.camera_audio import Sound, aac, pcmu
from drivers.simulators.camera_faults import SOUND, CameraFault
from drivers.simulators.camera_loop import Loop, StreamSettings, made, start_encoder, unit_of
from drivers.simulators.camera_packets import Packets, packets_of, rtp_packet, sender_report

REPORT_S: Final = 2.0
"""From one sender report to the next; the first goes with the first picture."""
_LATE_S: Final = 1.0
"""A server that was stopped for longer does not send what it missed."""
_XML: Final = b'<?xml version="1.0"?><tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"/>'

Slices = Sequence[tuple[int, int]]


class Outlet(Protocol):
    """Where one watcher's packets of one section go."""

    ordered: bool
    """Over TCP: what was sent first arrives first."""

    def video(self, frames: bytearray, order: Slices | None) -> None:
        """A picture's interleaved frames of channel 0; `order` where not all are sent, or not as they lie."""

    def packet(self, packet: bytes) -> None:
        """One RTP packet."""

    def control(self, packet: bytes) -> None:
        """One RTCP packet."""


@lru_cache(maxsize=32)
def _packed(loop: Loop) -> tuple[Packets, ...]:
    return tuple(packets_of(unit, loop.settings) for unit in loop.units)


class CameraStream:
    """Belongs to one loop of asyncio. `prepare`, then `play` until cancelled."""

    def __init__(self, settings: StreamSettings, cache: Path, seed: int) -> None:
        self.settings, self.sent = settings, 0
        self.loop: Loop | None = None
        """What is described; None until it is encoded."""
        self.video: set[Outlet] = set()
        self.sound: set[Outlet] = set()
        self.metadata: set[Outlet] = set()
        self._cache, self._random = cache, random.Random(seed)  # noqa: S311  a fault's dice
        self.source = self._random.getrandbits(32)
        self.sequence = self._random.getrandbits(16)
        self.time = self._random.getrandbits(32)
        """RTP time of the newest picture."""
        self._fault = SOUND
        self._playing: tuple[Packets, ...] = ()
        self._base, self._index, self._octets = self.time, 0, 0
        self._due = self._reported = 0.0
        self._paused = False
        self.audio: Sound | None = (
            {"pcmu": pcmu, "aac": aac}[settings.audio]() if settings.audio != "none" else None
        )

    async def prepare(self) -> None:
        """Have the normal pictures encoded. Raises NotEncoded, OSError."""
        if self.loop is None:
            self.loop = await made(self.settings, "normal", self._cache)
            self._show(self.loop)

    async def set_fault(self, fault: CameraFault) -> None:
        """From now on. Pictures that were never shown are encoded first. Raises NotEncoded, OSError."""
        before = self._fault
        if fault.variant != before.variant and not self.settings.live:
            self._show(await made(self.settings, fault.variant, self._cache))
        self._fault = fault
        if "quarter_rate" in (fault.kind, before.kind):
            self._rebase()

    def pause(self, paused: bool) -> None:
        """Send nothing; time goes on."""
        self._paused = paused

    async def play(self) -> None:
        """Pictures, sound and metadata until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._live() if self.settings.live else self._looped())
            if self.audio is not None:
                tasks.create_task(self._tone(self.audio))
            if self.settings.metadata:
                tasks.create_task(self._metadata())

    def next_packet(self) -> tuple[int, int]:
        """Sequence number and RTP time of the next picture, for RTP-Info."""
        return self.sequence, (self._base + self._index * self._step) & 0xFFFFFFFF

    @property
    def _step(self) -> int:
        return self.settings.step * (4 if self._fault.kind == "quarter_rate" else 1)

    def _show(self, loop: Loop) -> None:
        self._rebase()
        self._playing = _packed(loop)

    def _rebase(self) -> None:
        """Begin at a key picture; RTP time goes on."""
        self._base = self.time + self._step if self.sent else self.time
        self._index = 0

    async def _looped(self) -> None:
        now = asyncio.get_running_loop().time
        self._due = now()
        while True:
            await asyncio.sleep(self._due - now())
            late = now() - self._due
            if late > _LATE_S:
                self._due += late
                self._base += round(late * VIDEO_CLOCK)
            if self._index >= len(self._playing):
                self._base += self._index * self._step
                self._index = 0
            packets = self._playing[self._index]
            self.time = (self._base + self._index * self._step) & 0xFFFFFFFF
            self._emit(packets, (self._base + packets.pts * self._step) & 0xFFFFFFFF)
            self._index += 1
            self._due += self._step / VIDEO_CLOCK

    async def _live(self) -> None:
        # Imported by the encoder's process too, which must be startable without this one.
        encoder = await start_encoder(self.settings, "normal", "-", pipe=True)
        if encoder.stdout is None:
            raise OSError("the encoder has no output")
        origin = self.time
        began_us = 0
        try:
            while True:
                head = await encoder.stdout.readexactly(13)
                size, drawn_us, _ = (
                    int.from_bytes(head[:4], "big"),
                    int.from_bytes(head[4:12], "big"),
                    head[12],
                )
                data = await encoder.stdout.readexactly(size)
                began_us = began_us or drawn_us
                self.time = (origin + (drawn_us - began_us) * VIDEO_CLOCK // 1_000_000) & 0xFFFFFFFF
                self._due = asyncio.get_running_loop().time()
                self._emit(packets_of(unit_of(data, 0, self.settings.codec), self.settings), self.time)
        finally:
            await killed(encoder)

    def _emit(self, packets: Packets, at: int) -> None:
        count = len(packets.starts)
        if self._paused or self._fault.kind == "media_stopped":
            return
        if self.video:
            frames = packets.filled(self.sequence, at, self.source)
            self._send(frames, packets.starts)
            self._report()
        self.sequence = (self.sequence + count) & 0xFFFF
        self.sent += count
        self._octets += len(packets.frames) - 16 * count

    def _send(self, frames: bytearray, starts: tuple[int, ...]) -> None:
        kind = self._fault.kind
        if kind not in ("lossy", "duplicated", "reordered", "garbage"):
            for outlet in tuple(self.video):
                outlet.video(frames, None)
            return
        order = list(zip(starts, (*starts[1:], len(frames)), strict=True))
        straight: list[tuple[int, int]] | None = None
        if kind == "garbage":
            for start, end in order:
                frames[start + 4 : end] = self._random.randbytes(end - start - 4)
        elif kind == "lossy":
            order = [one for one in order if self._random.random() >= self._fault.share]
        elif kind == "duplicated":
            order = [one for one in order for _ in range(1 + (self._random.random() < self._fault.share))]
        else:
            straight = list(order)
            for number in range(len(order) - 1):
                if self._random.random() < self._fault.share:
                    order[number], order[number + 1] = order[number + 1], order[number]
        for outlet in tuple(self.video):
            outlet.video(frames, straight if straight is not None and outlet.ordered else order)

    def _report(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._reported + REPORT_S:
            return
        self._reported = now
        self.report()

    def report(self, *, goodbye: bool = False) -> None:
        """What the camera's clock shows at the newest picture's RTP time."""
        late = asyncio.get_running_loop().time() - self._due
        skew_us = round(self._fault.seconds * 1e6) if self._fault.kind == "wrong_clock" else 0
        wall_us = time.time_ns() // 1000 + skew_us
        at = self.time + round(late * VIDEO_CLOCK)
        packet = sender_report(self.source, wall_us, at, self.sent, self._octets, goodbye=goodbye)
        for outlet in tuple(self.video):
            outlet.control(packet)

    async def _tone(self, sound: Sound) -> None:
        now = asyncio.get_running_loop().time
        due, number, source = now(), 0, self.source ^ 0xA0D10
        while True:
            await asyncio.sleep(due - now())
            payload = sound.frames[number % len(sound.frames)]
            packet = rtp_packet(sound.payload_type, number, number * sound.step, source, payload)
            if not self._paused and self._fault.kind != "media_stopped":
                for outlet in tuple(self.sound):
                    outlet.packet(packet)
            number += 1
            due = max(due + sound.step / sound.rate, now() - _LATE_S)

    async def _metadata(self) -> None:
        number, source = 0, self.source ^ 0x3E7A
        while True:
            await asyncio.sleep(1.0)
            packet = rtp_packet(107, number, self.time, source, _XML)
            if not self._paused and self._fault.kind != "media_stopped":
                for outlet in tuple(self.metadata):
                    outlet.packet(packet)
            number += 1
