"""The fire rule: frees what holds people, latches what holds fire, waits for nobody, and takes nothing back by itself."""

from dataclasses import replace

import pytest

from rules.decision import Decision
from rules.doors import flags
from rules.model.facts import DoorsAsserted, DoorsOrdered, InputTurned
from rules.model.ids import ButtonId, DoorId, InputId
from rules.model.responses import Ask
from rules.plan import DoorPlan, Hardware, ResponsePlan
from rules.state import DoorOrder
from tests.rules.campus import (
    A1,
    CAMPUS,
    DELAYED,
    FIRE_STRIKE,
    FRESH_US,
    INCIDENT,
    LOCKSET,
    MAGLOCK,
    PLC,
    RESPONSES,
    STAIR_LOCK,
    STRIKE,
    A,
    World,
    campus,
    contact,
    door,
    driven,
    facts,
    freed,
)
from tests.rules.story import Story, desk, locked

INPUTS = (
    contact("fire", 40, "fire-alarm"),
    contact("fire-2", 43, "fire-alarm"),
    contact("rex", 41),
    contact("exit", 42, "exit-button"),
    contact("glass", 44, "glass-break"),
)
FIRE = ("fire",)
D = DoorId("d")


def world_of(*doors: DoorPlan, up: bool = True, settled: bool = True) -> World:
    world = World(campus(*doors, inputs=INPUTS), up=up)
    if settled:
        world.run(1)
    return world


def covered(hardware: Hardware = MAGLOCK) -> World:
    return world_of(door("d", 0, hardware, fire=FIRE))


def burn(world: World, name: str = "fire") -> list[Decision]:
    world.turn(name)
    return world.run(0.3)


def turned(decisions: list[Decision]) -> list[tuple[str, str]]:
    return [
        (fact.input, fact.state) for fact in facts(decisions, "input.turned") if isinstance(fact, InputTurned)
    ]


# --- freeing ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hardware",
    [MAGLOCK, STAIR_LOCK, DELAYED, replace(LOCKSET, egress="sensor-release", on_power_loss="safe")],
)
def test_an_active_fire_input_frees_what_it_covers_and_says_why(hardware: Hardware) -> None:
    world = covered(hardware)
    assert world.coil("d") is True
    made = burn(world)
    assert (driven(made), freed(made)) == ({"d": False}, [D])
    (entry,) = [entry for one in made for entry in one.entries if isinstance(entry.fact, DoorsOrdered)]
    assert entry.because is not None
    assert (entry.because.code, dict(entry.because.args)) == ("fire_active", {"input": "fire"})
    assert (entry.subject, entry.incident, world.order("d")) == (A1, None, "free")


def test_other_doors_stay_as_they_are() -> None:
    world = world_of(
        door("strike", 0, STRIKE, fire=FIRE),
        door("lockset", 1, LOCKSET, fire=FIRE),
        door("elsewhere", 2, MAGLOCK, fire=("fire-2",)),
        door("unsound", 3, MAGLOCK, defects=("nope",), fire=FIRE),
        door("bare", 4, None, fire=FIRE),
        door("unwired", 5, MAGLOCK, lock=False, fire=FIRE),
    )
    assert driven(burn(world)) == {}


def test_a_stale_or_lost_fire_input_counts_as_active() -> None:
    world = covered()
    made = world.run(FRESH_US / 1e6 + 0.3, scans=False)
    assert freed(made) == [D]
    assert ("fire", "unsure") in turned(made)
    lost = covered()
    lost.link(up=False)
    assert freed(lost.run(0.1, scans=False)) == [D]


def test_an_input_not_read_since_start_releases_nothing_until_its_freshness_has_passed() -> None:
    world = world_of(door("d", 0, MAGLOCK, fire=FIRE), up=False, settled=False)
    assert freed(world.run(FRESH_US / 1e6, scans=False)) == []
    assert freed(world.run(0.2, scans=False)) == [D]


def test_an_input_read_in_time_releases_nothing() -> None:
    world = world_of(door("d", 0, MAGLOCK, fire=FIRE), settled=False)
    assert freed(world.run(5)) == []


def test_it_is_written_again_until_lock_and_bolt_read_free() -> None:
    world = covered()
    world.lazy_bolts = {D}
    made = burn(world) + world.run(30)
    writes = [permit for one in made for permit in one.permits]
    assert 7 <= len(writes) <= 11  # at once, 0.5, 1, 2, 4, then each 5 s
    assert all(permit.purpose == "free" and not permit.drives[0].on for permit in writes)
    world.bolt("d", thrown=False)
    assert driven(world.run(20)) == {}


