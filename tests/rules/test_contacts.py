"""Reads, debouncing and wired buttons: when an input turned, and what is one press, no press, or found pressed."""

from dataclasses import replace

import pytest

from rules import contacts
from rules.contacts import WiredPress, contact_fresh, guarded_state, input_fresh, input_state, last_active
from rules.model.events import Scanned
from rules.model.ids import ButtonId, ControllerId, InputId, Space
from rules.state import ButtonMemory
from rules.step import Step
from tests.rules.campus import FRESH_US, OTHER, PLC, World, button, campus, contact, door, point

FIRE = InputId("fire")
PB = ButtonId("pb")
KEY: tuple[Space, int] = ("discrete_input", 9)
REGISTER: tuple[Space, int] = ("holding_register", 3)
COUNTER = point(3, "holding_register")


def fire_world(up: bool = True) -> World:
    return World(campus(inputs=[contact("fire", 8, "fire-alarm")]), up=up)


def state(world: World) -> str:
    return input_state(world.plan, world.state.live, FIRE, world.now)


def guarded(world: World) -> str:
    return guarded_state(world.plan, world.state.live, FIRE, world.now)


def poll(world: World, ms: float = 50) -> list[WiredPress]:
    world.wait(ms)
    return list(world.scan()[1].presses)


# --- inputs ----------------------------------------------------------------------------------


def test_two_equal_reads_at_least_20_ms_apart_turn_an_input() -> None:
    world = fire_world()
    assert world.scan()[1].turned == ()
    world.wait(19)
    assert world.scan()[1].turned == ()
    world.wait(1)
    assert world.scan()[1].turned == (FIRE,)
    world.turn("fire")
    world.wait(50)
    assert (world.scan()[1].turned, state(world)) == ((), "quiet")
    world.wait(20)
    assert (world.scan()[1].turned, state(world)) == ((FIRE,), "active")


def test_a_bounce_begins_the_count_anew() -> None:
    world = fire_world()
    world.run(0.2)
    for active in (True, False, True):
        world.turn("fire", active)
        world.wait(15)
        assert world.scan()[1].turned == ()
    world.wait(20)
    assert world.scan()[1].turned == (FIRE,)


def test_an_input_is_unread_since_start_then_unsure_once_its_freshness_has_passed() -> None:
    world = fire_world(up=False)
    assert state(world) == "unread"
    world.wait(FRESH_US / 1000)
    assert state(world) == "unread"
    world.wait(1)
    assert state(world) == "unsure"


def test_a_stale_input_and_one_on_a_lost_board_are_unsure() -> None:
    world = fire_world()
    world.run(0.5)
    assert state(world) == "quiet"
    world.wait(FRESH_US / 1000 + 200)
    assert (state(world), input_fresh(world.plan, world.state.live, FIRE, world.now)) == ("unsure", False)
    world.run(0.5)
    assert (state(world), input_fresh(world.plan, world.state.live, FIRE, world.now)) == ("quiet", True)
    world.link(up=False)
    assert (state(world), input_fresh(world.plan, world.state.live, FIRE, world.now)) == ("unsure", False)


def test_a_board_that_came_back_is_read_twice_before_its_inputs_are_believed() -> None:
    world = fire_world()
    world.run(3)
    world.link(up=False)
    world.wait(50)
    world.link(up=True)
    assert state(world) == "unsure"
    world.scan()
    assert (state(world), input_fresh(world.plan, world.state.live, FIRE, world.now)) == ("unsure", True)
    world.wait(20)
    assert world.scan()[1].turned == (FIRE,)
    assert state(world) == "quiet"


def test_a_contact_that_rattles_for_its_whole_freshness_is_unsure() -> None:
    world = fire_world()
    world.run(0.5)
    for n in range(50):
        world.turn("fire", active=n % 2 == 0)
        world.wait(50)
        world.scan()
    assert state(world) == "unsure"


def test_one_read_of_active_holds_back_until_quiet_for_its_freshness_but_turns_nothing() -> None:
    world = fire_world()
    world.run(0.5)
    assert guarded(world) == "quiet"
    world.turn("fire")
    world.wait(50)
    world.scan()
    assert (state(world), guarded(world)) == ("quiet", "active")
    world.turn("fire", active=False)
    world.run(1)
    assert guarded(world) == "active"
    world.run(1.2)
    assert guarded(world) == "quiet"


def test_active_read_at_the_very_moment_of_turning_quiet_holds_back() -> None:
    # Found by `make prove`: two rounds of a board that began in the same microsecond.
    world = fire_world()
    world.scan()
    world.wait(20)
    assert world.scan()[1].turned == (FIRE,)
    world.turn("fire")
    world.scan()
    assert (state(world), guarded(world)) == ("quiet", "active")


def test_once_it_turned_quiet_an_input_guards_no_longer() -> None:
    world = fire_world()
    world.turn("fire")
    world.run(1)
    assert guarded(world) == "active"
    world.turn("fire", active=False)
    world.run(0.3)
    assert guarded(world) == "quiet"
    assert last_active(world.plan, world.state.live, FIRE) is not None


