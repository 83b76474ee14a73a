"""Door orders: locked at once, asserted until proven, released by name; and what enters the journal of it."""

from collections.abc import Iterable
from dataclasses import replace

from rules import doors
from rules.decision import Decision
from rules.ledger import LAST_RETRY_US
from rules.model.events import CommandEnded, ControllerChanged, Scanned
from rules.model.facts import DoorsAsserted, DoorsOrdered, VerdictReached
from rules.model.ids import CommandId, ControllerId, DoorId, IncidentId
from rules.step import Step
from tests.rules.campus import (
    A1,
    ASKED,
    CAMPUS,
    INCIDENT,
    LOCKSET,
    MAGLOCK,
    OTHER,
    PERSON,
    PLC,
    TRAVEL_US,
    B,
    World,
    campus,
    contact,
    door,
    driven,
    facts,
)

D, E = DoorId("d"), DoorId("e")
UNLOCKED = replace(LOCKSET, rest="unlocked")
INPUTS = (contact("rex", 20), contact("exit", 21, "exit-button"), contact("fire", 22, "fire-alarm"))


def two_doors() -> World:
    world = World(campus(door("d", 0, UNLOCKED), door("e", 1, UNLOCKED, controller=OTHER)))
    world.run(1)
    return world


def magnet(**given: bool) -> World:
    its = door("d", 0, replace(MAGLOCK, rest="unlocked"), rex=("rex",), exits=("exit",), fire=("fire",))
    world = World(campus(its, inputs=INPUTS), **given)
    if given.get("up", True):
        world.run(1)
    return world


def words(decisions: Iterable[Decision] | Decision) -> list[str]:
    return [fact.verdict for fact in facts(decisions, "door.verdict") if isinstance(fact, VerdictReached)]


def writes(decisions: Iterable[Decision]) -> int:
    return sum(len(one.permits) for one in decisions)


# --- lock ------------------------------------------------------------------------------------


def test_a_press_sends_one_frame_a_board_and_enters_one_order() -> None:
    world = two_doors()
    decision = world.press()
    assert [(one.controller, one.purpose) for one in decision.permits] == [(PLC, "lock"), (OTHER, "lock")]
    (entry,) = decision.entries
    assert isinstance(entry.fact, DoorsOrdered)
    assert entry.fact == DoorsOrdered("lock", (D, E), (), tuple(one.id for one in decision.permits), "")
    assert (entry.subject, entry.actor, entry.incident, entry.because) == (A1, PERSON, INCIDENT, ASKED)
    its = world.its("d")
    assert (its.commanded, its.tries, its.written) == (world.now, 1, None)
    assert its.verdict.word == "pending"


def test_no_pending_enters_but_what_is_proven_does_and_the_ledger_has_its_times() -> None:
    world = two_doors()
    pressed = world.press()
    commanded = world.now
    world.wait(5)
    after = world.carry_out(pressed)
    written = world.now
    made = world.run(1)
    assert words([pressed, *after, *made]) == ["secured", "secured"]
    its = world.its("d")
    assert (its.commanded, its.written) == (commanded, written)
    assert its.bolt_at is not None
    assert its.bolt_at.since(written) >= TRAVEL_US
    assert its.position_at == its.bolt_at
    assert its.verdict_at is not None
    assert its.verdict_at.since(written) >= TRAVEL_US


def test_a_second_press_names_what_is_proven_or_on_its_way_and_sends_it_no_second_frame() -> None:
    world = two_doors()
    first = world.press("d")
    second = world.press()
    assert driven(second) == {"e": False}
    (fact,) = facts(second, "doors.ordered")
    assert isinstance(fact, DoorsOrdered)
    assert set(fact.doors) == {"d", "e"}
    world.carry_out(first)
    world.carry_out(second)
    world.run(1)
    third = world.press()
    assert third.permits == ()
    assert len(facts(third, "doors.ordered")) == 1
    assert world.word("d") == "secured"


def test_a_second_press_writes_again_what_is_not_proven_and_keeps_the_ledger_s_first_times() -> None:
    world = two_doors()
    world.lazy_bolts = {D}
    world.carry_out(world.press())
    world.run(1)
    commanded = world.its("d").commanded
    again = world.press()
    assert driven(again) == {"d": False}
    assert world.its("d").commanded == commanded


