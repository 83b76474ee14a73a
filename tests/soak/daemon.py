"""The real daemon with days that last seconds: its wall clock runs fast, and what it does by time comes as often.

`python -m tests.soak.daemon CONFIG DAY_S [LEAK_BYTES]`. CLOCK_MONOTONIC stays as it is: boards, brokers and time-outs are real.
LEAK_BYTES: kept for ever with each event, to show that the soak sees it.
"""

import asyncio
import sys
import time
from pathlib import Path

real_ns = time.time_ns
config, day_s = Path(sys.argv[1]), float(sys.argv[2])
leak = int(sys.argv[3]) if len(sys.argv) > 3 else 0
faster = 86_400 / day_s
began_ns = real_ns()


def fast_ns() -> int:
    return began_ns + round((real_ns() - began_ns) * faster)


time.time_ns = fast_ns
time.time = lambda: fast_ns() / 1e9

from edge import daemon, run, settling  # noqa: E402  # they take the clock as they find it
from edge.journal import checkpoint  # noqa: E402
from edge.telemetry import Telemetry  # noqa: E402
from rules.state import State  # noqa: E402


def hasten() -> None:
    """A minute's telemetry, ten minutes' snapshot and checkpoint: as often a day as ever, and from the first day on."""
    vars(daemon)["STARTED_S"] = min(settling.STARTED_S, day_s)
    vars(daemon)["MINUTE_S"] = 60 / faster
    vars(daemon)["SNAPSHOT_EVERY_S"] = daemon.SNAPSHOT_EVERY_S / faster
    vars(checkpoint)["EVERY_S"] = checkpoint.EVERY_S / faster


kept: list[bytes] = []
_note = Telemetry.note


def leaking(self: Telemetry, event: str, before: State, after: State, took_us: int) -> None:
    kept.append(bytes(leak))
    _note(self, event, before, after, took_us)


hasten()
if leak:
    Telemetry.note = leaking  # type: ignore[method-assign]
sys.exit(asyncio.run(run.run(config)))
