"""Readiness: every point that is lost is lost for something with a name, what nobody knows costs, and nothing is an average."""

import time
from dataclasses import replace
from typing import get_args

import pytest

from edge.config.packs import shipped
from rules.decision import Decision
from rules.model.events import ConditionChanged
from rules.model.flag_facts import ReadinessStated
from rules.model.ids import CameraId
from rules.model.moments import MINUTE_US, SECOND_US
from rules.model.verdicts import SECURED, Verdict, VerdictWord
from rules.plan import CameraPlan, Plan
from rules.readiness import FIRST_US, Lost, causes, readiness
from rules.state import CameraLive, DoorLive, Flag
from tests.rules.campus import A1, CAMPUS, OTHER, PLC, A, B, campus, door, facts
from tests.rules.story import DESK, GYM, GYM_DOOR, HALL, HIDDEN, ROOM_1, ROOM_2, Story, standard

DAY_S = 24 * 3_600


def weighed(plan: Plan | None = None) -> Story:
    """A campus by the shipped weights, on which everything answers and every button was heard."""
    story = Story(replace(standard() if plan is None else plan, flags=shipped().flags))
    story.sessions()
    for one in (DESK, GYM, HALL, HIDDEN):
        story.status(one)
    story.run(6)
    return story


def flag(story: Story, code: str, subject: str, *args: str) -> None:
    """This flag stands, whoever raised it."""
    record = story.state.record
    flags = {**record.flags, (code, subject): Flag(code, subject, args, story.now)}
    story.state = replace(story.state, record=replace(record, flags=flags))


def lost(story: Story) -> set[tuple[int, str, str]]:
    return {(one.points, one.code, one.subject) for one in readiness(story.plan, story.state).lost}


def score(story: Story) -> dict[str, int]:
    return {str(zone): one.score for zone, one in readiness(story.plan, story.state).zones.items()}


def points(code: str) -> int:
    return shipped().flags.of(code).points


# --- the number -------------------------------------------------------------------------------


def test_a_campus_without_a_flag_of_which_all_is_known_is_at_100() -> None:
    story = weighed()
    assert story.flags() == set()
    assert readiness(story.plan, story.state).lost == ()
    assert score(story) == {CAMPUS: 100, A: 100, A1: 100, B: 100}


def test_each_lost_point_is_lost_for_a_flag_in_its_zone_and_those_above() -> None:
    story = weighed()
    flag(story, "door_defect", GYM_DOOR)
    flag(story, "button_battery_low", DESK)
    assert lost(story) == {(10, "door_defect", GYM_DOOR), (3, "button_battery_low", DESK)}
    assert score(story) == {CAMPUS: 87, A: 97, A1: 97, B: 90}


def test_what_an_asset_or_a_ticket_costs_it_costs_in_the_zone_that_its_flag_names() -> None:
    story = weighed()
    flag(story, "recommission", "asset-7", "b", "2026-08-14")
    flag(story, "safety_ticket_old", "ticket-9", "a-1", "9", "2026-08-14")
    assert score(story) == {CAMPUS: 84, A: 92, A1: 92, B: 92}


def test_what_concerns_the_box_costs_every_zone() -> None:
    story = weighed()
    story.do(ConditionChanged(story.now, "journal_refused", True, ("ENOSPC",)))
    assert set(score(story).values()) == {100 - points("journal_refused")}


def test_a_condition_and_a_standing_flag_cost_before_any_sweep_has_raised_them() -> None:
    story = weighed()
    story.plan = replace(story.plan, standing_flags=(("nc_relay", ROOM_1), ("perimeter_leave", CAMPUS)))
    live = replace(story.state.live, conditions={"disk_low": ("200",), "retention_held": ()})
    story.state = replace(story.state, live=live)
    assert lost(story) == {(3, "nc_relay", ROOM_1), (3, "disk_low", CAMPUS)}
    flag(story, "nc_relay", ROOM_1)
    flag(story, "disk_low", CAMPUS)
    assert lost(story) == {(3, "nc_relay", ROOM_1), (3, "disk_low", CAMPUS)}


def test_of_one_thing_its_heaviest_flag_counts_and_the_others_are_told_with_it() -> None:
    story = weighed()
    flag(story, "coil_differs", ROOM_1)
    flag(story, "would_not_lock", ROOM_1)
    flag(story, "link_not_proven", f"lock:{ROOM_1}")
    found = {one.code: (one.points, one.behind) for one in readiness(story.plan, story.state).lost}
    assert found == {
        "would_not_lock": (10, ""),
        "coil_differs": (0, "would_not_lock"),
        "link_not_proven": (0, "would_not_lock"),
    }
    assert score(story)[CAMPUS] == 90