def test_without_a_bolt_sensor_the_read_back_is_enough_and_without_a_read_back_nothing_is() -> None:
    world = world_of(door("d", 0, MAGLOCK, fire=FIRE, bolt=False))
    assert driven(burn(world)) == {"d": False}
    assert driven(world.run(20)) == {}
    lost = world_of(door("d", 0, MAGLOCK, fire=FIRE, bolt=False))
    lost.turn("fire")
    made = []
    for _ in range(100):
        made.append(lost.tick())
        lost.carry_out(made[-1])
        made.append(lost.scan(only=[("discrete_input", 40)])[0])
        lost.carry_out(made[-1])
    assert sum(len(one.permits) for one in made) > 4


def test_a_lock_that_comes_on_again_during_the_fire_is_freed_again() -> None:
    world = covered()
    burn(world)
    assert driven(world.run(6)) == {}
    lock = world.plan.doors[D].lock
    assert lock is not None
    world.set(lock.point, True)
    assert driven(world.run(0.3)) == {"d": False}


def test_a_board_that_refuses_is_asked_again_and_the_telling_of_it_thins_out() -> None:
    world = covered()
    world.answers[PLC] = ("refused", "exception_2")
    made = burn(world) + world.run(85)
    writes = sum(len(one.permits) for one in made)
    told = len([fact for fact in facts(made, "doors.asserted") if isinstance(fact, DoorsAsserted)])
    assert writes > 15
    assert told < 10
    assert len(facts(made, "command.ended")) == 1


def test_during_an_incident_each_write_is_told() -> None:
    world = covered()
    world.press()
    world.answers[PLC] = ("refused", "exception_2")
    made = burn(world) + world.run(60)
    asserted = [fact for fact in facts(made, "doors.asserted") if isinstance(fact, DoorsAsserted)]
    assert len(asserted) > 12
    assert {fact.order for fact in asserted} == {"free"}


def test_a_lockdown_is_no_reason_not_to_free() -> None:
    world = covered(replace(MAGLOCK, rest="unlocked"))
    world.carry_out(world.press())
    world.run(1)
    assert world.word("d") == "secured"
    made = burn(world)
    assert (driven(made), world.order("d")) == ({"d": False}, "free")
    world.run(0.3)
    assert world.word("d") == "refused:fire_active"
    (entry,) = [entry for one in made for entry in one.entries if isinstance(entry.fact, DoorsOrdered)]
    assert entry.incident == INCIDENT


def test_it_locks_again_only_by_a_person_s_word_after_the_input_is_quiet() -> None:
    world = covered(replace(MAGLOCK, rest="unlocked"))
    world.carry_out(world.press())
    world.run(1)
    burn(world)
    world.turn("fire", active=False)
    made = world.run(10)
    assert True not in driven(made).values()
    assert (world.word("d"), world.order("d")) == ("refused:fire_freed", "free")
    again = world.press()
    assert driven(again) == {"d": True}
    world.carry_out(again)
    world.run(1)
    assert world.word("d") == "secured"


@pytest.mark.parametrize("word", ["press", "lock"])
def test_a_word_given_while_the_input_is_active_does_not_count(word: str) -> None:
    world = covered(replace(MAGLOCK, rest="unlocked"))
    burn(world)
    decision = world.press() if word == "press" else world.lock("d")
    assert decision.permits == ()
    made = world.run(0.3)
    assert freed(made) == [D]
    world.turn("fire", active=False)
    assert True not in driven(world.run(10)).values()
    assert world.order("d") == "free"
    assert driven(world.lock("d")) == {"d": True}


def test_a_freed_door_is_freed_again_after_a_restart() -> None:
    world = covered()
    burn(world)
    again = World(world.plan)
    again.turn("fire")
    again.state = replace(again.state, record=world.state.record)
    made = again.run(0.5)
    assert driven(made) == {"d": False}
    assert freed(made) == []


def test_of_two_inputs_the_active_one_is_named() -> None:
    world = world_of(door("d", 0, MAGLOCK, fire=("fire", "fire-2")))
    contacts = world.points[PLC]
    gone = contacts.pop(("discrete_input", 40))
    world.turn("fire-2")
    world.run(FRESH_US / 1e6 - 0.6)
    made = world.run(3)
    assert gone == 0
    codes = {
        entry.because.code
        for one in made
        for entry in one.entries
        if entry.because and isinstance(entry.fact, DoorsOrdered)
    }
    assert codes <= {"fire_active"}
    assert world.order("d") == "free"


# --- latching --------------------------------------------------------------------------------


def test_an_energised_fire_rated_strike_is_let_go_so_that_its_door_latches() -> None:
    world = covered(FIRE_STRIKE)
    assert world.coil("d") is True
    made = burn(world)
    assert driven(made) == {"d": False}
    assert [fact.order for fact in facts(made, "doors.asserted") if isinstance(fact, DoorsAsserted)] == [
        "lock"
    ]
    assert (freed(made), world.order("d")) == ([], "")
    assert driven(world.run(10)) == {}


