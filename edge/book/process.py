"""The book's process: `python -m edge.book.process`, started and watched by `edge/operations.py`.

Descriptor 0 is the socket for messages. One thread, one thing after the other: while a decision of its own is on its way
through the journal, nothing else is decided, so that what it decides on is always the fold of the journal.
"""

import asyncio
import collections
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from drivers.confined import confine
from drivers.lines import Lines, Unreadable, line
from edge.book import pieces, ticket_queries
from edge.book.assessment_queries import words_of
from edge.book.database import DATABASE_FAILED, FOLDED, KINDS_READ, Database, remove
from edge.book.entries import lines_of
from edge.book.messages import (
    LONGEST_BODY,
    LONGEST_DOWN,
    MOST_ENTRIES,
    Answered,
    Ask,
    Beat,
    Decided,
    Down,
    Events,
    More,
    Open,
    Pull,
    Read,
    Up,
    down,
)
from edge.book.passed import line_of
from edge.book.queries import QUERIES, NotThere
from edge.book.weeks import mondays
from edge.journal.stored import Stored
from rules.book import assessment_kept, restating
from rules.book.assets import whole
from rules.book.book import Campus, Device
from rules.book.decide import decide
from rules.book.decision import Now, Refused
from rules.book.sweep import paced
from rules.model.book_asks import ASKS
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId, ZoneId

BEAT_S: Final = 0.5
SWEEP_S: Final = 15.0
SOON_S: Final = 0.3
"""By time within a minute, within a second of its cause (issue 6, E16)."""
PATIENCE_S: Final = 60.0
"""A decision that does not come back by then never will: what is known may be wrong, so begin again from the journal."""
NICE: Final = 5
READ_S: Final = 3.0
"""Who asks for a list while it is being made again hears so by then."""
SLICE_S: Final = 0.01
"""A sweep goes on for so long at once: whoever asks meanwhile is answered in between."""
MOST_BROKEN_OFF: Final = 3
"""A sweep of a book that changed meanwhile begins anew; after so many times it is not interrupted any more."""
TIDY_S: Final = 3_600.0
MOST_ASKED: Final = 1_000
AT_WORK_S: Final = 120.0
"""So long it may be at one piece of work and still say that it lives; whoever needs longer never ends."""
READ: Final = {**QUERIES, **ticket_queries.QUERIES}


