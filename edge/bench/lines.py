"""How the benchmark talks with its child processes: one JSON object a line, an order in, an answer out."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
Obey = Callable[[Message], Awaitable[Message]]


async def obey(orders: Obey) -> None:
    """In a child: say that it is ready, then answer each line of stdin until that ends."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    tell({"ready": True})
    while line := await reader.readline():
        tell(await orders(json.loads(line)))


def tell(message: Message) -> None:
    """One answer."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
