"""A board that does what an older command left in its hands behind a newer one: the newer word stands two reads later."""

from dataclasses import replace
from typing import Final

import pytest

from rules.decision import Decision
from tests.rules.campus import STRIKE, World, campus, door

UNLOCKED: Final = replace(STRIKE, rest="unlocked")


def driven(decisions: list[Decision]) -> dict[str, bool]:
    """What went out: each coil's value."""
    return {drive.target: drive.on for one in decisions for permit in one.permits for drive in permit.drives}


def lands(world: World, older: Decision) -> None:
    """The board does it now, and the bolt follows."""
    for permit in older.permits:
        for drive in permit.drives:
            world.set(drive.point, drive.on)
            world.bolt("d", thrown=drive.on is False)


def overtaken(world: World, older: Decision) -> None:
    """Its connection was given up with the frame on it: nobody will ever hear what became of it."""
    for permit in older.permits:
        world.end(permit, "no_answer", "overtaken")


def read_twice(world: World) -> list[dict[str, bool]]:
    """Two reads half a second apart; what went out after each of them."""
    out = []
    for _ in range(2):
        made, _ = world.scan()
        out.append(driven([made, *world.carry_out(made)]))
        for _ in range(5):
            tick = world.tick()
            out[-1] |= driven([tick])
            world.carry_out(tick)
    return out


def test_a_lock_stands_though_an_older_release_is_done_behind_it() -> None:
    world = World(campus(door("d", 0, UNLOCKED)))
    world.run(1)
    older = world.release("d")
    world.carry_out(world.press())
    overtaken(world, older)
    world.run(2)
    assert world.word("d") == "secured"

    lands(world, older)
    assert read_twice(world) == [{"d": False}, {}]
    world.scan()
    assert world.word("d") == "secured"


def test_a_release_stands_though_an_older_lock_is_done_behind_it() -> None:
    world = World(campus(door("d", 0, UNLOCKED)))
    world.run(1)
    older = world.press()
    world.carry_out(world.release("d"))
    overtaken(world, older)
    world.run(2)
    assert world.word("d") == "released"

    lands(world, older)
    assert read_twice(world) == [{"d": True}, {}]
    world.scan()
    assert world.word("d") == "released"
    assert world.coil("d") is True


@pytest.mark.parametrize("why", ["nothing is under way", "it was long ago"])
def test_what_somebody_else_writes_to_a_released_lock_is_shown_and_never_touched(why: str) -> None:
    world = World(campus(door("d", 0, UNLOCKED)))
    world.run(1)
    older = world.press()
    if why == "nothing is under way":
        world.carry_out(older)
    world.carry_out(world.release("d"))
    if why == "it was long ago":
        overtaken(world, older)
        world.run(31)
    world.run(2)

    lands(world, older)
    assert read_twice(world) == [{}, {}]
    assert world.coil("d") is False
