"""The second lane: a live incident's events are there at once, and nothing of them is double or forgotten afterwards."""

import asyncio

import pytest

from edge.district.api import Place, Problem, Taken, TakenLive
from edge.district.wire import Refused
from edge.hub.database import Database
from edge.hub.live import provisional, take_live
from edge.hub.receiving import take
from tests.edge.hub.journals import Chain
from tests.edge.hub.rig import alarms, kept, sealed


async def ahead(database: Database) -> list[object]:
    return [one["seq"] for one in await provisional(database, "north")]


async def left(database: Database) -> int:
    async with database.of_campus("north") as connection:
        return int(await connection.fetchval("SELECT count(*) FROM provisional"))


async def test_events_far_ahead_are_held_until_the_main_lane_passes_them(database: Database) -> None:
    chain = Chain().grow(30)
    await take(database, "north", chain.batch(0, 5))

    assert await take_live(database, "north", chain.live(20, 21, 28)) == TakenLive((20, 21, 28))
    assert await take_live(database, "north", chain.live(20, 21, 28)) == TakenLive((20, 21, 28))
    assert await ahead(database) == [20, 21, 28]
    assert len(await kept(database)) == 5

    await take(database, "north", chain.batch(5, 24))
    assert await ahead(database) == [28]
    await take(database, "north", chain.batch(24))
    assert await left(database) == 0
    assert [seq for _, seq, _ in await kept(database)] == list(range(1, 31))
    assert await alarms(database) == []


async def test_what_the_main_lane_passed_already_is_not_held_again(database: Database) -> None:
    chain = Chain().grow(10)
    await take(database, "north", chain.batch(0, 6))

    assert await take_live(database, "north", chain.live(3, 8)) == TakenLive((8,))
    assert await ahead(database) == [8]


async def test_an_incident_in_an_epoch_that_is_not_known_yet_is_held(database: Database) -> None:
    old = Chain().grow(10)
    new = Chain(old=old).grow(5)
    await take(database, "north", old.batch(0, 2))

    assert await take_live(database, "north", new.live(1, 5)) == TakenLive((1, 5))
    await take(database, "north", old.batch(2))
    await take(database, "north", new.batch())
    assert await left(database) == 0
    assert await alarms(database) == []


async def test_an_event_that_is_not_what_the_main_lane_brought_is_a_fork(database: Database) -> None:
    chain = Chain().grow(10)
    other = chain.copy(7)
    other.add(data={"another": "history"})
    await take(database, "north", chain.batch())

    answer = await take_live(database, "north", other.live(8))

    assert isinstance(answer, Problem)
    assert (answer.status, answer.code) == (409, "fork")
    assert answer.at == Place(chain.epoch, 8, chain.lines[7].hash)
    assert [one["what"] for one in await alarms(database)] == ["fork"]
    assert await left(database) == 0


async def test_a_main_lane_that_brings_another_event_than_was_held_ahead_is_a_fork(
    database: Database,
) -> None:
    chain = Chain().grow(10)
    other = chain.copy(7)
    other.add(data={"another": "history"})
    await take_live(database, "north", other.live(8))

    answer = await take(database, "north", chain.batch())

    assert isinstance(answer, Problem)
    assert answer.code == "fork"
    assert answer.at == Place(chain.epoch, 8, other.lines[7].hash)
    assert await kept(database) == []
    assert await ahead(database) == [8]


async def test_two_that_differ_on_the_second_lane_are_a_fork(database: Database) -> None:
    chain = Chain().grow(10)
    other = chain.copy(7)
    other.add(data={"another": "history"})
    await take_live(database, "north", chain.live(8))

    answer = await take_live(database, "north", other.live(8))

    assert isinstance(answer, Problem)
    assert answer.code == "fork"
    assert [one["hash"] for one in await provisional(database, "north")] == [chain.lines[7].hash]


async def test_a_quarrel_over_the_journal_hides_no_emergency(database: Database) -> None:
    chain = Chain().grow(10)
    other = chain.copy(7)
    other.add(data={"another": "history"})
    await take(database, "north", chain.batch())
    await take(database, "north", other.batch())

    assert await take_live(database, "north", chain.grow(12).live(12)) == TakenLive((12,))
    assert await ahead(database) == [12]


async def test_a_box_that_lost_what_was_held_ahead_is_seen_to_have_lost_it(database: Database) -> None:
    old = Chain().grow(10)
    await take(database, "north", old.batch(0, 6))
    await take_live(database, "north", old.live(9))

    await take(database, "north", Chain(old=old, old_seq=6).batch())

    assert [(one["what"], one["seq"]) for one in await alarms(database)] == [("restored", 6)]
    assert 9 in await ahead(database)


async def test_it_waits_for_no_batch_that_is_being_taken(database: Database) -> None:
    chain = Chain().grow(10)
    async with database.of_campus("north") as connection:
        await connection.execute("SELECT FROM campus WHERE campus = 'north' FOR NO KEY UPDATE")
        async with asyncio.timeout(30):
            assert await take_live(database, "north", chain.live(9)) == TakenLive((9,))


async def test_both_lanes_at_once_leave_each_event_once(database: Database) -> None:
    chain = Chain().grow(120)

    async def main() -> None:
        for after in range(0, 120, 10):
            assert isinstance(await take(database, "north", chain.batch(after, after + 10)), Taken)

    async def second() -> None:
        for seq in range(1, 121, 3):
            assert isinstance(await take_live(database, "north", chain.live(seq)), TakenLive)

    await asyncio.gather(main(), second())

    assert [seq for _, seq, _ in await kept(database)] == list(range(1, 121))
    assert await ahead(database) == []
    assert await alarms(database) == []


async def test_a_value_held_ahead_goes_where_the_main_lane_says_it_was_erased(database: Database) -> None:
    chain = Chain()
    chain.add(sealed={"text": "the name"})
    chain.add("sealed.erased/1", {"epoch": chain.epoch, "seq": 2, "field": "text"})
    await take_live(database, "north", chain.live(2))

    await take(database, "north", chain.batch())

    assert await left(database) == 0
    assert await sealed(database) == {}


async def test_what_is_of_no_epoch_is_refused(database: Database) -> None:
    chain = Chain()
    chain.epoch = "-" * 36
    chain.lines.clear()
    chain.grow(2)

    with pytest.raises(Refused):
        await take_live(database, "north", chain.live(2))
    with pytest.raises(Refused):
        await take(database, "north", chain.batch())