def test_a_strike_that_the_fire_rule_latched_is_no_other_programs_doing() -> None:
    world = covered(FIRE_STRIKE)
    burn(world)
    world.run(1)
    assert world.coil("d") is False
    assert ("coil_differs", "d") not in {
        key for key, _ in flags(world.plan, world.state, world.plan.doors.values())
    }
    world.turn("fire", active=False)
    world.run(10)
    assert ("coil_differs", "d") not in {
        key for key, _ in flags(world.plan, world.state, world.plan.doors.values())
    }
    lock = world.plan.doors[D].lock
    assert lock is not None
    world.set(lock.point, not lock.locked_when)
    world.run(1)
    assert ("coil_differs", "d") in {
        key for key, _ in flags(world.plan, world.state, world.plan.doors.values())
    }


def test_a_latched_strike_whose_board_was_away_meanwhile_is_no_other_programs_doing_either() -> None:
    world = covered(FIRE_STRIKE)
    burn(world)
    world.turn("fire", active=False)
    world.run(3)
    world.answers[PLC] = ("no_answer", "silent")
    made = world.run(5, scans=False)  # the fire input is stale, so the strike is to be let go once more
    assert driven(made) == {"d": False}
    world.answers.clear()
    world.run(3)
    assert world.coil("d") is False
    assert ("coil_differs", "d") not in {
        key for key, _ in flags(world.plan, world.state, world.plan.doors.values())
    }


def test_a_strike_that_holds_no_power_is_left_alone() -> None:
    world = covered(replace(FIRE_STRIKE, rest="locked"))
    assert driven(burn(world)) == {}
    assert driven(world_of(door("d", 0, FIRE_STRIKE, fire=("fire-2",))).run(1)) == {}


def test_a_strike_that_does_not_read_back_is_judged_by_its_rest_or_order() -> None:
    def blind(hardware: Hardware, order: str = "") -> dict[str, bool]:
        world = world_of(door("d", 0, hardware, fire=FIRE), settled=False)
        if order:
            orders = {D: DoorOrder("lock", world.now, None)}
            world.state = replace(world.state, record=replace(world.state.record, orders=orders))
        world.turn("fire")
        only = [("discrete_input", 40)]
        for _ in range(3):
            decision = world.scan(only=only)[0]  # type: ignore[arg-type]
            world.wait(50)
            if decision.permits:
                return driven(decision)
        return {}

    assert blind(FIRE_STRIKE) == {"d": False}
    assert blind(replace(FIRE_STRIKE, rest="locked")) == {}
    assert blind(FIRE_STRIKE, "lock") == {}


def test_a_latch_retraction_that_power_locks_is_de_energised_all_the_same() -> None:
    hardware = replace(STRIKE, type="panic-latch-retraction", on_power_loss="safe", fire_rated=True)
    world = covered(hardware)
    assert world.coil("d") is True
    made = burn(world)
    assert driven(made) == {"d": False}
    assert world.order("d") == ""


FAIL_SAFE = replace(LOCKSET, on_power_loss="safe", on_comm_loss="unlocked", rest="unlocked")
"""Energised is locked outside; the lever always opens it."""
HOLD = ResponsePlan("hold-in-place", 40, "zone", False, frozenset({"classroom", "interior"}), True)


def test_in_a_fire_a_press_locks_what_locks_without_power_and_energises_no_lock() -> None:
    world = world_of(
        door("d", 0, FAIL_SAFE, fire=FIRE),
        door("secure", 1, replace(LOCKSET, rest="unlocked"), fire=FIRE),
        door("strike", 2, FIRE_STRIKE, fire=FIRE),
        door("elsewhere", 3, FAIL_SAFE),
    )
    burn(world)
    made = world.press()
    assert driven(made) == {"secure": False, "strike": False, "elsewhere": True}
    (ordered,) = [fact for fact in facts(made) if isinstance(fact, DoorsOrdered)]
    assert ordered.held == ((D, "fire_waits"),)
    world.carry_out(made)
    assert "d" not in driven(world.run(20))
    assert (world.word("d"), world.word("secure")) == ("refused:fire_waits", "secured")
    assert driven(world.lock("d")) == {}

    world.turn("fire", active=False)
    # The order stands, and the lock has its power once the alarm is quiet: nobody freed it.
    assert driven(world.run(6))["d"] is True
    assert world.word("d") == "secured"


