"""Appends rows one behind the other and prints each number once it is durable: a process to be killed.

Usage: child.py DIRECTORY COUNT [--flood]. With --flood the rows are handed in at once. At the end it closes
and prints `closed` with what `close` said and the milliseconds it took.
"""

import asyncio
import os
import sys
import time
from pathlib import Path

from edge.journal.journal import Journal
from edge.journal.row import Row


def row(number: int) -> Row:
    return Row(
        at_utc_us=time.time_ns() // 1000,
        mono_us=time.monotonic_ns() // 1000,
        kind="press.heard/1",
        subject="pb-101",
        actor="device:pb-101",
        data={"number": number},
        sealed={"word": f"word {number}"},
    )


def say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


async def main(directory: Path, count: int, flood: bool) -> None:
    loop = asyncio.get_running_loop()
    journal = Journal.open(directory, "lincoln-hs", machine_id_file=directory / "machine-id")
    journal.start(loop, lambda code, active, args: say(f"trouble {code} {active} {' '.join(args)}"))
    waiting: list[asyncio.Future[bool]] = []
    slowest_s = 0.0
    for number in range(count):
        durable: asyncio.Future[bool] = loop.create_future()
        durable.add_done_callback(lambda _, number=number: say(f"durable {number}"))  # type: ignore[misc]  # a default
        began = time.perf_counter()
        journal.append([row(number)], {"number": number}, durable.set_result)
        slowest_s = max(slowest_s, time.perf_counter() - began)
        waiting.append(durable)
        if not flood:
            await durable
    await asyncio.gather(*waiting)
    say(f"slowest {slowest_s * 1e3:.3f}")
    began = time.perf_counter()
    closed = await journal.close()
    say(f"closed {closed} {(time.perf_counter() - began) * 1e3:.0f}")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), "--flood" in sys.argv))