def test_an_order_of_a_closed_incident_is_no_reason_to_send_nothing() -> None:
    world = two_doors()
    world.carry_out(world.press())
    world.run(1)
    world.state = replace(world.state, record=replace(world.state.record, incidents={}, zones={}))
    world.run(3)
    assert world.word("d") == "closed_locked"
    again = world.press(incident=IncidentId("inc-2"))
    assert set(driven(again)) == {"d", "e"}
    assert world.its("d").written is None


def test_after_a_restart_a_press_is_a_new_command() -> None:
    world = two_doors()
    world.press()
    record = world.state.record
    again = World(world.plan)
    again.state = replace(again.state, record=record)
    assert set(driven(again.press())) == {"d", "e"}


def test_doors_that_are_held_or_unknown_are_told_and_the_rest_goes() -> None:
    world = World(campus(door("d", 0), door("bare", 1, None)))
    world.run(1)
    decision = world.lock("d", "bare", "nobody")
    assert driven(decision) == {"d": False}
    (fact,) = facts(decision, "doors.ordered")
    assert isinstance(fact, DoorsOrdered)
    assert (fact.doors, fact.held, fact.reason) == ((D,), (("bare", "no_record"),), "why")
    assert (words(decision), world.its("bare").held) == (["refused"], "no_record")
    assert world.order("bare") == "lock"
    nothing = Step(world.plan, world.state, world.now)
    doors.lock(nothing, (), incident=None, because=ASKED)
    doors.rest(nothing, (DoorId("nobody"),), actor=PERSON, because=ASKED)
    doors.lock(nothing, (DoorId("nobody"),), incident=None, because=ASKED)
    assert nothing.decision().entries == ()


def test_doors_of_several_zones_are_the_campus_s() -> None:
    world = World(campus(door("d", 0), door("e", 1, zone=B)))
    assert world.press().entries[0].subject == CAMPUS


# --- asserting again -------------------------------------------------------------------------


def test_what_is_not_secured_is_written_again_ever_more_rarely_and_never_cycled() -> None:
    world = two_doors()
    world.lazy_bolts = {D}
    world.carry_out(world.press())
    made = world.run(45)
    values = {drive.on for one in made for permit in one.permits for drive in permit.drives}
    asked = [fact for fact in facts(made, "doors.asserted") if isinstance(fact, DoorsAsserted)]
    assert values == {False}
    assert all(fact.doors == (D,) and fact.order == "lock" for fact in asked)
    assert 5 <= len(asked) <= 9  # 0.5, 1, 2, 4, 8, then each 10 s
    last = world.its("d")
    assert last.next_try is not None
    assert last.command is not None
    assert last.next_try.since(last.command.sent) == LAST_RETRY_US
    world.lazy_bolts = set()
    world.bolt("d", thrown=True)
    world.run(0.2)
    assert world.word("d") == "secured"
    assert writes(world.run(30)) == 0


def test_a_lock_nothing_could_prove_is_written_once() -> None:
    world = World(campus(door("d", 0, UNLOCKED, bolt=False, position=False)))
    world.run(1)
    world.carry_out(world.press())
    made = world.run(30)
    assert (writes(made), world.word("d")) == (0, "unconfirmed")
    assert (world.its("d").bolt_at, world.its("d").position_at) == (None, None)


def test_nothing_is_asserted_after_the_incident_closed_but_a_named_lock_stands_until_released() -> None:
    world = two_doors()
    world.lazy_bolts = {D, E}
    world.carry_out(world.press("d"))
    world.carry_out(world.lock("e"))
    world.run(1)
    world.state = replace(world.state, record=replace(world.state.record, incidents={}, zones={}))
    assert set(driven(world.run(20))) == {"e"}
    world.carry_out(world.release("e"))
    assert driven(world.run(20)) == {}


def test_a_command_still_on_the_wire_is_waited_for_and_a_lost_one_is_not_waited_for_for_ever() -> None:
    world = two_doors()
    world.press("d")
    sent = 0
    for _ in range(99):
        sent += len(world.tick().permits)
        world.scan()
    assert sent == 0
    for _ in range(5):
        sent += len(world.tick().permits)
        world.scan()
    assert sent == 1


