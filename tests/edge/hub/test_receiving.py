"""Each event exactly once and in order: what is sent twice changes nothing, what contradicts is never taken."""

import asyncio
import json
import random
from pathlib import Path

import msgspec
import pytest

from edge.district.api import Place, Problem, Taken
from edge.district.wire import Line, Refused, unpacked
from edge.hub.alarms import clear
from edge.hub.database import Database
from edge.hub.receiving import position, take
from edge.journal.canonical import canonical
from edge.journal.chain import ZEROS, digest
from tests.edge.book import long_journal
from tests.edge.hub.journals import Chain, batches, bodies
from tests.edge.hub.rig import alarms, kept, sealed


def place(chain: Chain, seq: int | None = None) -> Place:
    head = chain.head(seq)
    return Place(head.epoch, head.seq, head.hash)


def rows(chain: Chain, upto: int | None = None) -> list[tuple[str, int, str]]:
    return [(chain.epoch, seq, one.body.decode()) for seq, one in enumerate(chain.lines[:upto], start=1)]


async def test_a_real_journal_is_held_as_it_lies_in_its_store(database: Database, tmp_path: Path) -> None:
    long_journal.write(tmp_path / "store", long_journal.mixed(30, 30, 2_000))
    async with database.of_district() as district:
        await district.execute("INSERT INTO campus (campus, name) VALUES ('campus', 'A school')")

    acknowledged = ""
    for epoch, seq, data in batches(tmp_path / "store", 300):
        taken = await take(database, "campus", unpacked(data, "campus"))
        assert isinstance(taken, Taken)
        assert (taken.acknowledged.epoch, taken.acknowledged.seq) == (epoch, seq)
        acknowledged = taken.acknowledged.hash

    sent = bodies(tmp_path / "store")
    assert [body for _, _, body in await kept(database, "campus")] == [body for _, body in sent]
    assert acknowledged == sent[-1][0]
    assert await alarms(database, "campus") == []


async def test_a_batch_sent_twice_whole_or_overlapping_changes_nothing(database: Database) -> None:
    chain = Chain().grow(40)
    await take(database, "north", chain.batch(0, 20))

    for after, upto, held in (
        (0, 20, 20),
        (5, 12, 20),
        (0, 0, 20),
        (20, 20, 20),
        (10, 30, 30),
        (0, 40, 40),
        (0, 1, 40),
    ):
        assert await take(database, "north", chain.batch(after, upto)) == Taken(place(chain, held))
    assert await kept(database) == rows(chain)
    assert await alarms(database) == []


async def test_batches_in_any_order_and_number_end_as_the_journal(database: Database) -> None:
    chain = Chain().grow(120)
    lots = random.Random(8)

    seq = 0
    while seq < 120:
        after = lots.randrange(120)
        answer = await take(database, "north", chain.batch(after, after + lots.randrange(30)))
        if isinstance(answer, Taken):
            assert answer.acknowledged.seq >= seq
            seq = answer.acknowledged.seq
        else:
            assert (answer.code, answer.expected) == (
                "gap",
                place(chain, seq) if seq else Place(chain.epoch, 0, ZEROS),
            )
    assert await kept(database) == rows(chain)
    assert await alarms(database) == []


async def test_the_same_batch_at_once_over_many_connections_is_taken_once(database: Database) -> None:
    chain = Chain().grow(300)

    answers = await asyncio.gather(
        *(take(database, "north", chain.batch(0, 100 + 20 * one)) for one in range(10))
    )

    assert all(isinstance(one, Taken) for one in answers)
    assert await kept(database) == rows(chain, 280)


async def test_a_gap_says_where_to_go_on_and_takes_nothing(database: Database) -> None:
    chain = Chain().grow(30)
    await take(database, "north", chain.batch(0, 10))

    answer = await take(database, "north", chain.batch(12, 20))

    assert isinstance(answer, Problem)
    assert (answer.status, answer.code, answer.expected) == (409, "gap", place(chain, 10))
    assert [one["what"] for one in await alarms(database)] == ["gap"]
    assert await kept(database) == rows(chain, 10)
    await take(database, "north", chain.batch(10, 30))
    assert await alarms(database) == []


