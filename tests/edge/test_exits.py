"""An exit button's press outlives the daemon: in its boot exactly, and what is not known counts as pressed."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from drivers.clock import instant
from edge.exits import BOOTED, NAME, Before, Exits, found
from rules.model.events import Scanned
from rules.model.ids import InputId
from rules.model.moments import Instant
from tests.rules.campus import PLC, World, campus, contact, door

EXIT = InputId("exit")
PLAN = campus(door("d", 0), inputs=[contact("exit", 21, "exit-button"), contact("rex", 20)])


class Run:
    """One run of the daemon over a store: what it found, what it is shown, what it told."""

    def __init__(self, store: Path, boot: str = "boot", *, first_start: bool = False) -> None:
        self.before = found(store, boot, first_start=first_start)
        self.told: list[tuple[str, bool, tuple[str, ...]]] = []
        self._exits = Exits(store, boot, self.before, lambda *told: self.told.append(told))

    async def sees(self, until: Callable[[], bool], *active: str) -> Instant:
        """Show it a scan with these inputs active, and wait for what comes of it; when the scan began."""
        world = World(PLAN)
        for one in active:
            world.turn(one)
        world.now = instant()
        world.scan()
        task = asyncio.create_task(self._exits.run())
        self._exits.note(Scanned(world.now, PLC, world.now, {}), PLAN, world.state)
        async with asyncio.timeout(10):
            while not until():
                await asyncio.sleep(0.001)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return world.now


def reads(store: Path) -> bytes:
    with suppress(FileNotFoundError):
        return (store / NAME).read_bytes()
    return b""


async def pressed(store: Path) -> Instant:
    """A first run sees the button pressed, and is gone."""
    first = Run(store, first_start=True)
    empty = reads(store)
    return await first.sees(lambda: reads(store) != empty, "exit", "rex")


async def test_a_press_is_known_to_every_later_run_of_the_same_boot(tmp_path: Path) -> None:
    at = await pressed(tmp_path)
    second, third = Run(tmp_path).before, Run(tmp_path).before

    assert {one: its.mono_us for one, its in second.exits.items()} == {EXIT: at.mono_us}
    assert second.unseen is None
    assert third.exits.keys() == second.exits.keys()
    assert third.exits[EXIT].mono_us == at.mono_us


async def test_in_another_boot_it_may_have_been_pressed_until_the_machine_began(tmp_path: Path) -> None:
    await pressed(tmp_path)

    for _ in range(2):  # the second start knows no more than the first
        before = Run(tmp_path, "another").before
        assert before.exits == {}
        assert before.unseen is not None
        assert before.unseen.mono_us == BOOTED.mono_us


@pytest.mark.parametrize("damage", ["gone", "torn", "another form"])
async def test_a_note_that_cannot_be_read_counts_as_pressed_now(tmp_path: Path, damage: str) -> None:
    await pressed(tmp_path)
    note = tmp_path / NAME
    whole = note.read_bytes()
    if damage == "gone":
        note.unlink()
    else:
        note.write_bytes(whole[:-3] if damage == "torn" else b'{"boot":"boot","exits_us":{"exit":"now"}}')
    began = instant()
    before = Run(tmp_path).before

    assert before.unseen is not None
    assert before.unseen.since(began) >= 0
    again = Run(tmp_path).before
    assert again.unseen is not None
    assert again.unseen.mono_us == before.unseen.mono_us


def test_the_first_start_of_all_holds_nothing_back(tmp_path: Path) -> None:
    assert Run(tmp_path, first_start=True).before == Before()


def test_a_time_to_come_holds_no_door_for_longer_than_one_that_is_now(tmp_path: Path) -> None:
    late = instant().mono_us + 10**12
    (tmp_path / NAME).write_bytes(b'{"boot":"boot","unseen_us":null,"exits_us":{"exit":%d}}' % late)
    before = Run(tmp_path).before

    assert before.exits[EXIT].since(instant()) <= 0


async def test_a_disk_that_takes_no_note_is_told_and_leaves_none_that_is_older(tmp_path: Path) -> None:
    await pressed(tmp_path)
    run = Run(tmp_path)
    (tmp_path / f"{NAME}.new").mkdir()
    await run.sees(lambda: bool(run.told), "exit")
    assert run.told == [("exits_not_kept", True, ("Is a directory",))]
    assert not (tmp_path / NAME).exists()
    assert Run(tmp_path).before.unseen is not None

    (tmp_path / f"{NAME}.new").rmdir()
    await run.sees(lambda: len(run.told) > 1, "exit")
    assert run.told[1:] == [("exits_not_kept", False, ())]
    assert Run(tmp_path).before.exits.keys() == {EXIT}