def test_a_board_that_comes_back_is_commanded_at_once() -> None:
    world = two_doors()
    world.answers[PLC] = ("no_answer", "timeout")
    world.carry_out(world.press())
    world.run(20)
    assert world.word("d") == "no_answer:timeout"
    world.link(up=False)
    world.run(1, scans=False)
    back = world.link(up=True)
    assert driven(back) == {"d": False}
    world.answers.clear()
    world.carry_out(back)
    world.run(1)
    assert world.word("d") == "secured"
    assert driven(world.link(up=True)) == {}


def test_a_board_that_goes_for_a_moment_at_each_write_is_commanded_at_once_twice_and_then_by_the_back_off() -> (
    None
):
    world = two_doors()
    world.answers[PLC] = ("no_answer", "silent")
    world.carry_out(world.press("d"))
    at_once = []
    for _ in range(5):
        world.link(up=False)
        world.wait(300)
        back = world.link(up=True)
        at_once.append(bool(back.permits))
        world.carry_out(back)
    assert at_once == [True, True, False, False, False]
    assert driven(world.run(5)) == {"d": False}


def test_after_an_unanswered_command_a_board_is_left_a_second_to_be_read() -> None:
    world = two_doors()
    world.answers[PLC] = ("no_answer", "silent")
    (permit,) = world.press("d").permits
    world.wait(1500)
    world.carry_out(world.apply(lambda step: doors.sweep(step)))
    world.end(permit, "no_answer", "silent")
    assert writes(world.run(0.9)) == 0
    assert writes(world.run(0.2)) == 1


def test_a_board_not_in_the_plan_moves_no_door() -> None:
    world = two_doors()
    stranger = ControllerId("stranger")
    step = Step(world.plan, world.state, world.now)
    doors.controller_changed(step, ControllerChanged(world.now, stranger, True, "up", ""))
    doors.observe(step, Scanned(world.now, stranger, world.now, {}))
    doors.command_ended(step, CommandEnded(world.now, CommandId(999), stranger, "written", ""))
    assert step.decision().entries == ()


def test_after_a_restart_the_standing_order_is_written_by_itself_and_then_proven() -> None:
    world = two_doors()
    world.press()
    record = world.state.record
    again = World(world.plan)
    again.state = replace(again.state, record=record)
    made = again.run(1.5)
    assert driven(made) == {"d": False, "e": False}
    assert {again.word("d"), again.word("e")} == {"secured"}
    assert again.order("d") == "lock"


def test_a_held_door_is_judged_again_each_tick_and_locked_as_soon_as_it_may() -> None:
    world = magnet()
    world.turn("rex")
    world.run(0.3)
    pressed = world.press()
    assert pressed.permits == ()
    assert world.word("d") == "refused:leaving_active"
    assert driven(world.run(5)) == {}
    world.turn("rex", active=False)
    made = world.run(0.4)
    assert driven(made) == {"d": True}
    assert world.its("d").commanded is not None
    world.run(1)
    assert world.word("d") == "secured"


def test_a_held_order_is_proven_by_nothing_that_came_of_the_one_before() -> None:
    # Found by `make prove`: the answer to the first press stood for the second one's command, still on the wire.
    world = World(campus(door("d", 0, MAGLOCK, rex=("rex",)), inputs=INPUTS))
    world.run(1)
    world.carry_out(world.press())
    world.run(1)
    assert world.word("d") == "secured"
    world.turn("rex")
    world.run(0.3)
    assert world.release("d").permits == ()
    assert world.press().permits == ()
    assert (world.its("d").commanded, world.its("d").written) == (None, None)
    world.turn("rex", active=False)
    while not (sent := world.tick(50)).permits:
        world.scan()
    assert world.word("d") == "pending"
    world.carry_out(sent)
    world.run(1)
    assert world.word("d") == "secured"


def test_a_changed_reason_for_holding_is_told() -> None:
    world = magnet()
    world.turn("exit")
    world.run(0.3)
    world.press()
    world.turn("exit", active=False)
    made = world.run(1)
    assert words(made) == ["refused"]
    assert world.word("d") == "refused:leaving_delay"
    assert driven(world.run(28)) == {}
    assert driven(world.run(2)) == {"d": True}


