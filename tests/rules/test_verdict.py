"""The contract's verdict table: the first that applies, from evidence read after the command and the travel."""

from dataclasses import replace

import pytest

from rules.model.facts import VerdictReached
from rules.model.ids import DoorId
from rules.model.moments import Instant
from rules.state import DoorOrder
from rules.verdict import coil_differs, device_disagrees, verdict
from tests.rules.campus import (
    A1,
    FIRE_STRIKE,
    FRESH_US,
    INCIDENT,
    LOCKSET,
    MAGLOCK,
    PLC,
    STRIKE,
    B,
    World,
    campus,
    contact,
    door,
    driven,
    facts,
    locked_down,
)

D = DoorId("d")
UNLOCKED = replace(LOCKSET, rest="unlocked")


def world_of(*, bolt: bool = True, position: bool = True, started: bool = True) -> World:
    """A door that rests unlocked, so that a lock order has something to do."""
    world = World(campus(door("d", 0, UNLOCKED, bolt=bolt, position=position)))
    if started:
        world.run(1)
    return world


def said(world: World) -> str:
    its = verdict(world.plan, world.state.record, world.state.live, D, world.now)
    return ":".join(part for part in (its.word, its.by or "", its.code) if part)


def test_a_wired_sensor_not_read_since_start_is_unknown_whatever_was_recorded() -> None:
    world = world_of(started=False)
    assert said(world) == "unknown"
    world.press()
    world.tick()
    assert said(world) == "unknown"
    world.scan(only=[("discrete_input", 0), ("coil", 0)])
    assert said(world) == "unknown"  # the position has not been read yet


def test_evidence_older_than_its_freshness_is_stale_and_a_lost_board_counts_by_age() -> None:
    world = world_of()
    world.wait(FRESH_US / 1000)
    assert said(world) == "closed_unlocked"
    world.link(up=False)
    assert said(world) == "closed_unlocked"
    world.wait(1)
    assert said(world) == "stale"


@pytest.mark.parametrize(
    ("bolt", "position", "quiet", "thrown", "open_"),
    [
        (True, True, "closed_unlocked", "closed_locked", "open"),
        (True, False, "closed_unlocked", "closed_locked", None),
        (False, True, "unconfirmed", None, "open"),
        (False, False, "unconfirmed", None, None),
    ],
)
def test_in_quiet_times_a_door_is_what_its_sensors_say(
    bolt: bool, position: bool, quiet: str, thrown: str | None, open_: str | None
) -> None:
    world = world_of(bolt=bolt, position=position)
    assert said(world) == quiet
    if thrown is not None:
        world.bolt("d", thrown=True)
        world.run(0.2)
        assert said(world) == thrown
        world.bolt("d", thrown=False)
        world.run(11)  # by hand: an opening is ordinary from then on
    if open_ is not None:
        world.leaf("d", closed=False)
        world.run(0.2)
        assert said(world) == open_


@pytest.mark.parametrize(
    ("bolt", "position", "proven"),
    [
        (True, True, "secured"),
        (True, False, "secured_partial"),
        (False, True, "unconfirmed"),
        (False, False, "unconfirmed"),
    ],
)
def test_a_written_lock_is_pending_until_its_travel_and_a_read_that_began_after_it(
    bolt: bool, position: bool, proven: str
) -> None:
    world = world_of(bolt=bolt, position=position)
    pressed = world.press()
    assert said(world) == "pending"
    world.carry_out(pressed)
    before_travel = world.now
    world.wait(399)
    world.scan()
    assert said(world) == "pending"
    world.wait(2)
    if bolt or position:
        assert said(world) == "pending"
        world.wait(50)
        world.scan(started=before_travel.plus(400_000))
        assert said(world) == "pending"  # this round began before the travel had passed
        world.wait(50)
        world.scan()
    assert said(world) == proven


def test_until_a_read_after_the_travel_comes_the_door_stays_pending_and_then_goes_stale() -> None:
    world = world_of()
    world.carry_out(world.press())
    world.wait(1500)
    assert said(world) == "pending"
    world.wait(1000)
    assert said(world) == "stale"