@pytest.mark.parametrize("after", [0, 5, 10])
async def test_another_event_at_a_held_number_is_a_fork_and_overwrites_nothing(
    database: Database, after: int
) -> None:
    ours = Chain().grow(10)
    theirs = ours.copy(7)
    theirs.add(data={"another": "history"})
    theirs.grow(14)
    await take(database, "north", ours.batch())

    answer = await take(database, "north", theirs.batch(after))

    assert isinstance(answer, Problem)
    assert (answer.status, answer.code, answer.at) == (409, "fork", place(ours, max(8, after)))
    (alarm,) = await alarms(database)
    assert (alarm["what"], str(alarm["epoch"]), alarm["seq"]) == ("fork", ours.epoch, max(8, after))
    assert json.loads(alarm["evidence"])["held"] == ours.lines[max(8, after) - 1].hash
    assert json.loads(alarm["evidence"])["came"] == theirs.lines[max(8, after) - 1].hash
    assert await kept(database) == rows(ours)


async def test_a_fork_halts_the_campus_until_a_person_has_looked_and_no_other_campus(
    database: Database,
) -> None:
    ours = Chain().grow(10)
    theirs = ours.copy(7)
    theirs.add(data={"another": "history"})
    await take(database, "north", ours.batch())
    await take(database, "north", theirs.batch())
    ours.grow(20)

    answer = await take(database, "north", ours.batch())

    assert isinstance(answer, Problem)
    assert answer.code == "halted"
    held = await position(database, "north")
    assert not isinstance(held, Problem)
    assert (held.halted, held.epochs) == ("fork", (place(ours, 10),))
    assert isinstance(await take(database, "south", Chain("south").batch()), Taken)
    (alarm,) = await alarms(database)
    assert await clear(database, "north", alarm["number"], "Dana", "the box was set right")
    assert not await clear(database, "north", alarm["number"], "Dana", "twice")
    assert await take(database, "north", ours.batch()) == Taken(place(ours))


# --- epochs -------------------------------------------------------------------------------------------


async def test_a_new_epoch_follows_the_end_of_the_one_before(database: Database) -> None:
    old = Chain().grow(10)
    new = Chain(old=old).grow(5)
    await take(database, "north", old.batch())

    assert await take(database, "north", new.batch()) == Taken(place(new))
    held = await position(database, "north")
    assert not isinstance(held, Problem)
    assert held.epochs == (place(old), place(new))
    assert await alarms(database) == []
    # What is sent again of the old one is what it was.
    assert await take(database, "north", old.batch(3, 8)) == Taken(place(old))


async def test_an_epoch_before_its_predecessor_is_a_gap(database: Database) -> None:
    older = Chain().grow(4)
    old = Chain(old=older).grow(10)
    new = Chain(old=old).grow(5)
    await take(database, "north", older.batch())

    answer = await take(database, "north", new.batch())

    assert isinstance(answer, Problem)
    assert (answer.code, answer.expected) == ("gap", Place(old.epoch, 0, ZEROS))
    assert await kept(database) == rows(older)


async def test_an_epoch_that_names_more_than_is_held_waits_for_it(database: Database) -> None:
    old = Chain().grow(10)
    new = Chain(old=old).grow(5)
    await take(database, "north", old.batch(0, 6))

    answer = await take(database, "north", new.batch())

    assert isinstance(answer, Problem)
    assert (answer.code, answer.expected) == ("gap", place(old, 6))
    await take(database, "north", old.batch(6))
    assert await take(database, "north", new.batch()) == Taken(place(new))
    assert await alarms(database) == []


async def test_an_epoch_that_names_another_end_is_a_fork(database: Database) -> None:
    old = Chain().grow(10)
    other = old.copy(9)
    other.add(data={"another": "history"})
    await take(database, "north", old.batch())

    answer = await take(database, "north", Chain(old=other).batch())

    assert isinstance(answer, Problem)
    assert (answer.code, answer.at) == ("fork", place(old, 10))
    assert await kept(database) == rows(old)


async def test_a_restored_box_goes_on_and_the_tail_it_lost_is_kept_and_shown(database: Database) -> None:
    old = Chain().grow(10)
    new = Chain(old=old, old_seq=7).grow(4)
    await take(database, "north", old.batch())

    assert await take(database, "north", new.batch()) == Taken(place(new))
    (alarm,) = await alarms(database)
    assert (alarm["what"], str(alarm["epoch"]), alarm["seq"]) == ("restored", old.epoch, 7)
    assert json.loads(alarm["evidence"]) == {"kept_upto": 10, "went_on_from": 7, "new_epoch": new.epoch}
    assert await kept(database) == rows(old) + rows(new)
    assert await take(database, "north", new.grow(9).batch(4)) == Taken(place(new))


async def test_two_epochs_with_one_predecessor_are_two_boxes(database: Database) -> None:
    old = Chain().grow(10)
    one, two = Chain(old=old).grow(3), Chain(old=old, old_seq=8).grow(3)
    await take(database, "north", old.batch())
    await take(database, "north", one.batch())

    answer = await take(database, "north", two.batch())

    assert isinstance(answer, Problem)
    assert (answer.status, answer.code) == (409, "cloned")
    assert [found["what"] for found in await alarms(database)] == ["cloned"]
    assert await kept(database) == rows(old) + rows(one)
    assert getattr(await position(database, "north"), "halted", None) == "cloned"


