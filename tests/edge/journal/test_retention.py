"""What retention lets go: whole segments, oldest first, once all in them has had its time; and the record holds on."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.journal.core import Core
from edge.journal.export import everything, export, span_of
from edge.journal.journal import Journal
from edge.journal.reader import Reader
from edge.journal.retention import BITE, Past, Standing, Terms, past
from edge.journal.row import Row
from edge.journal.sources import OfReader
from edge.journal.standalone_verifier import verify_export
from edge.journal.stored import microseconds
from edge.journal.verify import verify_directory

MakeRow = Callable[..., Row]
Open = Callable[..., Any]
Add = Callable[..., Any]

DAY_US = 86_400_000_000
NOW_US = microseconds("2040-03-01T12:00:00.000000Z")
MADE_US = microseconds("2026-01-01T12:00:00.000000Z")
"""When the journal was made, and by its own clock still is: what it enters by itself is old."""
TERMS = Terms(incidents_us=7 * 365 * DAY_US, other_us=3 * 365 * DAY_US)
EVENTS = 50
NOTHING = Standing()


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.journal.store.SEGMENT_EVENTS", EVENTS)


@pytest.fixture
def opened(opened: Open) -> Open:
    return partial(opened, now=lambda: (MADE_US, time.monotonic_ns() // 1000))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


class Years:
    """A journal that is written over years, a segment at a time."""

    def __init__(self, journal: Journal, add: Add, make_row: MakeRow) -> None:
        self.journal = journal
        self._add = add
        self._make_row = make_row
        journal.keep_unsynced(district=False)

    async def segment(self, years_ago: float, *, incident: str | None = None, at: str = "") -> None:
        """A segment of events from so long ago, the first of them of an incident."""
        at_us = microseconds(at) if at else NOW_US - EVENTS - int(years_ago * 365 * DAY_US)
        rows = [replace(self._make_row(number), at_utc_us=at_us + number) for number in range(EVENTS)]
        rows[0] = replace(rows[0], incident=incident)
        await self._add(self.journal, rows)
        await self.journal.checkpoint()

    async def past(self, standing: Standing = NOTHING, terms: Terms = TERMS) -> Past:
        return await asyncio.to_thread(past, self.journal.ask_blocking, terms, NOW_US, standing)

    async def let_go(self) -> int:
        """What is past is dropped, and its events are deleted."""
        found = (await self.past()).segments
        for one in found:
            assert await self.journal.drop_segment(one.epoch, one.last, "retention")
        last = found[-1].last if found else 0
        async with asyncio.timeout(10):
            while (await self.journal.read(None, 1))[0].seq <= last:
                await asyncio.sleep(0.001)
        return len(found)


Begun = Callable[[Journal], Years]


@pytest.fixture
def years(add: Add, make_row: MakeRow) -> Begun:
    return partial(Years, add=add, make_row=make_row)


async def test_what_has_had_its_time_goes_and_the_record_still_verifies_exports_and_opens(
    store: Path, tmp_path: Path, opened: Open, years: Begun
) -> None:
    async with opened() as journal:
        record = years(journal)
        await record.segment(9, incident="inc-old")
        await record.segment(4)
        await record.segment(2, incident="inc-new")
        await record.segment(0)
        segments = await journal.segments()
        assert await record.let_go() == 2
        report = await journal.verify()
        kept = await journal.read(None, 1000)

    assert (report.problems, report.head) == ([], report.head)
    assert kept[0].seq == segments[1].last + 1
    assert [one.data["last"] for one in kept if one.kind == "segment.dropped/1"] == [
        one.last for one in segments[:2]
    ]
    assert {one.actor for one in kept if one.kind == "segment.dropped/1"} == {"retention"}
    assert verify_directory(store).problems == []
    async with opened() as journal:
        assert journal.opened.reason is None
        assert (await years(journal).past()).segments == ()
    with Reader.open(store) as reader:
        source = OfReader(reader, NOW_US)
        made = export(source, tmp_path / "out.zip", *span_of(source, "inc-new"), opens=everything)
    key = (store / "signing-key.pub.pem").read_text(encoding="ascii")
    assert verify_export(made.path, key)["first_seq"] == segments[1].last + 1


@pytest.mark.parametrize(
    ("ago", "incident_ago", "goes"),
    [(4, 9, 1), (4, 6, 0), (2, 9, 0)],
    ids=["both sorts are over", "an incident is kept for longer", "the others are not over"],
)
async def test_each_sort_of_event_is_kept_for_its_own_time(
    opened: Open, years: Begun, add: Add, make_row: MakeRow, ago: int, incident_ago: int, goes: int
) -> None:
    async with opened() as journal:
        record = years(journal)
        old = replace(make_row(), at_utc_us=NOW_US - incident_ago * 365 * DAY_US, incident="inc-1")
        await add(journal, [old])
        await record.segment(ago)
        await record.segment(0)

        assert len((await record.past()).segments) == goes


async def test_an_incident_is_kept_whole_for_its_time_after_the_last_word_on_it(
    opened: Open, years: Begun, add: Add, make_row: MakeRow
) -> None:
    async with opened() as journal:
        record = years(journal)
        await record.segment(12)
        await record.segment(11, incident="inc-1")
        await record.segment(10, incident="inc-1")
        await record.segment(9)
        await record.segment(1)
        whole = await record.past()
        note = replace(make_row(), at_utc_us=NOW_US - 30 * DAY_US, incident="inc-1")
        await add(journal, [note])
        segments = await journal.segments()
        noted = await record.past()

    assert whole.segments == tuple(segments[:4])
    assert noted.segments == tuple(segments[:1])


async def test_what_is_live_or_still_stands_is_kept_and_said(opened: Open, years: Begun) -> None:
    async with opened() as journal:
        record = years(journal)
        await record.segment(12)
        await record.segment(11, incident="inc-1")
        await record.segment(0)
        first = (await journal.segments())[:1]
        live = await record.past(Standing(live=frozenset({"inc-1"})))
        stands = await record.past(Standing(since_us=NOW_US - int(11.5 * 365 * DAY_US)))
        all_stands = await record.past(Standing(since_us=NOW_US - 20 * 365 * DAY_US))

    assert live == Past(tuple(first), "incident_live")
    assert stands == Past(tuple(first), "still_stands")
    assert all_stands == Past((), "still_stands")


@pytest.mark.parametrize("at", ["1970-01-02T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"])
async def test_a_time_that_cannot_be_true_counts_as_that_of_what_was_written_next(
    opened: Open, years: Begun, at: str
) -> None:
    async with opened() as journal:
        record = years(journal)
        await record.segment(0, at=at)
        alone = await record.past()
        await record.segment(2)
        await record.segment(0)
        young = await record.past()
        old = await record.past(terms=Terms(366 * DAY_US, 366 * DAY_US))

    assert (alone.segments, young.segments) == ((), ())
    assert len(old.segments) == 2


async def test_an_event_that_cannot_be_read_counts_as_an_incidents(
    store: Path, opened: Open, years: Begun
) -> None:
    async with opened() as journal:
        record = years(journal)
        await record.segment(4)
        await record.segment(0)
        assert len((await record.past()).segments) == 1
    connection = sqlite3.connect(store / "journal.db")
    connection.execute("UPDATE events SET body = substr(body, 1, 20) WHERE place = 9")
    connection.commit()
    connection.close()
    async with opened() as journal:
        assert (await years(journal).past()).segments == ()


async def test_a_press_waits_for_one_bite_of_the_pass_at_most(
    opened: Open, years: Begun, make_row: MakeRow
) -> None:
    async with opened() as journal:
        record = years(journal)
        for _ in range(20):
            await record.segment(9)
        await record.segment(0)
        bites = 0
        pressed_at: list[int] = []

        def ask(what: Callable[[Core], Any]) -> Any:
            nonlocal bites
            bites += 1
            if bites == 5:
                loop.call_soon_threadsafe(
                    journal.append, [make_row()], None, lambda _: pressed_at.append(bites)
                )
                reached.wait(10)
            answer = journal.ask_blocking(what)
            assert not isinstance(answer, list) or len(answer) <= max(BITE, 30)
            return answer

        loop = asyncio.get_running_loop()
        reached = threading.Event()
        loop.call_later(0, reached.set)
        found = await asyncio.to_thread(past, ask, TERMS, NOW_US, Standing())

    assert len(found.segments) == 20
    assert pressed_at
    assert pressed_at[0] < bites
