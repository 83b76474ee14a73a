"""What somebody does while a flag stands: beside it, never instead of it, and over by itself."""

from dataclasses import replace

import pytest

from edge.config.packs import shipped
from rules.decision import Decision
from rules.model.events import ConditionChanged, MeasureAsked, MeasureEndAsked
from rules.model.facts import RequestRefused
from rules.model.flag_facts import FlagCompensated, FlagUncompensated
from rules.model.ids import ControllerId, InputId, ZoneId
from rules.model.moments import SECOND_US
from rules.plan import Plan
from rules.shortcoming import thing_of, zones_of
from tests.rules.campus import A1, CAMPUS, OTHER, PERSON, PLC, A, B, campus, contact, door, facts
from tests.rules.story import (
    DESK,
    GYM,
    GYM_DOOR,
    LIMIT_US,
    ROOM_1,
    Story,
    cleared,
    replied,
    running,
    standard,
)

HOUR_US = 3_600 * SECOND_US
FULL = ("journal_refused", CAMPUS)


def flagged() -> Story:
    """A campus whose disk is full, by the shipped table of flags."""
    story = running()
    story.plan = replace(story.plan, flags=shipped().flags)
    story.do(ConditionChanged(story.now, FULL[0], True, ("ENOSPC",)))
    return story


def mended(story: Story) -> Decision:
    """The condition ends."""
    return story.do(ConditionChanged(story.now, FULL[0], False, ()))


def ask(
    story: Story, *, key: tuple[str, str] = FULL, hours: float = 1, text: str = "guard at the west entrance"
) -> Decision:
    """Somebody records a measure."""
    until_us = story.now.utc_us + round(hours * HOUR_US)
    return story.do(MeasureAsked(story.now, story.request(), PERSON, *key, until_us, text))


def ended(made: Decision | list[Decision]) -> list[str]:
    return [one.why for one in facts(made) if isinstance(one, FlagUncompensated)]


def refused(made: Decision) -> list[str]:
    return [one.code for one in facts(made) if isinstance(one, RequestRefused)]


def test_a_measure_stands_beside_its_flag_and_clears_nothing() -> None:
    story = flagged()
    made = ask(story, text="  guard at the west entrance ")
    assert replied(made).done
    assert facts(made, "flag.compensated")
    found = story.state.record.measures[FULL]
    assert (found.text, found.by, found.since) == ("guard at the west entrance", PERSON, story.now)
    assert cleared(story.run(3)) == []
    assert FULL in story.flags()


def test_it_ends_at_its_end_though_the_flag_stands() -> None:
    story = flagged()
    ask(story, hours=2 / 3_600)
    assert ended(story.run(1)) == []
    assert ended(story.run(2.2)) == ["until"]
    assert FULL in story.flags()
    assert story.state.record.measures == {}


def test_it_ends_with_its_flag_and_does_not_come_back_with_it() -> None:
    story = flagged()
    ask(story)
    assert ended(mended(story)) == ["cleared"]
    story.do(ConditionChanged(story.now, FULL[0], True, ("ENOSPC",)))
    assert story.state.record.measures == {}


def test_somebody_says_that_it_is_over_and_nobody_says_it_twice() -> None:
    story = flagged()
    ask(story)
    over = MeasureEndAsked(story.now, story.request(), PERSON, *FULL)
    assert ended(story.do(over)) == ["asked"]
    again = story.do(replace(over, request=story.request()))
    assert (replied(again).code, refused(again)) == ("no_such_measure", ["no_such_measure"])


def test_one_that_is_recorded_again_takes_the_place_of_the_one_before() -> None:
    story = flagged()
    ask(story)
    ask(story, text="the caretaker sits there", hours=3)
    assert story.state.record.measures[FULL].text == "the caretaker sits there"


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"key": ("journal_refused", "elsewhere")}, "unknown_flag"),
        ({"text": "  "}, "no_reason"),
        ({"hours": 0}, "bad_until"),
        ({"hours": -1}, "bad_until"),
        ({"hours": 31 * 24 + 1}, "bad_until"),
    ],
)
def test_a_measure_names_a_flag_that_stands_says_what_is_done_and_ends_within_a_month(
    how: dict[str, object], code: str
) -> None:
    story = flagged()
    made = ask(story, **how)  # type: ignore[arg-type]
    assert (replied(made).done, replied(made).code, refused(made)) == (False, code, [code])
    assert story.state.record.measures == {}


