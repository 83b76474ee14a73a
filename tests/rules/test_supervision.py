"""Whether each part could be relied on now: armed and why not, silence, batteries, sessions, floods."""

from dataclasses import replace

import pytest

from rules import supervision
from rules.decision import Decision
from rules.model.events import (
    ControllerChanged,
    MessageRefused,
    SessionChanged,
    StatusHeard,
)
from rules.model.facts import (
    ButtonTurned,
    ControllerTurned,
    MessageRefusedRecorded,
    SessionTurned,
)
from rules.model.ids import ButtonId, DeliveryId
from rules.model.moments import SECOND_US
from rules.silence import button_state
from rules.supervision import armed
from tests.rules.campus import CAMPUS, OTHER, PLC, button, campus, door, facts
from tests.rules.story import (
    DESK,
    LIMIT_US,
    LOCKDOWN,
    ROOM_1,
    WIRED,
    Story,
    cleared,
    desk,
    only,
    raised,
    running,
    standard,
    told,
)

LIMIT_S = LIMIT_US // SECOND_US


def turned(made: list[Decision]) -> list[tuple[str, str]]:
    """The buttons told to be silent or heard again, in order."""
    return [(one.button, one.state) for each in made for one in facts(each) if isinstance(one, ButtonTurned)]


def refuse(story: Story, name: ButtonId | None = DESK, code: str = "not_json") -> Decision:
    """A message that cannot be read."""
    topic = "campus/button/x/press"
    return story.do(MessageRefused(story.now, name, code, topic, b"\xff{", DeliveryId(3)))


# --- armed -------------------------------------------------------------------------------------


def test_a_controller_and_a_broker_session_make_it_armed() -> None:
    story = Story()
    story.sessions()
    assert armed(story.plan, story.state) == (True, "")


def test_a_controller_and_a_wired_button_that_is_read_make_it_armed() -> None:
    story = Story()
    story.run(0.2)
    assert armed(story.plan, story.state) == (True, "")
    story.wait(3_000)
    story.tick()
    assert armed(story.plan, story.state) == (False, "no_button_path")


def test_it_is_not_armed_without_a_controller() -> None:
    story = Story(up=False)
    story.sessions()
    assert armed(story.plan, story.state) == (False, "no_controller")


def test_a_controller_that_a_reload_took_away_does_not_count() -> None:
    story = Story()
    story.sessions()
    story.plan = replace(story.plan, controllers={OTHER: replace(story.plan.controllers[PLC], id=OTHER)})
    assert armed(story.plan, story.state) == (False, "no_controller")


def test_one_controller_of_several_is_enough() -> None:
    plan = campus(door(ROOM_1), buttons=[desk("pb", {"hold": LOCKDOWN})])
    story = Story(plan)
    story.sessions()
    story.link(False, OTHER)
    assert armed(story.plan, story.state) == (True, "")


def test_the_status_session_alone_is_no_button_path() -> None:
    story = Story()
    story.do(SessionChanged(story.now, "status", True, ""))
    assert armed(story.plan, story.state) == (False, "no_button_path")


def test_a_broker_session_without_a_networked_button_is_no_button_path() -> None:
    story = Story(campus(door(ROOM_1), buttons=[button(WIRED, 60)]))
    story.sessions()
    assert armed(story.plan, story.state) == (False, "no_button_path")


def test_not_armed_is_flagged_with_its_reason_and_the_reason_follows() -> None:
    story = running()
    story.sessions(False)
    story.run(3, scans=False)
    assert story.state.record.flags["not_armed", CAMPUS].args == ("no_button_path",)
    story.link(False)
    story.run(2, scans=False)
    assert story.state.record.flags["not_armed", CAMPUS].args == ("no_controller",)
    story.link(True)
    story.sessions()
    story.run(2)
    assert ("not_armed", CAMPUS) not in story.flags()


# --- silence -----------------------------------------------------------------------------------


def test_a_button_not_heard_since_start_is_unknown_then_silent() -> None:
    story = Story()
    plan = story.plan.buttons[DESK]
    assert button_state(plan, story.state, story.now) == "unknown"
    assert button_state(plan, story.state, story.now.plus(LIMIT_US)) == "unknown"
    assert button_state(plan, story.state, story.now.plus(LIMIT_US + 1)) == "silent"


def test_a_button_is_heard_for_its_silence_limit_after_a_report() -> None:
    story = Story()
    story.status()
    plan = story.plan.buttons[DESK]
    assert button_state(plan, story.state, story.now.plus(LIMIT_US)) == "heard"
    assert button_state(plan, story.state, story.now.plus(LIMIT_US + 1)) == "silent"


