"""The journal as the loop sees it: `append` and go on. Everything slow happens in the writer thread.

Nothing here waits for a disk. What the database refuses is synced to the spill; what neither takes waits in
memory and is tried again. Memory is bounded: beyond 20,000 waiting rows the routine kinds are shed, beyond
100,000 every row that belongs to no incident and is no press; a press and the rows of an incident are never
shed. What was shed is counted in a `journal.shed/1`.
"""

import asyncio
import collections
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final, Self, TypeVar

from edge.journal import pieces
from edge.journal.canonical import JSON
from edge.journal.chain import ZEROS, Head
from edge.journal.checkpoint import Checkpoint
from edge.journal.core import Core, Now
from edge.journal.doubts import Why
from edge.journal.faults import is_damage
from edge.journal.keeping import Keeper
from edge.journal.opening import Opened, lock, machine_digest, start_up, typed
from edge.journal.places import Places
from edge.journal.row import Row
from edge.journal.snapshot import Snapshot, newest_first
from edge.journal.spill import read_spill
from edge.journal.stamp import Stamped, Stamper
from edge.journal.store import Segment, Store
from edge.journal.stored import DAMAGED, Stored
from edge.journal.verify import Report, verifying
from edge.journal.writer import HUNG_S, Batch, JournalRefused, Picture, Writer

T = TypeVar("T")
Of = TypeVar("Of")
Done = Callable[[bool], None]
OnTrouble = Callable[[str, bool, tuple[str, ...]], None]
Follow = Callable[[Sequence[Stamped]], None]

ROUTINE_ROWS_MOST: Final = 20_000
ROWS_MOST: Final = 100_000
"""About 100 MB with their hashes; the daemon has 150."""
_WATCH_S: Final = 0.25
_PATIENCE_S: Final = 5.0
_DONE: Final = object()
_READ_EVENTS: Final = 50


