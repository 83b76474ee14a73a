"""A child of the benchmark: as many MQTT messages at once as it is told, QoS 0, each a press of another button.

`python -m edge.bench.flood BROKER_PORT TOPIC`. MQTT is spoken by hand, as in `edge.bench.bare`: it is faster.
"""

import asyncio
import struct
import sys
from typing import Final

from edge.bench.lines import Message, obey

PAYLOAD: Final = b'{"gesture": "single"}'
"""Calls for help and locks no door (`edge.bench.campus`): what is locked is the measured press's doing."""
A_WRITE: Final = 500


class Flood:
    """`begin` (count) returns at once; `ended` waits until all are with the broker."""

    def __init__(self, writer: asyncio.StreamWriter, topic: str) -> None:
        self._writer = writer
        name = topic.encode()
        body = struct.pack(">H", len(name)) + name + PAYLOAD
        self._some = (bytes([0x30, len(body)]) + body) * A_WRITE
        self._flooding: asyncio.Task[None] | None = None

    async def orders(self, order: Message) -> Message:
        match order["do"]:
            case "begin":
                self._flooding = asyncio.create_task(self._flood(order["count"]), name="flooding")
                return {}
            case "ended":
                if self._flooding is not None:
                    await self._flooding
                return {}
            case other:
                raise ValueError(other)

    async def _flood(self, count: int) -> None:
        for _ in range(-(-count // A_WRITE)):
            self._writer.write(self._some)
            await self._writer.drain()


async def _run(port: int, topic: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    name = b"bench-flood"
    connect = b"\x00\x04MQTT\x04\x02" + struct.pack(">HH", 0, len(name)) + name
    writer.write(bytes([0x10, len(connect)]) + connect)
    await reader.readexactly(4)
    try:
        await obey(Flood(writer, topic).orders)
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), sys.argv[2]))
