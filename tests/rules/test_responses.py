"""Numbered response states by zone: what holds where, what ends what, and how the outputs follow."""

from dataclasses import replace

from rules.decision import Decision
from rules.holding import effective
from rules.model.facts import (
    DoorsOrdered,
    IncidentClosed,
    IncidentOpened,
    IncidentRaised,
    OutputsOrdered,
    ZoneResponded,
)
from rules.model.ids import OutputId
from rules.model.kinds import DRILL, EXERCISE
from rules.plan import DoorPlan
from rules.responses import locks
from tests.rules.campus import A1, CAMPUS, A, B, door, driven, facts
from tests.rules.story import DESK, GYM, GYM_DOOR, HIDDEN, ROOM_1, ROOM_2, Story, only, standard, without


def numbers(made: list[Decision]) -> list[int]:
    """The numbers of the response changes, in order."""
    return [fact.number for one in made for fact in facts(one) if isinstance(fact, ZoneResponded)]


def test_what_holds_in_a_zone_is_the_highest_of_its_own_and_its_ancestors() -> None:
    story = Story()
    story.hear(GYM, "single")
    story.hear(DESK, "single")
    record = story.state.record
    held = {zone: effective(story.plan, record, zone) for zone in (CAMPUS, A, A1, B)}
    assert {zone: own and own.response for zone, own in held.items()} == {
        CAMPUS: None,
        A: "lockdown",
        A1: "lockdown",
        B: None,
    }
    assert story.zone(A1) == "staff-assist"


def test_a_campus_response_holds_in_every_zone() -> None:
    story = Story()
    story.hear()
    for zone in (CAMPUS, A, A1, B):
        held = effective(story.plan, story.state.record, zone)
        assert held is not None
        assert held.response == "lockdown"


def test_the_number_counts_every_response_change_and_nothing_else() -> None:
    story = Story()
    made = [story.hear(gesture="single"), story.hear(gesture="hold")]
    story.run(2)
    story.ask_release(ROOM_1)
    made += [story.hear(GYM, "single"), story.close()]
    assert numbers(made) == [1, 2, 3, 4, 5, 6]
    assert story.state.record.number == 6


def test_the_number_goes_on_over_a_restart() -> None:
    story = Story()
    story.hear()
    story.close()
    story.restart()
    story.hear(GYM, "single")
    assert story.state.record.number == 3


def test_a_lockdown_stands_over_a_restart_and_no_second_incident_opens() -> None:
    story = Story()
    story.hear()
    incident = story.real
    story.restart("another boot")
    story.run(3)
    assert story.real == incident
    assert story.zone(CAMPUS) == "lockdown"
    assert {story.order(one) for one in (ROOM_1, ROOM_2, GYM_DOOR)} == {"lock"}


def test_nothing_but_close_ends_a_lockdown() -> None:
    story = Story()
    story.hear()
    story.run(30)
    story.tick(86_400_000)
    assert story.zone(CAMPUS) == "lockdown"


def test_whatever_a_press_decides_says_why_and_so_by_what_pack_and_version() -> None:
    story = Story()
    made = [
        story.ask_press(GYM, EXERCISE),
        story.hear(gesture="single"),
        story.hear(gesture="hold"),
        story.close(),
    ]
    entries = [entry for one in made for entry in one.entries]
    assert {type(entry.fact) for entry in entries} >= {IncidentOpened, IncidentRaised, ZoneResponded}
    assert [entry.fact for entry in entries if entry.because is None] == []


# --- a real press during the others ----------------------------------------------------------


def test_a_real_press_ends_a_drill_at_once_and_every_output_turns_real() -> None:
    story = Story()
    story.ask_press(GYM, DRILL)
    story.run(1)
    made = story.hear()
    assert only(story.incidents).kind == "real"
    closed = only(fact for fact in facts(made) if isinstance(fact, IncidentClosed))
    assert closed.kind == "drill"
    assert story.zone(A) is None
    assert story.state.record.zones[CAMPUS].kind == "real"
    switched = [
        entry
        for entry in made.entries
        if isinstance(entry.fact, OutputsOrdered) and entry.because is not None
    ]
    assert [dict(entry.because.args)["kind"] for entry in switched if entry.because] == ["real"]
    assert {story.state.record.orders[one].incident for one in (ROOM_1, ROOM_2, GYM_DOOR)} == {story.real}