class Process:
    """One life of the book. Belongs to the loop's thread."""

    def __init__(
        self, writer: asyncio.StreamWriter, soon: Callable[[Callable[[], None]], object] | None = None
    ) -> None:
        """soon: calls something after what came meanwhile was taken; None: a sweep is not interrupted."""
        self._writer = writer
        self._soon = soon
        self._sweeping: Iterator[Entry | None] | None = None
        self._swept: list[Entry] = []
        self._of_sweep = False
        """What is queued comes from a sweep, and is found again where it is dropped."""
        self._broken_off = 0
        self._goes_on = False
        """Going on with a sweep is on its way."""
        self._open: Open | None = None
        self.database: Database | None = None
        self._asked: collections.deque[Ask] = collections.deque()
        self._reads: collections.deque[tuple[float, Read]] = collections.deque()
        self._pulling = self._more = False
        self._current = self._caught_up = self._adopted = False
        self._followed = 0
        self._due_s = 0.0
        self._tidy_s = 0.0
        self._turned_s = self._beat_s = time.monotonic()
        """When it last turned to something, and last said that it lives."""
        self._decided: collections.Counter[bytes] = collections.Counter()
        """Entries of the decision that is on its way, by what they say."""
        self._decided_s = 0.0
        self._queued: collections.deque[Entry] = collections.deque()
        """What the same decision has still to say."""
        self._answer: Answered | None = None

    def take(self, message: Down) -> None:
        """A message of the daemon."""
        self._turned_s = time.monotonic()
        match message:
            case Open():
                self._opened(message)
            case More():
                self._more = True
                self._current = False
                self._pull()
            case Events():
                self._events(message)
            case Ask():
                if len(self._asked) >= MOST_ASKED:
                    self._say(Answered(message.id, "book_busy"))
                else:
                    self._asked.append(message)
            case Read():
                self._reads.append((time.monotonic(), message))
        self._next()

    def beat(self) -> None:
        """Time passed."""
        self._turned_s = time.monotonic()
        self._beat()
        if self._decided and time.monotonic() - self._decided_s > PATIENCE_S:
            raise SystemExit("a decision did not come back")
        while self._reads and time.monotonic() - self._reads[0][0] > READ_S:
            self._say(Answered(self._reads.popleft()[1].id, "book_behind", (("followed", self._followed),)))
        if self.database is not None and self._current and time.monotonic() >= self._tidy_s:
            self._tidy_s = time.monotonic() + TIDY_S
            self.database.tidy(time.time())
        self._next()

    def at_work(self) -> None:
        """It is at one long piece of work, and no clock of its loop runs: say so, or it would be taken for hung."""
        now_s = time.monotonic()
        if now_s - self._beat_s >= BEAT_S and now_s - self._turned_s < AT_WORK_S:
            self._beat()

    def _beat(self) -> None:
        self._beat_s = time.monotonic()
        self._say(Beat(self._current, self._followed))

    # --- following -----------------------------------------------------------------------------

    def _opened(self, opened: Open) -> None:
        self._open = opened
        campus = Campus(
            opened.campus,
            {
                AssetId(one.id): Device(
                    AssetId(one.id),
                    one.kind,
                    ZoneId(one.zone),
                    one.name,
                    one.model,
                    None if one.of is None else AssetId(one.of),
                    one.door,
                )
                for one in opened.devices
            },
            {ZoneId(zone): tuple(map(ZoneId, above)) for zone, above in opened.zones.items()},
            opened.kept_us,
            opened.tickets,
            opened.exterior,
            opened.inspections,
            opened.map_days,
            opened.merging,
        )
        if self.database is None:
            self._new(Path(opened.store), campus)
            self._more = True
            self._pull()
        else:
            self.database.book.campus = campus
        self._due_s = 0.0

    def _new(self, store: Path, campus: Campus) -> None:
        self.database = Database.open(store, campus)
        self.database.while_at_work(self.at_work)

    def _pull(self) -> None:
        if self._pulling or self.database is None or not self._more:
            return
        position = self.database.ends
        self._pulling, self._more = True, False
        self._say(Pull("", 0) if position is None else Pull(position.epoch, position.seq))

    def _events(self, message: Events) -> None:
        self._pulling = False
        database, opened = self.database, self._open
        if database is None or opened is None:
            return
        if message.anew:
            # Another journal than the one that was followed: restored, or set aside.
            database.close()
            remove(Path(opened.store))
            self._new(Path(opened.store), database.book.campus)
            self._more, self._caught_up, self._adopted = True, False, False
        else:
            lines = (line_of(KINDS_READ, one.hash, one.body, one.opened) for one in message.events)
            events = [event for event in lines if event is not None]
            database.follow(events, more=message.more)
            self._followed += len(events)
            if self._decided:
                for event in events:
                    if isinstance(event, Stored):
                        self._came(event)
            self._more = self._more or message.more
            self._caught_up = not message.more
            if self._caught_up and not self._adopted:
                # Whoever was on with these ended with the process before this one.
                self._adopted = True
                book = database.book
                book.orphans |= {number for number, one in book.batches.items() if one.state == "begun"}
            if any(isinstance(event, Stored) and event.kind in FOLDED for event in events):
                self._break_off()
                self._due_s = min(self._due_s, time.monotonic() + SOON_S)
        self._current = not self._more
        self._pull()

    def _came(self, event: Stored) -> None:
        key = _key(event.kind, event.subject, event.data)
        if key in self._decided:
            self._decided[key] -= 1
            if not self._decided[key]:
                del self._decided[key]

    # --- deciding ------------------------------------------------------------------------------

    def _next(self) -> None:
        """Read what is asked for, and decide the next thing once everything decided before is followed."""
        while self._reads and self._caught_up:
            self._read(self._reads.popleft()[1])
        while self.database is not None and self._current and not self._decided:
            if self._queued and self._of_sweep and self._asked:
                # Who asks comes first; what was due is due still, as far as it is.
                self._queued.clear()
                self._due_s = 0.0
            elif self._queued:
                self._decide_more()
            elif self._answer is not None:
                self._say(self._answer)
                self._answer = None
            elif self._asked:
                self._decide(self.database, self._asked.popleft())
            elif self._sweeping is not None:
                if not self._sweep_on(self._sweeping):
                    return
            elif time.monotonic() >= self._due_s:
                self._due_s = time.monotonic() + SWEEP_S
                self.database.refresh(self._now().day)
                self._sweeping, self._swept = self._due(self.database), []
            else:
                return

    def _sweep_on(self, sweeping: Iterator[Entry | None]) -> bool:
        """Go on with a sweep; whether something of it is to be decided."""
        ends_s = time.monotonic() + SLICE_S
        for entry in sweeping:
            if entry is not None:
                self._swept.append(entry)
            elif self._soon is not None and self._broken_off < MOST_BROKEN_OFF and time.monotonic() >= ends_s:
                if not self._goes_on:
                    self._goes_on = True
                    self._soon(self._go_on)
                return False
        self._sweeping, self._broken_off = None, 0
        self._queued.extend(self._swept)
        self._of_sweep = True
        if self._queued:
            self._decide_more()
        return bool(self._queued)

    def _go_on(self) -> None:
        self._goes_on = False
        self._next()

    def _break_off(self) -> None:
        """The book is another one now: what was found in it so far may not be so."""
        if self._sweeping is not None:
            self._sweeping = None
            self._broken_off += 1
            self._due_s = 0.0

    def _decide(self, database: Database, ask: Ask) -> None:
        kind = ASKS.get(ask.verb)
        try:
            if kind is None:
                raise Refused("unknown_verb")
            asked = msgspec.json.decode(ask.asked, type=kind)
            pieces.another(database, asked)
            entries = decide(database.book, asked, Actor(ask.actor), self._now())
        except Refused as err:
            self._say(Answered(ask.id, err.code[:64], err.said))
        except msgspec.MsgspecError:
            self._say(Answered(ask.id, "bad_request"))
        except Exception:  # noqa: BLE001  # what one person asks takes the book from nobody else
            traceback.print_exc()
            self._say(Answered(ask.id, "book_failed"))
        else:
            subject = entries[0].subject if entries else ""
            self._answer = Answered(ask.id, "done", (("subject", subject),))
            self._queued.extend(entries)
            self._of_sweep = False

    def _due(self, database: Database) -> Iterator[Entry | None]:
        """What is due now by the rules' sweep; and what is to be said again, with its texts, which the rules do not have."""
        book, now = database.book, self._now()
        yield from paced(book, now)
        for asset in restating.due(book, now):
            fact = whole(asset, database.words("asset", asset.id))
            yield Entry(fact, asset.id, restating.RULE, because=restating.AGED)
            yield from restating.links(asset)
        yield from assessment_kept.kept(book, now, lambda of, number: words_of(database, of, number))

    def _decide_more(self) -> None:
        entries = [self._queued.popleft() for _ in range(min(MOST_ENTRIES, len(self._queued)))]
        lines = lines_of(entries)
        self._decided.update(_key(one.kind, one.subject, one.data) for one in lines)
        self._decided_s = time.monotonic()
        self._say(Decided(lines))

    def _read(self, read: Read) -> None:
        known = READ.get(read.query)
        if self.database is None or known is None:
            self._say(Answered(read.id, "book_away" if known else "unknown_query"))
            return
        kind, query = known
        try:
            body = msgspec.json.encode(
                query(self.database, msgspec.json.decode(read.asked, type=kind), self._now())
            )
        except (msgspec.MsgspecError, OverflowError):
            # A number that is larger than any of the database's is of nothing here.
            self._say(Answered(read.id, "bad_request"))
        except NotThere:
            self._say(Answered(read.id, "not_there"))
        except DATABASE_FAILED:
            # Damaged or gone: it is opened anew, and made again where it has to be.
            raise
        except Exception:  # noqa: BLE001  # as above
            traceback.print_exc()
            self._say(Answered(read.id, "book_failed"))
        else:
            # A line that is too long would end this process, and be asked for again from the next.
            fits = len(body) <= LONGEST_BODY
            self._say(
                Answered(read.id, "done", (), msgspec.Raw(body)) if fits else Answered(read.id, "too_much")
            )

    def _now(self) -> Now:
        now_us = time.time_ns() // 1000
        zone = ZoneInfo(self._open.timezone) if self._open is not None else None
        day = datetime.fromtimestamp(now_us / 1e6, zone).date().toordinal()
        return Now(now_us, day, mondays(day, zone))

    def _say(self, message: Up) -> None:
        self._writer.write(line(message))


def _key(kind: str, subject: str, data: Any) -> bytes:
    return msgspec.json.encode((kind, subject, data), order="sorted")


async def main() -> None:
    """Serve the daemon until it is gone."""
    reader, writer = await asyncio.open_connection(sock=socket.socket(fileno=0), limit=1 << 20)
    process, lines = Process(writer, asyncio.get_running_loop().call_soon), Lines(LONGEST_DOWN)

    async def beat() -> None:
        while True:
            process.beat()
            await asyncio.sleep(BEAT_S)

    async def serve() -> None:
        while data := await reader.read(1 << 18):
            for text in lines.feed(data):
                process.take(down(text))
            await writer.drain()
        raise SystemExit(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(beat())
        group.create_task(serve())


if __name__ == "__main__":
    confine(nice=NICE)
    try:
        asyncio.run(main())
    except (Unreadable, OSError):
        traceback.print_exc()
        sys.exit(1)