def test_before_its_inputs_are_read_a_magnet_waits_and_a_strike_does_not() -> None:
    world = magnet(up=True)
    fresh = World(world.plan)
    fresh.press()
    assert fresh.its("d").held == "fire_unread"
    assert driven(fresh.run(0.3)) == {"d": True}


# --- release ---------------------------------------------------------------------------------


def test_a_release_returns_the_named_doors_to_their_rest_and_no_other() -> None:
    world = two_doors()
    world.carry_out(world.press())
    world.run(1)
    released = world.release("d", "nobody")
    assert driven(released) == {"d": True}
    (fact,) = facts(released, "doors.ordered")
    assert isinstance(fact, DoorsOrdered)
    assert (fact.order, fact.doors, fact.reason) == ("rest", (D,), "why")
    assert released.entries[0].incident == INCIDENT
    world.carry_out(released)
    world.run(3)
    assert (world.word("d"), world.word("e"), world.coil("e")) == ("released", "secured", False)


def test_a_release_that_a_board_did_not_take_is_written_again_until_it_does() -> None:
    world = two_doors()
    world.carry_out(world.press())
    world.run(1)
    world.answers[PLC] = ("refused", "exception_2")
    world.carry_out(world.release("d"))
    assert writes(world.run(3)) >= 2
    world.answers.clear()
    made = world.run(6)
    assert driven(made) == {"d": True}
    assert writes(world.run(20)) == 0


def test_a_release_to_locked_is_held_while_somebody_leaves_and_follows_then() -> None:
    its = door("d", 0, MAGLOCK, rex=("rex",), exits=("exit",))
    world = World(campus(its, inputs=INPUTS))
    world.run(1)
    world.turn("rex")
    world.run(0.3)
    assert world.release("d").permits == ()
    assert world.its("d").held == "leaving_active"
    world.turn("rex", active=False)
    assert driven(world.run(1)) == {"d": True}


def test_a_released_door_locks_again_with_the_next_press() -> None:
    world = two_doors()
    world.carry_out(world.press())
    world.run(1)
    world.carry_out(world.release("d"))
    world.run(1)
    again = world.press()
    assert driven(again) == {"d": False}
    world.carry_out(again)
    world.run(1)
    assert world.word("d") == "secured"


# --- shortcomings ----------------------------------------------------------------------------


def flags(world: World) -> set[tuple[str, str]]:
    return {key for key, _ in doors.flags(world.plan, world.state, world.plan.doors.values())}


def test_shortcomings_of_doors_are_shown_by_rule() -> None:
    world = World(campus(door("d", 0, UNLOCKED), door("m", 5, MAGLOCK, fire=("fire",)), inputs=INPUTS))
    world.tick()
    assert flags(world) == {("door_unknown", "d"), ("door_unknown", "m")}
    world.run(1)
    assert flags(world) == set()
    world.answers[PLC] = ("refused", "exception_2")
    world.carry_out(world.press("d"))
    world.bolt("d", thrown=True)
    world.run(0.4)
    assert flags(world) == {("device_disagrees", "d"), ("coil_differs", "d")}
    world.answers.clear()
    world.turn("fire")
    world.run(0.5)
    assert ("freed_by_fire", "m") in flags(world)
    world.run(5, scans=False)
    assert {("door_stale", "d"), ("door_stale", "m")} <= flags(world)


def test_many_doors_whose_time_has_come_are_gone_through_in_bites_and_none_is_passed_over() -> None:
    many = doors.MOST_A_SWEEP + doors.MOST_A_SWEEP // 2
    world = World(campus(*(door(f"d{number}", number) for number in range(many)), controllers=(PLC,)))
    world.run(1)

    def stale() -> int:
        return sum(its.verdict.word == "stale" for its in world.state.live.doors.values())

    # All of them were read in one scan, and are stale at one moment.
    world.wait(60_000)
    world.tick()
    first = stale()
    world.tick()

    assert (first, stale()) == (doors.MOST_A_SWEEP, many)
