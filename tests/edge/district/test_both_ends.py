"""Campus and hub, each its real processes, with a line of ours between: what the campus recorded is what the district holds."""

import os
import random
import shutil
import signal
from functools import partial
from pathlib import Path

import pytest

from edge.hub import directives, enrolment
from edge.hub.database import Database
from edge.journal.keys import load_or_make
from tests.edge.district.proxy import proxied
from tests.edge.district.test_link import Box, box, row
from tests.edge.hub.rig import alarms, kept
from tests.edge.hub.served import Hub
from tests.flow.waiting import wait_for


async def held(hub: Hub) -> list[bytes]:
    """Every event that the hub holds of the campus, in order."""
    database = await Database.open(hub.url)
    try:
        return [body.encode() for _, _, body in await kept(database, "campus")]
    finally:
        await database.close()


async def token_of(hub: Hub) -> str:
    database = await Database.open(hub.url)
    try:
        made = await enrolment.enrol(database, load_or_make(hub.keys), "campus", "A school")
        assert made is not None
        return made.token
    finally:
        await database.close()


def _has(campus: Box, count: int) -> bool:
    return sum(campus.synced.values()) >= count


async def until_equal(campus: Box, hub: Hub) -> None:
    """Until the hub acknowledged everything; then both records are one, row by row."""
    await campus.until(lambda: sum(campus.synced.values()) >= campus.entered)
    assert await held(hub) == await campus.bodies()


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_the_line_does_the_district_holds_each_event_once_and_in_order(
    tmp_path: Path, hub: Hub, seed: int
) -> None:
    async with proxied(hub.address, faults=30, seed=seed) as line:
        async with box(tmp_path / "store", line.url, token=await token_of(hub)) as campus:
            for _ in range(8):
                campus.enter(*(row(number, "ticket.noted/1", text=f"said {number}") for number in range(400)))
                await campus.until(lambda: sum(campus.synced.values()) >= campus.entered)
            await until_equal(campus, hub)
        assert sum(line.did.values()) - line.did[""] > 5, line.did
    database = await Database.open(hub.url)
    # A checkpoint whose signature does not fit calls a person there, whoever changed it; a chain is never taken for another.
    assert {one["what"] for one in await alarms(database, "campus")} <= {"checkpoint"}
    await database.close()


async def test_killed_on_either_side_at_any_moment_nothing_is_lost_and_nothing_doubled(
    tmp_path: Path, hub: Hub
) -> None:
    chance = random.Random(7)
    async with box(tmp_path / "store", hub.address, token=await token_of(hub)) as campus:
        for kill in range(10):
            campus.enter(*(row(number) for number in range(1_000)))
            before = campus.entered - 1_000
            reached = before + chance.randrange(1_000)
            await campus.until(partial(_has, campus, reached))
            if kill % 2 and campus.link.process_id is not None:
                os.kill(campus.link.process_id, signal.SIGKILL)
            else:
                os.kill(chance.choice(wait_for("the hub serves", hub.processes)), signal.SIGKILL)
        await until_equal(campus, hub)


async def alarmed(hub: Hub) -> set[str]:
    database = await Database.open(hub.url)
    try:
        return {one["what"] for one in await alarms(database, "campus")}
    finally:
        await database.close()


async def test_an_old_copy_of_the_box_is_found_out_before_it_sends_anything(tmp_path: Path, hub: Hub) -> None:
    """Somebody laid an old image of the disk back: nothing tells the box, and the hub knows more than it does."""
    token = await token_of(hub)
    async with box(tmp_path / "store", hub.address, token=token) as campus:
        campus.enter(*(row(number) for number in range(100)))
        await until_equal(campus, hub)
    shutil.copytree(tmp_path / "store", tmp_path / "image")
    async with box(tmp_path / "store", hub.address, token=token) as campus:
        campus.entered = 101
        campus.enter(*(row(number) for number in range(200)))
        await until_equal(campus, hub)
    before = await held(hub)

    async with box(tmp_path / "image", hub.address, token=token) as old:
        old.enter(row(7_000))
        await old.until(lambda: ("district_halted", True, ("lost",)) in old.conditions)
        told = old.link.told(old.journal.head)
        assert told is not None
        assert told["waiting"] is None
        old.enter(*(row(7_000 + number) for number in range(300)))
        await old.until(lambda: ("district_halted", True, ("other",)) in old.conditions)

    assert await held(hub) == before


async def test_two_boxes_of_one_campus_call_a_person_and_neither_overwrites(tmp_path: Path, hub: Hub) -> None:
    """A disk was copied, and both go on: the second one to send is another chain."""
    token = await token_of(hub)
    async with box(tmp_path / "store", hub.address, token=token) as campus:
        campus.enter(*(row(number) for number in range(100)))
        await until_equal(campus, hub)
    shutil.copytree(tmp_path / "store", tmp_path / "clone")
    async with (
        box(tmp_path / "store", hub.address, token=token) as one,
        box(tmp_path / "clone", hub.address, token=token) as two,
    ):
        await one.until(lambda: one.synced)
        await two.until(lambda: two.synced)
        one.enter(*(row(number) for number in range(50)))
        await one.until(lambda: sum(one.synced.values()) == 151)
        kept_first = await held(hub)
        two.enter(*(row(9_000 + number) for number in range(50)))
        await two.until(lambda: any(code == "district_halted" for code, _, _ in two.conditions))

        assert await held(hub) == kept_first == await one.bodies()
        assert "fork" in await alarmed(hub)


async def test_directives_come_down_signed_in_order_and_once(tmp_path: Path, hub: Hub) -> None:
    token, key = await token_of(hub), load_or_make(hub.keys)
    database = await Database.open(hub.url)
    for number in range(3):
        await directives.issue(database, key, "campus", "note.shown/1", {"x": number})
    async with box(tmp_path / "store", hub.address, token=token, hub_key=key.public_pem) as campus:
        await campus.until(lambda: len(campus.directed) == 3)
        await directives.issue(database, key, "campus", "note.shown/1", {"x": 3})
        await campus.until(lambda: len(campus.directed) == 4)
        assert campus.link.process_id is not None
        os.kill(campus.link.process_id, signal.SIGKILL)
        await directives.issue(database, key, "campus", "note.shown/1", {"x": 4})
        await campus.until(lambda: len(campus.directed) == 5)
        assert [one.args for _, one in sorted(campus.directed.items())] == [
            {"x": number} for number in range(5)
        ]
    await database.close()


async def test_what_another_key_signed_is_not_looked_at_and_calls_a_person(tmp_path: Path, hub: Hub) -> None:
    token = await token_of(hub)
    (tmp_path / "other").mkdir()
    other = load_or_make(tmp_path / "other")
    database = await Database.open(hub.url)
    await directives.issue(database, load_or_make(hub.keys), "campus", "note.shown/1", {})
    await database.close()
    async with box(tmp_path / "store", hub.address, token=token, hub_key=other.public_pem) as campus:
        await campus.until(lambda: ("district_unsigned", True, ()) in campus.conditions)
        assert campus.directed == {}
