"""Everything that the journal does to the disk, for whichever thread holds the pen.

`stamp` puts rows into the chain (memory only, under the baton). `flush` brings what is stamped to disk: into
the database, else into the spill; what neither takes waits in `pending`. The same event may reach both:
whatever is in the database already is skipped when the spill is folded in, so that nothing is lost or
doubled.
"""

import collections
import contextlib
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Final

from edge.journal import checkpoint as signing
from edge.journal.bearing import Bearing
from edge.journal.canonical import JSON
from edge.journal.chain import Head
from edge.journal.checkpoint import Checkpoint
from edge.journal.doubts import Doubts, InDoubt, Why
from edge.journal.faults import errno_name, error_name, is_full, says_corrupt
from edge.journal.keys import KeyRefused, SigningKey
from edge.journal.places import Places
from edge.journal.room import Room
from edge.journal.row import Row
from edge.journal.signer import Signer
from edge.journal.spill import Spill
from edge.journal.stamp import Stamped, Stamper, row_of
from edge.journal.store import NotInOrder, Store

Trouble = Callable[[str, bool, tuple[str, ...]], None]
Now = Callable[[], tuple[int, int]]
"""(microseconds since 1970, microseconds of CLOCK_MONOTONIC)."""

CHUNK_EVENTS: Final = 64
"""Of one transaction: 1.5 ms by stack.md 4, below the 10 ms that nothing may exceed."""
_RETRY_FIRST_S: Final = 0.25
_RETRY_MOST_S: Final = 5.0
_LOG_COMMITS: Final = 128
"""The write-ahead log is carried over after so many commits when nothing waits: some 500 pages, a few ms."""
_LOG_COMMITS_MOST: Final = 1024