def test_a_real_press_in_a_drill_never_turns_an_output_off_in_between() -> None:
    story = Story()
    story.ask_press(DESK, DRILL)
    story.run(1)
    made = story.hear()
    assert not [
        drive for one in made.permits for drive in one.drives if drive.target == "strobe" and not drive.on
    ]
    assert OutputId("strobe") in story.state.record.outputs_on


def test_the_commands_of_a_real_press_in_a_drill_come_first() -> None:
    story = Story()
    story.ask_press(GYM, DRILL)
    story.run(1)
    assert story.hear().permits[0].purpose == "lock"


def test_a_real_press_of_a_lower_rank_still_ends_the_drill() -> None:
    story = Story()
    story.ask_press(DESK, DRILL)
    story.run(1)
    made = story.hear(gesture="single")
    assert only(story.incidents).kind == "real"
    assert story.state.record.zones[A1].kind == "real"
    assert story.zone(CAMPUS) is None
    assert driven(made) == {"strobe": False, "strobe-b": False}


def test_a_real_press_takes_over_the_drills_own_zone_whatever_the_ranks() -> None:
    story = Story()
    story.ask_press(GYM, DRILL)
    story.hear(GYM, "single")
    own = story.state.record.zones[A]
    assert (own.kind, own.response, own.incident) == ("real", "lockdown", story.real)


def test_a_real_press_ends_an_exercise() -> None:
    story = Story()
    story.ask_press(DESK, EXERCISE)
    story.hear(gesture="single")
    assert only(story.incidents).kind == "real"


def test_a_silent_press_leaves_drill_and_outputs_as_they_are() -> None:
    story = Story()
    story.ask_press(DESK, DRILL)
    story.run(1)
    made = story.hear(HIDDEN, "single")
    assert not made.permits
    assert OutputId("strobe") in story.state.record.outputs_on


# --- close and outputs -----------------------------------------------------------------------


def test_close_turns_off_the_outputs_of_its_zones() -> None:
    story = Story()
    story.hear()
    story.run(1)
    assert driven(story.close()) == {"strobe": False, "strobe-b": False}
    assert not story.state.record.outputs_on


def test_the_close_of_a_silent_incident_changes_no_zone_number_or_output() -> None:
    story = Story()
    story.hear(HIDDEN, "single")
    made = story.close()
    assert not made.permits
    assert story.state.record.number == 0


def test_a_closed_incident_is_named_by_its_close() -> None:
    story = Story()
    story.hear()
    incident = story.real
    closed = only(fact for fact in facts(story.close()) if isinstance(fact, IncidentClosed))
    assert (closed.id, closed.kind, closed.reason) == (incident, "real", "over")


def test_the_doors_a_response_locks_are_those_of_its_kinds_in_its_zones() -> None:
    plan = standard()
    assert locks(plan, "lockdown", A) == (ROOM_1, ROOM_2)
    assert locks(plan, "lockdown", CAMPUS) == (ROOM_1, ROOM_2, GYM_DOOR)
    assert locks(plan, "staff-assist", CAMPUS) == ()


def reloaded(story: Story, *doors: DoorPlan) -> None:
    """A reload that brings doors in."""
    story.plan = replace(story.plan, doors={**story.plan.doors, **{one.id: one for one in doors}})
    for one in doors:
        for where in (one.lock, one.bolt, one.position):
            assert where is not None
            story.set(where.point, 1)


