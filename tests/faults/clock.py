"""The wall clock jumps: two weeks on, an hour back, over the end of daylight saving. CLOCK_MONOTONIC goes on as it was."""

import contextlib
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from tests.faults.campus import Campus, running
from tests.faults.fault import Fault

SOURCE: Final = Path(__file__).parent / "wall_clock.c"
ZONE: Final = ZoneInfo("America/Chicago")
"""Of the campus."""
WEEKS_S: Final = 14 * 24 * 3600.0
HOUR_S: Final = 3600.0


class Stepped(Fault):
    """The clock is set while the daemon runs."""

    shared = False

    def __init__(self, name: str, offset_s: float) -> None:
        self.name = name  # type: ignore[misc]
        self._offset_s = offset_s

    def missing(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            return (
                "" if _built(Path(folder)) else "there is no C compiler: nothing can stand before the clock"
            )

    @contextlib.contextmanager
    def campus(self, folder: Path) -> Iterator[Campus]:
        made = Campus(folder)
        made.daemon.environment |= self.environment(folder)
        with running(made) as campus:
            yield campus

    def environment(self, folder: Path) -> dict[str, str]:
        """What a daemon is started with whose clock can be set."""
        library = _built(folder)
        assert library is not None
        _set(folder, 0.0)
        return {"LD_PRELOAD": str(library), "CAMPUS_EDGE_CLOCK": str(folder / "clock")}

    def strike(self, campus: Campus) -> None:
        _set(campus.folder, self._offset_s)

    def settle(self, campus: Campus) -> None:
        time.sleep(0.3)

    def mend(self, campus: Campus) -> None:
        _set(campus.folder, 0.0)


class DaylightSaving(Stepped):
    """The clock stands a moment before a change of daylight saving, and runs over it."""

    def __init__(self, name: str, local: str) -> None:
        """local: the last wall time before the change, ISO 8601."""
        super().__init__(name, 0.0)
        self._at = datetime.fromisoformat(local).replace(tzinfo=ZONE).timestamp()

    def strike(self, campus: Campus) -> None:
        _set(campus.folder, self._at - time.time())


def clocks() -> list[Fault]:
    """Every way in which the wall clock jumps."""
    return [
        Stepped("clock two weeks on", WEEKS_S),
        Stepped("clock two weeks back", -WEEKS_S),
        Stepped("clock an hour back", -HOUR_S),
        DaylightSaving("daylight saving ends", "2026-11-01T01:59:59.9"),
        DaylightSaving("daylight saving begins", "2027-03-14T01:59:59.9"),
    ]


def _set(folder: Path, offset_s: float) -> None:
    """At once, for whoever has the file mapped."""
    file = folder / "clock"
    file.touch()
    with file.open("r+b") as opened:
        opened.write(struct.pack("=q", round(offset_s * 1e9)))


def _built(folder: Path) -> Path | None:
    """The library that stands before the clock; None: nothing can build it."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "wall_clock.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE)], check=True)
    return library
