"""Follows the journal into `views.db`, in a thread of its own, always in order, as far behind as the disk
makes it.

The journal's writer hands over what it committed; what is missed (the start, a full queue) is read from the
journal. An event is applied only if it is the next one, so neither way can double or skip. Telemetry comes by
`add`.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import field
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog

from edge.journal.stamp import Stamped
from edge.journal.stored import Stored, stored
from edge.journal.upcast import upcast
from edge.journal.writer import JournalRefused
from edge.views.database import NAME, DoesNotFollow, Views, remove
from rules.model.values import dataclass

T = TypeVar("T")
Read = Callable[[tuple[str, int] | None, int], list[Stored]]
"""Committed events behind (epoch, seq), for this thread to call; raises JournalRefused, or KeyError."""
OnTrouble = Callable[[str, bool, tuple[str, ...]], None]

_QUEUE_MOST: Final = 2_000
_PIECE: Final = 50
_RETRY_S: Final = 2.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Committed:
    """What the journal has just taken, in order."""

    events: Sequence[Stamped]


@dataclass(frozen=True, slots=True)
class Reading:
    """Telemetry: microseconds since 1970, what it is of, integers by name."""

    at_us: int
    subject: str
    values: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to be read in the views' thread."""

    what: Callable[[Views], Any]
    answer: "Future[Any]" = field(default_factory=Future)


Item = Committed | Reading | Ask | None
"""None: stop."""


class Follower:
    """`views.db` and the thread that owns it. `follow` goes to `Journal.start`, before the journal's first
    commit.
    """

    def __init__(self, directory: Path, read: Read) -> None:
        self._directory = directory
        self._read = read
        self._inbox: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._views: Views | None = None
        self._behind = True
        self._stopping = False
        self._given_up = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tell: OnTrouble | None = None
        self._troubled = False
        self._stopped: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="views follower", daemon=True)

    def start(self, loop: asyncio.AbstractEventLoop, on_trouble: OnTrouble) -> None:
        """Open the views and catch up. on_trouble: in the loop's thread, `views_refused` with what was
        said.
        """
        self._loop, self._tell = loop, on_trouble
        self._thread.start()

    def follow(self, events: Sequence[Stamped]) -> None:
        """What the journal has just committed; called in its thread, never blocks."""
        if self._inbox.qsize() < _QUEUE_MOST:
            self._inbox.put(Committed(events))
        else:
            self._behind = True

    def add(self, at_us: int, subject: str, values: dict[str, int]) -> None:
        """Telemetry that does not enter the journal; never blocks, and is dropped when too much of it
        waits.
        """
        if self._inbox.qsize() < _QUEUE_MOST:
            self._inbox.put(Reading(at_us, subject, values))

    @property
    def waiting(self) -> int:
        """What was handed over and not followed yet."""
        return self._inbox.qsize()

    async def ask(self, what: Callable[[Views], T], timeout_s: float = 5.0) -> T:
        """Read the views: `what` runs in their thread, behind everything handed over before it.

        Raises JournalRefused where the views cannot be opened or do not answer.
        """
        ask = Ask(what)
        self._inbox.put(ask)
        try:
            async with asyncio.timeout(timeout_s):
                return await asyncio.wrap_future(ask.answer)
        except TimeoutError:
            raise JournalRefused("the views do not answer") from None

    def give_up(self) -> bool:
        """Take the views away so that the journal has room; False: they are. Called in another thread.

        Until `take_up`: then they are made again from the journal, but for their telemetry.
        """
        if self._given_up:
            return False
        self._given_up = True
        self._inbox.put(Ask(lambda _: None))  # wakes the thread
        return True

    def take_up(self) -> None:
        """There is room again."""
        self._given_up = False

    async def close(self, timeout_s: float = 1.0) -> bool:
        """Stop; False: the disk did not answer in time. What was not followed is caught up at the next
        start.
        """
        if self._loop is None:
            return True
        self._inbox.put(None)
        return bool((await asyncio.wait({asyncio.wrap_future(self._stopped)}, timeout=timeout_s))[0])

    # --- the thread ---------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._round()
                self._trouble(None)
            except (sqlite3.Error, OSError) as err:
                self._close()
                self._trouble(str(err))
                self._wait()
            except JournalRefused:
                self._wait()
            except Exception as err:  # noqa: BLE001  # a bug in a view must not end following: say so, begin anew
                log.error("the views stumbled; they are made again", error=repr(err))
                self._close()
                self._trouble(repr(err))
                with contextlib.suppress(OSError):
                    remove(self._directory)
                self._wait()
        self._close()
        self._stopped.set_result(None)

    def _round(self) -> None:
        if self._given_up:
            self._close()
            remove(self._directory)
            self._wait()
            return
        while self._behind:
            self._behind = False
            try:
                self._catch_up(self._open())
            except BaseException:
                self._behind = True
                raise
        self._take(self._open(), self._inbox.get())

    def _wait(self) -> None:
        """Out of order: let time pass, but keep taking what comes in."""
        self._behind = True
        with contextlib.suppress(queue.Empty):
            item = self._inbox.get(timeout=_RETRY_S)
            if item is None:
                self._stopping = True
            elif isinstance(item, Ask) and item.answer.set_running_or_notify_cancel():
                item.answer.set_exception(JournalRefused("the views cannot be opened now"))

    def _open(self) -> Views:
        if self._views is None:
            try:
                self._views = Views.open(self._directory / NAME)
            except sqlite3.DatabaseError as err:
                code = getattr(err, "sqlite_errorcode", None)
                if code is None or code & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise
                self._views = self._anew()
        return self._views

    def _anew(self) -> Views:
        """Drop the views and begin again: they are derived, and nothing is lost with them but telemetry."""
        self._close()
        remove(self._directory)
        self._behind = True
        self._views = Views.open(self._directory / NAME)
        return self._views

    def _take(self, views: Views, item: Item) -> None:
        match item:
            case None:
                self._stopping = True
            case Reading():
                views.note([(item.at_us, item.subject, item.values)])
            case Ask():
                if item.answer.set_running_or_notify_cancel():
                    try:
                        item.answer.set_result(item.what(views))
                    except Exception as err:  # noqa: BLE001  # it belongs to whoever asked
                        item.answer.set_exception(err)
            case Committed():
                self._follow(views, item.events)

    def _follow(self, views: Views, committed: Sequence[Stamped]) -> None:
        position = views.position
        events = [upcast(stored(each.body, each.hash)) for each in committed]
        if position is not None:
            events = [each for each in events if each.epoch != position.epoch or each.seq > position.seq]
        if not events:
            return
        try:
            views.follow(events)
        except DoesNotFollow:
            self._behind = True

    def _catch_up(self, views: Views) -> None:
        position = views.position
        after = None if position is None else (position.epoch, position.seq)
        checked = True
        try:
            while events := self._read(after, _PIECE):
                views.follow(events, checked=checked)
                after = events[-1].position
                checked = False
        except (DoesNotFollow, KeyError):
            # Another journal than the one that was followed: restored, set aside, or the views were copied
            # here.
            self._anew()

    def _close(self) -> None:
        if self._views is not None:
            self._views.close()
            self._views = None

    def _trouble(self, what: str | None) -> None:
        if (what is not None) == self._troubled:
            return
        self._troubled = what is not None
        loop, tell = self._loop, self._tell
        if loop is not None and tell is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(
                    tell, "views_refused", self._troubled, () if what is None else (what,)
                )