@pytest.mark.parametrize("silent", [True, False])
def test_whether_a_silent_call_waits_is_not_told_by_what_is_refused(silent: bool) -> None:
    story = flagged()
    if silent:
        story.hear(DESK, waited_s=900)
    assert replied(ask(story, key=("unanswered_press", DESK))).code == "no_measure"


def test_it_stands_over_a_restart_and_ends_though_the_box_was_off_at_its_end() -> None:
    story = flagged()
    ask(story)
    story.restart()
    assert story.state.record.measures[FULL].text == "guard at the west entrance"
    story.wait(2 * 3_600 * 1_000)
    story.restart("another boot")
    assert ended(story.run(1)) == ["until"]


def test_the_record_is_what_was_told_of_measures() -> None:
    story = flagged()
    ask(story)
    assert story.refolded().measures == story.state.record.measures
    assert FlagCompensated.SEALED == ("text",)


# --- since when -------------------------------------------------------------------------------


def test_a_flag_that_is_raised_again_for_another_reason_is_as_old_as_it_was() -> None:
    story = running()
    story.link(False)
    story.run(1.2, scans=False)
    since = story.state.record.flags["not_armed", CAMPUS].since
    assert story.state.record.flags["not_armed", CAMPUS].args == ("no_controller",)
    story.sessions(False)
    story.link(True)
    story.run(1.2, scans=False)
    again = story.state.record.flags["not_armed", CAMPUS]
    assert (again.args, again.since) == (("no_button_path",), since)


def test_a_shortcoming_is_flagged_within_a_second_of_its_cause() -> None:
    story = running()
    story.link(False)
    began = story.now
    while ("controller_down", PLC) not in story.flags():
        story.tick()
    assert story.now.since(began) <= SECOND_US


def test_what_time_alone_brings_is_flagged_within_a_second_and_after_the_box_was_off_at_once() -> None:
    story = running()
    story.status(GYM)
    heard = story.now
    while ("button_silent", GYM) not in story.flags():
        story.run(1)
    assert story.now.since(heard) - LIMIT_US <= 2 * SECOND_US
    since = story.state.record.flags["button_silent", GYM].since
    story.wait(14 * 24 * 3_600 * 1_000)
    story.restart()
    story.run(2)
    assert story.state.record.flags["button_silent", GYM].since == since


# --- where ------------------------------------------------------------------------------------


def test_a_flag_lies_where_its_thing_does() -> None:
    plan = standard()
    assert zones_of(plan, ROOM_1) == (A1,)
    assert zones_of(plan, f"lock:{GYM_DOOR}") == (B,)
    assert zones_of(plan, GYM) == (A,)
    assert zones_of(plan, "strobe-b") == (B,)
    assert zones_of(plan, "fire") == (A, A1)
    assert zones_of(plan, PLC) == (A, A1, B)
    assert zones_of(plan, CAMPUS) == zones_of(plan, "no-such-thing") == (CAMPUS,)
    # Of an asset or a ticket, which no plan knows, its flag says the zone.
    assert zones_of(plan, "asset-7", ("b", "role")) == zones_of(plan, "ticket-7", ("b", "7")) == (B,)
    assert zones_of(plan, "asset-7", ("", "role")) == zones_of(plan, "asset-7", ("gone",)) == (CAMPUS,)
    assert zones_of(plan, ROOM_1, ("b",)) == (A1,)
    assert zones_of(plan, CAMPUS, ("b",)) == (CAMPUS,)
    assert thing_of("lock:a-101") == "a-101"


def test_a_board_with_nothing_on_it_and_an_input_of_a_door_have_their_places() -> None:
    rex = replace(contact("rex", 40, controller=OTHER), zones=frozenset[ZoneId](), doors=(GYM_DOOR, ROOM_1))
    plan: Plan = campus(
        door(GYM_DOOR, 2, zone=B), inputs=[rex], controllers=(PLC, OTHER, ControllerId("spare"))
    )
    assert zones_of(plan, "spare") == (CAMPUS,)
    assert zones_of(plan, InputId("rex")) == zones_of(plan, OTHER) == (B,)