class Journal:
    """One store directory, open. `open`, then (while folding) `rows_after`, then `start`, then `append`."""

    def __init__(self, core: Core, opened: Opened, troubles: "_Troubles", held: int | None) -> None:
        self.opened = opened
        self._core = core
        self._troubles = troubles
        self._held = held
        self._writer = Writer(core, self._durable_from_thread)
        self._keeper = Keeper(core, self.ask_blocking)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._open: collections.deque[tuple[int, int, bool, Done]] = collections.deque()
        """(number, rows, whether none was shed, done) of the batches that are not durable yet."""
        self._number = 0
        self._waiting = 0
        self._shed: collections.Counter[str] = collections.Counter()
        self._routine: frozenset[str] = frozenset()
        self._mended = False
        # Until it is said that there is no district, there may be one.
        self._district, self._synced = True, dict[str, int]()

    @classmethod
    def open(
        cls,
        directory: Path,
        campus: str,
        *,
        error_us: int | None = None,
        machine_id_file: Path = Path("/etc/machine-id"),
        now: Now | None = None,
    ) -> Self:
        """Open or make the journal in `directory`. Raises `JournalInUse` and nothing that a disk can do.

        error_us: how far the wall clock may be wrong, noted with each event; None: not known.
        """
        places = Places(directory)
        troubles = _Troubles()
        held = lock(places)
        core = Core(
            places,
            campus,
            Stamper(campus, _boot_id(), error_us, Head("", 0, ZEROS)),
            now=now or _now,
            machine=machine_digest(campus, machine_id_file),
            trouble=troubles,
        )
        return cls(core, start_up(core), troubles, held)

    # --- folding, before `start` --------------------------------------------------------------

    def load_snapshots(self) -> list[Snapshot]:
        """The snapshots that the chain bears out, the newest first; none: fold from the beginning."""
        store = self._core.store
        if store is None:
            return []
        with contextlib.suppress(sqlite3.Error):  # `rows_after` says it
            return newest_first(self._core.places, store)
        return []

    def rows_after(self, snapshot: Snapshot | None) -> Iterator[Stored]:
        """Every event after `snapshot` (None: every event), oldest first, in its newest kind. Before `start`.

        Where the database refuses: what can be read of it all the same, then the durable events of the spill, to be
        folded on `opened.head`. Raises JournalRefused where the database stops answering half-way: go by `opened.head`
        then.
        """
        ours = self._core.store is not None
        with self._readable() as store:
            after = None if snapshot is None else (snapshot.head.epoch, snapshot.head.seq)
            while store is not None and (
                chunk := self._chunk_after(after)
                if ours
                else pieces.asked(partial(pieces.read, after=after, limit=500), store)
            ):
                for event in chunk:
                    if event.kind == DAMAGED:
                        self._troubles("journal_damaged", True, (str(event.seq),))
                    yield event
                after = chunk[-1].position
            if ours:
                return  # a start has folded the spill in
            spill = self._core.spill
            with contextlib.suppress(OSError):  # read, where it cannot be written
                lines = read_spill(self._core.places.spill) if spill is None else spill.read()
                for line in lines:
                    if store is None or not store.holds(line.epoch, line.seq):
                        yield typed(line)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[Store | None]:
        """The database; where it takes nothing, as a disk that is full or write-protected: opened to be read alone."""
        if self._core.store is not None:
            yield self._core.store
            return
        store = None
        with contextlib.suppress(sqlite3.Error, ValueError, TypeError):
            store = Store.open(self._core.places.database, make=False)
        try:
            yield store
        finally:
            if store is not None:
                store.close()

    def _chunk_after(self, after: tuple[str, int] | None) -> list[Stored]:
        """What comes next; what cannot be read is looked for in the last good copy, once. Raises JournalRefused."""
        core, chunk = self._core, list[Stored]()
        try:
            chunk = pieces.asked(pieces.reading(after, 500), core)
            damaged = next((event.seq for event in chunk if event.kind == DAMAGED), 0)
            why: Why = "broken"
            if not damaged or not core.places.copy.exists():
                return chunk
        except JournalRefused as err:
            if err.__cause__ is None or not is_damage(err.__cause__) or self._mended:
                raise
            why, damaged = "damaged", 0
        if self._mended:
            return chunk
        self._mended = True
        epoch = core.stamper.head.epoch
        core.mended(why, damaged)
        if core.stamper.head.epoch != epoch:
            self.opened = replace(self.opened, reason="journal_corrupt")
        return pieces.asked(pieces.reading(after, 500), core)

    # --- the loop's side ----------------------------------------------------------------------

    def start(
        self,
        loop: asyncio.AbstractEventLoop,
        on_trouble: OnTrouble,
        *,
        routine: frozenset[str] = frozenset(),
        follow: Follow | None = None,
    ) -> None:
        """Start the writer thread.

        on_trouble: called in the loop's thread with a code, whether it holds now, and arguments. Codes:
            journal_refused (SQLite's name of the error), journal_corrupt, journal_damaged (number of the last
            event that cannot be read), journal_hung, spill_refused,
            witness_refused, signing_refused, signing_key_new (its id), snapshot_refused, events_lost, row_salvaged,
            journal_shed, disk_low (so many MB at most), room_given (what was), copy_refused (why),
            journal_rebuilt, sealed_lost (how many),
            store_gone.
        routine: the kinds that are shed first when rows pile up in memory.
        follow: called in the writer thread with what was committed, in order; must only put it into a queue.
        """
        self._loop = loop
        self._routine = routine
        if follow is not None:
            self._core.committed = follow
        self._troubles.start(loop, on_trouble)
        self._watch = loop.call_later(_WATCH_S, self._look)
        self._writer.start()
        self._keeper.start()

    def offer_room(self, name: str, give: Callable[[], bool], take_back: Callable[[], None]) -> None:
        """Something that may go when the disk is full, behind the ballast; before `start`. Both are called in other
        threads.

        give: asks for it to go and returns at once; False: there is nothing to give. take_back: it may come back.
        """
        self._core.room.offer(name, give, take_back)

    def append(self, rows: Sequence[Row], head: dict[str, JSON] | None, done: Done | None = None) -> None:
        """Hand rows in, in the loop's thread; returns at once and never raises for what a disk does.

        head: what a start after a loss must know, as it is after these rows (state number, zones' responses,
            doors released, locks freed by fire); None: as before. It must not be changed afterwards.
        done: called once in the loop's thread, when the rows are in the database or in the synced spill:
            however late that is, so whoever cannot wait keeps a timer. False: some of the rows were shed.
        """
        kept = tuple(rows) if self._waiting < ROUTINE_ROWS_MOST else self._kept(rows)
        self._number += 1
        self._waiting += len(kept)
        self._open.append((self._number, len(kept), len(kept) == len(rows), done or _nobody))
        self._writer.inbox.put(Batch(self._number, kept, head))

    @property
    def head(self) -> Head:
        """The last row numbered so far, durable or not: its epoch is the one that is counted in now."""
        return self._core.stamper.head

    @property
    def directory(self) -> Path:
        """The store."""
        return self._core.places.directory

    @property
    def waiting(self) -> int:
        """Rows handed in that are not durable yet."""
        return self._waiting

    def save_snapshot(self, blob: bytes) -> None:
        """Keep `blob` as the state after everything handed in so far, once all that is durable."""
        self._writer.inbox.put(Picture(blob))

    async def read(self, after: tuple[str, int] | None = None, limit: int = 500) -> list[Stored]:
        """At most `limit` committed events behind (epoch, seq), None: from the first kept. Raises
        JournalRefused.

        Read by the writer thread in small pieces between commits. An unknown epoch raises KeyError.
        """
        events: list[Stored] = []
        while len(events) < limit:
            piece = await self.ask(pieces.reading(after, min(_READ_EVENTS, limit - len(events))))
            events += piece
            if not piece:
                break
            after = piece[-1].position
        return events

    async def lines(self, after: tuple[str, int] | None, limit: int) -> tuple[list[pieces.Line], bool]:
        """At most `limit` events as `Store.lines_after` has them, and whether more follow; raises as `read`.

        In pieces of 50 between commits, and nothing is decoded: for a process that follows the journal.
        """
        found: list[pieces.Line] = []
        place = await self.ask(pieces.place(after))
        while len(found) < limit:
            want = min(_READ_EVENTS, limit - len(found))
            piece = await self.ask(partial(pieces.lines, place=place, limit=want))
            found += piece
            if len(piece) < want:
                return found, False
            place = piece[-1][0]
        return found, True

    async def any_of(self, *kinds: str) -> bool:
        """Whether an event of one of these kinds is kept. Raises JournalRefused.

        Looked through by the writer thread in pieces of 1,000 between commits: 13 ms each, for nothing is decoded.
        """
        found, place = False, 0
        while not found:
            found, behind = await self.ask(pieces.looking_for(kinds, place))
            if behind is None:
                return found
            place = behind
        return True

    def read_blocking(self, after: tuple[str, int] | None = None, limit: int = _READ_EVENTS) -> list[Stored]:
        """One piece of at most 50 events, for a thread that is not the loop's. Raises like `read`."""
        return self.ask_blocking(pieces.reading(after, min(_READ_EVENTS, limit)))

    def ask_blocking(self, what: Callable[[Core], T], patience_s: float = _PATIENCE_S) -> T:
        """Have the writer thread do something short, and wait for it in another thread than the loop's."""
        asked = self._writer.ask(what)
        try:
            answer: T = asked.result(patience_s)
        except TimeoutError:
            raise JournalRefused("the journal's disk does not answer") from None
        return answer

    async def checkpoint(self) -> Checkpoint | None:
        """Sign where the journal stands, now. Raises JournalRefused, KeyRefused."""
        return await self.ask(lambda core: core.checkpoint())

    async def verify(self) -> Report:
        """`verify-journal` of the running journal: piece by piece, between commits. Raises JournalRefused."""
        report = Report(self._core.campus)
        steps = await self.ask(lambda core: verifying(pieces.opened_store(core), core.places, report))
        while await self.ask(lambda _: next(steps, _DONE)) is not _DONE:
            pass
        return report

    async def segments(self) -> list[Segment]:
        """The sealed ranges, oldest first. Raises JournalRefused."""
        return await self.ask(lambda core: pieces.opened_store(core).segments())

    async def erase(self, epoch: str, seq: int, field: str, actor: str) -> bool:
        """Erase salt and value of one sealed field; False: there is none. Raises JournalRefused.

        The deletion and the event that tells of it (`sealed.erased/1`) are one transaction; the chain holds.
        """

        def check(core: Core) -> bool:
            place = pieces.opened_store(core).place_of(epoch, seq)
            held = [] if place is None else pieces.opened_store(core).sealed_between(place, place)
            return any(each.field == field for _, each in held)

        def scrub(core: Core) -> None:
            # The value must not live on in the write-ahead log, nor in a picture of the record from before.
            pieces.opened_store(core).fold_log(truncate=True)
            for one in (core.places.snapshot_before, core.places.snapshot_ahead):
                one.unlink(missing_ok=True)

        if not await self.ask(check):
            return False
        await self._record("sealed.erased/1", {"epoch": epoch, "seq": seq, "field": field}, actor)
        await self.ask(scrub)
        self._keeper.hurry()  # the copy lets go of it as well
        return True

    def keep_unsynced(self, district: bool, synced: Mapping[str, int] | None = None) -> None:
        """Nothing that a district has not acknowledged is let go of where there is one; else retention alone decides.

        synced: by epoch the last number that it acknowledged; None: it has acknowledged nothing.
        """
        self._district, self._synced = district, dict(synced or {})

    def _is_synced(self, epoch: str, last: int) -> bool:
        return self._synced.get(epoch, 0) >= last

    async def drop_segment(self, epoch: str, last: int, actor: str) -> bool:
        """Let the oldest segment go, up to its checkpoint, which stays. False: it is not the oldest, not sealed, or it
        has to be kept (`keep_unsynced`).

        Its events are deleted bit by bit in idle moments, also after a restart. Raises JournalRefused.
        """
        if self._district and not self._is_synced(epoch, last):
            return False
        kept = [each for each in await self.segments() if each.dropped is None]
        if not kept or (kept[0].epoch, kept[0].last) != (epoch, last):
            return False
        data: dict[str, JSON] = {"epoch": epoch, "first": kept[0].first, "last": last}
        await self._record("segment.dropped/1", data, actor)
        return True

    async def close(self, timeout_s: float = 1.0) -> bool:
        """Bring everything to disk and stop; False: the disk did not answer in time, and is left to
        itself.
        """
        self._keeper.end()
        if self._loop is None:
            self._core.close()
        else:
            self._writer.inbox.put(None)
            stopped = asyncio.wrap_future(self._writer.stopped)
            ended, _ = await asyncio.wait({stopped}, timeout=timeout_s)
            if self._watch is not None:
                self._watch.cancel()
            if not ended:
                return False
            await asyncio.to_thread(self._keeper.join, timeout_s)
        if self._held is not None:
            os.close(self._held)
            self._held = None
        return True

    async def ask(self, what: Callable[[Core], T]) -> T:
        """What comes of it in the journal's thread, between two commits. Raises JournalRefused, and what it raises."""
        asked = self._writer.ask(what)
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await asyncio.wrap_future(asked)
        except TimeoutError:
            raise JournalRefused("the journal's disk does not answer") from None

    # --- inside -------------------------------------------------------------------------------

    async def _record(self, kind: str, data: dict[str, JSON], actor: str) -> None:
        durable = asyncio.Event()
        self.append([self._core.own(kind, data, actor)], None, lambda _: durable.set())
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await durable.wait()
        except TimeoutError:
            raise JournalRefused("the journal's disk takes nothing now") from None

    def _kept(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """What is not shed of these rows."""
        full = self._waiting >= ROWS_MOST

        def sheds(row: Row) -> bool:
            return row.kind in self._routine or (
                full and row.incident is None and not row.kind.startswith("press.")
            )

        for row in rows:
            if sheds(row):
                self._shed[row.kind] += 1
        self._troubles("journal_shed", True, ())
        return tuple(row for row in rows if not sheds(row))

    def _durable_from_thread(self, number: int) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._durable, number)

    def _durable(self, number: int) -> None:
        while self._open and self._open[0][0] <= number:
            _, rows, whole, done = self._open.popleft()
            self._waiting -= rows
            done(whole)
        if self._shed and self._waiting < ROUTINE_ROWS_MOST // 2:
            counts: dict[str, JSON] = {kind.partition("/")[0]: n for kind, n in self._shed.items()}
            self._shed.clear()
            self._troubles("journal_shed", False, ())
            self.append([self._core.own("journal.shed/1", {"rows": counts})], None)

    def _look(self) -> None:
        """Every quarter second: see whether the disk hangs."""
        hung = self._writer.hung_for_s() >= HUNG_S
        self._troubles("journal_hung", hung, ())
        if hung:
            self._writer.stand_in()
        if self._loop is not None:
            self._watch = self._loop.call_later(_WATCH_S, self._look)


class _Troubles:
    """Collects what is wrong from any thread, and tells the loop of each change once."""

    def __init__(self) -> None:
        self._active: dict[str, tuple[str, ...]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tell: OnTrouble | None = None

    def __call__(self, code: str, active: bool, args: tuple[str, ...]) -> None:
        if active == (code in self._active) and (not active or self._active[code] == args):
            return
        if active:
            self._active[code] = args
        else:
            self._active.pop(code, None)
        if self._loop is not None and self._tell is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._tell, code, active, args)

    def start(self, loop: asyncio.AbstractEventLoop, tell: OnTrouble) -> None:
        self._loop, self._tell = loop, tell
        for code, args in list(self._active.items()):
            loop.call_soon(tell, code, True, args)


def _nobody(durable: bool) -> None:
    """Where no caller wants to know."""


def _now() -> tuple[int, int]:
    return time.time_ns() // 1000, time.monotonic_ns() // 1000


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
