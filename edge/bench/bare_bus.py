"""A child of the benchmark: the bare script for an RTU bus. One write a unit, one after the other, as a bus allows.

`python -m edge.bench.bare_bus BROKER_PORT TOPIC LINE BAUD COILS…`: unit 1 has the first number of coils, and so on.
"""

import asyncio
import os
import sys
import tty
from typing import Final

from drivers.doors.modbus_rtu_frame import encode_rtu, silence_s
from edge.bench.bare import subscribed, write_of
from edge.bench.campus import LOCKED
from edge.bench.lines import Message, obey

ANSWER_BYTES: Final = 8
"""Of FC15: unit, function, address, count, check (Modbus Application Protocol V1.1b3 section 6.11)."""
ANSWER_S: Final = 1.0


class Bus:
    """Writes every unit in turn."""

    def __init__(self, line: str, baud: int, coils: list[int]) -> None:
        self._file = os.open(line, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._file)
        self._gap_s = silence_s(baud)
        self._coils = coils
        self._came = 0
        self._answered = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        asyncio.get_running_loop().add_reader(self._file, self._readable)

    def write(self, on: bool) -> None:
        """Begin; what was begun before is not waited for."""
        self._writing = asyncio.create_task(self._all(on), name="writing")

    async def written(self) -> None:
        """Wait for the answers."""
        if self._writing is not None:
            await self._writing

    def close(self) -> None:
        """Let go of the line."""
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)

    async def _all(self, on: bool) -> None:
        for unit, coils in enumerate(self._coils, 1):
            self._came = 0
            self._answered.clear()
            os.write(self._file, encode_rtu(unit, write_of((on,) * coils)))
            async with asyncio.timeout(ANSWER_S):
                await self._answered.wait()
            await asyncio.sleep(self._gap_s)

    def _readable(self) -> None:
        self._came += len(os.read(self._file, 256))
        if self._came >= ANSWER_BYTES:
            self._answered.set()


async def _run(port: int, topic: str, line: str, baud: int, coils: list[int]) -> None:
    bus = Bus(line, baud, coils)
    await subscribed(port, topic, lambda: bus.write(LOCKED))

    async def orders(_: Message) -> Message:
        await bus.written()
        bus.write(not LOCKED)
        await bus.written()
        return {}

    await obey(orders)


if __name__ == "__main__":
    asyncio.run(
        _run(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), [int(one) for one in sys.argv[5:]])
    )