def test_a_bolt_that_did_not_move_is_not_latched() -> None:
    world = world_of()
    world.lazy_bolts = {D}
    world.carry_out(world.press())
    world.wait(401)
    world.scan()
    assert said(world) == "not_latched"


def test_a_door_standing_open_is_ajar_while_ordered_to_lock_and_open_in_quiet_times() -> None:
    world = world_of()
    world.leaf("d", closed=False)
    world.run(0.2)
    assert said(world) == "open"
    world.press()
    assert said(world) == "ajar"


def test_what_the_interlock_holds_is_refused_by_it_with_its_code() -> None:
    plan = campus(door("d", hardware=None), door("e", 1))
    world = World(plan)
    world.run(1)
    world.press()
    assert said(world) == "refused:interlock:no_record"


@pytest.mark.parametrize(
    ("ending", "code", "word"),
    [
        ("refused", "exception_2", "refused:device:exception_2"),
        ("no_answer", "timeout", "no_answer:timeout"),
        ("not_sent", "down", "no_answer:not_sent"),
    ],
)
def test_a_board_that_fails_is_said_until_sensors_read_after_it_say_locked(
    ending: str, code: str, word: str
) -> None:
    world = world_of()
    (permit,) = world.press().permits
    world.end(permit, ending, code)  # type: ignore[arg-type]
    assert said(world) == word
    world.wait(50)
    world.scan()
    assert said(world) == word
    assert device_disagrees(world.plan, world.state.record, world.state.live, D) == ""
    world.bolt("d", thrown=True)
    world.wait(50)
    world.scan()
    assert said(world) == "secured"
    assert device_disagrees(world.plan, world.state.record, world.state.live, D) == code


def test_evidence_from_before_a_refusal_does_not_speak_for_the_door() -> None:
    world = world_of()
    world.bolt("d", thrown=True)
    world.run(0.2)
    (permit,) = world.press().permits
    world.wait(1)
    world.end(permit, "refused", "exception_4")
    assert said(world) == "refused:device:exception_4"


def test_a_refusal_without_a_code_is_flagged_by_its_word() -> None:
    world = world_of()
    (permit,) = world.press().permits
    world.end(permit, "no_answer")
    world.bolt("d", thrown=True)
    world.wait(50)
    world.scan()
    assert device_disagrees(world.plan, world.state.record, world.state.live, D) == "no_answer"
    without = replace(world.state.record, orders={})
    assert device_disagrees(world.plan, without, world.state.live, D) == ""


def test_after_a_restart_a_standing_order_is_pending_until_a_command_of_this_run_is_proven() -> None:
    world = world_of()
    world.press()
    record = world.state.record
    again = World(world.plan)
    again.state = replace(again.state, record=record)
    again.bolt("d", thrown=True)
    again.scan()
    assert said(again) == "pending"
    again.carry_out(again.tick())
    assert said(again) == "pending"
    again.run(1)
    assert said(again) == "secured"


def test_a_named_door_is_released_while_a_response_that_locks_holds_in_its_zone() -> None:
    world = world_of()
    world.carry_out(world.press())
    world.run(1)
    world.carry_out(world.release("d"))
    world.run(1)
    assert said(world) == "released"
    world.state = replace(world.state, record=replace(world.state.record, incidents={}, zones={}))
    assert said(world) == "closed_unlocked"


@pytest.mark.parametrize(
    ("response", "zone", "word"),
    [
        ("lockdown", A1, "released"),
        ("lockdown", B, "closed_unlocked"),
        ("staff-assist", A1, "closed_unlocked"),
    ],
)
def test_only_a_locking_response_over_the_door_makes_it_released(response: str, zone: str, word: str) -> None:
    world = world_of()
    orders = {D: DoorOrder("rest", world.now, None)}
    record = locked_down(world.state.record, world.now, response=response, zone=zone)  # type: ignore[arg-type]
    world.state = replace(world.state, record=replace(record, orders=orders))
    assert said(world) == word


