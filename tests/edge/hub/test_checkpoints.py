"""Signed checkpoints: held against the chain, countersigned, and where an old journal begins."""

from pathlib import Path

import msgspec

from edge.district.api import Countersigned, Place, Problem, Taken
from edge.district.wire import unpacked
from edge.hub.alarms import clear
from edge.hub.checkpoints import countersign
from edge.hub.database import Database
from edge.hub.receiving import take
from edge.journal.chain import Head
from edge.journal.checkpoint import countersigned_bytes
from edge.journal.keys import SigningKey, holds, load_or_make
from edge.journal.reader import Reader
from tests.edge.book import long_journal
from tests.edge.hub.journals import Chain, batches, checkpoint_line
from tests.edge.hub.rig import alarms, kept


async def test_a_checkpoint_of_what_is_held_is_countersigned(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    chain = Chain().grow(10)
    await take(database, "north", chain.batch())
    line = chain.checkpoint(box_key, 8)

    for _ in range(2):
        answer = await countersign(database, "north", [line], hub_key)
        assert isinstance(answer, Countersigned)
        (made,) = answer.countersigned
        assert (made.epoch, made.seq, made.key, answer.pem) == (
            chain.epoch,
            8,
            hub_key.id,
            hub_key.public_pem,
        )
        signed = countersigned_bytes("north", Head(line.epoch, line.seq, line.hash), line.at, line.signature)
        assert holds(answer.pem, bytes.fromhex(made.signature), signed)


async def test_the_checkpoints_of_a_real_journal_hold(
    database: Database, hub_key: SigningKey, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    long_journal.write(store, long_journal.mixed(10, 10, 2_500))
    async with database.of_district() as district:
        await district.execute("INSERT INTO campus (campus, name) VALUES ('campus', 'A school')")
    for _, _, data in batches(store):
        await take(database, "campus", unpacked(data, "campus"))
    with Reader.open(store) as reader:
        lines = [
            checkpoint_line(one) for one in reader.store.checkpoints(reader.store.epochs[0].epoch, 0, 2**53)
        ]

    answer = await countersign(database, "campus", lines, hub_key)

    assert isinstance(answer, Countersigned)
    assert [one.seq for one in answer.countersigned] == [one.seq for one in lines]
    assert len(lines) >= 2


async def test_a_checkpoint_of_what_has_not_come_is_a_gap(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    chain = Chain().grow(10)
    await take(database, "north", chain.batch(0, 5))

    answer = await countersign(database, "north", [chain.checkpoint(box_key, 8)], hub_key)

    assert isinstance(answer, Problem)
    assert (answer.code, answer.expected) == ("gap", Place(chain.epoch, 5, chain.lines[4].hash))


async def test_a_checkpoint_of_another_chain_is_a_fork(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    chain = Chain().grow(10)
    other = chain.copy(6).grow(10)
    other.lines[6:] = []
    other.add(data={"another": "history"})
    await take(database, "north", chain.batch())

    answer = await countersign(database, "north", [other.checkpoint(box_key)], hub_key)

    assert isinstance(answer, Problem)
    assert (answer.status, answer.code) == (409, "fork")
    assert [one["what"] for one in await alarms(database)] == ["fork"]
    halted = await take(database, "north", chain.grow(12).batch(10))
    assert isinstance(halted, Problem)
    assert halted.code == "halted"


async def test_a_signature_that_does_not_hold_is_refused_and_calls_somebody(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    chain = Chain().grow(10)
    await take(database, "north", chain.batch())
    line = chain.checkpoint(box_key, 8)

    for wrong in (
        msgspec.structs.replace(line, at="2026-12-01T00:00:01.000000Z"),
        msgspec.structs.replace(line, signature="00" * 64),
        msgspec.structs.replace(line, key="0" * 16),
        msgspec.structs.replace(line, pem="no key"),
        msgspec.structs.replace(line, at="\0"),
    ):
        answer = await countersign(database, "north", [wrong], hub_key)
        assert isinstance(answer, Problem)
        assert (answer.status, answer.code) == (400, "form")
    assert [(one["what"], one["times"]) for one in await alarms(database)] == [("checkpoint", 5)]
    assert isinstance(await countersign(database, "north", [line], hub_key), Countersigned)


async def test_the_first_key_is_the_campuss_and_another_is_none(
    database: Database, hub_key: SigningKey, box_key: SigningKey, tmp_path: Path
) -> None:
    chain = Chain().grow(10)
    await take(database, "north", chain.batch())
    await countersign(database, "north", [chain.checkpoint(box_key, 5)], hub_key)
    (tmp_path / "other").mkdir()
    other = load_or_make(tmp_path / "other")

    answer = await countersign(database, "north", [chain.checkpoint(other, 8)], hub_key)

    assert isinstance(answer, Problem)
    assert (answer.status, answer.code) == (403, "not_allowed")
    assert [one["what"] for one in await alarms(database)] == ["checkpoint"]


async def test_a_journal_whose_old_segments_are_gone_begins_at_its_checkpoint(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    chain = Chain().grow(30)
    refused = await take(database, "north", chain.batch(12))
    assert isinstance(refused, Problem)
    assert refused.code == "gap"

    assert isinstance(
        await countersign(database, "north", [chain.checkpoint(box_key, 12)], hub_key), Countersigned
    )
    taken = await take(database, "north", chain.batch(12))

    assert taken == Taken(Place(chain.epoch, 30, chain.lines[-1].hash))
    assert [seq for _, seq, _ in await kept(database)] == list(range(13, 31))
    assert await alarms(database) == []
    assert await take(database, "north", chain.batch(15, 20)) == taken


async def test_behind_a_checkpoint_only_its_own_chain_goes_on(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    chain = Chain().grow(12)
    other = chain.copy(11)
    other.add(data={"another": "history"})
    await countersign(database, "north", [chain.checkpoint(box_key, 12)], hub_key)

    answer = await take(database, "north", other.grow(20).batch(12))

    assert isinstance(answer, Problem)
    assert answer.code == "fork"


async def test_an_epoch_may_follow_one_of_which_a_checkpoint_is_all_there_is(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    old = Chain().grow(12)
    new = Chain(old=old).grow(3)
    await countersign(database, "north", [old.checkpoint(box_key, 12)], hub_key)

    assert isinstance(await take(database, "north", new.batch()), Taken)
    assert await alarms(database) == []


async def test_a_checkpoint_that_came_first_hides_nothing_that_lies_before_it(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    older = Chain().grow(5)
    chain = Chain(old=older).grow(20)
    await countersign(database, "north", [chain.checkpoint(box_key, 12)], hub_key)

    assert isinstance(await take(database, "north", older.batch()), Taken)
    assert isinstance(await take(database, "north", chain.batch()), Taken)
    assert len(await kept(database)) == 25
    assert await alarms(database) == []


async def test_after_a_persons_word_a_new_box_begins_at_its_checkpoint(
    database: Database, hub_key: SigningKey, box_key: SigningKey
) -> None:
    old, new = Chain().grow(4), Chain().grow(20)
    await take(database, "north", old.batch())
    await take(database, "north", new.batch(0, 5))
    (alarm,) = await alarms(database)
    await clear(database, "north", alarm["number"], "Dana", "a new box", anew=True)

    assert isinstance(
        await countersign(database, "north", [new.checkpoint(box_key, 10)], hub_key), Countersigned
    )
    assert isinstance(await take(database, "north", new.batch(10)), Taken)
    assert len(await kept(database)) == 14
