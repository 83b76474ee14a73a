"""How a door leaves its locked state: egress, forced, opened, or unlocked by hand; and what is only ordinary movement."""

from dataclasses import replace

import pytest

from rules.model.facts import VerdictReached
from tests.rules.campus import (
    LOCKSET,
    MAGLOCK,
    OTHER,
    PLC,
    STRIKE,
    TRAVEL_US,
    World,
    campus,
    contact,
    door,
    facts,
)

REX = contact("rex", 20)
EXIT = contact("exit", 21, "exit-button")


def world_of(*, rex: bool = False, exits: bool = False, bolt: bool = True, position: bool = True) -> World:
    its = door(
        "d",
        0,
        STRIKE,
        rex=("rex",) if rex else (),
        exits=("exit",) if exits else (),
        bolt=bolt,
        position=position,
    )
    world = World(campus(its, inputs=[REX, EXIT]))
    world.run(1)
    return world


def opened(world: World, *, ms: float = 50) -> str:
    world.leaf("d", closed=False)
    world.wait(ms)
    world.scan()
    return world.word("d")


def test_through_its_own_rex_it_is_egress() -> None:
    world = world_of(rex=True)
    world.turn("rex")
    world.run(0.2)
    assert opened(world) == "egress"


def test_through_its_own_exit_button_it_is_egress() -> None:
    world = world_of(exits=True)
    world.turn("exit")
    world.wait(50)
    world.scan()  # one read of it is enough
    world.turn("exit", active=False)
    assert opened(world) == "egress"


def test_with_a_rex_wired_fresh_and_silent_it_is_forced() -> None:
    assert opened(world_of(rex=True)) == "forced"


def test_with_none_wired_or_only_a_silent_exit_button_it_is_opened() -> None:
    assert opened(world_of()) == "opened"
    assert opened(world_of(exits=True)) == "opened"


def test_with_a_rex_that_is_not_being_read_it_is_opened() -> None:
    its = door("d", 0, STRIKE, rex=("rex",))
    world = World(
        campus(
            its, inputs=[replace(REX, controller=OTHER, sensor=contact("rex", 20, controller=OTHER).sensor)]
        )
    )
    world.run(1)
    world.link(up=False, controller=OTHER)
    assert opened(world) == "opened"


@pytest.mark.parametrize(("before_s", "word"), [(4.8, "egress"), (5.2, "forced")])
def test_a_rex_explains_an_opening_of_the_next_five_seconds(before_s: float, word: str) -> None:
    world = world_of(rex=True)
    world.turn("rex")
    world.wait(0)
    world.scan()
    world.turn("rex", active=False)
    world.wait(100)
    world.scan()
    world.wait(before_s * 1000 - 150)
    world.scan(only=[("discrete_input", 20)])
    world.scan()
    assert opened(world) == word


def test_a_rex_read_up_to_a_second_after_the_opening_still_explains_it() -> None:
    world = world_of(rex=True)
    assert opened(world) == "forced"
    world.turn("rex")
    world.wait(900)
    decision, _ = world.scan(only=[("discrete_input", 20)])
    assert world.word("d") == "egress"
    assert [fact.verdict for fact in facts(decision) if isinstance(fact, VerdictReached)] == ["egress"]


def test_a_rex_later_than_that_explains_nothing_and_egress_is_not_taken_back() -> None:
    world = world_of(rex=True)
    assert opened(world) == "forced"
    world.turn("rex")
    world.wait(1100)
    world.scan()
    assert world.word("d") == "forced"
    again = world_of(rex=True)
    again.turn("rex")
    again.run(0.2)
    assert opened(again) == "egress"
    again.turn("rex", active=False)
    again.run(8)
    assert again.word("d") == "egress"


def test_it_ends_when_the_door_is_closed_again_and_read() -> None:
    world = world_of(rex=True)
    opened(world)
    world.run(30)
    assert world.word("d") == "forced"
    world.leaf("d", closed=True)
    assert world.word("d") == "forced"
    world.wait(50)
    world.scan()
    assert world.word("d") == "closed_locked"
    assert opened(world) == "forced"


def test_a_lever_draws_the_bolt_before_the_door_opens() -> None:
    world = world_of(rex=True)
    world.bolt("d", thrown=False)
    world.run(1)
    assert world.word("d") == "closed_unlocked"
    world.turn("rex")
    world.run(0.2)
    assert opened(world) == "egress"


def test_a_bolt_back_for_ten_seconds_behind_a_closed_door_is_unlocked_by_hand() -> None:
    world = world_of(rex=True)
    world.bolt("d", thrown=False)
    world.run(9.8)
    assert world.word("d") == "closed_unlocked"
    world.run(0.6)
    assert world.word("d") == "closed_unlocked:by_hand"
    assert opened(world) == "open"
    world.leaf("d", closed=True)
    world.bolt("d", thrown=True)
    world.run(0.3)
    assert world.word("d") == "closed_locked"


def test_by_hand_is_told_even_if_nothing_is_read_meanwhile_but_the_opening() -> None:
    world = world_of(rex=True)
    world.bolt("d", thrown=False)
    world.wait(50)
    world.scan()
    assert opened(world, ms=10_001) == "open"


