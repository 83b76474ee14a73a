"""One size of campus measured: presses of the daemon and of the bare script by turns, on the same boards."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from edge.bench import children
from edge.bench.running import Pressed
from edge.bench.stage import stage


@dataclass(frozen=True, slots=True)
class How:
    """bare_polls: the bare script reads every board's evidence too. settle_s: pause before each press."""

    presses: int
    bare_polls: bool
    settle_s: float
    nodelay: bool
    hang: bool = False


@dataclass(slots=True)
class Measured:
    """What came of one size. polls_s: evidence reads a board and second in quiet time."""

    doors: int
    boards: int
    daemon: list[Pressed] = field(default_factory=list)
    bare: list[Pressed] = field(default_factory=list)
    hung: list[Pressed] = field(default_factory=list)
    armed_s: float = 0.0
    complete_s: float = 0.0
    memory_mib: float = 0.0
    longest_ms: float | None = None
    polls_s: float = 0.0
    hang_skipped: str = ""


def measure(doors: int, boards: int, how: How, folder: Path) -> Measured:
    """Start everything, press by turns, end everything. Raises Lost."""
    with stage(
        doors, boards, folder, settle_s=how.settle_s, nodelay=how.nodelay, bare_polls=how.bare_polls
    ) as here:
        found = Measured(doors, boards, armed_s=here.armed_s, complete_s=here.complete_s)
        bench = here.running
        found.polls_s = bench.polls_a_second(boards)
        for number in range(how.presses):
            ours, bare = bench.press_both(here.presser, here.bare, ours_first=bool(number % 2))
            found.daemon.append(ours)
            found.bare.append(bare)
        found.memory_mib = children.memory_mib(here.process.pid)
        found.longest_ms = bench.longest_ms()
        if how.hang:
            with hanging_disk(here.process.pid, folder) as why_not:
                found.hang_skipped = why_not
                if not why_not:
                    times = max(3, how.presses // 5)
                    found.hung = [bench.press_daemon(here.presser) for _ in range(times)]
        return found


@contextlib.contextmanager
def hanging_disk(pid: int, folder: Path) -> Iterator[str]:
    """Every sync of the daemon takes 2 s longer, its loop's thread untouched. Gives `""`, or why that cannot be done."""
    calls = "fsync,fdatasync,sync_file_range"
    command = ["strace", "-qq", "-e", f"trace={calls}", "-e", f"inject={calls}:delay_enter=2000000"]
    command += [part for thread in children.other_threads(pid) for part in ("-p", str(thread))]
    try:
        with (folder / "strace.log").open("wb") as words:
            strace = subprocess.Popen(command, stdout=words, stderr=words)  # noqa: S603  fixed words
    except OSError:
        yield "strace is not installed"
        return
    try:
        time.sleep(0.5)
        yield "" if strace.poll() is None else "strace may not trace the daemon here"
    finally:
        strace.terminate()
        strace.wait()
