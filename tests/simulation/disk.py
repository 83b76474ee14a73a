"""A disk by seed: the journal's writer without a thread, files that refuse or hang, and the moments of a kill.

The journal's own code writes real files (on tmpfs where there is one). Only its thread is replaced: its rounds run on
the loop, after a delay by lot; a hanging disk stretches a round between taking rows and writing them. Not simulated:
a power cut, which the explorer in tests/edge/journal does file by file.
"""

import asyncio
import contextlib
import queue
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Literal

from edge.journal.spill import Spill
from edge.journal.store import Store
from edge.journal.witness import Witness
from edge.journal.writer import HUNG_S, Item, Writer
from tests.simulation.loop import SeededLoop

Refusal = Literal["", "database", "unsure", "spill", "witness", "files", "all"]
"""What the disk refuses: the database; its commits that took place all the same; the files beside it; everything."""
REFUSALS: Final[tuple[Refusal, ...]] = ("database", "unsure", "spill", "witness", "files", "all")
Moment = Literal[
    "before commit", "after commit", "before witness", "after witness", "before spill", "after spill"
]
MOMENTS: Final[tuple[Moment, ...]] = (
    "before commit",
    "after commit",
    "before witness",
    "after witness",
    "before spill",
    "after spill",
)


class Killed(BaseException):
    """kill -9 came at this very moment: nothing of the process goes on."""


class Disk:
    """The store directory and what ails it. `kill_at`: the moment of the next kill, as the writer reaches it."""

    def __init__(self, loop: SeededLoop, store: Path, killed: Callable[[], None]) -> None:
        self.loop = loop
        self.store = store
        self.refuses: Refusal = ""
        self.hang_until_s = 0.0
        self.kill_at: Moment | None = None
        self.frozen: Path | None = None
        self._killed = killed

    def freeze(self) -> None:
        """Keep the files as they are now, before anything else happens to them."""
        if self.frozen is None:
            self.frozen = self.store.with_name("frozen")
            shutil.rmtree(self.frozen, ignore_errors=True)
            shutil.copytree(self.store, self.frozen)

    def thaw(self) -> None:
        """The files as they were frozen are the store again."""
        if self.frozen is not None:
            shutil.rmtree(self.store)
            self.frozen.rename(self.store)
            self.frozen = None

    def passes(self, moment: Moment) -> None:
        """The writer is at this moment. Raises Killed."""
        if self.kill_at == moment:
            self.kill_at = None
            self.freeze()
            self._killed()
            raise Killed

    def hang_s(self) -> float:
        """How long the disk takes no more."""
        return max(0.0, self.hang_until_s - self.loop.world_s)


class _Waking(queue.SimpleQueue[Item]):
    """A queue that nobody waits on: what is put in wakes the writer."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._items: list[Item] = []
        self._wake = wake

    def put(self, item: Item, block: bool = True, timeout: float | None = None) -> None:
        self._items.append(item)
        self._wake()

    def get(self, block: bool = True, timeout: float | None = None) -> Item:
        return self.get_nowait()

    def get_nowait(self) -> Item:
        if not self._items:
            raise queue.Empty
        return self._items.pop(0)

    def empty(self) -> bool:
        return not self._items


def inline_writer(disk: Disk) -> type[Writer]:
    """The journal's writer, run by the loop."""

    class Inline(Writer):
        def __init__(self, core: Any, durable: Callable[[int], None]) -> None:
            super().__init__(core, durable)
            self.inbox = _Waking(self._wake)
            self._loop: asyncio.AbstractEventLoop | None = None
            self._next: asyncio.TimerHandle | None = None
            self._in_round = False
            self._stands_in = False

        def start(self) -> None:
            self._loop = asyncio.get_running_loop()
            self._wake()

        def stand_in(self) -> None:
            if not self._stands_in:
                self._stands_in = True
                self._stand()

        def _wake(self) -> None:
            if self._loop is None or self._in_round or self.stopped.done():
                return
            if self._next is not None:
                self._next.cancel()
            self._next = self._loop.call_later(disk.loop.random.expovariate(1 / 0.000_3), self._begin)

        def _begin(self) -> None:
            self._in_round = True
            with self._core.baton:
                self._take(0.0)
            hang_s = disk.hang_s()
            if hang_s > 0:
                self.busy_since_s = time.monotonic()
                disk.loop.call_later(hang_s, self._finish)
            else:
                self._finish()

        def _finish(self) -> None:
            with contextlib.suppress(Killed):
                self._guarded(self._work)
                self._in_round = False
                if self._stopping:
                    self._end()
                elif self._asks or self._more or not self.inbox.empty():
                    self._wake()
                else:
                    idle_s = max(0.0, min(1.0, self._core.idle_at_s() - time.monotonic()))
                    self._next = disk.loop.call_later(idle_s + 0.001, self._begin)

        def _stand(self) -> None:
            """As `Writer._stand_in` does, a step at a time."""
            if self.hung_for_s() <= HUNG_S / 2:
                self._stands_in = False
                return
            with self._core.baton:
                self._take(0.0)
            with contextlib.suppress(Killed):
                self._core.into_spill()
                disk.loop.call_later(0.02, self._stand)

    return Inline


@contextlib.contextmanager
def faulty_files(disk: Disk) -> Iterator[None]:
    """Commits, witness and spill go through the disk's faults."""
    commit, witness, spill = Store.commit, Witness.write, Spill.write

    def refused(what: str) -> bool:
        return (
            disk.refuses
            in {
                "database": ("database", "all"),
                "spill": ("spill", "files", "all"),
                "witness": ("witness", "files", "all"),
            }[what]
        )

    def committing(self: Store, *args: Any, **more: Any) -> None:
        disk.passes("before commit")
        believed = self.head, list(self._epochs)
        if refused("database"):
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode, error.sqlite_errorname = 13, "SQLITE_FULL"
            raise error
        commit(self, *args, **more)
        disk.passes("after commit")
        if disk.refuses == "unsure":
            self.head, self._epochs = believed
            raise sqlite3.OperationalError("disk I/O error")

    def writing(moment: Any, what: str, real: Callable[..., None], self: Any, *args: Any) -> None:
        disk.passes(moment[0])
        if refused(what):
            raise OSError(28, "No space left on device")
        real(self, *args)
        disk.passes(moment[1])

    store: Any = Store
    store.commit = committing
    Witness.write = lambda self, *args: writing(  # type: ignore[method-assign]
        ("before witness", "after witness"), "witness", witness, self, *args
    )
    Spill.write = lambda self, *args: writing(  # type: ignore[method-assign]
        ("before spill", "after spill"), "spill", spill, self, *args
    )
    try:
        yield
    finally:
        store.commit = commit
        Witness.write = witness  # type: ignore[method-assign]
        Spill.write = spill  # type: ignore[method-assign]


def scratch() -> Path:
    """A place for stores: in memory where the machine has one."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else Path("/tmp")


__all__ = ["MOMENTS", "REFUSALS", "Disk", "Killed", "Moment", "faulty_files", "inline_writer", "scratch"]
