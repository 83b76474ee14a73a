"""Which rooms a campus has: a classroom with the button in it, or a button's room alone."""

from dataclasses import replace

from rules import rooms
from rules.model.ids import ButtonId, ZoneId
from tests.rules.campus import A1, CAMPUS
from tests.rules.story import GYM_DOOR, ROOM_1, ROOM_2, Story, standard, without


def test_a_classroom_and_the_button_in_it_are_one_room() -> None:
    plan = standard()
    named = {
        ROOM_1: replace(plan.doors[ROOM_1], name="Room 101"),
        ROOM_2: replace(plan.doors[ROOM_2], name="Library"),
    }
    first, second, third, *_ = plan.buttons.values()
    buttons = {
        one.id: one
        for one in (
            replace(first, room="101", zone=named[ROOM_1].zone),
            replace(second, room="Office", zone=ZoneId("a")),
            replace(third, room="101", zone=named[ROOM_1].zone),
            replace(third, id=ButtonId("bare"), room=""),
        )
    }
    named[GYM_DOOR] = replace(plan.doors[GYM_DOOR], kind="exterior")
    found = rooms.rooms_of(replace(plan, doors={**plan.doors, **named}, buttons=buttons))
    assert GYM_DOOR not in found
    one = found[ROOM_1]
    assert (one.name, one.door, one.button) == ("Room 101", ROOM_1, first.id)
    assert found[second.id].name == "Office"
    assert third.id not in found
    assert "bare" not in found


def test_rooms_of_a_zone_are_those_below_it_and_of_a_lost_zone_all() -> None:
    plan = standard()
    every = set(rooms.rooms_of(plan))
    assert {one.id for one in rooms.rooms_in(plan, CAMPUS)} == every
    assert {one.id for one in rooms.rooms_in(plan, ZoneId("gone"))} == every
    assert {one.id for one in rooms.rooms_in(plan, ZoneId("b"))} < every


def test_a_screen_means_the_one_room_of_its_zone_whose_words_it_has() -> None:
    plan = standard()
    doors = {
        ROOM_1: replace(plan.doors[ROOM_1], name="Room 101"),
        ROOM_2: replace(plan.doors[ROOM_2], name="Room 102"),
    }
    plan = replace(plan, doors={**plan.doors, **doors})
    here = doors[ROOM_1].zone
    meant = rooms.room_called(plan, here, "101")
    assert meant is not None
    assert meant.id == ROOM_1
    assert rooms.room_called(plan, here, "Room") is None
    assert rooms.room_called(plan, here, "999") is None
    assert rooms.room_called(plan, ZoneId("b"), "101") is None


def test_rooms_of_an_incident_are_those_of_every_zone_it_is_in() -> None:
    story = Story()
    story.start("staff-assist", A1)
    story.start("staff-assist", ZoneId("b"))
    (live,) = story.incidents
    every = set(rooms.rooms_of(story.plan))

    def found() -> set[str]:
        return {one.id for one in rooms.rooms_of_incident(story.plan, story.state.record, live)}

    assert found() == every
    story.plan = without(story.plan, A1)
    assert found() == set(rooms.rooms_of(story.plan))
