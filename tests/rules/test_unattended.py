"""What the interlock lets a self-test do with nobody there: never an exterior door, and nothing outside of its hours."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rules import interlock
from rules.interlock import judge, wanted, within
from rules.model.commands import Drive
from rules.model.ids import DoorId, IncidentId, OutputId, Point
from rules.model.kinds import TEST
from rules.model.moments import SECOND_US
from rules.plan import DoorKind, DoorPlan, Hours, OutputPlan
from rules.state import DoorOrder, Incident, LocalClock, State
from rules.step import Step
from tests.rules.campus import (
    INCIDENT,
    MAGLOCK,
    PLC,
    STRIKE,
    World,
    campus,
    contact,
    door,
    output,
)

NIGHT = Hours(22 * 60, 5 * 60)
LOCKED = replace(STRIKE, rest="locked", self_test=NIGHT)
UNLOCKED = replace(STRIKE, rest="unlocked", self_test=NIGHT)
MAGNET = replace(MAGLOCK, rest="unlocked", self_test=NIGHT)
D = DoorId("d")


def night(its: DoorPlan, *, minute: int = 23 * 60, sure: bool = True) -> World:
    """A world at this local minute, in which the door, its inputs and its board are as they should be."""
    inputs = (contact("fire", 40, "fire-alarm"), contact("rex", 41))
    world = World(campus(its, inputs=inputs, outputs=[output("strobe", 20)], controllers=(PLC,)))
    world.set(Point(PLC, "coil", 20), False)
    for _ in range(3):
        world.wait(100)
        world.scan()
    clock = LocalClock(world.now, 739_000, minute, sure, False)
    world.state = replace(world.state, live=replace(world.state.live, clock=clock, now=world.now))
    return world


def said(world: World, *, lock: bool = True) -> str:
    its = world.plan.doors[D]
    return interlock.exercise_refusal(Step(world.plan, world.state, world.now), its, lock=lock)


def both(its: DoorPlan) -> tuple[str, str]:
    world = night(its)
    return said(world), said(world, lock=False)


@pytest.mark.parametrize(
    "hardware", [LOCKED, UNLOCKED, MAGNET], ids=["rest locked", "rest unlocked", "magnet"]
)
def test_at_night_a_commissioned_inside_door_may_be_locked(hardware: object) -> None:
    its = door("d", 0, hardware, rex=("rex",), fire=("fire",))  # type: ignore[arg-type]

    assert said(night(its)) == ""


@pytest.mark.parametrize(
    "hardware", [LOCKED, UNLOCKED, MAGNET], ids=["rest locked", "rest unlocked", "magnet"]
)
def test_an_exterior_door_is_never_exercised_whatever_its_record_says(hardware: object) -> None:
    its = door("d", 0, hardware, kind="exterior")  # type: ignore[arg-type]
    world = night(its)
    step = Step(world.plan, world.state, world.now)

    assert both(its) == ("exterior_unattended", "exterior_unattended")
    for lock in (True, False):
        passed = interlock.exercise_permits(step, its, lock=lock)
        assert passed.permits == ()
        assert passed.held == ((D, "exterior_unattended"),)


@pytest.mark.parametrize("kind", ["classroom", "interior"])
def test_a_door_goes_back_only_to_its_rest_and_one_that_rests_locked_is_never_unlocked(
    kind: DoorKind,
) -> None:
    assert both(door("d", 0, LOCKED, kind=kind)) == ("", "")
    drive = wanted(door("d", 0, LOCKED), "self_test")
    assert drive is not None
    world = night(door("d", 0, LOCKED))
    its = world.plan.doors[D]

    unlocking = Drive(D, drive.point, not drive.on)
    assert judge(
        world.plan, world.state.record, world.state.live, its, unlocking, "self_test", world.now
    ) == ("not_rest_value")


def test_without_hours_in_its_record_or_without_a_record_no_lock_is_exercised() -> None:
    assert both(door("d", 0, STRIKE)) == ("not_exercised", "not_exercised")
    assert interlock.not_now(door("d", 0, STRIKE), night(door("d")).state.live, night(door("d")).now) == (
        "not_exercised"
    )
    assert both(door("d", 0, None)) == ("no_record", "no_record")


@pytest.mark.parametrize(
    ("hours", "minute", "inside"),
    [
        (NIGHT, 22 * 60, True),
        (NIGHT, 23 * 60 + 59, True),
        (NIGHT, 0, True),
        (NIGHT, 5 * 60 - 1, True),
        (NIGHT, 5 * 60, False),
        (NIGHT, 12 * 60, False),
        (Hours(60, 120), 59, False),
        (Hours(60, 120), 60, True),
        (Hours(60, 120), 120, False),
    ],
)
def test_hours_hold_from_their_first_minute_to_before_their_last_over_midnight_too(
    hours: Hours, minute: int, inside: bool
) -> None:
    assert within(hours, minute) is inside


def _clock(**fields: object) -> Callable[[State, World], State]:
    def make(state: State, world: World) -> State:
        clock = None if "none" in fields else replace(state.live.clock, **fields)  # type: ignore[type-var]
        return replace(state, live=replace(state.live, clock=clock))

    return make


def _old(state: State, world: World) -> State:
    world.wait(100_000)
    world.scan()
    world.wait(100)
    world.scan()
    return world.state


def _incident(*, silent: bool) -> Callable[[State, World], State]:
    def make(state: State, world: World) -> State:
        live = Incident(INCIDENT, "exercise", "lockdown", world.plan.campus, silent, world.now)
        return replace(state, record=replace(state.record, incidents={IncidentId("inc-1"): live}))

    return make


def _order(word: str) -> Callable[[State, World], State]:
    def make(state: State, world: World) -> State:
        order = DoorOrder(word, world.now, None)  # type: ignore[arg-type]
        return replace(state, record=replace(state.record, orders={D: order}))

    return make


def _safe(state: State, world: World) -> State:
    return replace(state, live=replace(state.live, conditions={"safe_mode": ()}))


def _leaf(state: State, world: World) -> State:
    world.leaf("d", False)
    world.scan()
    return world.state


def _input(name: str) -> Callable[[State, World], State]:
    def make(state: State, world: World) -> State:
        world.turn(name)
        for _ in range(2):
            world.wait(30)
            world.scan()
        return world.state

    return make


def _board(state: State, world: World) -> State:
    live = state.live
    boards = {PLC: replace(live.controllers[PLC], up=False)}
    return replace(state, live=replace(live, controllers=boards))


@pytest.mark.parametrize(
    ("happens", "lock", "back"),
    [
        (_clock(none=True), "clock_unsure", ""),
        (_clock(sure=False), "clock_unsure", ""),
        (_old, "clock_unsure", ""),
        (_clock(minute=12 * 60), "not_its_hours", ""),
        (_incident(silent=False), "needed_otherwise", "needed_otherwise"),
        (_incident(silent=True), "needed_otherwise", "needed_otherwise"),
        (_order("lock"), "needed_otherwise", "needed_otherwise"),
        (_order("free"), "needed_otherwise", "needed_otherwise"),
        (_order("rest"), "", ""),
        (_safe, "safe_mode", "safe_mode"),
        (_leaf, "not_closed", ""),
        (_board, "way_out_not_quiet", ""),
        (_input("rex"), "way_out_not_quiet", ""),
        (_input("fire"), "way_out_not_quiet", ""),
    ],
    ids=[
        "no clock was told", "a clock that is not sure", "a clock told long ago", "in school hours", "an incident",
        "a silent incident", "an order to lock", "freed by fire", "released before", "safe mode", "an open door",
        "a silent board", "somebody leaves", "a fire alarm",
    ],
)  # fmt: skip
def test_what_keeps_a_lock_from_being_exercised_never_keeps_it_from_its_rest_but_for_an_order(
    happens: Callable[[State, World], State], lock: str, back: str
) -> None:
    world = night(door("d", 0, UNLOCKED, rex=("rex",), fire=("fire",)))
    world.state = happens(world.state, world)

    assert (said(world), said(world, lock=False)) == (lock, back)


def test_a_silent_board_keeps_a_door_without_inputs_from_being_exercised() -> None:
    world = night(door("d", 0, UNLOCKED))
    world.state = _board(world.state, world)

    assert said(world) == "not_closed"


def test_a_door_without_a_position_switch_counts_as_closed_and_is_proven_by_its_bolt() -> None:
    assert said(night(door("d", 0, UNLOCKED, position=False))) == ""


# --- outputs ---------------------------------------------------------------------------------


def trial(world: World, its: OutputPlan) -> interlock.Passed[OutputId]:
    return interlock.output_test_permits(Step(world.plan, world.state, world.now), its, TEST)


def test_an_output_is_tested_only_by_the_off_that_it_has() -> None:
    world = night(door("d"))
    its = world.plan.outputs[OutputId("strobe")]
    passed = trial(world, its)

    (permit,) = passed.permits
    assert permit.purpose == "self_test"
    assert [(drive.target, drive.on) for drive in permit.drives] == [(its.id, False)]


def test_what_is_on_or_was_not_read_back_or_is_not_commissioned_is_not_written() -> None:
    world = night(door("d"))
    its = world.plan.outputs[OutputId("strobe")]
    assert its.point is not None
    ours = replace(world.state, record=replace(world.state.record, outputs_on=frozenset({its.id})))
    world.state, before = ours, world.state
    assert trial(world, its).held == ((its.id, "reads_on"),)

    world.state = before
    world.set(its.point, True)
    world.scan()
    assert trial(world, its).held == ((its.id, "reads_on"),)

    world.wait(3 * SECOND_US / 1_000)
    assert trial(world, its).held == ((its.id, "not_read_back"),)
    assert trial(world, replace(its, commissioned=None)).held == ((its.id, "not_commissioned"),)