def test_a_hold_by_hardware_in_a_fire_is_heard_and_energises_no_lock() -> None:
    plan = campus(
        door("d", 0, FAIL_SAFE, fire=FIRE),
        door("secure", 1, replace(LOCKSET, rest="unlocked"), fire=FIRE),
        inputs=INPUTS,
        buttons=(desk("key", {"hold": Ask("hold-in-place", A1)}),),
        responses={**RESPONSES, "hold-in-place": HOLD},
    )
    story = Story(plan)
    story.run(1)
    burn(story)
    story.start("evacuate", CAMPUS)
    made = story.hear(ButtonId("key"), "hold")
    assert locked(made) == {"secure"}
    (ordered,) = [fact for fact in facts(made) if isinstance(fact, DoorsOrdered)]
    assert (ordered.doors, ordered.held) == ((DoorId("secure"),), ((D, "fire_waits"),))
    # What holds is the graver one still: a press never lowers.
    assert story.zone(CAMPUS) == "evacuate"


def test_a_lock_that_has_its_power_when_the_alarm_comes_is_left_as_it_is_and_not_written_again() -> None:
    world = world_of(door("d", 0, FAIL_SAFE, fire=FIRE))
    world.carry_out(world.press())
    world.run(1)
    assert world.word("d") == "secured"
    made = [*burn(world), *world.run(20)]
    assert driven(made) == {}
    assert (world.word("d"), world.coil("d")) == ("secured", True)


def test_a_fire_input_that_nobody_can_read_keeps_no_room_from_being_locked_whose_lever_opens_it() -> None:
    world = world_of(door("d", 0, FAIL_SAFE, fire=FIRE))
    del world.points[PLC]["discrete_input", 40]
    world.run(5)
    assert world.state.live.inputs[InputId("fire")] == "unsure"
    assert driven(world.press()) == {"d": True}


def test_a_second_fire_input_speaks_at_once_whatever_the_back_off() -> None:
    world = world_of(door("d", 0, FIRE_STRIKE, fire=("fire", "fire-2")))
    world.answers[PLC] = ("refused", "exception_2")
    burn(world)
    world.run(12)
    its = world.its("d")
    assert its.next_try is not None
    assert its.next_try.since(world.now) > 300_000
    world.turn("fire-2")
    assert driven(world.run(0.2)) == {"d": False}


def test_a_strike_whose_command_is_on_the_wire_is_waited_for() -> None:
    world = world_of(door("d", 0, FIRE_STRIKE, fire=("fire", "fire-2")))
    world.turn("fire")
    sent = 0
    for _ in range(10):
        sent += len(world.tick().permits) + len(world.scan()[0].permits)
    world.turn("fire-2")
    for _ in range(5):
        sent += len(world.tick().permits) + len(world.scan()[0].permits)
    assert sent == 1


# --- what inputs turn ------------------------------------------------------------------------


def test_inputs_that_turn_enter_and_ways_out_do_so_only_in_an_incident_or_when_unsure() -> None:
    world = world_of(door("d", 0, STRIKE, rex=("rex",)))
    made = []
    for name in ("rex", "exit", "glass"):
        for active in (True, False):
            world.turn(name, active)
            made += world.run(0.3)
    assert turned(made) == [("glass", "active"), ("glass", "quiet")]
    world.press()
    world.turn("rex")
    made = world.run(0.3)
    assert turned(made) == [("rex", "active")]
    assert {
        entry.incident for one in made for entry in one.entries if isinstance(entry.fact, InputTurned)
    } == {INCIDENT}
    assert world.state.live.inputs[INPUTS[2].id] == "active"


def test_the_first_quiet_reading_is_no_news_and_the_loss_of_a_board_is() -> None:
    world = world_of(settled=False)
    assert turned(world.run(1)) == []
    world.link(up=False)
    lost = turned(world.run(0.1, scans=False))
    assert lost == [(one.id, "unsure") for one in sorted(INPUTS, key=lambda one: one.id)]
    world.link(up=True)
    assert ("rex", "quiet") in turned(world.run(0.5))


def test_only_a_fire_input_frees() -> None:
    world = world_of(door("d", 0, MAGLOCK, fire=FIRE, rex=("rex",)))
    for name in ("rex", "glass", "exit"):
        world.turn(name)
    assert driven(world.run(0.5)) == {}


def test_doors_of_one_zone_are_freed_in_one_entry_of_that_zone() -> None:
    world = world_of(
        door("d", 0, MAGLOCK, fire=FIRE, zone=A),
        door("e", 1, MAGLOCK, fire=FIRE, zone=A),
        door("f", 2, STAIR_LOCK, fire=FIRE, zone=A1),
    )
    made = burn(world)
    assert set(freed(made)) == {"d", "e", "f"}
    assert len(facts(made, "doors.ordered")) == 1
    assert len([permit for one in made for permit in one.permits]) == 1