def test_two_troubles_of_the_box_are_two() -> None:
    story = weighed()
    flag(story, "disk_low", CAMPUS)
    flag(story, "web_port", CAMPUS)
    assert score(story)[B] == 100 - points("disk_low") - points("web_port")


def test_a_zone_that_lost_more_than_it_had_is_at_0_and_says_how_much_it_lost() -> None:
    story = weighed()
    flag(story, "not_armed", CAMPUS)
    flag(story, "door_defect", ROOM_1)
    found = readiness(story.plan, story.state)
    assert (found.campus.score, found.campus.lost, found.zones[B].lost) == (0, 110, 100)


def test_the_points_of_the_list_are_those_that_the_campus_lost() -> None:
    story = Story(replace(standard(), flags=shipped().flags), up=False)
    story.run(8, scans=False)
    flag(story, "coil_differs", ROOM_1)
    found = readiness(story.plan, story.state)
    assert sum(one.points for one in found.lost) == found.campus.lost > 100
    assert sum(each for _, _, each in causes(found)) == found.campus.lost


def test_a_flag_that_no_line_speaks_of_costs_all_the_same() -> None:
    story = weighed()
    flag(story, "of_another_version", ROOM_2)
    assert lost(story) == {(shipped().flags.unlisted.points, "of_another_version", ROOM_2)}


def test_a_press_that_waits_costs_nothing_for_it_may_be_silent() -> None:
    story = weighed()
    story.hear(HIDDEN, "single", waited_s=900)
    story.run(1.5)
    assert ("unanswered_press", HIDDEN) in story.flags()
    assert lost(story) == set()


# --- what is not known ------------------------------------------------------------------------


def test_before_anything_was_heard_nothing_is_good() -> None:
    story = Story(replace(standard(), flags=shipped().flags), up=False)
    found = readiness(story.plan, story.state)
    assert {one.subject for one in found.lost if one.unknown} == {
        DESK, GYM, HALL, HIDDEN, PLC, ROOM_1, ROOM_2, GYM_DOOR,
    }  # fmt: skip
    assert found.campus.score <= 40


@pytest.mark.parametrize("word", get_args(VerdictWord))
def test_a_door_costs_by_what_its_sensors_say_and_nothing_where_they_prove_it(word: VerdictWord) -> None:
    story = weighed()
    doors = {**story.state.live.doors, ROOM_1: DoorLive(verdict=Verdict(word))}
    story.state = replace(story.state, live=replace(story.state.live, doors=doors))
    cost = shipped().flags.verdicts[word]
    assert lost(story) == ({(cost, word, ROOM_1)} if cost else set())
    assert cost == 0 or word not in SECURED


def test_a_door_that_is_flagged_as_not_read_is_not_told_of_twice() -> None:
    story = weighed()
    story.run(6, scans=False)
    assert {(code, subject) for _, code, subject in lost(story) if subject == ROOM_1} == {
        ("door_stale", ROOM_1)
    }


def test_a_camera_that_was_never_heard_of_costs_as_one_that_is_lost_and_once() -> None:
    camera = CameraPlan(CameraId("cam"), "Gate", B, (), 30 * SECOND_US)
    story = weighed(replace(standard(), cameras={camera.id: camera}))
    assert Lost(4, "camera_offline", "cam", (B,), unknown=True) in readiness(story.plan, story.state).lost
    flag(story, "camera_offline", "cam")
    assert [one.unknown for one in readiness(story.plan, story.state).lost if one.subject == "cam"] == [False]
    live = replace(story.state.live, cameras={camera.id: CameraLive(True, story.now)})
    story.state = replace(story.state, live=live)
    flags = {key: one for key, one in story.state.record.flags.items() if key[1] != "cam"}
    story.state = replace(story.state, record=replace(story.state.record, flags=flags))
    assert "cam" not in {subject for _, _, subject in lost(story)}


def test_a_button_that_no_model_supervises_is_its_standing_flags_to_tell() -> None:
    plan = standard()
    buttons = {one: replace(its, silence_limit_us=None) for one, its in plan.buttons.items()}
    story = Story(replace(plan, buttons=buttons, flags=shipped().flags))
    assert not {subject for _, _, subject in lost(story)} & set(buttons)


