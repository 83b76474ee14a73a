"""The daily pass: by a clock that is sure, never what the record rests on or a district lacks, and it says why."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edge.accounts import had_accounts
from edge.config.model import RetentionPolicy
from edge.journal.journal import Journal
from edge.journal.row import Row
from edge.journal.stored import microseconds
from edge.operations import NotDone
from edge.retaining import Retaining, standing
from rules.model.ids import ButtonId, DoorId, IncidentId, PressId
from rules.model.moments import Instant
from rules.state import DoorOrder, Incident, Live, LocalClock, Record, State, Unanswered
from tests.rules.campus import CAMPUS

YEAR_US = 365 * 86_400_000_000
NOW = Instant(microseconds("2040-03-01T12:00:00.000000Z"), 10**12)
MADE_US = microseconds("2026-01-01T12:00:00.000000Z")
POLICY = RetentionPolicy(incidents=7 * YEAR_US, other=3 * YEAR_US)
SURE = LocalClock(NOW, 700_000, 720, sure=True, attended=False)
EVENTS = 50
ONE = IncidentId("inc-1")


def ago(years: float) -> Instant:
    return Instant(NOW.utc_us - int(years * YEAR_US), 0)


class Site:
    """A journal with two segments that have had their time, the younger one with an incident; and the pass."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.policy: RetentionPolicy | None = POLICY
        self.clock: LocalClock | None = SURE
        self.record = Record()
        self.told: list[tuple[str, bool, tuple[str, ...]]] = []
        self.open_us: int | None = None
        """Since when something of the book's is open; -1: the book is away."""
        self.retaining = Retaining(journal, self._look, lambda *told: self.told.append(told), self._needed)
        journal.keep_unsynced(district=False)

    def _look(self) -> tuple[RetentionPolicy | None, State]:
        return self.policy, State(self.record, Live(NOW, "boot", NOW, clock=self.clock))

    async def _needed(self) -> msgspec.Raw:
        if self.open_us == -1:
            raise NotDone("book_away")
        return msgspec.Raw(msgspec.json.encode({"since_us": self.open_us}))

    async def write(self, years: float, incident: str | None = None) -> None:
        """A segment of events from so long ago."""
        at, durable = ago(years), asyncio.Event()
        one = Row(
            at.utc_us,
            0,
            "flag.raised/1",
            "pb-101",
            "rule",
            incident,
            None,
            {"code": "x", "subject": "pb-101"},
        )
        self.journal.append([one] * EVENTS, None, lambda _: durable.set())
        await durable.wait()
        await self.journal.checkpoint()

    async def dropped(self) -> list[bool]:
        return [one.dropped is not None for one in await self.journal.segments()]