class Core:
    """The chain's moving end and the three files it goes to. `baton` guards stamping and `pending`."""

    def __init__(
        self,
        places: Places,
        campus: str,
        stamper: Stamper,
        *,
        now: Now,
        machine: str | None,
        trouble: Trouble,
    ) -> None:
        self.places = places
        self.campus = campus
        self.stamper = stamper
        self.now = now
        self.machine = machine
        self.trouble = trouble
        self.room = Room(places.directory, places.ballast, trouble)
        self.doubts = Doubts(places, campus, lambda: now()[0], self.room.allows)
        self.bearing = Bearing(places, self.doubts.right_disk, trouble)
        self.baton = threading.Lock()
        self.pending: collections.deque[Stamped] = collections.deque()
        self.store: Store | None = None
        self.spill: Spill | None = None
        self.committed: Callable[[Sequence[Stamped]], None] = lambda _: None
        """Told in the flushing thread what the database has taken, in order."""
        self.settled: Callable[[], None] = lambda: None
        """Told in the flushing thread that more has become durable."""
        self.stamped_at_s = 0.0
        self._spill_lock = threading.Lock()
        self._folded_bytes = 0
        self.spill_ails = False
        """The spill refused the last time it was used."""
        self._signer = Signer(places.directory, campus, now, trouble)
        self._commits = 0
        self._deleted = False
        self._again = False
        """Something was given up, or has to be settled first: worth trying again at once."""
        self._retry_at_s = 0.0
        self._retry_s = _RETRY_FIRST_S

    # --- into the chain -----------------------------------------------------------------------

    def stamp(self, rows: Sequence[Row], said: dict[str, JSON] | None = None) -> int:
        """Put rows into the chain; the caller holds the baton. Returns the count of the last."""
        self.stamped_at_s = time.monotonic()
        salvaged = self.stamper.salvaged
        for number, row in enumerate(rows):
            self.pending.append(self.stamper.stamp(row))
            if number % 8 == 7:
                time.sleep(0)  # lets the loop's thread in: it waits 5 ms for the interpreter otherwise
        if said is not None:
            self.bearing.say(self.stamper.count, said)
        if self.stamper.salvaged > salvaged:
            self.trouble("row_salvaged", True, tuple(sorted({row.kind for row in rows}))[:4])
        return self.stamper.count

    def own(self, kind: str, data: dict[str, JSON], actor: str = "journal") -> Row:
        """A row of the journal's own."""
        utc_us, mono_us = self.now()
        return Row(utc_us, mono_us, kind, self.campus, actor, data=data)

    def start_epoch(self, reason: str, old: Head | None, more: dict[str, JSON] | None = None) -> None:
        """Begin a new epoch; its first event names the old one's end. The caller holds the baton."""
        self.stamper.start_epoch(str(uuid.uuid4()))
        data: dict[str, JSON] = {
            "reason": reason,
            "old_epoch": None if old is None else old.epoch,
            "old_seq": None if old is None else old.seq,
            "old_hash": None if old is None else old.hash,
            **(more or {}),
        }
        self.stamp([self.own("epoch.started/1", data)])

    @property
    def durable_count(self) -> int:
        """Everything stamped up to this count is on disk. The caller holds the baton."""
        return self.pending[0].count - 1 if self.pending else self.stamper.count

    # --- to the disk --------------------------------------------------------------------------

    def flush(self) -> None:
        """Bring everything stamped to disk, as far as the disk takes it."""
        if not self._into_store() and not (self._again and self._into_store()):
            self.into_spill()

    def idle_at_s(self) -> float:
        """When `flush` or `upkeep` has something to do though nothing was handed in, by time.monotonic()."""
        if self.store is None:
            return self._retry_at_s
        return self._signer.due_at_s

    def _into_store(self) -> bool:
        try:
            store = self.store if self.store is not None else self._reopened()
            if store is None:
                return False
            try:
                self._write(store)
            except NotInOrder:
                self._broken_off()
                self._write(store)
        except (sqlite3.Error, NotInOrder, OSError, InDoubt) as err:
            self.refused(err)
            return False
        self._retry_s = _RETRY_FIRST_S
        for code in ("journal_refused", "store_gone"):
            self.trouble(code, False, ())
        return True

    def _write(self, store: Store) -> None:
        while True:
            self.doubts.look(store)
            self.fold_spill(store)
            chunk = self._chunk()
            if not chunk:
                return
            there = self._there(store, chunk)
            if there:
                self._durable(there)
                self.committed(there)
                continue
            checkpoint = self._signer.due(self.store, chunk)
            try:
                store.commit(chunk, checkpoint, self.machine)
            except NotInOrder:
                if self._unfolded():
                    continue  # another thread has just spilled what comes before this chunk
                raise
            self._counts(store)
            if checkpoint is not None:
                self._signer.done(chunk[-1].head)
            self._durable(chunk)
            self.committed(chunk)
            self._commits += 1
            if self._commits >= _LOG_COMMITS_MOST:
                self._fold_log(store)

    def _counts(self, store: Store) -> None:
        """A commit counts only in a file that is still there. Raises InDoubt."""
        self.doubts.look_again(store)
        self.doubts.reached = store.head

    def _there(self, store: Store, chunk: Sequence[Stamped]) -> Sequence[Stamped]:
        """What of `chunk` the database holds: a commit that failed at its sync stands in the log all the same."""
        if not store.holds(chunk[0].epoch, chunk[0].seq):
            return ()
        there = [event for event in chunk if store.hash_at(event.epoch, event.seq) == event.hash]
        if there:
            self._rewrite_log(store)
        return there

    def _rewrite_log(self, store: Store) -> None:
        """After a failed sync the log may lie in memory alone, and no later sync sees to it: write it out anew."""
        if not store.fold_log(truncate=True):
            raise sqlite3.OperationalError("the write-ahead log cannot be carried over")
        self._commits = 0

    def _unfolded(self) -> bool:
        return self.spill is not None and self.spill.synced_bytes not in (0, self._folded_bytes)

    def _chunk(self) -> list[Stamped]:
        """What the next transaction takes: of one epoch, and up to the next checkpoint."""
        with self.baton:
            if not self.pending:
                return []
            first = self.pending[0]
            since = first.seq - 1 - self._signer.last_of(first.epoch)
            room = min(CHUNK_EVENTS, max(1, signing.EVERY_EVENTS - since % signing.EVERY_EVENTS))
            return [
                self.pending[index]
                for index in range(min(room, len(self.pending)))
                if self.pending[index].epoch == first.epoch
            ]

    def _durable(self, events: Sequence[Stamped]) -> None:
        """These are on disk: witness them, then let go of them and tell."""
        last = events[-1]
        with self.baton:
            self.bearing.durable(last.count)
        self.bearing.write(last.head)
        with self.baton:
            while self.pending and self.pending[0].count <= last.count:
                self.pending.popleft()
        self.settled()

    # --- the spill ----------------------------------------------------------------------------

    def into_spill(self) -> None:
        """Sync what is pending into the spill. May be called by a second thread while the first one hangs."""
        with self.baton:
            waiting = list(self.pending)
        if not waiting or not self._spill_lock.acquire(blocking=False):
            return
        roomier = False
        try:
            if self.spill is not None and not self.spill.is_there():
                self.spill.close()
                self.spill = None
            if self.spill is None:
                self.doubts.right_disk()
                self.spill = Spill.open(self.places.spill)
                self._folded_bytes = 0
            for start in range(0, len(waiting), 4 * CHUNK_EVENTS):
                chunk = waiting[start : start + 4 * CHUNK_EVENTS]
                self.spill.write(chunk)
                self._durable(chunk)
            self._spill_works()
        except OSError as err:
            self.spill_ails = True
            self.trouble("spill_refused", True, (errno_name(err),))
            roomier = is_full(err, self.places.directory) and self.room.give_up()
        finally:
            self._spill_lock.release()
        if roomier:
            self.into_spill()

    def _spill_works(self) -> None:
        self.spill_ails = False
        self.trouble("spill_refused", False, ())

    def _try_spill(self) -> None:
        """The database takes events again and nothing is spilled: find out whether the spill would take them too."""
        if not self._spill_lock.acquire(blocking=False):
            return
        try:
            if self.spill is None:
                self.spill = Spill.open(self.places.spill)
            self.spill.try_out()
            self._spill_works()
        except OSError:
            pass  # it stays as it is said, and is tried again
        finally:
            self._spill_lock.release()

    def fold_spill(self, store: Store) -> None:
        """Bring the spill's events into the database, skipping what is there, and empty the file."""
        spill = self.spill
        if spill is None or spill.empty:
            return
        if self._unfolded():
            size = spill.synced_bytes
            held = False
            chunk: list[Stamped] = []
            for event in spill.read():
                if store.holds(event.epoch, event.seq):
                    if store.hash_at(event.epoch, event.seq) not in (event.hash, None):
                        raise NotInOrder("the spill and the database differ")
                    held = True
                    continue
                if chunk and (len(chunk) >= CHUNK_EVENTS or event.epoch != chunk[0].epoch):
                    self._fold(store, chunk)
                    chunk = []
                chunk.append(event)
            if chunk:
                self._fold(store, chunk)
            if held:
                self._rewrite_log(store)
            self._folded_bytes = size
        if self._spill_lock.acquire(blocking=False):
            try:
                if spill.synced_bytes == self._folded_bytes:
                    spill.clear()
                    self._folded_bytes = 0
            finally:
                self._spill_lock.release()

    def _fold(self, store: Store, chunk: list[Stamped]) -> None:
        store.commit(chunk, None, self.machine)
        self._counts(store)
        self.committed(chunk)
        self.settled()

    def _broken_off(self) -> None:
        """The database's tail was cut behind our back: begin a new epoch with all that cannot follow it."""
        self.into_spill()
        store = self.store
        spilled = [] if self.spill is None else list(self.spill.read())
        rows = [row_of(each) for each in spilled if store is None or not store.holds(each.epoch, each.seq)]
        aside = self.set_spill_aside("events_lost")
        with self.baton:
            left = [row_of(each) for each in self.pending]
            self.pending.clear()
            # What no disk took goes on in the new epoch, under its old counts: whoever waits for it waits on.
            self.stamper.count -= len(rows) + len(left) + 1 if left else 0
            rows += left
            old = store.head if store is not None else None
            self.start_epoch("events_lost", old, {"set_aside": aside, "carried_over": len(rows)})
            self.stamp(rows)
        self.trouble("events_lost", True, ())

    def set_spill_aside(self, why: str) -> str | None:
        """Keep the spill under another name; None where there was nothing in it. Raises OSError."""
        if self.spill is None or self.spill.empty:
            return None
        name = f"{self.places.spill.name}.{why}-{self.now()[0]}"
        self.spill.set_aside(name)
        self._folded_bytes = 0
        return name

    # --- a database that refuses --------------------------------------------------------------

    def refused(self, err: Exception) -> None:
        """The database refused: let go of it, or find out what it is worth; make room where it is for want of that."""
        settles = self.doubts.why is None
        if isinstance(err, InDoubt):
            self.distrust(err.why)
        elif says_corrupt(err):
            self.distrust("damaged")
        settles = settles and self.doubts.why is not None
        self.refuse(errno_name(err) if isinstance(err, OSError) else error_name(err))
        self._again = settles or (is_full(err, self.places.directory) and self.room.give_up())
        if self._again:
            self._retry_at_s = 0.0

    def distrust(self, why: Why, broken: int = 0) -> None:
        """Do nothing more with the database before it is settled what it is worth. broken: the number that is."""
        self.doubts.arise(why, self.store, broken)
        self.store = None

    def refuse(self, why: str) -> None:
        if self.store is not None:
            self.store.close()
            self.store = None
        self.retry_later()
        gone = self.doubts.why == "gone"
        self.trouble("store_gone" if gone else "journal_refused", True, () if gone else (why,))

    def retry_later(self) -> None:
        self._retry_at_s = time.monotonic() + self._retry_s
        self._retry_s = min(2 * self._retry_s, _RETRY_MOST_S)

    def _reopened(self) -> Store | None:
        """The database, opened anew once its time has come. Raises sqlite3.Error."""
        if time.monotonic() < self._retry_at_s:
            return None
        if self.doubts.why is None and self.doubts.reached is not None and not self.places.database.exists():
            raise InDoubt("gone")
        if self.doubts.why is not None:
            self._settle()
        else:
            store = Store.open(self.places.database)
            try:
                self.doubts.of_opened(store)
            except BaseException:
                store.close()
                raise
            self.adopt(store)
        if self.spill is None:
            with contextlib.suppress(OSError):
                self.spill = Spill.open(self.places.spill)  # what is in it comes first
        return self.store

    def mended(self, why: Why, broken: int = 0) -> bool:
        """Before the writer runs: settle at once what the database is worth. False: it cannot be used now."""
        self.distrust(why, broken)
        self.flush()
        return self.store is not None

    def _settle(self) -> None:
        """Go on with what is whole, and say what was done. Raises OSError, sqlite3.Error."""
        found = self.doubts.settle()
        self.adopt(found.store)
        if found.broken:
            self.trouble("journal_damaged", True, (str(found.broken),))
        if found.told is None:
            return
        if found.sealed_lost:
            self.trouble("sealed_lost", True, (str(found.sealed_lost),))
        self.trouble("journal_rebuilt" if found.whole else "journal_corrupt", True, ())
        with self.baton:
            self.stamp([self.own("journal.rebuilt/1", found.told)])

    def adopt(self, store: Store) -> None:
        """Use this database from now on."""
        self.store = store
        self.doubts.adopted(store)
        self._signer.adopt(store)

    # --- checkpoints and upkeep ---------------------------------------------------------------

    def checkpoint(self, *, last_of_epoch: bool = False) -> Checkpoint | None:
        """Sign where the database stands. None where it is empty. Raises KeyRefused, sqlite3.Error."""
        return (
            None if self.store is None else self._signer.checkpoint(self.store, last_of_epoch=last_of_epoch)
        )

    def key(self) -> SigningKey:
        """The signing key, made at first use. Raises KeyRefused, sqlite3.Error."""
        return self._signer.key(self.store)

    def upkeep(self) -> bool:
        """Do one small piece of what is due when nothing is waiting; True: there is more to do at once."""
        store = self.store
        if store is None:
            return False
        try:
            self.doubts.look(store)
            if time.monotonic() >= self._signer.due_at_s:
                self._signer.upkeep(store)
                return True
            if self._commits >= _LOG_COMMITS:
                self._fold_log(store)
                return True
            if self.spill_ails:
                self._try_spill()
            if self.bearing.witness is None and store.head is not None:
                self.bearing.write(store.head)  # it refused, and the next row may be an hour away
            if store.delete_dropped(CHUNK_EVENTS):
                self._deleted = True
                return True
            if self._deleted:
                self._rewrite_log(store)  # what was let go must not live on in the write-ahead log
                self._deleted = False
        except (sqlite3.Error, InDoubt) as err:
            self.refused(err)
        except KeyRefused as err:
            self.trouble("signing_refused", True, (str(err),))
        return False

    def _fold_log(self, store: Store) -> None:
        store.fold_log()
        self._commits = 0

    def close(self) -> None:
        """Carry the log into the main file and let go of everything."""
        if self.store is not None:
            try:
                self.store.fold_log(truncate=True)
            except sqlite3.Error as err:
                self.trouble("journal_refused", True, (error_name(err),))
            self.store.close()
            self.store = None
        self.doubts.close()
        self.bearing.close()
        if self.spill is not None:
            self.spill.close()
            self.spill = None