def test_a_thousand_doors_are_weighed_in_a_moment() -> None:
    doors = [door(f"d-{number}", number % 60, zone=A1 if number % 2 else B) for number in range(1_000)]
    plan = replace(campus(*doors, controllers=(PLC, OTHER)), flags=shipped().flags)
    story = Story(plan)
    for number in range(0, 1_000, 10):
        flag(story, "coil_differs", f"d-{number}")
    best_s = 9.0
    for _ in range(5):
        began = time.process_time()
        found = readiness(plan, story.state)
        best_s = min(best_s, time.process_time() - began)
    assert len(found.lost) == 1_100
    # Not a stopwatch: that nothing is looked up by walking through all. Some 4 ms; quadratic it would be seconds.
    assert best_s < 0.2


# --- into the record --------------------------------------------------------------------------


def stated(made: list[Decision] | Decision) -> list[ReadinessStated]:
    return [one for one in facts(made) if isinstance(one, ReadinessStated)]


def leap(story: Story, seconds: float) -> None:
    """A long time in which everything was read as ever."""
    story.wait(seconds * 1_000)
    for one in story.plan.controllers:
        story.round(one)


def settle(story: Story) -> list[ReadinessStated]:
    """Until the number is first told."""
    for one in (DESK, GYM, HALL, HIDDEN):
        story.plan = replace(
            story.plan,
            buttons={**story.plan.buttons, one: replace(story.plan.buttons[one], silence_limit_us=None)},
        )
    leap(story, FIRST_US / 1_000_000)
    return stated(story.run(1))


def test_the_number_is_told_once_a_start_is_over_with_its_causes_and_weights() -> None:
    story = weighed()
    assert stated(story.run(20)) == []
    flag(story, "output_not_driven", "strobe-b")
    story.plan = replace(story.plan, standing_flags=(("output_not_driven", "strobe-b"),))
    (told,) = settle(story)
    assert (told.score, told.lost, told.causes) == (97, 3, (("output_not_driven", 1, 3),))
    assert dict(told.zones) == {CAMPUS: 97, A: 100, A1: 100, B: 97}
    assert told.weights == shipped().flags.hash
    kept = story.state.record.readiness
    assert kept is not None
    assert (kept.score, kept.lost, kept.zones) == (97, 3, told.zones)


def test_it_is_told_again_when_it_changed_but_not_within_ten_minutes() -> None:
    story = weighed()
    assert len(settle(story)) == 1
    story.do(ConditionChanged(story.now, "disk_low", True, ("200",)))
    assert stated(story.run(70)) == []
    leap(story, 600)
    (told,) = stated(story.run(2))
    assert (told.score, told.causes) == (97, (("disk_low", 1, 3),))
    leap(story, 600)
    assert stated(story.run(2)) == []


def test_it_is_told_once_a_day_though_nothing_changed_and_after_a_day_off() -> None:
    story = weighed()
    settle(story)
    leap(story, DAY_S)
    assert len(stated(story.run(2))) == 1
    story.wait(3 * DAY_S * 1_000)
    story.restart()
    story.wait(FIRST_US / 1_000)
    assert len(stated(story.run(8))) == 1


def test_a_clock_that_was_ahead_keeps_it_from_being_told_for_ten_minutes_and_not_for_years() -> None:
    story = weighed()
    settle(story)
    back = replace(story.now, utc_us=story.now.utc_us - 400 * DAY_S * SECOND_US)
    story.now = back.plus(MINUTE_US)
    assert len(stated(story.run(1))) == 1
    assert stated(story.run(65)) == []


def test_in_an_incident_it_is_not_told_and_a_silent_one_changes_nothing() -> None:
    story = weighed()
    settle(story)
    story.start("lockdown", CAMPUS)
    leap(story, DAY_S)
    assert stated(story.run(2)) == []
    story.close()
    story.hear(HIDDEN, "single")
    assert [one.silent for one in story.incidents] == [True]
    assert len(stated(story.run(2))) == 1


def test_a_flag_that_comes_back_each_time_it_is_looked_at_is_told_of_once_in_ten_minutes() -> None:
    story = weighed()
    settle(story)
    told = 0
    for minute in range(25):
        code = ("disk_low", "web_port")[minute % 2]
        story.do(ConditionChanged(story.now, code, True, ()))
        leap(story, 60)
        told += len(stated(story.run(0.5)))
        story.do(ConditionChanged(story.now, code, False, ()))
    assert 1 <= told <= 3