async def test_an_old_epoch_that_goes_on_after_a_new_one_began_is_another_box(database: Database) -> None:
    old = Chain().grow(10)
    new = Chain(old=old).grow(3)
    await take(database, "north", old.batch())
    await take(database, "north", new.batch())

    answer = await take(database, "north", old.grow(12).batch(8))

    assert isinstance(answer, Problem)
    assert answer.code == "cloned"
    assert await kept(database) == rows(old, 10) + rows(new)


async def test_a_box_without_memory_halts_until_a_person_says_that_it_begins_anew(database: Database) -> None:
    old, new = Chain().grow(10), Chain().grow(4)
    await take(database, "north", old.batch())

    answer = await take(database, "north", new.batch())

    assert isinstance(answer, Problem)
    assert answer.code == "cloned"
    (alarm,) = await alarms(database)
    await clear(database, "north", alarm["number"], "Dana", "a new box after the fire", anew=True)
    assert await take(database, "north", new.batch()) == Taken(place(new))
    assert await kept(database) == rows(old) + rows(new)
    # Once, and not for whoever comes next.
    again = await take(database, "north", Chain().batch())
    assert isinstance(again, Problem)
    assert again.code == "cloned"


async def test_an_epoch_begins_with_its_beginning(database: Database) -> None:
    await take(database, "north", Chain().batch())
    chain = Chain().grow(5)
    chain.lines.clear()
    chain.grow(3)

    with pytest.raises(Refused, match=r"epoch\.started"):
        await take(database, "north", chain.batch())
    answer = await take(database, "north", chain.batch(1))
    assert isinstance(answer, Problem)
    assert (answer.code, answer.expected) == ("gap", Place(chain.epoch, 0, ZEROS))


async def test_a_campus_that_nobody_enrolled_is_told_so(database: Database) -> None:
    answer = await take(database, "west", Chain("west").batch())

    assert isinstance(answer, Problem)
    assert (answer.status, answer.code) == (404, "unknown_campus")
    assert isinstance(await position(database, "west"), Problem)


# --- what is in an event ------------------------------------------------------------------------------


async def test_what_was_erased_on_campus_is_erased_here_and_does_not_come_back(database: Database) -> None:
    chain = Chain()
    chain.add(sealed={"text": "the name", "other": 7})
    chain.grow(4)
    chain.add("sealed.erased/1", {"epoch": chain.epoch, "seq": 2, "field": "text"})
    await take(database, "north", chain.batch(0, 4))
    assert await sealed(database) == {(2, "text"): '"the name"', (2, "other"): "7"}

    await take(database, "north", chain.batch(4))
    assert await sealed(database) == {(2, "other"): "7"}
    await take(database, "north", chain.batch())
    assert await sealed(database) == {(2, "other"): "7"}
    assert await kept(database) == rows(chain)


async def test_value_and_erasure_in_one_batch_leave_no_value(database: Database) -> None:
    chain = Chain()
    chain.add(sealed={"text": "the name"})
    chain.add("sealed.erased/1", {"epoch": chain.epoch, "seq": 2, "field": "text"})

    await take(database, "north", chain.batch())

    assert await sealed(database) == {}


async def test_an_event_of_a_later_version_is_taken_whatever_it_has(database: Database) -> None:
    chain = Chain()
    for kind in ("sealed.erased/1", "epoch.started/1"):
        line = chain.lines[-1]
        fields = msgspec.json.decode(chain.add(kind).body) | {"v": 2, "weather": "fair"}
        del fields["data"]
        body = canonical(fields | {"prev": line.hash})
        chain.lines[-1] = Line(digest(body), body)

    assert await take(database, "north", chain.batch()) == Taken(place(chain))
    assert await kept(database) == rows(chain)


async def test_no_word_and_no_clock_of_an_event_keeps_it_out(database: Database) -> None:
    chain = Chain()
    chain.add(
        "odd\0kind/1", {"epoch": "x", "seq": -1}, subject="zero\0", incident="\0", at="when the bell rang"
    )
    chain.add("sealed.erased/1", {"epoch": "no epoch", "seq": 1, "field": "text"})
    chain.add("sealed.erased/1", {"of": "another shape"}, sealed={"a\0b": "\0"}, at="9999-99-99T00:00:00Z")

    assert await take(database, "north", chain.batch()) == Taken(place(chain))
    assert await kept(database) == rows(chain)