def test_in_a_lockdown_a_bolt_drawn_by_hand_is_not_latched_by_hand_and_asserted_again() -> None:
    world = world_of()
    world.carry_out(world.press())
    world.run(1)
    world.lazy_bolts = {world.plan.doors[next(iter(world.plan.doors))].id}
    world.bolt("d", thrown=False)
    world.run(0.3)
    assert world.word("d") == "not_latched"
    world.run(11)
    assert world.word("d") == "not_latched:by_hand"
    assert world.its("d").tries > 2


def test_our_own_unlocking_ends_the_locked_state_even_while_the_bolt_still_travels() -> None:
    world = World(campus(door("d", 0, replace(LOCKSET, rest="unlocked"))))
    world.run(1)
    world.carry_out(world.lock("d"))
    world.run(1)
    assert world.word("d") == "secured"
    world.lazy_bolts = set(world.plan.doors)
    decision = world.release("d")
    world.wait(50)
    world.scan()  # not answered yet, and the bolt reads thrown
    assert not world.its("d").locked
    world.carry_out(decision)
    world.wait(200)
    world.scan()
    assert not world.its("d").locked
    world.bolt("d", thrown=False)
    assert opened(world) == "open"
    assert world.its("d").unthrown is None


def test_a_door_that_stays_locked_after_its_release_was_written_is_locked() -> None:
    world = World(campus(door("d", 0, replace(LOCKSET, rest="unlocked"))))
    world.run(1)
    world.carry_out(world.lock("d"))
    world.run(1)
    world.lazy_bolts = set(world.plan.doors)
    world.carry_out(world.release("d"))
    world.run((TRAVEL_US + 2_000_000) / 1e6 + 0.3)
    assert opened(world) == "opened"


def test_a_door_released_to_locked_stays_in_its_locked_state() -> None:
    world = world_of()
    world.carry_out(world.release("d"))
    assert world.its("d").locked
    world.run(0.2)
    assert opened(world) == "opened"


def test_without_a_bolt_sensor_the_coil_and_the_leaf_make_the_locked_state() -> None:
    world = world_of(bolt=False)
    assert opened(world) == "opened"
    world.leaf("d", closed=True)
    lock = world.plan.doors[next(iter(world.plan.doors))].lock
    assert lock is not None
    world.set(lock.point, not lock.locked_when)
    world.run(0.2)
    assert opened(world) == "open"
    world.leaf("d", closed=True)
    world.set(lock.point, lock.locked_when)
    world.run(0.2)
    world.set(lock.point, not lock.locked_when)
    world.run(0.2)
    assert not world.its("d").locked
    assert world.its("d").unthrown is None


@pytest.mark.parametrize(("ordered", "word"), [(True, "opened"), (False, "open")])
def test_without_bolt_or_read_back_what_was_ordered_and_written_counts(ordered: bool, word: str) -> None:
    world = World(campus(door("d", 0, STRIKE, bolt=False)))
    leaf = [("discrete_input", 1)]
    world.scan(only=leaf)  # type: ignore[arg-type]
    if ordered:
        world.carry_out(world.lock("d"))
        world.wait(500)
        world.scan(only=leaf)  # type: ignore[arg-type]
    world.leaf("d", closed=False)
    world.wait(50)
    world.scan(only=leaf)  # type: ignore[arg-type]
    assert world.word("d") == ("ajar" if word == "open" and ordered else word)


def test_a_bolt_alone_never_says_that_a_door_was_opened() -> None:
    world = world_of(position=False)
    assert world.its("d").locked
    world.bolt("d", thrown=False)
    world.run(11)
    assert world.word("d") == "closed_unlocked:by_hand"


@pytest.mark.parametrize(("lock", "position"), [(True, False), (False, True)])
def test_a_door_without_evidence_of_its_lock_has_no_locked_state(lock: bool, position: bool) -> None:
    world = World(campus(door("d", 0, STRIKE if lock else None, bolt=False, position=position, lock=lock)))
    world.run(1)
    assert not world.its("d").locked
    if position:
        assert opened(world) == "open"


def test_a_stale_position_changes_nothing() -> None:
    world = world_of()
    world.wait(3_000)
    world.scan(only=[("discrete_input", 0)])
    assert world.its("d").locked
    assert world.word("d") == "stale"


def test_an_open_door_with_a_lost_position_stays_forced() -> None:
    world = world_of(rex=True)
    opened(world)
    world.wait(3_000)
    world.scan(only=[("discrete_input", 0), ("discrete_input", 20)])
    assert world.its("d").left == "forced"


def test_a_magnet_let_go_by_its_rex_is_egress() -> None:
    its = door("d", 0, replace(MAGLOCK, rest="locked"), rex=("rex",), exits=("exit",))
    world = World(campus(its, inputs=[REX, EXIT]))
    world.run(1)
    world.turn("rex")
    world.run(0.2)
    world.bolt("d", thrown=False)
    world.leaf("d", closed=False)
    world.run(0.2)
    assert world.word("d") == "egress"
    assert world.state.live.controllers[PLC].up


def test_a_door_first_seen_open_is_just_open() -> None:
    world = World(campus(door("d")))
    world.leaf("d", closed=False)
    world.run(1)
    assert world.word("d") == "open"


def test_an_unthrown_bolt_is_forgotten_once_the_open_door_was_seen() -> None:
    world = world_of()
    world.bolt("d", thrown=False)
    world.run(11)
    opened(world)
    assert world.its("d").unthrown is None
    world.wait(50)
    world.scan()
    assert world.word("d") == "open"
