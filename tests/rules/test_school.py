"""School hours, after hours and use by others: who is told when, and everybody where nobody knows."""

from dataclasses import replace

import pytest

from rules import school
from rules.model.facts import Entry
from rules.model.ids import OutputId, ZoneId
from rules.model.moments import MINUTE_US
from rules.model.school import SchoolMode, SchoolTold, SchoolTurned
from rules.plan import OutputPlan, Plan
from tests.rules.campus import A1, CAMPUS, A, B, facts
from tests.rules.story import Story
from tests.rules.test_transitions import plan


def mail(name: str, *modes: str, zone: ZoneId = CAMPUS) -> OutputPlan:
    return OutputPlan(OutputId(name), "smtp", zone, None, "2026-08-14", frozenset(modes))


def campus() -> Plan:
    outputs = [
        mail("day", "school"),
        mail("night", "after-hours"),
        mail("league", "community", "after-hours"),
        OutputPlan(OutputId("page"), "rtp-paging", A, None, "2026-08-14"),
    ]
    return replace(plan(), outputs={one.id: one for one in outputs})


def tell(story: Story, mode: SchoolMode, *community: ZoneId, what: str = "") -> list[Entry]:
    return list(story.do(SchoolTold(story.now, mode, community, what)).entries)


def told(story: Story, *zones: ZoneId) -> set[str]:
    made = story.start("lockdown", *(zones or (CAMPUS,)))
    return {str(one.output) for one in made.notices}


@pytest.mark.parametrize(
    ("mode", "who"),
    [
        ("school", {"day", "page"}),
        ("after-hours", {"night", "league", "page"}),
        ("community", {"league", "page"}),
        ("unknown", {"day", "night", "league", "page"}),
    ],
)
def test_who_is_told_goes_by_the_time_of_the_schools_day(mode: SchoolMode, who: set[str]) -> None:
    story = Story(campus())
    tell(story, mode)
    assert told(story) == who


def test_before_the_first_word_of_a_run_and_without_a_calendar_everybody_is_told() -> None:
    assert told(Story(campus())) == {"day", "night", "league", "page"}


def test_a_calendar_that_fell_silent_names_nobody_out() -> None:
    story = Story(campus())
    tell(story, "school")
    at = story.now.plus(2 * MINUTE_US + 1)
    assert school.mode_of(story.state.live, story.now) == "school"
    assert school.mode_of(story.state.live, at) == "unknown"
    assert school.modes_in(story.plan, story.state.live, A, at) == {"unknown"}


def test_where_others_use_a_part_that_part_goes_by_them_and_what_covers_it_by_both() -> None:
    story = Story(campus())
    tell(story, "after-hours", A, ZoneId("gone"))
    live, now = story.state.live, story.now
    found = {one: school.modes_in(story.plan, live, one, now) for one in (CAMPUS, A, A1, B)}
    assert found == {
        CAMPUS: {"after-hours", "community"},
        A: {"community"},
        A1: {"community"},
        B: {"after-hours"},
    }


def test_beside_a_school_in_session_both_are_told() -> None:
    story = Story(campus())
    tell(story, "school", A)
    assert school.modes_in(story.plan, story.state.live, A1, story.now) == {"school", "community"}
    assert told(story, A) == {"day", "league", "page"}


def test_where_nobody_who_writes_is_for_this_time_all_of_them_are_told() -> None:
    day, raw = mail("day", "school"), replace(mail("raw", "after-hours"), commissioned=None)
    story = Story(replace(plan(), outputs={day.id: day, raw.id: raw}))
    tell(story, "after-hours")
    assert told(story) == {"day"}


def test_who_was_told_at_one_time_is_told_the_end_at_another() -> None:
    story = Story(campus())
    tell(story, "school")
    told(story)
    tell(story, "after-hours")
    made = story.close()
    assert {str(one.output) for one in made.notices} == {"day", "page"}


def test_only_what_turned_is_written() -> None:
    story = Story(campus())
    first = tell(story, "school")
    again = tell(story, "school")
    turned = story.do(SchoolTold(story.now, "after-hours", (A,), "gym-night"))
    assert [one.fact for one in first if isinstance(one.fact, SchoolTurned)] == [
        SchoolTurned("school", (), "")
    ]
    assert [one for one in again if isinstance(one.fact, SchoolTurned)] == []
    assert facts(turned, "school.turned") == [SchoolTurned("after-hours", (A,), "gym-night")]
