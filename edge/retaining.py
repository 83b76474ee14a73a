"""The daily pass that lets go of what retention says: in the journal's own threads, by a clock that is sure, and told.

What it may not let go of though its time is over is a flag, with the reason.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from edge.config.model import RetentionPolicy
from edge.journal.core import Core
from edge.journal.good_copy import PAUSE_S
from edge.journal.journal import Journal
from edge.journal.retention import Standing, Terms, past
from edge.journal.writer import JournalRefused
from edge.operations import NotDone
from rules.interlock import CLOCK_TOLD_US
from rules.state import Record, State

FIRST_S: Final = 3_600.0
"""A box that was just started has other things to do."""
EVERY_S: Final = 86_400.0
LEFT_S: Final = 86_400.0
ACTOR: Final = "retention"


def standing(record: Record) -> Standing:
    """What the record rests on: live incidents, presses that wait, doors freed by fire or locked by name."""
    live = record.incidents.values()
    orders = [
        one.since
        for one in record.orders.values()
        if one.word == "free" or (one.word == "lock" and one.incident is None)
    ]
    since = [*(one.opened for one in live), *(one.at for one in record.unanswered.values()), *orders]
    return Standing(frozenset(record.incidents), min((at.utc_us for at in since), default=None))


def sweep(directory: Path) -> None:
    """Take away lists that were handed in for an import and never read: their process, or the box, died over them.

    They hold names of persons. A disk that refuses is told by whoever writes on it.
    """
    with suppress(OSError):
        for left in directory.glob("import-*"):
            if left.stat().st_mtime < time.time() - LEFT_S:
                left.unlink()


class Needed(msgspec.Struct, frozen=True):
    """Of the book's query `needed`: since when (UTC) its open work is told of in the journal; None: nothing is open."""

    since_us: int | None


class Retaining:
    """Belongs to the loop's thread. look: the configured terms, None: everything is kept; and the state now.

    needed: the book's query of that name; may raise NotDone.
    """

    def __init__(
        self,
        journal: Journal,
        look: Callable[[], tuple[RetentionPolicy | None, State]],
        condition: Callable[[str, bool, tuple[str, ...]], None],
        needed: Callable[[], Awaitable[msgspec.Raw]],
    ) -> None:
        self._journal = journal
        self._look = look
        self._condition = condition
        self._needed = needed
        self._said = ""

    async def run(self) -> None:
        """A pass a day, until cancelled."""
        await asyncio.sleep(FIRST_S)
        while True:
            await self.once()
            await asyncio.sleep(EVERY_S)

    async def once(self) -> int:
        """One pass; how many segments it let go."""
        await asyncio.to_thread(sweep, self._journal.directory)
        dropped, held = await self._let_go()
        if held != self._said:
            self._condition("retention_held", bool(held), (held,) if held else ())
            self._said = held
        return dropped

    async def _let_go(self) -> tuple[int, str]:
        """(segments let go, why one that has had its time was not, `""` for none)."""
        policy, state = self._look()
        if policy is None:
            return 0, ""
        live, dropped = state.live, 0
        if live.clock is None or not live.clock.sure or live.now.since(live.clock.at) > CLOCK_TOLD_US:
            # By a clock that is years ahead everything has had its time.
            return 0, "clock_unsure"
        terms = Terms(policy.incidents, policy.other)
        try:
            # A ticket whose beginning is gone would be gone from every list with the next rebuild of the book.
            needed = msgspec.json.decode(await self._needed(), type=Needed)
        except NotDone:
            return 0, "book_away"
        rests_on = replace(standing(state.record), open_us=needed.since_us)
        try:
            found = await asyncio.to_thread(past, self._ask, terms, live.now.utc_us, rests_on)
            for one in found.segments:
                if not await self._journal.drop_segment(one.epoch, one.last, ACTOR):
                    return dropped, "not_synced"
                dropped += 1
        except JournalRefused:
            return dropped, "not_answered"
        return dropped, found.held

    def _ask(self, what: Callable[[Core], Any]) -> Any:
        """In the pass's own thread: between two bites the journal and the interpreter are everybody else's."""
        time.sleep(PAUSE_S)
        return self._journal.ask_blocking(what)
