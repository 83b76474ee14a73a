"""The runs that the power-cut explorer records: the real journal, told aloud what was promised; or with a bug planted.

Usage: power_cut_child.py MACHINE_ID_FILE [PLANT:STORY:FIRST:DIRECTORY ...]. Each is a process forked here, one after
the other. What is promised goes to standard output in one write: `DIRECTORY what number`.
"""

import asyncio
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from edge.config import accepted, synced
from edge.config.check import check
from edge.config.secrets import stored
from edge.journal import core, keys, mending, opening, snapshot, spill, store, witness
from edge.journal.files import remove
from edge.journal.good_copy import GoodCopy
from edge.journal.journal import Done, Journal
from edge.journal.mirror import Mirror, piece
from edge.journal.places import Places
from edge.journal.room import make_ballast
from edge.journal.row import Row

CAMPUS: Final = "lincoln-hs"


def configuration(number: int) -> bytes:
    """The text of the configuration with this number."""
    return b"# as long as a configuration is\n" * 40 + b"campus: %d\n" % number


def picture(number: int) -> bytes:
    """A snapshot of a state in which the press with this number was the last."""
    return b"%d %b" % (number, b"." * 9_000)


class Run:
    """One open journal, and what it is asked to keep."""

    def __init__(self, directory: Path, machine: Path, first: int) -> None:
        self._directory = directory
        self._number = first
        self._refused = asyncio.Event()
        self._well = asyncio.Event()
        self.journal = Journal.open(directory, CAMPUS, machine_id_file=machine)
        list(self.journal.rows_after(next(iter(self.journal.load_snapshots()), None)))
        self.journal.start(asyncio.get_running_loop(), self._troubled)

    def _troubled(self, code: str, active: bool, args: tuple[str, ...]) -> None:
        if code == "journal_refused":
            (self._refused if active else self._well).set()

    def promise(self, what: str, number: int) -> None:
        os.write(1, f"{self._directory} {what} {number}\n".encode())

    async def press(self, times: int, rows: int = 1) -> None:
        """Presses one behind the other, each of so many rows."""
        for _ in range(times):
            first, self._number = self._number, self._number + rows
            last = self._number - 1
            durable = asyncio.get_running_loop().create_future()
            durable.add_done_callback(partial(self._durable, last))
            self.journal.append(
                [_row(each) for each in range(first, first + rows)], {"number": last}, durable.set_result
            )
            await durable

    def _durable(self, last: int, _: object) -> None:
        self.promise("durable", last)

    async def flood(self, count: int) -> None:
        """Presses handed in at once: group commits."""
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(self.press(1))

    async def copy(self, days: float = 0.0) -> None:
        """The last good copy, brought up to the journal; made anew where days have passed."""

        def read(what: Callable[[store.Store], Any]) -> Any:
            return self.journal.ask_blocking(lambda core: what(core.store))  # type: ignore[arg-type]

        places, free = Places(self._directory), threading.Lock()
        copy = GoodCopy(places, CAMPUS, read, held=free, allows=lambda _: True, pause=lambda: None)
        await asyncio.to_thread(copy.keep_up, days * 86_400.0)

    async def ballast(self) -> None:
        """Made, and given up."""
        await asyncio.to_thread(make_ballast, Places(self._directory).ballast, 8_192)
        await asyncio.to_thread(self.journal.ask_blocking, lambda core: core.room.give_up())

    async def checkpoint(self) -> None:
        if await self.journal.checkpoint() is not None:
            self.promise("checkpoint", 1)

    def picture(self) -> None:
        self.journal.save_snapshot(picture(self._number - 1))

    def accept(self, number: int) -> None:
        checked = check(configuration(number), "campus.yaml", stored({}))
        accepted.accept(self._directory, checked, number)
        self.promise("accepted", number)

    async def refuse(self, times: int) -> None:
        """A database that takes nothing while so many presses come."""
        took = store.Store.commit
        vars(core)["Store"].commit = _refusing
        self._refused.clear()
        await self.press(times)
        await self._refused.wait()
        vars(core)["Store"].commit = took

    async def recover(self) -> None:
        """The database takes events again: what was spilled is in it."""
        self._well.clear()
        await self._well.wait()

    async def close(self) -> None:
        if not await self.journal.close(10):
            raise SystemExit("the journal did not close")


async def whole(run: Run) -> None:
    """All that a journal does, ending in a kill while the database takes nothing."""
    await run.press(2)
    run.accept(1)
    await run.press(2, rows=3)
    await run.checkpoint()
    run.picture()
    await run.flood(5)
    run.accept(2)
    await run.refuse(2)
    await run.recover()
    run.picture()
    await run.press(2)
    run.accept(3)
    await run.refuse(2)
    os.kill(os.getpid(), signal.SIGKILL)