def test_a_higher_ranked_response_that_locks_nothing_holds_over_a_lockdown() -> None:
    world = world_of()
    record = locked_down(world.state.record, world.now)
    record = locked_down(record, world.now, response="evacuate", zone=A1)
    world.state = replace(
        world.state, record=replace(record, orders={D: DoorOrder("rest", world.now, INCIDENT)})
    )
    assert said(world) == "closed_unlocked"


def test_a_lock_order_of_a_closed_incident_is_quiet_times() -> None:
    world = world_of()
    world.carry_out(world.press())
    world.run(1)
    assert said(world) == "secured"
    world.state = replace(world.state, record=replace(world.state.record, incidents={}, zones={}))
    assert said(world) == "closed_locked"


def test_a_door_freed_by_fire_counts_as_commanded_and_refused_only_during_a_lockdown() -> None:
    world = World(campus(door("d", 0, MAGLOCK, fire=("fire",)), inputs=[contact("fire", 40, "fire-alarm")]))
    world.turn("fire")
    world.run(1)
    assert said(world) == "closed_unlocked"
    world.press()
    world.run(0.3)
    assert said(world) == "refused:interlock:fire_active"
    world.turn("fire", active=False)
    world.run(0.3)
    assert said(world) == "refused:interlock:fire_freed"


def test_a_verdict_enters_with_its_evidence_and_the_age_of_the_oldest_read() -> None:
    world = world_of()
    world.carry_out(world.press())
    world.wait(500)
    world.scan(only=[("discrete_input", 0)])
    world.wait(40)
    decision, _ = world.scan(only=[("discrete_input", 1)])
    assert facts(decision) == [VerdictReached(D, "secured", None, "", True, True, 40_000)]


# --- read-backs ------------------------------------------------------------------------------


def differs(world: World, name: str = "d") -> bool:
    its = world.plan.doors[DoorId(name)]
    return coil_differs(world.plan, world.state.record, world.state.live, its, world.now)


def test_a_coil_that_is_not_at_rest_is_shown_and_not_touched() -> None:
    world = world_of()
    assert not differs(world)
    lock = world.plan.doors[D].lock
    assert lock is not None
    world.set(lock.point, lock.locked_when)
    made = world.run(1)
    assert differs(world)
    assert driven(made) == {}


def test_a_coil_is_compared_with_the_order_once_the_command_was_answered_and_read_after() -> None:
    world = world_of()
    pressed = world.press()
    assert not differs(world)
    for permit in pressed.permits:
        world.wait(1)
        world.end(permit)
    assert not differs(world)
    world.wait(50)
    world.scan()
    assert differs(world)  # answered as written, and still reads unlocked


def test_a_stale_read_back_or_an_undriven_door_differs_from_nothing() -> None:
    world = World(
        campus(
            door("d", 0, FIRE_STRIKE), door("bare", 1, None), door("unsound", 2, STRIKE, defects=("nope",))
        )
    )
    for one in world.plan.doors.values():
        assert one.lock is not None
        world.set(one.lock.point, not one.lock.locked_when)
    world.run(0.3)
    assert [differs(world, one) for one in world.plan.doors] == [False, False, False]
    assert world.its("d").command is None
    world.set(world.plan.doors[D].lock.point, False)  # type: ignore[union-attr]
    world.run(0.3)
    assert differs(world)
    world.wait(2_001)
    assert not differs(world)


def test_a_door_on_a_board_never_heard_of_is_unknown() -> None:
    world = World(campus(door("d")), up=False)
    assert said(world) == "unknown"
    assert not differs(world)
    assert PLC not in world.state.live.controllers


def test_travel_is_counted_from_the_first_answer_of_the_order() -> None:
    world = world_of()
    world.lazy_bolts = {D}
    world.carry_out(world.press())
    first: Instant | None = world.its("d").written
    world.run(5)
    assert world.its("d").tries > 1
    assert world.its("d").written == first
    assert said(world) == "not_latched"
