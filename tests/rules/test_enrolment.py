"""Buttons enrolled in a drill: whose press is the drill's, whose is real, and why. Whatever is not sure is real."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.model.facts import PressRecorded
from rules.model.ids import ButtonId
from rules.model.moments import SECOND_US
from rules.model.responses import Ask
from tests.rules.campus import A1, CAMPUS, A, B, facts
from tests.rules.drilling import Drilling, drill_ends, drilled_plan, drilling, real_again
from tests.rules.story import (
    DESK,
    GYM,
    HALL,
    HIDDEN,
    WIRED,
    desk,
    locked,
    only,
    replied,
    standings,
    told,
    without,
)


def kinds(story: Drilling) -> list[str]:
    """Of each live incident."""
    return [one.kind for one in story.incidents]


def test_a_press_of_an_enrolled_button_is_a_drill_press_and_locks_as_one() -> None:
    story = drilling()
    pressed = story.hear(press_id="p-1")
    assert only(one for one in facts(pressed) if isinstance(one, PressRecorded)).kind == "drill"
    assert (standings(pressed), told(pressed).kind) == (["acted"], "drill")
    assert kinds(story) == ["drill"]
    assert locked(pressed)
    assert told(pressed).incident == story.incidents[0].id


def test_a_press_of_an_enrolled_button_joins_the_drill_that_was_begun() -> None:
    story = drilling(waits=False)
    assert standings(story.hear()) == ["joined"]
    assert kinds(story) == ["drill"]


def test_any_other_button_is_real_and_ends_the_drill_at_once() -> None:
    story = drilling(DESK, waits=False)
    pressed = story.hear(GYM, "single")
    assert told(pressed).kind == "real"
    assert kinds(story) == ["real"]
    assert drill_ends(pressed) == ["real_press"]
    assert story.state.record.drills.run is None


def test_a_real_press_ends_a_drill_that_waits_for_its_first_press() -> None:
    story = drilling(DESK)
    pressed = story.hear(GYM, "single")
    assert (kinds(story), drill_ends(pressed)) == (["real"], ["real_press"])


@pytest.mark.parametrize("after_s", [1.1, 10])
def test_an_enrolled_button_pressed_twice_within_10_s_is_real_and_ends_the_drill(after_s: float) -> None:
    story = drilling(DESK, HALL)
    story.hear()
    story.wait(after_s * 1_000)
    pressed = story.hear()
    assert told(pressed).kind == "real"
    assert real_again(pressed) == [((DESK,), "second_press")]
    assert drill_ends(pressed) == ["real_press"]
    assert kinds(story) == ["real"]
    # And every other enrolled one is real from now on.
    story.wait(20_000)
    assert told(story.hear(HALL, "single")).kind == "real"


def test_an_enrolled_button_pressed_again_after_more_than_10_s_is_the_drills_again() -> None:
    story = drilling()
    story.hear()
    story.wait(10_000.001)
    assert told(story.hear()).kind == "drill"
    assert kinds(story) == ["drill"]


def test_two_enrolled_buttons_pressed_within_10_s_are_the_drills_both() -> None:
    story = drilling(DESK, GYM)
    story.hear(DESK)
    story.wait(1_000)
    assert told(story.hear(GYM, "single")).kind == "drill"
    assert kinds(story) == ["drill"]


def test_the_same_press_sent_again_is_answered_as_the_drill_press_it_was() -> None:
    story = drilling()
    first = story.hear(press_id="p-1")
    again = story.hear(press_id="p-1")
    assert standings(again) == ["repeated"]
    assert told(again) == told(first)
    assert kinds(story) == ["drill"]


def test_a_repeat_after_the_drill_is_still_answered_as_a_drill_press() -> None:
    story = drilling()
    story.hear(press_id="p-1")
    story.finish()
    assert told(story.hear(press_id="p-1")).kind == "drill"
    assert not story.incidents


def test_a_press_that_may_have_been_made_before_the_drill_is_real() -> None:
    story = drilling()
    story.wait(3_000)
    pressed = story.hear(waited_s=4)
    assert real_again(pressed) == [((DESK,), "before_drill")]
    assert kinds(story) == ["real"]


def test_a_press_of_unknown_age_is_left_to_a_person_as_a_real_one() -> None:
    story = drilling()
    pressed = story.hear(waited_s=None)
    assert standings(pressed) == ["unknown_age"]
    story.answer(1, start=True)
    assert kinds(story) == ["real"]
    assert story.state.record.drills.run is None


def test_a_silent_call_from_an_enrolled_button_is_real_and_nothing_shows_of_it() -> None:
    story = drilling(HIDDEN, waits=False)
    pressed = story.hear(HIDDEN, "single")
    assert (told(pressed).kind, told(pressed).incident) == ("real", None)
    assert sorted((one.kind, one.silent) for one in story.incidents) == [("drill", False), ("real", True)]
    assert (real_again(pressed), drill_ends(pressed)) == ([], [])
    run = story.state.record.drills.run
    assert run is not None
    assert run.enrolled == (HIDDEN,)


def test_a_wired_button_counts_as_any_other() -> None:
    story = drilling(WIRED)
    story.run(0.5)
    wired = story.plan.buttons[WIRED].wired
    assert wired is not None
    story.set(wired.contact.point, wired.contact.when)
    story.run(0.3)
    assert kinds(story) == ["drill"]


def test_after_the_drill_an_enrolled_button_is_real() -> None:
    story = drilling()
    story.hear()
    ended = story.finish()
    assert drill_ends(ended) == ["asked"]
    assert not story.incidents
    story.wait(60_000)
    assert told(story.hear()).kind == "real"


def test_a_drill_that_is_closed_as_an_incident_ends_as_a_drill() -> None:
    story = drilling(waits=False)
    assert drill_ends(story.close(story.incidents[0].id)) == ["asked"]
    assert told(story.hear()).kind == "real"


def test_enrolment_survives_a_restart_of_the_daemon() -> None:
    story = drilling()
    story.hear()
    story.wait(20_000)
    story.restart()
    assert told(story.hear()).kind == "drill"
    story.wait(5_000)
    assert told(story.hear()).kind == "real"


def test_after_a_restart_of_the_machine_nobody_knows_how_long_it_was_and_every_button_is_real() -> None:
    story = drilling(DESK, waits=False)
    story.restart(boot="another")
    assert real_again(story.tick()) == [((DESK,), "boot")]
    assert told(story.hear()).kind == "real"


def test_a_press_between_a_new_boot_and_its_first_tick_is_real() -> None:
    story = drilling(DESK, waits=False)
    story.restart(boot="another")
    assert told(story.hear()).kind == "real"


def test_enrolment_ends_at_its_time_while_the_drill_goes_on() -> None:
    story = drilling(DESK, waits=False, minutes=1)
    story.wait(59_800)
    assert real_again(story.tick()) == []
    assert real_again(story.tick()) == [((DESK,), "time")]
    assert kinds(story) == ["drill"]
    assert real_again(story.tick()) == []
    assert told(story.hear()).kind == "real"


def test_a_drill_in_which_nobody_pressed_ends_at_its_time() -> None:
    story = drilling(DESK, minutes=1)
    story.wait(60_000)
    ended = story.tick()
    assert (real_again(ended), drill_ends(ended)) == ([((DESK,), "time")], ["time"])
    assert story.state.record.drills.run is None


def test_a_drill_press_never_reaches_beyond_the_drills_own_zones() -> None:
    story = Drilling()
    assert replied(story.begin(DESK, zones=(A1,), waits=True)).done
    pressed = story.hear()
    assert sorted(locked(pressed)) == ["a-101", "a-102"]
    assert (story.zone(CAMPUS), story.zone(A1)) == (None, "lockdown")


def test_a_drill_press_in_two_zones_reaches_both() -> None:
    story = Drilling()
    zones = (A1, B)
    assert replied(story.begin(DESK, zones=zones, waits=True)).done
    story.hear()
    assert set(story.state.record.zones) == set(zones)
    assert kinds(story) == ["drill"]


def test_a_narrower_press_stays_as_narrow_as_it_is() -> None:
    story = drilling(GYM)
    story.hear(GYM, "single")
    assert (story.zone(CAMPUS), story.zone(A)) == (None, "lockdown")


def test_a_press_is_real_once_the_drills_zones_are_configured_no_more() -> None:
    story = Drilling()
    story.begin(DESK, zones=(A1,), waits=True)
    gone = without(story.plan, A1)
    story.plan = replace(
        gone, buttons={DESK: desk(DESK, {"hold": Ask("lockdown", CAMPUS)}, zone=A)}, doors={}
    )
    pressed = story.hear()
    assert real_again(pressed) == [((DESK,), "zone_gone")]
    assert kinds(story) == ["real"]


def test_a_button_that_escalates_in_a_drill_asks_for_the_drills_more() -> None:
    plan = drilled_plan()
    rule = plan.buttons[HALL].escalation
    assert rule is not None
    slow = replace(plan.buttons[HALL], escalation=replace(rule, presses=2, within_us=60 * SECOND_US))
    story = Drilling(replace(plan, buttons={**plan.buttons, HALL: slow}))
    story.begin(HALL, zones=(A1,), waits=True)
    story.hear(HALL, "single")
    story.wait(20_000)
    assert told(story.hear(HALL, "single")).kind == "drill"
    assert (story.zone(CAMPUS), story.zone(A1)) == (None, "lockdown")


def test_every_output_of_a_drill_turns_real_with_a_real_press() -> None:
    """Also where the real one is narrower than the drill: what it keeps on is not switched off behind it."""
    story = drilling(DESK, waits=False)
    assert story.state.record.outputs_on == {"strobe", "strobe-b"}
    pressed = story.hear(GYM, "hold")
    assert {one.kind for one in story.state.record.zones.values()} == {"real"}
    assert story.state.record.outputs_on == {"strobe"}
    assert [
        (drive.target, drive.on)
        for one in pressed.permits
        for drive in one.drives
        if "strobe" in drive.target
    ] == [
        ("strobe", True),
        ("strobe-b", False),
    ]


def test_a_button_in_a_drill_is_not_put_in_a_walk_test_and_the_other_way_round() -> None:
    story = drilling(DESK)
    assert replied(story.walk_test(DESK)).code == "in_drill_now"
    assert replied(story.walk_test(GYM)).done
    story.finish()
    assert replied(story.begin(GYM)).code == "in_walk_test_now"


BUTTONS = (DESK, GYM, HALL)
PRESSES = st.lists(
    st.tuples(st.sampled_from(BUTTONS), st.integers(1_100, 25_000), st.booleans()), min_size=1, max_size=8
)


@settings(max_examples=150, deadline=None)
@given(st.sets(st.sampled_from(BUTTONS), min_size=1), PRESSES)
def test_whatever_is_pressed_a_drill_takes_only_its_own_buttons_single_presses(
    enrolled: set[ButtonId], presses: list[tuple[ButtonId, int, bool]]
) -> None:
    """An onlooker's own reckoning: real as soon as any press is not an enrolled button's first in 10 s."""
    story = drilling(*sorted(enrolled))
    last: dict[ButtonId, int] = {}
    now, real = 0, False
    for name, ms, restarts in presses:
        story.wait(ms)
        now += ms
        if restarts:
            story.restart()
        real = real or name not in enrolled or (name in last and now - last[name] <= 10_000)
        last[name] = now
        pressed = story.hear(name, "single")
        assert told(pressed).kind == ("real" if real else "drill")
        assert ("drill" in kinds(story)) != real
        assert (story.state.record.drills.run is None) == real
    assert all(a.since(b) <= 0 for (a, _), (b, _) in pairwise(story.entries))
