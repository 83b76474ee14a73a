"""Random schedules on several campuses side by side, each a process of its own; most of a schedule waits for real time."""

import contextlib
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import SpawnProcess
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from types import FrameType
from typing import Final, Literal

from edge.journal import standalone_verifier, verify
from tests.faults import schedule
from tests.faults.campus import Campus, running
from tests.faults.clock import Stepped
from tests.faults.disk import Full, OnDisk, SmallBlocks
from tests.faults.lockdown import STALLED_S, TROUBLE, Lockdown, Round
from tests.faults.schedule import Step

Kind = Literal["kills", "schedules"]
PER_CAMPUS: Final = 20
"""Schedules on one campus, so that its journal grows over many starts and a lost one costs little."""
GROUND_MB: Final = 24
TRIES: Final = 3
"""Of a schedule during which this machine stood still."""
DRAWN: Final[dict[Kind, Callable[[int, int], list[Step]]]] = {
    "kills": schedule.kills,
    "schedules": schedule.faults,
}


@dataclass(frozen=True, slots=True)
class Share:
    """The schedules of one campus, one after the other."""

    kind: Kind
    seed: int
    numbers: Sequence[int]


def rounds(
    kind: Kind, seed: int, numbers: Sequence[int], campuses: int, folder: Path
) -> Generator[Round, None, None]:
    """Play these schedules on so many campuses; each as it ends. Closed early, it ends its processes."""
    shares = [
        Share(kind, seed, numbers[one : one + PER_CAMPUS]) for one in range(0, len(numbers), PER_CAMPUS)
    ]
    context = multiprocessing.get_context("spawn")
    told: SimpleQueue[Round | None] = context.SimpleQueue()
    given: SimpleQueue[Share | None] = context.SimpleQueue()
    workers = [
        context.Process(target=_work, args=(given, told, folder), name=f"campus {number}")
        for number in range(max(1, min(campuses, len(shares))))
    ]
    for worker in workers:
        worker.start()
    try:
        for share in [*shares, *(None for _ in workers)]:
            given.put(share)
        working = len(workers)
        while working:
            found = _next(told, workers)
            if found is None:
                working -= 1
            else:
                yield found
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.join()


def _next(told: "SimpleQueue[Round | None]", workers: Sequence[SpawnProcess]) -> Round | None:
    while told.empty():
        for worker in workers:
            assert worker.exitcode in (None, 0), f"{worker.name} ended by {worker.exitcode}"
        time.sleep(0.05)
    return told.get()


def _work(given: "SimpleQueue[Share | None]", told: "SimpleQueue[Round | None]", folder: Path) -> None:
    signal.signal(signal.SIGTERM, _leave)
    # 5 ms each, and a journal is verified twice in a schedule: what was verified before is not computed again.
    vars(verify)["ed25519"] = cache(standalone_verifier.ed25519)
    while (share := given.get()) is not None:
        for found in played(share, folder):
            told.put(found)
    told.put(None)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(1)  # what is open is closed on the way: every process is ended, every disk unmounted


def played(share: Share, folder: Path) -> Iterator[Round]:
    """Every schedule of a share, on one campus; on a new one behind a failure."""
    left = list(share.numbers)
    tries = 0
    while left:
        number = left[0]
        try:
            with tempfile.TemporaryDirectory(dir=folder) as place, _campus(Path(place), number) as campus:
                while left:
                    number = left[0]
                    steps = DRAWN[share.kind](share.seed, number)
                    found = Lockdown(campus, number).run(steps)
                    tries += 1
                    if found.failed and found.stalled_s > STALLED_S and tries < TRIES:
                        sys.stderr.write(
                            f"held up for {found.stalled_s:.1f} s, played again: {found.told()}\n"
                        )
                        break
                    left.pop(0)
                    tries = 0
                    yield found
                    if found.failed:
                        break
        except TROUBLE as err:
            tries += 1
            if tries >= TRIES:
                left.pop(0)
                tries = 0
                yield Round(number, failed=[f"no campus: {' '.join(str(err).split())[:600]}"])


@contextlib.contextmanager
def _campus(folder: Path, number: int) -> Iterator[Campus]:
    """With a disk of its own, every third of 1 kB blocks, and a wall clock of its own, as far as this machine allows."""
    store = folder / "store"
    store.mkdir(mode=0o700)
    disk: OnDisk = SmallBlocks() if number // PER_CAMPUS % 3 == 2 else Full(GROUND_MB)
    clock = Stepped("clock", 0.0)
    with contextlib.ExitStack() as stack:
        if not disk.missing():
            stack.enter_context(contextlib.contextmanager(disk.mount)(store))
        campus = Campus(folder)
        if not clock.missing():
            campus.daemon.environment |= clock.environment(folder)
        yield stack.enter_context(running(campus))


def usual_campuses() -> int:
    """How many this machine carries: the daemon and its devices use a third of a processor each."""
    return max(1, 3 * (os.cpu_count() or 1))