def test_a_round_that_began_before_the_stored_one_changes_nothing() -> None:
    world = fire_world()
    world.run(0.5)
    before = world.state.live.controllers[PLC]
    world.turn("fire")
    late = world.now.plus(-100_000)
    world.wait(50)
    assert world.scan(started=late)[1].turned == ()
    assert world.state.live.controllers[PLC] == before


def test_a_board_not_in_the_plan_is_not_taken_in() -> None:
    world = fire_world()
    stranger = Scanned(world.now, ControllerId("stranger"), world.now, {KEY: 1})
    step = Step(world.plan, world.state, world.now)
    assert contacts.observe(step, stranger) == contacts.Observed()
    assert ControllerId("stranger") not in step.live.controllers


def test_reads_before_the_board_is_said_to_be_up_are_kept_but_not_believed() -> None:
    world = fire_world(up=False)
    world.scan()
    world.wait(50)
    world.scan()
    assert not world.state.live.controllers[PLC].up
    assert state(world) == "unsure"


def test_an_absence_of_a_board_never_heard_of_is_nothing() -> None:
    world = fire_world(up=False)
    world.apply(lambda step: contacts.away(step, PLC))
    assert world.state.live.controllers == {}


def test_what_was_never_read_was_never_active() -> None:
    world = fire_world(up=False)
    assert last_active(world.plan, world.state.live, FIRE) is None
    assert not input_fresh(world.plan, world.state.live, FIRE, world.now)


# --- wired buttons ---------------------------------------------------------------------------


def button_world(*, counter: bool = False, latch: bool = False, when: bool = True, rest: int = 0) -> World:
    wired = button("pb", 9, when=when, counter=3 if counter else None, latch=3 if latch else None)
    world = World(campus(buttons=[wired]))
    if counter or latch:
        world.set(COUNTER, rest)
    return world


def press(world: World, down: bool = True) -> None:
    wired = world.plan.buttons[PB].wired
    assert wired is not None
    world.set(wired.contact.point, wired.contact.when == down)


@pytest.mark.parametrize("when", [True, False])
def test_a_contact_that_closes_or_opens_as_wired_is_one_press(when: bool) -> None:
    world = button_world(when=when)
    assert [poll(world) for _ in range(3)] == [[], [], []]
    press(world)
    assert poll(world) == []
    assert poll(world) == [WiredPress(PB, found=False, counter=None, waited_at_most_us=100_000)]
    assert [poll(world) for _ in range(3)] == [[], [], []]
    press(world, down=False)
    assert [poll(world) for _ in range(3)] == [[], [], []]
    press(world)
    assert [len(poll(world)) for _ in range(3)] == [0, 1, 0]


def test_found_pressed_at_start_is_a_level_and_no_edge() -> None:
    world = button_world()
    press(world)
    assert [poll(world), poll(world), poll(world)] == [[], [WiredPress(PB, True, None, None)], []]


def test_found_pressed_after_the_board_was_away_is_a_level_and_no_edge() -> None:
    world = button_world()
    world.run(0.5)
    world.link(up=False)
    press(world)
    world.wait(60_000)
    world.link(up=True)
    assert [poll(world), poll(world), poll(world)] == [[], [WiredPress(PB, True, None, None)], []]


def test_found_pressed_with_a_counter_that_moved_meanwhile_is_a_press() -> None:
    world = button_world(counter=True, rest=7)
    poll(world)
    poll(world)
    world.link(up=False)
    press(world)
    world.set(COUNTER, 8)
    world.wait(10_000)
    world.link(up=True)
    assert poll(world) == [WiredPress(PB, False, 8, 10_050_000)]
    assert [poll(world), poll(world)] == [[], []]


def test_found_pressed_with_a_counter_that_stood_still_waits_for_a_person() -> None:
    world = button_world(counter=True, rest=7)
    press(world)
    assert [poll(world), poll(world)] == [[], [WiredPress(PB, True, 7, None)]]


def test_a_counter_that_moves_is_a_press_even_if_the_contact_was_never_seen() -> None:
    world = button_world(counter=True, rest=7)
    poll(world)
    world.set(COUNTER, 8)
    assert poll(world) == [WiredPress(PB, False, 8, 50_000)]
    assert poll(world) == []


def test_counter_and_contact_together_are_one_press_in_either_order() -> None:
    world = button_world(counter=True, rest=7)
    poll(world), poll(world)
    press(world)
    world.set(COUNTER, 8)
    assert [len(poll(world)) for _ in range(4)] == [1, 0, 0, 0]
    press(world, down=False)
    poll(world, 2000), poll(world), poll(world)
    # This module's counter is slower than its contact.
    press(world)
    poll(world)
    assert poll(world) == [WiredPress(PB, False, 9, 100_000)]
    world.set(COUNTER, 9)
    assert [len(poll(world)) for _ in range(3)] == [0, 0, 0]


