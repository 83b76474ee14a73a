"""All that can be thrown at the box at once while a button is pressed, each load on a process of its own where it has one."""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge.bench import children
from edge.bench.campus import FLOOD_TOPIC, FLOODED, board
from edge.bench.children import Lost
from edge.bench.guests import invite
from edge.bench.listened import HOME
from edge.bench.stage import Stage

FLOOD: Final = 100_000
"""Messages at once, at each press."""
PAGES: Final = 300
PROGRAMS: Final = 10
SYNC_US: Final = 2_000_000
HEARD_S: Final = 120.0
QUIET_MS: Final = 2_000


@dataclass(slots=True)
class Loads:
    """press: begins the flood; to be called right before a press. calm: waits until the last of it was heard.

    Each of the flood is a press like any other, and opens an incident again where one was closed.

    skipped: what cannot be had on this machine, and why.
    """

    press: Callable[[], None]
    calm: Callable[[], None]
    skipped: list[str] = field(default_factory=list)


@contextlib.contextmanager
def all_loads(here: Stage) -> Iterator[Loads]:
    """300 pages and 10 programs, a babbling board, hanging disks of journal and log, a flood at each press. Raises Lost."""
    with contextlib.ExitStack() as stack:
        guests = invite(here.socket, here.listen)
        host, _, port = here.listen.rpartition(":")
        crowd = stack.enter_context(children.obeying("crowd", "edge.bench.crowd", host, port))
        pages, programs = guests.pages(PAGES, HOME), guests.programs(PROGRAMS)
        if crowd.do("listen", pages=pages, programs=programs)["listening"] != PAGES + PROGRAMS:
            raise Lost("not all pages and programs could listen")
        flood = stack.enter_context(
            children.obeying("flood", "edge.bench.flood", str(here.port), FLOOD_TOPIC)
        )

        def press() -> None:
            crowd.do("forget")
            flood.do("begin", count=FLOOD)

        def calm() -> None:
            flood.do("ended")
            here.running.until("the flood heard to its end", _over, HEARD_S)

        found = Loads(press, calm)
        babbler = board(0)
        here.boards.do("break", controllers=[babbler], how="babbling")
        here.running.without([babbler])
        why_not = stack.enter_context(hanging_disk(here.process.pid, here.folder))
        if why_not:
            found.skipped.append(f"the journal's disk does not hang: {why_not}")
        here.log.hang()
        stack.callback(here.log.resume)
        yield found


def _over(document: dict[str, Any]) -> bool:
    (flooded,) = (one for one in document["buttons"] if one["id"] == FLOODED)
    return bool(flooded["heard_ms"] is not None and flooded["heard_ms"] > QUIET_MS)


@contextlib.contextmanager
def hanging_disk(pid: int, folder: Path) -> Iterator[str]:
    """Every sync of the daemon takes 2 s longer, its loop's thread untouched. Gives `""`, or why that cannot be done."""
    calls = "fsync,fdatasync,sync_file_range"
    command = ["strace", "-qq", "-e", f"trace={calls}", "-e", f"inject={calls}:delay_enter={SYNC_US}"]
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
