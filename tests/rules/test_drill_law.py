"""What drill law asks for: how many, by when, what of it is done, due and overdue; and the flag for what is."""

from dataclasses import replace
from datetime import date

import pytest

from rules import drill_due, drill_law
from rules.drill_law import Due, Law, Requirement
from rules.drill_state import Drills
from rules.model.drill_asks import LogDrill
from tests.rules.drilling import LAW, RULES, TODAY, Drilling, drilled_plan
from tests.rules.story import DESK, GYM, replied

FIRST, LAST = date(2025, 9, 1).toordinal(), date(2026, 6, 20).toordinal()


def asks(*, count: int = 1, **more: object) -> Requirement:
    return Requirement("one", ("fire",), count, "year", "One", **more)  # type: ignore[arg-type]


def law(*requires: Requirement) -> Law:
    return replace(LAW, requires=requires)


def due(story: Drilling, *requires: Requirement, today: int = TODAY) -> list[Due]:
    rules = replace(RULES, law=law(*requires))
    return list(drill_law.due(rules, story.state.record.drills, today))


def logged(story: Drilling, day: int, kind: str = "fire") -> None:
    assert replied(story.ask(LogDrill(kind, day, 600, "by the panel"))).done


def known() -> Drilling:
    story = Drilling()
    story.clock()
    return story


def test_a_school_year_is_the_one_that_began_last() -> None:
    assert drill_law.school_year(RULES, TODAY) == (FIRST, LAST)
    assert drill_law.school_year(RULES, LAST + 10) == (FIRST, LAST)
    assert drill_law.school_year(RULES, FIRST - 1)[0] == date(2024, 9, 1).toordinal()
    southern = replace(RULES, begins=(1, 28), ends=(12, 10))
    assert drill_law.school_year(southern, TODAY) == (
        date(2025, 1, 28).toordinal(),
        date(2025, 12, 10).toordinal(),
    )


@pytest.mark.parametrize(("year", "number"), [(2024, 29), (2000, 29), (2025, 28), (1900, 28)])
def test_29_february_is_the_28th_where_there_is_none(year: int, number: int) -> None:
    assert drill_law.day_of(year, (2, 29)) == date(year, 2, number).toordinal()


@pytest.mark.parametrize(
    ("more", "by"),
    [
        ({}, date(2026, 6, 20)),
        ({"within": 10}, date(2025, 9, 11)),
        ({"within": 400}, date(2026, 6, 20)),
        ({"month": 10}, date(2025, 10, 31)),
        ({"month": 6}, date(2026, 6, 20)),
        ({"month": 7}, date(2026, 6, 20)),
        ({"by": (12, 1)}, date(2025, 12, 1)),
        ({"by": (3, 1)}, date(2026, 3, 1)),
        ({"by": (8, 1)}, date(2026, 6, 20)),
    ],
)
def test_a_requirement_has_its_day(more: dict[str, object], by: date) -> None:
    assert drill_law.deadlines(asks(count=2, **more), FIRST, LAST) == (by.toordinal(),) * 2


def test_one_each_month_is_due_at_the_end_of_each_and_the_last_with_the_year() -> None:
    monthly = Requirement("m", ("fire",), 1, "month", "Each month")
    days = [date.fromordinal(one) for one in drill_law.deadlines(monthly, FIRST, LAST)]
    assert len(days) == 10
    assert (days[0], days[3], days[-1]) == (date(2025, 9, 30), date(2025, 12, 31), date(2026, 6, 20))


def test_what_is_held_is_done_and_what_is_not_is_due_and_after_its_day_overdue() -> None:
    story = known()
    two = asks(count=2, by=(10, 1))
    after = date(2025, 10, 2).toordinal()
    assert [(one.progress, one.done, one.missing) for one in due(story, two)] == [("due", 0, 0)]
    logged(story, TODAY)
    assert [(one.progress, one.done, one.missing) for one in due(story, two, today=after)] == [
        ("overdue", 1, 1)
    ]
    logged(story, TODAY)
    (both,) = due(story, two, today=after)
    assert (both.progress, both.done, both.needed, both.next) == ("done", 2, 2, None)


def test_a_drill_of_another_type_month_or_year_does_not_count() -> None:
    story = known()
    logged(story, TODAY, "lockdown")
    logged(story, FIRST - 1)
    assert [one.done for one in due(story, asks())] == [0]
    logged(story, TODAY)
    assert [one.done for one in due(story, asks(), asks(month=9), asks(month=10))] == [1, 1, 0]


def test_a_drill_that_turned_real_an_exercise_and_one_that_nobody_pressed_in_do_not_count() -> None:
    story = known()
    story.begin(DESK)
    story.hear(GYM, "single")
    story.close()
    story.begin(kind="exercise")
    story.finish()
    story.begin(DESK, waits=True)
    story.finish()
    assert list(drill_law.counted_of(story.state.record.drills.over.values())) == []

    story.begin()
    story.finish()
    assert len(list(drill_law.counted_of(story.state.record.drills.over.values()))) == 1


def test_without_a_law_nothing_is_due() -> None:
    assert drill_law.due(replace(RULES, law=None), Drills(), TODAY) == ()


def test_what_is_overdue_is_a_flag_that_names_the_law_and_ends_when_it_was_held() -> None:
    story = Drilling()
    assert list(drill_due.flags(story.plan, story.state)) == []
    october = date(2025, 10, 2).toordinal()
    story.clock(october)
    assert list(drill_due.flags(story.plan, story.state)) == [
        (("drill_overdue", "drill-law-fire-monthly"), ("0", "1", "A state", "A fire drill each month")),
    ]
    story.tick(60_000)
    assert ("drill_overdue", "drill-law-fire-monthly") in story.state.record.flags
    logged(story, TODAY)
    story.tick(60_000)
    assert ("drill_overdue", "drill-law-fire-monthly") not in story.state.record.flags
    without = replace(drilled_plan(), drills=replace(RULES, law=None))
    assert list(drill_due.flags(without, story.state)) == []