def test_counter_and_contact_in_the_same_round_are_one_press() -> None:
    world = button_world(counter=True, rest=7)
    poll(world), poll(world)
    press(world)
    poll(world)
    world.set(COUNTER, 8)
    assert [len(poll(world)) for _ in range(3)] == [1, 0, 0]


def test_two_counts_beside_one_edge_are_more_than_that_one_press() -> None:
    world = button_world(counter=True, rest=7)
    poll(world), poll(world)
    press(world)
    assert [len(poll(world)) for _ in range(2)] == [0, 1]
    world.set(COUNTER, 9)
    assert len(poll(world)) == 1


def test_a_second_press_later_than_a_second_is_another_one() -> None:
    world = button_world(counter=True, rest=7)
    poll(world), poll(world)
    world.set(COUNTER, 8)
    assert len(poll(world)) == 1
    press(world)
    poll(world, 1100)
    assert len(poll(world)) == 1


@pytest.mark.parametrize(("last", "now", "presses"), [(65_535, 0, 1), (9, 2, 1), (9, 0, 0), (9, 9, 0)])
def test_a_counter_that_went_round_or_began_anew(last: int, now: int, presses: int) -> None:
    world = button_world(counter=True, rest=last)
    poll(world)
    world.set(COUNTER, now)
    assert len(poll(world)) == presses


def with_counter(world: World, counter: int | None) -> World:
    memory = {PB: ButtonMemory((), counter)}
    world.state = replace(world.state, record=replace(world.state.record, buttons=memory))
    return world


@pytest.mark.parametrize(
    ("recorded", "read", "pressed"),
    [
        (None, 8, []),
        (8, 8, []),
        (7, 8, [WiredPress(PB, False, 8, None)]),
        (9, 8, [WiredPress(PB, True, 8, None)]),
        (9, 0, []),
    ],
)
def test_after_a_restart_the_counter_is_compared_with_the_recorded_one(
    recorded: int | None, read: int, pressed: list[WiredPress]
) -> None:
    world = with_counter(button_world(counter=True, rest=read), recorded)
    assert poll(world) == pressed
    assert poll(world) == []


def test_a_latch_that_rises_is_a_press_and_one_found_set_is_found() -> None:
    world = button_world(latch=True)
    assert [poll(world), poll(world)] == [[], []]
    world.set(COUNTER, 1)
    press(world)
    assert poll(world) == [WiredPress(PB, False, None, 50_000)]
    assert [poll(world), poll(world)] == [[], []]
    again = button_world(latch=True, rest=1)
    press(again)
    assert poll(again) == [WiredPress(PB, True, None, None)]
    assert [poll(again), poll(again)] == [[], []]


def test_a_round_without_the_register_says_nothing_of_it() -> None:
    world = button_world(counter=True, rest=7)
    for _ in range(2):
        world.scan(only=[KEY])
        world.wait(50)
    press(world)
    world.scan(only=[KEY])
    world.wait(50)
    pressed = world.scan(only=[KEY])[1].presses
    assert pressed == (WiredPress(PB, False, None, 100_000),)
    latched = button_world(latch=True)
    assert latched.scan(only=[KEY])[1].presses == ()


def test_a_counter_speaks_although_its_contact_was_never_read() -> None:
    world = button_world(counter=True, rest=7)
    world.scan(only=[REGISTER])
    world.set(COUNTER, 8)
    world.wait(50)
    assert len(world.scan(only=[REGISTER])[1].presses) == 1


def test_a_wired_button_is_heard_while_its_contact_is_read() -> None:
    world = World(campus(buttons=[button("pb", 9), replace(button("mqtt", 1), wired=None)]))

    def fresh(name: str) -> bool:
        return contact_fresh(world.plan, world.state.live, ButtonId(name), world.now)

    assert not fresh("pb")
    world.scan()
    assert fresh("pb")
    assert not fresh("mqtt")
    world.link(up=False)
    assert not fresh("pb")
    world.link(up=True)
    assert not fresh("pb")
    world.scan()
    world.wait(FRESH_US / 1000 + 1)
    assert not fresh("pb")


def test_a_button_on_another_board_is_not_this_board_s() -> None:
    world = World(campus(door("d"), buttons=[button("pb", 9, controller=OTHER)]))
    press(world)
    world.scan(PLC)
    world.wait(50)
    assert world.scan(PLC)[1].presses == ()
    world.scan(OTHER)
    world.wait(50)
    assert len(world.scan(OTHER)[1].presses) == 1


def test_the_recorded_counter_is_the_press_s_own() -> None:
    """The counter a press is recorded with is what the module shows after it, so that a restart sees no other press."""
    world = button_world(counter=True, rest=7)
    poll(world), poll(world)
    press(world)
    poll(world)
    (told,) = poll(world)
    world.set(COUNTER, 8)
    poll(world)
    assert told.counter == 8
    restarted = with_counter(button_world(counter=True, rest=8), told.counter)
    assert poll(restarted) == []
