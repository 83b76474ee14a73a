"""An import of 20,000 assets while a button is pressed: the command that a person gives, on a file as Snipe-IT writes it."""

import contextlib
import csv
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.bench import children
from edge.bench.children import Lost

ROWS: Final = 20_000
"""Issue 6, How it will be judged."""
WHOLE_S: Final = 300.0
_HEAD: Final = (
    "Asset Tag",
    "Item name",
    "Serial",
    "Category",
    "Manufacturer",
    "Room Number",
    "Status",
    "Purchase Date",
)
_KINDS: Final = ("Laptop", "Projector", "Phone", "Radio", "Switch")


def write_rows(path: Path, rows: int, number: int) -> None:
    """A file of so many assets; of another number each of them is in another room, so that every row changes something."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(_HEAD)
        for row in range(rows):
            kind = _KINDS[row % len(_KINDS)]
            place = f"{number}-{row % 400}"
            out.writerow(
                (f"T{row:06}", f"{kind} {row}", f"SN{row:08}", kind, "Acme", place, "Deployed", "2024-08-01")
            )


class Imports:
    """One import at a time, begun where none is under way. rows: of each."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path, rows: int = ROWS) -> None:
        self._stack = stack
        self._folder = folder
        self._rows = rows
        self._running: subprocess.Popen[bytes] | None = None
        self._began_s = 0.0
        self.took_s: list[float] = []
        """Of each that came to its end, by when that was seen."""

    def under_way(self) -> bool:
        """Whether one is. Raises Lost where the last one did not do what it should."""
        if self._running is None:
            return False
        code = self._running.poll()
        if code is None:
            return True
        self._running = None
        if code:
            words = (self._folder / "import.log").read_text(errors="replace").strip()
            raise Lost(f"an import was refused: {words[-300:]}")
        self.took_s.append(time.monotonic() - self._began_s)
        return False

    def begin(self) -> None:
        """Have one under way."""
        if self.under_way():
            return
        path = self._folder / "import.csv"
        write_rows(path, self._rows, len(self.took_s))
        command = [sys.executable, "-m", "edge", "import", "assets", str(path)]
        command += ["--config", str(self._folder / "campus.yaml")]
        self._began_s = time.monotonic()
        self._running = self._stack.enter_context(children.started(command, self._folder / "import.log"))

    def end(self, stirred: Callable[[], object] = lambda: time.sleep(0.05)) -> None:
        """Wait until none is under way. Raises Lost."""
        ends = time.monotonic() + WHOLE_S
        while self.under_way():
            if time.monotonic() > ends:
                raise Lost(f"an import of {self._rows} rows took longer than {WHOLE_S:.0f} s")
            stirred()