def test_a_model_that_cannot_report_is_unsupervised_by_design_and_flagged_so() -> None:
    plain = desk("pb-plain", {"hold": LOCKDOWN}, silence_limit_us=None)
    standing = (("unsupervised_by_design", plain.id),)
    story = Story(replace(standard(), buttons={plain.id: plain}, standing_flags=standing))
    story.sessions()
    story.run(2)
    assert button_state(plain, story.state, story.now) == "unsupervised"
    assert standing[0] in story.flags()


def test_silence_is_told_once_and_flagged_and_so_is_its_end() -> None:
    story = running()
    story.status()
    story.tick(LIMIT_S * 1_000 - 1_000)
    made = [story.tick(500) for _ in range(20)]
    assert turned(made).count((DESK, "silent")) == 1
    assert raised(made) == ["button_silent"]
    back = story.status()
    assert turned([back]) == [(DESK, "heard")]
    assert turned([story.status()]) == []
    assert cleared([story.tick(1_000)]) == ["button_silent"]


def test_a_press_is_a_sign_of_life() -> None:
    story = running()
    story.tick(LIMIT_S * 1_000 + 1_000)
    pressed = story.hear()
    assert turned([pressed]) == [(DESK, "heard")]
    assert button_state(story.plan.buttons[DESK], story.state, story.now) == "heard"


def test_a_press_that_the_broker_kept_shows_life_when_it_was_made() -> None:
    story = running()
    story.tick(LIMIT_S * 1_000 - 20_000)
    story.hear(waited_s=60)
    plan = story.plan.buttons[DESK]
    assert button_state(plan, story.state, story.now.plus(LIMIT_US - 60 * SECOND_US)) == "heard"
    assert button_state(plan, story.state, story.now.plus(LIMIT_US - 59 * SECOND_US)) == "silent"


@pytest.mark.parametrize(("waited_s", "retained"), [(None, False), (0.0, True)])
def test_a_press_of_unknown_age_or_retained_is_no_sign_of_life(
    waited_s: float | None, retained: bool
) -> None:
    story = running()
    story.hear(waited_s=waited_s, retained=retained)
    assert button_state(story.plan.buttons[DESK], story.state, story.now) == "unknown"


def test_an_older_sign_of_life_takes_back_no_newer_one() -> None:
    story = running()
    story.status()
    story.hear(waited_s=60)
    its = story.state.live.buttons[DESK]
    assert its.heard == story.now


def test_an_old_press_that_proves_its_age_leaves_a_silent_button_silent() -> None:
    story = running()
    story.status(ahead_us=0)
    pressed_at_us = story.now.utc_us
    story.wait(LIMIT_S * 1_000 - 1)
    story.hear(at_us=pressed_at_us)
    its = story.state.live.buttons[DESK]
    assert its.heard is not None
    assert story.now.since(its.heard) == LIMIT_US - 1_000
    assert its.online is True


def test_a_last_will_is_a_hint_and_no_sign_of_life() -> None:
    story = running()
    story.status(online=False)
    assert button_state(story.plan.buttons[DESK], story.state, story.now) == "unknown"
    story.tick(1_000)
    assert ("button_said_offline", DESK) in story.flags()
    story.status(online=True)
    story.tick(1_000)
    assert ("button_said_offline", DESK) not in story.flags()


def test_a_press_made_before_the_last_will_does_not_take_it_back() -> None:
    story = running()
    story.wait(60_000)
    story.status(online=False)
    story.hear(waited_s=30)
    assert story.state.live.buttons[DESK].online is False
    story.hear()
    assert story.state.live.buttons[DESK].online is True


def test_a_retained_status_gives_its_battery_and_not_its_life() -> None:
    story = running()
    story.status(battery=80, retained=True)
    its = story.state.live.buttons[DESK]
    assert (its.battery, its.heard, its.clock) == (80, None, None)


def test_a_status_of_a_button_that_is_gone_changes_nothing() -> None:
    story = running()
    before = story.state.record
    story.do(StatusHeard(story.now, ButtonId("pb-gone"), 5, True, None, False))
    assert story.state.record == before
    assert "pb-gone" not in story.state.live.buttons


@pytest.mark.parametrize(("percent", "low"), [(16, False), (15, True), (0, True)])
def test_a_battery_is_flagged_from_15_percent_down(percent: int, low: bool) -> None:
    story = running()
    story.status(battery=percent)
    story.tick(1_000)
    assert (("button_battery_low", DESK) in story.flags()) == low
    if low:
        assert story.state.record.flags["button_battery_low", DESK].args == (str(percent),)


