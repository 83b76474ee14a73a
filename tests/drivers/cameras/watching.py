"""A sink that keeps what it was given, and waits for a condition."""

import asyncio
from collections.abc import Callable

from drivers.cameras.stream import AccessUnit, AudioFrame, EngineName, SenderClock, Track, Transport


class Seen:
    """What came, in order."""

    def __init__(self) -> None:
        self.opens: list[tuple[EngineName, Transport, Track]] = []
        self.units: list[AccessUnit] = []
        self.sound: list[AudioFrame] = []
        self.clocks: list[SenderClock] = []
        self.lost_packets = 0
        self._changed = asyncio.Event()

    def opened(self, engine: EngineName, transport: Transport, track: Track) -> None:
        self.opens.append((engine, transport, track))
        self._changed.set()

    def unit(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        self._changed.set()

    def audio(self, frame: AudioFrame) -> None:
        self.sound.append(frame)
        self._changed.set()

    def missing(self, packets: int) -> None:
        self.lost_packets += packets
        self._changed.set()

    def clock(self, report: SenderClock) -> None:
        self.clocks.append(report)
        self._changed.set()

    async def until(self, holds: Callable[["Seen"], bool]) -> None:
        """Bounded only so that a broken product does not hang the tests."""
        async with asyncio.timeout(60):
            while not holds(self):
                self._changed.clear()
                await self._changed.wait()
