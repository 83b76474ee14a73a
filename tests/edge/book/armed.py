"""How soon a daemon is armed on a store with a long life. `python -m tests.edge.book.armed STORE` (see `long_journal`).

The store is used as it lies there: events are added, and a snapshot. Seconds are of the wall clock, from the start of the
process to `/readyz`; `prepare` before it, as before an update.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.edge.book.long_journal import CAMPUS
from tests.flow.mosquitto import Document
from tests.flow.rig import School, running
from tests.flow.school import native, school
from tests.flow.waiting import wait_for

PREPARED_S = 7_200.0


def main() -> None:
    """Print how long each took."""
    parser = argparse.ArgumentParser(prog="tests.edge.book.armed", description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--starts", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def make(port: int) -> Document:
            tree = school(folder, port, buttons=[native("pb-native")])
            tree["campus"]["id"] = CAMPUS
            tree["store"]["directory"] = str(args.store.resolve())
            return tree

        with running(folder, make, started=False) as campus:
            began_s = time.monotonic()
            done = campus.cli("prepare", timeout_s=PREPARED_S)
            _say(
                f"{time.monotonic() - began_s:8.1f} s  prepare: {done.stdout.splitlines()[-1:]} {done.stderr[-300:]}"
            )
            for number in range(1, args.starts + 1):
                _say(f"{_armed_s(campus):8.2f} s  from start {number} to armed")
                campus.broker.press("pb-native", "hold", f"armed-{number}-{time.time_ns()}")
                campus.until_secured()
                campus.close("tcp-1", "tcp-2")
                assert campus.end() == 0


def _armed_s(campus: School) -> float:
    began_s = time.monotonic()
    campus.launch()
    wait_for("armed", lambda: campus.health() == 200, 600.0)
    return time.monotonic() - began_s


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