@asynccontextmanager
async def site_in(folder: Path) -> AsyncIterator[Site]:
    made = Journal.open(
        folder,
        "lincoln-hs",
        machine_id_file=folder / "machine-id",
        now=lambda: (MADE_US, time.monotonic_ns() // 1000),
    )
    made.start(asyncio.get_running_loop(), lambda *_: None)
    try:
        site = Site(made)
        await site.write(12)
        await site.write(11, ONE)
        await site.write(0)
        yield site
    finally:
        await made.close(5)


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr("edge.journal.store.SEGMENT_EVENTS", EVENTS)
    async with site_in(tmp_path) as made:
        yield made


async def test_without_a_word_on_it_everything_is_kept(site: Site) -> None:
    site.policy = None

    assert await site.retaining.once() == 0
    assert site.told == []
    assert await site.dropped() == [False] * 3


async def test_what_has_had_its_time_is_let_go_and_told_in_the_record(site: Site) -> None:
    assert await site.retaining.once() == 2
    assert await site.retaining.once() == 0
    assert site.told == []
    assert await site.dropped() == [True, True, False]
    rows = await site.journal.read(None, 1_000)
    told = [one for one in rows if one.kind == "segment.dropped/1"]
    assert [(one.actor, one.data["first"]) for one in told] == [("retention", 1), ("retention", EVENTS + 2)]


@pytest.mark.parametrize(
    "clock",
    [None, replace(SURE, sure=False), replace(SURE, at=Instant(0, NOW.mono_us - 91_000_000))],
    ids=["not told", "not sure", "not told for long"],
)
async def test_by_a_clock_that_is_not_sure_nothing_is_let_go_and_it_says_so(
    site: Site, clock: LocalClock | None
) -> None:
    site.clock = clock
    assert await site.retaining.once() == 0
    assert site.told == [("retention_held", True, ("clock_unsure",))]
    assert await site.dropped() == [False] * 3

    site.clock = SURE
    assert await site.retaining.once() == 2
    assert site.told[1:] == [("retention_held", False, ())]


async def test_what_the_district_has_not_acknowledged_is_kept_and_said(site: Site) -> None:
    first = (await site.journal.segments())[0]
    site.journal.keep_unsynced(district=True, synced={first.epoch: first.last})

    assert await site.retaining.once() == 1
    assert await site.retaining.once() == 0
    assert site.told == [("retention_held", True, ("not_synced",))]
    assert await site.dropped() == [True, False, False]


async def test_a_live_incident_keeps_its_rows_however_old(site: Site) -> None:
    site.record = Record(incidents={ONE: Incident(ONE, "real", "lockdown", CAMPUS, False, ago(11))})

    assert await site.retaining.once() == 1
    assert site.told == [("retention_held", True, ("incident_live",))]


async def test_what_an_open_ticket_was_opened_with_is_kept_however_old_and_it_says_so(site: Site) -> None:
    site.open_us = ago(11).utc_us
    assert await site.retaining.once() == 1
    assert await site.retaining.once() == 0
    assert site.told == [("retention_held", True, ("work_open",))]
    assert await site.dropped() == [True, False, False]

    site.open_us = None
    assert await site.retaining.once() == 1
    assert site.told[1:] == [("retention_held", False, ())]


async def test_while_nobody_knows_what_is_open_nothing_is_let_go(site: Site) -> None:
    site.open_us = -1
    assert await site.retaining.once() == 0
    assert site.told == [("retention_held", True, ("book_away",))]


async def test_a_journal_that_was_closed_lets_go_of_nothing_and_says_so(site: Site) -> None:
    await site.journal.close(5)

    assert await site.retaining.once() == 0
    assert site.told == [("retention_held", True, ("not_answered",))]


async def test_a_box_whose_oldest_events_are_gone_is_set_up_as_a_recovery_and_never_as_new(
    site: Site,
) -> None:
    before = await had_accounts(site.journal)
    await site.retaining.once()

    assert [before, await had_accounts(site.journal)] == [False, True]


def test_the_record_rests_on_what_is_live_unanswered_freed_or_locked_by_name() -> None:
    waits = Unanswered(1, ButtonId("pb"), PressId("p"), "lockdown", CAMPUS, "too_old", ago(3))
    orders = {
        DoorId("rest"): DoorOrder("rest", ago(9), None),
        DoorId("over"): DoorOrder("lock", ago(8), IncidentId("closed")),
        DoorId("named"): DoorOrder("lock", ago(4), None),
        DoorId("freed"): DoorOrder("free", ago(5), IncidentId("closed")),
    }
    live = {ONE: Incident(ONE, "real", "lockdown", CAMPUS, False, ago(6))}

    def since(record: Record) -> int | None:
        return standing(record).since_us

    assert since(Record()) is None
    assert since(Record(unanswered={1: waits})) == ago(3).utc_us
    assert since(Record(unanswered={1: waits}, orders=orders)) == ago(5).utc_us
    assert since(Record(unanswered={1: waits}, orders=orders, incidents=live)) == ago(6).utc_us
    assert standing(Record(incidents=live)).live == {ONE}


async def test_a_list_that_was_never_read_is_gone_after_a_day_and_a_new_one_stays(tmp_path: Path) -> None:
    old, new, other = (
        tmp_path / name for name in ("import-0a.csv", "import-1b.checklist", "journal.witness")
    )
    async with site_in(tmp_path) as there:
        for one in (old, new):
            one.write_text("Ada,Room 7")
        day_ago = time.time() - 90_000
        os.utime(old, (day_ago, day_ago))
        os.utime(other, (day_ago, day_ago))

        await there.retaining.once()

        assert [one.exists() for one in (old, new, other)] == [False, True, True]
