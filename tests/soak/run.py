"""`make soak`: thirty days of ordinary life in a few minutes; a line a day, and whether anything grew that may not."""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from edge.views.database import TELEMETRY_MOST
from tests.soak.life import STATUSES, Sample, living, settled, slope

MOST_KIB_A_DAY: Final = 1_024.0
"""Issue 4, C9: memory grows by less than 1 MiB a day."""
MOST_VIEWS_KIB: Final = 64 * 1024
MOST_ROWS_A_DAY: Final = 2_000
"""Of an ordinary day: what the journal takes is what matters, and never each status or poll."""


def main() -> int:
    asked = argparse.ArgumentParser(prog="make soak")
    asked.add_argument("--days", type=int, default=30)
    asked.add_argument("--day-s", type=float, default=10.0, help="how long one lasts by the daemon's clock")
    asked.add_argument("--leak", type=int, default=0, help="bytes kept with each event, to see it found")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with living(Path(folder) / "soak", options.day_s, options.leak) as life:
            days: list[Sample] = []
            for day in range(options.days):
                days.append(life.day(STATUSES))
                _say(days[-1].line(day + 1))
            life.campus.end()
            telemetry = life.telemetry_rows()
        wrong = judged(days, telemetry)
    _say("\n".join(wrong) or f"held: {memory_slope(days):.0f} KiB a day, telemetry {telemetry:,} rows")
    return 1 if wrong else 0


def memory_slope(days: list[Sample]) -> float:
    """KiB a day, by Theil-Sen, without the first quarter."""
    return slope(settled([float(one.memory_kib) for one in days]))


def judged(days: list[Sample], telemetry: int) -> list[str]:
    """What does not hold, in words; empty: all does."""
    wrong: list[str] = []
    if memory_slope(days) >= MOST_KIB_A_DAY:
        wrong.append(f"memory grows by {memory_slope(days):.0f} KiB a day, and may by {MOST_KIB_A_DAY:.0f}")
    for name in ("files", "tasks"):
        grows = slope(settled([float(getattr(one, name)) for one in days]))
        if grows > 0.01:
            wrong.append(f"{name} grow by {grows:.2f} a day, and may not at all")
    if days[-1].spill_bytes:
        wrong.append(f"the spill holds {days[-1].spill_bytes} bytes, with a disk that takes everything")
    if max(one.views_kib for one in days) > MOST_VIEWS_KIB:
        wrong.append(f"the views are {max(one.views_kib for one in days):,} KiB")
    if telemetry > TELEMETRY_MOST:
        wrong.append(f"telemetry has {telemetry:,} rows, and may have {TELEMETRY_MOST:,}")
    rows = slope([float(one.rows) for one in days])
    if rows > MOST_ROWS_A_DAY:
        wrong.append(
            f"the journal grows by {rows:.0f} rows a day, and an ordinary one is {MOST_ROWS_A_DAY:,} at most"
        )
    return wrong


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