def test_a_door_that_a_reload_brings_in_under_a_lockdown_is_locked_as_well() -> None:
    story = Story()
    story.hear()
    story.run(2)
    reloaded(story, door("room-3", 5))
    made = story.run(2)
    assert story.order("room-3") == "lock"
    assert story.word("room-3") == "secured"
    assert [fact.doors for fact in facts(made) if isinstance(fact, DoorsOrdered)] == [("room-3",)]


def test_a_door_brought_in_that_may_not_be_driven_is_told_once_and_never_driven() -> None:
    story = Story()
    story.hear()
    story.run(2)
    reloaded(story, door("room-3", 5, None))
    made = story.run(2)
    assert "room-3" not in driven(made)
    assert [fact.held for fact in facts(made) if isinstance(fact, DoorsOrdered)] == [
        (("room-3", "no_record"),)
    ]


def test_a_door_brought_in_where_no_lockdown_holds_stays_as_it_is() -> None:
    story = Story()
    story.hear(GYM, "single")
    story.run(2)
    reloaded(story, door("hall-b", 5, zone=B))
    assert "hall-b" not in driven(story.run(2))


def test_what_was_released_or_freed_in_a_lockdown_is_not_locked_by_time() -> None:
    story = Story()
    story.hear()
    story.run(2)
    story.ask_release(ROOM_1)
    made = story.run(5)
    assert story.order(ROOM_1) == "rest"
    assert not [fact for fact in facts(made) if isinstance(fact, DoorsOrdered)]


def test_a_door_that_comes_back_with_an_order_of_a_closed_incident_is_locked_by_the_live_one() -> None:
    story = Story()
    third = door("room-3", 5)
    reloaded(story, third)
    story.hear()
    story.run(2)
    story.close()
    story.plan = replace(
        story.plan, doors={name: one for name, one in story.plan.doors.items() if name != third.id}
    )
    story.hear()
    story.run(2)
    reloaded(story, third)
    made = story.run(2)
    assert [fact.doors for fact in facts(made) if isinstance(fact, DoorsOrdered)] == [("room-3",)]


def test_a_door_that_was_released_before_the_lockdown_and_comes_back_in_it_is_locked() -> None:
    """Found by `make faults`: schedules, seed 9, round 350."""
    story = Story()
    third = door("room-3", 5)
    reloaded(story, third)
    story.hear()
    story.run(2)
    story.close()
    story.ask_release("room-3")
    story.run(2)
    assert story.order("room-3") == "rest"
    whole = story.plan
    story.plan = replace(whole, doors={name: one for name, one in whole.doors.items() if name != third.id})
    story.hear()
    story.run(2)
    reloaded(story, third)
    made = story.run(2)
    assert [fact.doors for fact in facts(made) if isinstance(fact, DoorsOrdered)] == [("room-3",)]
    assert story.word("room-3") == "secured"


def test_a_release_of_several_doors_holds_for_the_one_in_the_lockdown_whichever_is_named_first() -> None:
    for named in ((GYM_DOOR, ROOM_1), (ROOM_1, GYM_DOOR)):
        story = Story()
        story.hear(GYM, "single")
        story.run(2)
        story.ask_release(*named)
        made = story.run(5)
        assert story.order(ROOM_1) == "rest"
        assert not [fact for fact in facts(made) if isinstance(fact, DoorsOrdered)]


def test_a_release_under_a_higher_response_that_locks_nothing_is_not_undone_by_the_lower_one() -> None:
    story = Story()
    story.hear()
    story.run(2)
    third = door("room-3", 5)
    reloaded(story, third)
    zones = {**story.state.record.zones}
    zones[A1] = replace(zones[CAMPUS], response="evacuate")
    story.state = replace(story.state, record=replace(story.state.record, zones=zones))
    story.ask_release("room-3")
    made = story.run(5)
    assert story.order("room-3") == "rest"
    assert not [fact for fact in facts(made) if isinstance(fact, DoorsOrdered)]


def test_a_zone_that_a_reload_took_away_locks_nothing_more() -> None:
    story = Story()
    story.hear(GYM, "single")
    story.plan = without(story.plan, A)
    assert driven(story.run(1)) == {}