async def copied(run: Run) -> None:
    """A journal, its ballast, and its copy: made, followed, made anew; a kill where the copy holds all there is."""
    await run.ballast()
    await run.press(2, rows=3)
    await run.checkpoint()
    await run.copy()
    await run.press(3)
    await run.copy()
    await run.press(1)
    await run.copy(days=2)
    os.kill(os.getpid(), signal.SIGKILL)


async def again(run: Run) -> None:
    """A start on what a kill or a power cut left, and a good end."""
    await run.press(2)
    run.picture()
    run.accept(run._number)
    await run.refuse(1)
    await run.recover()
    await run.checkpoint()
    await run.close()


STORIES: Final = {"whole": whole, "copied": copied, "again": again}


def _row(number: int) -> Row:
    us = time.time_ns() // 1000
    sealed = {"word": f"word {number}"} if number % 2 else {}
    data = {"number": number}
    return Row(us, us, "press.heard/1", "pb-101", "device:pb-101", data=dict(data), sealed=dict(sealed))


def _refusing(*_: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")


# --- planted bugs: each takes away one thing that a power cut needs --------------------------


class _Lazy(SimpleNamespace):
    """`os` for one module, in which some calls do nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def _without(module: Any, *names: str) -> None:
    module.os = _Lazy(**dict.fromkeys(names, lambda _: None))


def synchronous(level: str) -> None:
    connect = sqlite3.connect

    class Lazy(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            return super().execute(sql.replace("synchronous = FULL", f"synchronous = {level}"), *values)

    vars(sqlite3)["connect"] = partial(connect, factory=Lazy)


def acknowledged_at_once() -> None:
    append = Journal.append

    def early(self: Journal, rows: Any, head: Any, done: Done | None = None) -> None:
        append(self, rows, head)
        if done is not None:
            done(True)

    Journal.append = early  # type: ignore[method-assign]


def spill_cleared_first() -> None:
    read = spill.Spill.read

    def clearing(self: spill.Spill) -> Iterator[Any]:
        events = list(read(self))
        self.clear()
        yield from events

    spill.Spill.read = clearing  # type: ignore[method-assign]


def witness_first() -> None:
    """The witness before the commit: ahead of the journal where the power goes in between."""
    commit = store.Store.commit

    def late(self: store.Store, events: Any, *args: Any) -> None:
        witness.Witness.open(Places(_directory[0]).witness).write(events[-1].head, {})
        commit(self, events, *args)

    vars(core)["Store"].commit = late


def copy_removed_first() -> None:
    """The copy taken away before what is made of it is whole."""

    def early(places: Places, campus: str) -> mending.Gathered:
        copy = store.Store.open(places.copy)
        everything = piece(copy, 0, 1_000)
        copy.close()
        remove(places.copy)
        witness.sync_directory(places.directory)
        made = Mirror(store.Store.open(places.rebuilt), campus)
        made.take(everything)
        return mending.Gathered(made, made.place)

    vars(opening)["gather"] = early


_directory: list[Path] = []
PLANTS: Final[dict[str, Callable[[], None]]] = {
    "nothing": lambda: None,
    "synchronous NORMAL": lambda: synchronous("NORMAL"),
    "synchronous OFF": lambda: synchronous("OFF"),
    "acknowledged at once": acknowledged_at_once,
    "witness not synced": lambda: _without(witness, "fdatasync"),
    "witness before the commit": witness_first,
    "accepted configuration not synced": lambda: _without(synced, "fsync"),
    "spill not synced": lambda: _without(spill, "fdatasync"),
    "spill cleared before it is folded": spill_cleared_first,
    "key not synced": lambda: _without(keys, "fsync"),
    "copy removed before what is made of it is whole": copy_removed_first,
    "snapshot not synced": lambda: _without(snapshot, "fsync"),
}


def _fork(plant: str, story: str, first: int, directory: Path, machine: Path) -> None:
    """One run in a process of its own, so that a kill ends it alone."""
    child = os.fork()
    if child == 0:
        _directory.append(directory)
        PLANTS[plant]()

        async def run() -> None:
            await STORIES[story](Run(directory, machine, first))

        asyncio.run(run())
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in (0, -signal.SIGKILL):
        raise SystemExit(f"{plant}, {story}: {status}")


if __name__ == "__main__":
    # Small, so that the write-ahead log is carried over within the run and a refused database is tried again soon.
    vars(core).update(_LOG_COMMITS=3, _LOG_COMMITS_MOST=5, _RETRY_FIRST_S=0.02)
    check(b"", "warm.yaml", stored({}))
    for name in ("sqlite_utils", "cryptography.hazmat.primitives.serialization"):
        import_module(name)  # once and not in every process
    for named in sys.argv[2:]:
        plant, story, first, directory = named.split(":", 3)
        _fork(plant, story, int(first), Path(directory), Path(sys.argv[1]))
