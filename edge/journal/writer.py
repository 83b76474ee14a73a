"""The writer thread: takes what the loop hands in, commits it in groups, and serves readers in between.

It is a daemon thread: a disk that never answers again must not hold the process. While it hangs, `stand_in`
runs in a second thread and syncs what comes in to the spill, if that file still takes it.
"""

import collections
import queue
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import field
from typing import Any, Final

import structlog

from edge.journal.canonical import JSON
from edge.journal.core import Core
from edge.journal.faults import says_corrupt
from edge.journal.row import Row
from edge.journal.snapshot import Snapshot, write_snapshot
from rules.model.values import dataclass

HUNG_S: Final = 1.0
"""From here on a second thread takes what comes in to the spill."""
_STAND_IN_S: Final = 0.02

log = structlog.get_logger(__name__)


class JournalRefused(Exception):
    """The journal cannot be read now: its disk refuses, hangs, or it is closed. What is handed in is still
    kept.
    """


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that belong together, numbered by the loop."""

    number: int
    rows: tuple[Row, ...]
    said: dict[str, JSON] | None


@dataclass(frozen=True, slots=True)
class Ask:
    """Something for the writer thread to do between two commits, in a few milliseconds."""

    what: Callable[[Core], Any]
    answer: "Future[Any]" = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Picture:
    """A snapshot of the loop's state after everything handed in before it."""

    blob: bytes


Item = Batch | Ask | Picture | None
"""None: stop."""


class Writer:
    """The thread and its queue. `durable(number)` is called in it when all batches up to `number` are on
    disk.
    """

    def __init__(self, core: Core, durable: Callable[[int], None]) -> None:
        self.inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self.stopped: Future[None] = Future()
        self.busy_since_s: float | None = None
        self._core = core
        self._tell = durable
        self._ends: collections.deque[tuple[int, int]] = collections.deque()
        self._asks: collections.deque[Ask] = collections.deque()
        self._picture: Snapshot | None = None
        self._more = False
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="journal writer", daemon=True)
        self._second: threading.Thread | None = None
        core.settled = self._settled

    def start(self) -> None:
        self._thread.start()

    def ask(self, what: Callable[[Core], Any]) -> "Future[Any]":
        """Hand in a question. Raises JournalRefused once the thread has stopped."""
        if self.stopped.done():
            raise JournalRefused("the journal is closed")
        ask = Ask(what)
        self.inbox.put(ask)
        return ask.answer

    def hung_for_s(self) -> float:
        """How long the thread has been waiting for the disk; 0: it is not."""
        since = self.busy_since_s
        return 0.0 if since is None else time.monotonic() - since

    def stand_in(self) -> None:
        """Let a second thread use the spill while the first one hangs."""
        if self._second is None or not self._second.is_alive():
            self._second = threading.Thread(target=self._stand_in, name="journal stand-in", daemon=True)
            self._second.start()

    def _run(self) -> None:
        while not self._stopping:
            self._guarded(self._round)
        self._end()

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:  # noqa: BLE001  # a bug here must not end the record: said aloud, then the spill
            # As text and not by log.exception: a renderer that shows local variables would show sealed
            # values.
            log.error("the journal's writer stumbled; it goes on", trace=traceback.format_exc(limit=-4))
            self._core.refuse("bug")
            self._core.into_spill()
        self.busy_since_s = None

    def _end(self) -> None:
        self.busy_since_s = time.monotonic()
        self._core.close()
        self.busy_since_s = None
        self.stopped.set_result(None)
        self._turn_away()

    def _turn_away(self) -> None:
        """Nobody is to wait for an answer that will not come."""
        with suppress(queue.Empty):
            while True:
                self._sort(self.inbox.get_nowait())
        for ask in self._asks:
            if ask.answer.set_running_or_notify_cancel():
                ask.answer.set_exception(JournalRefused("the journal is closed"))

    def _round(self) -> None:
        idle = not self._asks and not self._more
        with self._core.baton:
            self._take(max(0.0, min(1.0, self._core.idle_at_s() - time.monotonic())) if idle else 0.0)
        self._work()

    def _work(self) -> None:
        """Bring what was taken to the disk, then whatever else is due."""
        self.busy_since_s = time.monotonic()
        self._core.flush()
        self._keep_picture()
        if self._asks:
            self._serve(self._asks.popleft())
        self._more = self.inbox.empty() and self._core.upkeep()
        self.busy_since_s = None

    def _take(self, patience_s: float) -> None:
        """Stamp what has been handed in; waits for the first. The caller holds the baton."""
        with suppress(queue.Empty):
            self._sort(self.inbox.get(timeout=patience_s) if patience_s > 0 else self.inbox.get_nowait())
            while len(self._core.pending) < 256:
                self._sort(self.inbox.get_nowait())

    def _sort(self, item: Item) -> None:
        match item:
            case Batch():
                self._ends.append((item.number, self._core.stamp(item.rows, item.said)))
            case Ask():
                self._asks.append(item)
            case Picture():
                self._picture = Snapshot(self._core.stamper.head, item.blob)
            case None:
                self._stopping = True

    def _settled(self) -> None:
        number = 0
        if self.busy_since_s is not None and threading.current_thread() is self._thread:
            self.busy_since_s = time.monotonic()  # slow, perhaps, but it moves
        with self._core.baton:
            durable = self._core.durable_count
            while self._ends and self._ends[0][1] <= durable:
                number = self._ends.popleft()[0]
        if number:
            self._tell(number)

    def _keep_picture(self) -> None:
        picture = self._picture
        if picture is None or self._core.pending or self._core.store is None:
            return
        self._picture = None
        try:
            places = self._core.places
            write_snapshot(places.snapshot, picture, before=places.snapshot_before)
            places.snapshot_ahead.unlink(missing_ok=True)
            self._core.trouble("snapshot_refused", False, ())
        except OSError as err:
            self._core.trouble("snapshot_refused", True, (str(err.strerror),))

    def _serve(self, ask: Ask) -> None:
        if not ask.answer.set_running_or_notify_cancel():
            return
        try:
            ask.answer.set_result(ask.what(self._core))
        except sqlite3.Error as err:
            if says_corrupt(err):
                self._core.refused(err)
            ask.answer.set_exception(JournalRefused(f"the journal cannot be read: {err}"))
        except Exception as err:  # noqa: BLE001  # it belongs to whoever asked
            ask.answer.set_exception(err)

    def _stand_in(self) -> None:
        """Sync to the spill until the writer's disk answers again."""
        while self.hung_for_s() > HUNG_S / 2:
            with self._core.baton:
                self._take(0.0)
            self._core.into_spill()
            time.sleep(_STAND_IN_S)