def test_a_battery_that_flutters_is_flagged_once() -> None:
    story = running()
    made = []
    for percent in (14, 13, 14, 12):
        made.append(story.status(battery=percent))
        made.append(story.tick(1_000))
    assert raised(made).count("button_battery_low") == 1


def test_a_wired_button_that_is_not_read_is_silent() -> None:
    story = running()
    story.run(3, scans=False)
    assert ("button_silent", WIRED) in story.flags()


# --- sessions and controllers ------------------------------------------------------------------


def test_a_session_is_told_when_it_turns_and_not_again() -> None:
    story = Story()
    up = SessionChanged(story.now, "presses", True, "detail")
    fact = only(one for one in facts(story.do(up)) if isinstance(one, SessionTurned))
    assert (fact.session, fact.up, fact.detail) == ("presses", True, "detail")
    assert not story.do(up).entries
    assert facts(story.do(replace(up, up=False)), "broker.session")


def test_a_session_that_is_down_is_flagged_where_a_networked_button_needs_it() -> None:
    story = running()
    story.sessions(False)
    story.tick(1_000)
    assert {("presses_session_down", CAMPUS), ("status_session_down", CAMPUS)} <= story.flags()
    wired = Story(campus(door(ROOM_1), buttons=[button(WIRED, 60)], controllers=(PLC,)))
    wired.run(7)
    assert wired.flags() == set()


def test_a_controller_is_told_when_it_turns_and_not_again() -> None:
    story = Story()
    down = ControllerChanged(story.now, PLC, False, "silent", "timed out")
    fact = only(one for one in facts(story.do(down)) if isinstance(one, ControllerTurned))
    assert (fact.controller, fact.up, fact.code, fact.detail) == (PLC, False, "silent", "timed out")
    assert not facts(story.do(down), "controller")


def test_a_controller_that_was_never_heard_is_told_at_its_first_word() -> None:
    story = Story(up=False)
    assert facts(story.link(True), "controller")
    story = Story(up=False)
    assert facts(story.link(False), "controller")


def test_a_controller_down_is_flagged_with_why_and_never_heard_is_one() -> None:
    story = running()
    story.link(False)
    story.run(1, scans=False)
    assert story.state.record.flags["controller_down", PLC].args == ("silent",)
    story = Story(up=False)
    story.run(7, scans=False)
    assert story.state.record.flags["controller_down", PLC].args == ("never_heard",)


# --- floods ------------------------------------------------------------------------------------


def test_a_message_that_cannot_be_read_is_recorded_with_its_digest_and_flagged() -> None:
    story = running()
    made = refuse(story)
    fact = only(one for one in facts(made) if isinstance(one, MessageRefusedRecorded))
    assert (fact.button, fact.code, fact.size, len(fact.sha256)) == (DESK, "not_json", 2, 64)
    assert (told(made).delivery, told(made).topic_answer) == (3, False)
    story.tick(1_000)
    assert ("message_refused", DESK) in story.flags()
    story.tick(3_600_001)
    assert ("message_refused", DESK) not in story.flags()


def test_a_message_of_no_button_is_the_campuss() -> None:
    story = running()
    assert refuse(story, None).entries[0].subject == CAMPUS


def test_a_refused_message_that_waits_for_nothing_is_answered_to_nobody() -> None:
    story = running()
    made = story.do(MessageRefused(story.now, None, "unknown_topic", "x", b"", None))
    assert not made.answers


def test_a_flood_is_recorded_twenty_times_a_minute_and_counted() -> None:
    story = Story()
    story.now = replace(story.now, mono_us=600 * SECOND_US)
    made = [refuse(story) for _ in range(50)]
    assert sum(len(facts(one, "message.refused")) for one in made) == 20
    assert all(one.answers for one in made)
    assert story.state.live.refused == (10, 50)
    story.wait(60_000)
    assert facts(refuse(story), "message.refused")


def test_a_flood_of_unreadable_messages_does_not_hide_a_press() -> None:
    story = Story()
    for _ in range(50):
        refuse(story)
    assert story.hear().permits


def test_the_flags_of_many_doors_are_raised_and_cleared_some_with_each_tick_and_none_is_passed_over() -> None:
    many = supervision.DOORS_A_SWEEP * 5 // 2
    story = Story(campus(*(door(f"d{number}", number) for number in range(many)), controllers=(PLC,)))
    story.run(40)

    def stale() -> int:
        return sum(code == "door_stale" for code, _ in story.state.record.flags)

    story.wait(60_000)
    story.run(3, scans=False)
    all_stale = stale()
    story.run(3)

    assert all_stale == many
    assert stale() == 0
