"""The book's process as the daemon sees it: started, watched, fed with the journal, asked; what it decides is one event.

Nothing of a press waits for anything here. Killed, hung or rebuilt, it leaves flags as they stand and says that it is away.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
import structlog

from drivers.base import Emit
from drivers.child import Child, Terms
from drivers.clock import instant
from drivers.lines import Unreadable, line
from edge.book.entries import entry_of
from edge.book.messages import (
    LONGEST_DOWN,
    LONGEST_UP,
    PIECE,
    PIECE_BYTES,
    Answered,
    Args,
    Ask,
    Beat,
    Decided,
    Down,
    EventLine,
    Events,
    More,
    Open,
    Pull,
    Read,
    Up,
    up,
)
from edge.journal.writer import JournalRefused
from rules.model.book_asks import BookAsk
from rules.model.book_events import BookDecided
from rules.model.events import ConditionChanged
from rules.model.facts import Entry
from rules.model.ids import Actor

log = structlog.get_logger(__name__)

TERMS: Final = Terms(
    "edge.book.process", up, LONGEST_UP, hung_ticks=100, start_ticks=300, most=2_000, unsent=2 * LONGEST_DOWN
)
"""Ten seconds without a word is hung: one transaction on a slow disk may take some."""
RESTART_S, RESTART_MOST_S = 0.5, 60.0
LIVED_S: Final = 60.0
ANSWER_S: Final = 10.0
PAGE_S, SETTLED_S = 3.0, 0.5
"""It starts half a second behind the page, and without one (none is configured, its port is taken) in good time all the same."""
AGAIN_S: Final = 1.0
HURRIED_S: Final = 0.05
AWAY: Final = "book_away"


class Lines(Protocol):
    """The journal, as far as it is read here."""

    async def lines(
        self, after: tuple[str, int] | None, limit: int
    ) -> tuple[list[tuple[int, str, str, dict[str, str]]], bool]: ...


class NotDone(Exception):
    """The book says no, or nobody knows what came of it. code, said: for words (`edge.words.reply`)."""

    def __init__(self, code: str, said: Args = ()) -> None:
        super().__init__(code, said)
        self.code, self.said = code, said


class Operations:
    """Belongs to the loop's thread. `run` is a part of the daemon.

    hurried: whether a press's commands are on their way: nothing is read or sent meanwhile.
    """

    def __init__(
        self, emit: Emit, journal: Lines, hurried: Callable[[], bool], terms: Terms[Up] = TERMS
    ) -> None:
        self._emit = emit
        self._journal = journal
        self._hurried = hurried
        self._terms = terms
        self._open: Open | None = None
        self._child: Child[Up] | None = None
        self._begun = asyncio.Event()
        """It was started, or could not be: until then whoever asks waits."""
        self._pulled: Pull | None = None
        self._stirred = asyncio.Event()
        self._grew = False
        self._waiting: dict[int, asyncio.Future[Answered]] = {}
        self._last = 0
        self._away: bool | None = None
        """None: nothing was heard of it yet."""
        self.current = False
        """Whether it has followed all of the journal that it was told of."""
        self.followed = 0
        self.restarts = 0

    @property
    def process_id(self) -> int | None:
        """The process that lives now."""
        return None if self._child is None else self._child.process.pid

    def configure(self, opened: Open) -> None:
        """What the accepted configuration says, from now on."""
        if opened != self._open:
            self._open = opened
            self._write(opened)
            self._stirred.set()

    def grew(self) -> None:
        """The journal took something."""
        self._grew = True
        self._stirred.set()

    async def run(self, page_open: asyncio.Event, *, settled_s: float = SETTLED_S) -> None:
        """Keep the process up: from when the page is open, for whoever presses first after a start needs the processor."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAGE_S):
                await page_open.wait()
        await asyncio.sleep(settled_s)
        while self._hurried():  # noqa: ASYNC110  # for some ms
            await asyncio.sleep(HURRIED_S)
        pause_s = RESTART_S
        while True:
            began_s = time.monotonic()
            why = await self._one_life()
            self.current = False
            self._turn(away=True, why=why)
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(NotDone(AWAY))
            self.restarts += 1
            pause_s = RESTART_S if time.monotonic() - began_s > LIVED_S else min(2 * pause_s, RESTART_MOST_S)
            log.error("the book's process ended and is started again; doors and presses work on", why=why)
            await asyncio.sleep(pause_s)

    async def ask(self, actor: Actor, asked: BookAsk, patience_s: float = ANSWER_S) -> Answered:
        """Have something decided; told once it is in the record and in every list. Raises NotDone."""
        raw = msgspec.Raw(msgspec.json.encode(asked))
        return await self._sent(lambda number: Ask(number, actor, asked.VERB, raw), patience_s)

    async def read(self, query: str, **asked: Any) -> msgspec.Raw:
        """Read a list or one thing, as JSON. Raises NotDone."""
        raw = msgspec.Raw(msgspec.json.encode(asked))
        return (await self._sent(lambda number: Read(number, query, raw))).body

    async def _sent(self, made: Callable[[int], Ask | Read], patience_s: float = ANSWER_S) -> Answered:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await self._begun.wait()
        if self._child is None:
            raise NotDone(AWAY)
        self._last += 1
        number = self._last
        waiting: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            message = made(number)
            self._write(message)
            async with asyncio.timeout(patience_s):
                answered = await waiting
        except TimeoutError:
            raise NotDone("book_silent") from None
        except NotDone:
            # It ended meanwhile; what it decided before may be in the record all the same.
            raise NotDone("book_silent" if isinstance(message, Ask) else AWAY) from None
        finally:
            del self._waiting[number]
        if answered.code != "done":
            raise NotDone(answered.code, answered.args)
        return answered

    # --- one life of the process ---------------------------------------------------------------

    async def _one_life(self) -> str:
        """Start it, serve it until it ends or has to be ended, and say why."""
        while self._open is None:
            self._stirred.clear()
            await self._stirred.wait()
        try:
            child = await Child.start(self._terms)
        except OSError as err:
            self._begun.set()
            return f"it could not be started: {err.strerror}"
        nonsense: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        parts = [
            asyncio.ensure_future(child.watch(lambda message: self._heard(message, nonsense))),
            asyncio.ensure_future(self._feed()),
            nonsense,
        ]
        try:
            self._pulled, self._grew = None, False
            self._child = child
            self._begun.set()
            child.write(line(self._open))
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
            return next(one for one in parts if one.done()).result()
        finally:
            self._child = None
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
            await child.end()

    async def _feed(self) -> str:
        """Give it what it pulls, and tell it when there is more; never while a press is on its way."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            while self._hurried():  # noqa: ASYNC110  # for some ms, a few times a year
                await asyncio.sleep(HURRIED_S)
            if self._grew:
                self._grew = False
                self._write(More())
            if self._pulled is not None:
                pull, self._pulled = self._pulled, None
                self._write(await self._piece(pull))

    async def _piece(self, pull: Pull) -> Events:
        while True:
            try:
                after = None if not pull.epoch else (pull.epoch, pull.seq)
                found, more = await self._journal.lines(after, PIECE)
                fit = _fitting(found)
                return Events(tuple(EventLine(*one[1:]) for one in found[:fit]), more or fit < len(found))
            except KeyError:
                return Events((), more=False, anew=True)
            except JournalRefused:
                await asyncio.sleep(AGAIN_S)

    def _write(self, message: Down) -> None:
        if self._child is not None:
            self._child.write(line(message))

    # --- what it says --------------------------------------------------------------------------

    def _heard(self, message: Up, nonsense: "asyncio.Future[str]") -> None:
        match message:
            case Beat():
                self.current, self.followed = message.current, message.followed
                self._turn(away=False, why="")
            case Pull():
                self._pulled = message
                self._stirred.set()
            case Decided():
                try:
                    entries: tuple[Entry, ...] = tuple(entry_of(one) for one in message.entries)
                except Unreadable as err:
                    if not nonsense.done():
                        nonsense.set_result(f"it spoke nonsense: {err}")
                    return
                self._emit(BookDecided(instant(), entries))
            case Answered():
                waiting = self._waiting.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)

    def _turn(self, *, away: bool, why: str) -> None:
        if away != self._away:
            self._away = away
            args = (_CODES.get(why.partition(":")[0], "failed"),) if away else ()
            self._emit(ConditionChanged(instant(), AWAY, away, args))


def _fitting(found: list[tuple[int, str, str, dict[str, str]]]) -> int:
    """How many of the first fit into one message; one does always."""
    left = PIECE_BYTES
    for place, (_, _, body, opened) in enumerate(found):
        # Quotation marks are written with a sign before them; in bytes, a sign is four at most.
        left -= 2 * len(body) + sum(4 * len(text) for text in opened.values())
        if left < 0 and place:
            return place
    return len(found)


_CODES: Final = {
    "it hung": "hung",
    "it died": "ended",
    "it spoke nonsense": "nonsense",
    "it said too much": "nonsense",
    "it takes no more commands": "hung",
}
