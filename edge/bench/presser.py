"""A child of the benchmark: a button. A real MQTT client that publishes when told, and says when it did.

`python -m edge.bench.presser BROKER_PORT`.
"""

import asyncio
import sys
import time
from pathlib import Path

from drivers.buttons.mqtt_link import Link, connected
from drivers.buttons.settings import MqttConfig
from edge.bench.lines import Message, obey


async def _run(port: int) -> None:
    config = MqttConfig("127.0.0.1", port, "bench", Path())
    async with connected(config, "bench-presser", clean_session=True) as link:
        listening = asyncio.create_task(_listen(link), name="listening")

        async def orders(order: Message) -> Message:
            payload = order["payload"].encode()
            at_us = time.monotonic_ns() // 1000
            await link.publish(order["topic"], payload)
            return {"at_us": at_us}

        try:
            await obey(orders)
        finally:
            listening.cancel()


async def _listen(link: Link) -> None:
    async for _ in link.messages():
        pass


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1])))
