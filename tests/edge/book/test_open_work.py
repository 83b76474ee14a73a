"""What is open is in the book again after retention and a rebuild, with its words and its history; what is closed may go."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from edge import codec
from edge.book.database import Database, remove
from edge.book.ticket_queries import QUERIES
from edge.config.model import RetentionPolicy
from edge.config.pack_tickets import shipped_tickets
from edge.journal.journal import Journal
from edge.journal.stored import microseconds
from edge.retaining import Retaining
from rules.book.book import Campus
from rules.book.decision import Now
from rules.model.asset_facts import FaultReported
from rules.model.exterior_facts import DoorsWatched, SweepRecorded, SweepSigned
from rules.model.facts import (
    Entry,
    Fact,
    TelemetrySummed,
    VerdictReached,
)
from rules.model.ids import Actor, AssetId, DoorId
from rules.model.moments import Instant
from rules.model.selftest_facts import SelfTestEnded
from rules.model.ticket_facts import TicketChanged, TicketNoted, TicketOpened
from rules.state import Live, LocalClock, Record, State
from tests.edge.book.paper import PaperBook

YEAR_US = 365 * 86_400_000_000
MADE_US = microseconds("2026-01-01T12:00:00.000000Z")
NOW = Instant(microseconds("2040-03-01T12:00:00.000000Z"), 10**12)
PERSON = Actor("account:1")
MADE = codec.Made("pack", "code")
SEGMENT = 20


class Store:
    """A journal whose segments are short, and the book that follows it."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        self.folder = folder
        self.journal = journal
        self.campus = Campus("campus", tickets=shipped_tickets())
        self.database = Database.open(folder, self.campus)
        clock = LocalClock(NOW, 700_000, 720, sure=True, attended=False)
        state = State(Record(), Live(NOW, "boot", NOW, clock=clock))
        policy = RetentionPolicy(incidents=7 * YEAR_US, other=3 * YEAR_US)
        self.retaining = Retaining(
            journal, lambda: (policy, state), lambda code, active, args: None, self._needed
        )
        journal.keep_unsynced(district=False)

    async def _needed(self) -> msgspec.Raw:
        kind, query = QUERIES["needed"]
        found = query(self.database, kind(), Now(NOW.utc_us, 0))
        return msgspec.Raw(msgspec.json.encode(found))

    async def year(self, ago: float, *facts: Fact) -> None:
        """A segment of so many years ago, with these facts in it."""
        at, durable = Instant(NOW.utc_us - int(ago * YEAR_US), 0), asyncio.Event()
        fill = [TelemetrySummed(60, 0, 0, 0, 0, 0)] * (SEGMENT - len(facts))
        rows = [codec.row(Entry(one, "x", PERSON), at, MADE) for one in (*facts, *fill)]
        self.journal.append(rows, None, lambda _: durable.set())
        await durable.wait()
        await self.journal.checkpoint()

    async def follow(self) -> None:
        after = None if (head := self.database.position) is None else (head.epoch, head.seq)
        while events := await self.journal.read(after, 200):
            self.database.follow(events)
            after = events[-1].position

    async def rebuild(self) -> None:
        self.database.close()
        remove(self.folder)
        self.database = Database.open(self.folder, self.campus)
        await self.follow()


def opened(number: int, title: str) -> TicketOpened:
    return TicketOpened(
        number, 0, "", "", 0, "", 0, (("category", "lock"), ("weight", "normal")), (("title", title),)
    )


@pytest.mark.parametrize("open_", [True, False])
async def test_an_open_ticket_is_whole_after_retention_and_a_rebuild_and_a_closed_one_may_go(
    open_: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.journal.store.SEGMENT_EVENTS", SEGMENT)
    journal = Journal.open(
        tmp_path, "campus", machine_id_file=tmp_path / "machine-id",
        now=lambda: (MADE_US, time.monotonic_ns() // 1000),
    )  # fmt: skip
    journal.start(asyncio.get_running_loop(), lambda *_: None)
    try:
        store = Store(tmp_path, journal)
        await store.year(12)
        await store.year(
            11, opened(1, "Latch does not catch"), TicketNoted(1, "note", "", 5, "Ordered a part")
        )
        await store.year(0.1, *(() if open_ else (TicketChanged(1, "", (("state", "closed"),), why="Done"),)))
        await store.year(0)
        await store.follow()
        kind, ticket = QUERIES["ticket"]
        before = ticket(store.database, kind(number=1, now_us=NOW.utc_us), Now(NOW.utc_us, 0))

        dropped = await store.retaining.once()
        await store.rebuild()

        assert (dropped, 1 in store.database.book.tickets) == ((1, True) if open_ else (2, False))
        if open_:
            assert ticket(store.database, kind(number=1, now_us=NOW.utc_us), Now(NOW.utc_us, 0)) == before
            assert before["title"] == "Latch does not catch"
            assert len(before["history"]) == 2
    finally:
        await journal.close(5)


async def test_weeks_of_exterior_doors_are_made_again_from_the_record_as_they_were(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path, "campus", machine_id_file=tmp_path / "machine-id")
    journal.start(asyncio.get_running_loop(), lambda *_: None)
    try:
        store, east = Store(tmp_path, journal), DoorId("east")
        day = 750_000
        hour = (east, 60, 60, 0, 0, 0, 0, 1, 0, 0)
        row = (east, "exception", ("forced",), 3_600, 60, 60, 0, 0, 0, 0, 1, 0, 0, 1, 5)
        forced, proven = (
            VerdictReached(east, word, None, "", True, True, 0) for word in ("forced", "secured")
        )
        tested = SelfTestEnded(1, "schedule", 1, True, "", ("lock:east",), (), ())
        week = SweepRecorded("2039-02-07", 0, 1, 1, "ab", (row,))
        await store.year(0.9, DoorsWatched(day, 0, 1, 3_600, (), (hour,)), forced, proven, tested)
        await store.follow()
        await store.year(0.8, week, SweepSigned("2039-02-07", (east,), "Deliveries", "R. Diaz"), forced)
        await store.follow()
        tables = ("shelf", "texts", "changes")
        before = {name: store.database.table(name) for name in tables}
        assert {one[0] for one in before["shelf"]} >= {"watches", "sweeps", "forced", "proofs"}

        await store.rebuild()

        assert {name: store.database.table(name) for name in tables} == before
    finally:
        await journal.close(5)


async def test_a_report_that_waits_and_a_week_that_nobody_signed_are_open_work_too(tmp_path: Path) -> None:
    book = PaperBook(tmp_path)
    kind, query = QUERIES["needed"]

    def since() -> int | None:
        found = query(book.database, kind(), book.now)["since_us"]
        return None if found is None else int(found)

    assert since() is None
    at_us = book.at_us
    book.enter(Entry(FaultReported(1, AssetId("aed"), "x"), "aed", Actor("page:stranger")))
    assert since() == at_us
    week_us = at_us - 7 * 86_400_000_000
    row = (DoorId("east"), "exception", ("forced",), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)
    book.enter(Entry(SweepRecorded("2026-11-02", 0, week_us, 1, "", (row,)), "campus", Actor("rule")))
    assert since() == week_us
    book.enter(Entry(SweepSigned("2026-11-02", (DoorId("east"),), "x", "R."), "campus", PERSON))
    assert since() == at_us
