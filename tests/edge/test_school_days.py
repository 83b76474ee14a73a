"""What the calendar says at a day and a minute: weeks, dates that are otherwise, others in the building, and its end."""

from datetime import date

import pytest

from edge.config.calendar import CommunityUse, SchoolCalendar, SchoolException
from edge.school_days import school_now
from rules.model.moments import Instant
from rules.model.school import SchoolTold

AT = Instant(1, 1)
CALENDAR = SchoolCalendar(
    begins="2026-08-17",
    until="2027-06-11",
    hours="07:30-15:30",
    exceptions=(
        SchoolException(date="2026-11-26", note="Thanksgiving"),
        SchoolException(date="2026-12-18", hours="07:30-12:00"),
        SchoolException(date="2026-12-19", hours="09:00-12:00"),
    ),
    community=(
        CommunityUse(id="league", zones=("gym",), days=("tue",), hours="18:00-21:00"),
        CommunityUse(id="fair", zones=("gym", "hall"), dates=("2026-12-08",), hours="14:00-20:00"),
    ),
)


def said(day: str, clock: str, *, sure: bool = True) -> tuple[str, tuple[str, ...], str]:
    minute = int(clock[:2]) * 60 + int(clock[3:])
    told = school_now(CALENDAR, AT, date.fromisoformat(day).toordinal(), minute, sure=sure)
    assert isinstance(told, SchoolTold)
    return told.mode, told.community, told.what


@pytest.mark.parametrize(
    ("day", "clock", "mode", "zones", "what"),
    [
        ("2026-11-30", "07:29", "after-hours", (), ""),
        ("2026-11-30", "07:30", "school", (), ""),
        ("2026-11-30", "15:29", "school", (), ""),
        ("2026-11-30", "15:30", "after-hours", (), ""),
        ("2026-11-28", "10:00", "after-hours", (), ""),
        ("2026-11-26", "10:00", "after-hours", (), "exception-2026-11-26"),
        ("2026-12-18", "11:59", "school", (), "exception-2026-12-18"),
        ("2026-12-18", "12:00", "after-hours", (), "exception-2026-12-18"),
        ("2026-12-19", "10:00", "school", (), "exception-2026-12-19"),
        ("2026-12-01", "18:00", "community", ("gym",), "league"),
        ("2026-12-08", "14:00", "school", ("gym", "hall"), ""),
        ("2026-12-08", "18:30", "community", ("gym", "hall"), "league"),
        ("2026-08-16", "10:00", "unknown", (), ""),
        ("2027-06-12", "10:00", "unknown", (), ""),
    ],
)
def test_the_week_its_exceptions_and_others_in_the_building(
    day: str, clock: str, mode: str, zones: tuple[str, ...], what: str
) -> None:
    assert said(day, clock) == (mode, zones, what)


def test_a_clock_that_is_not_sure_knows_no_school_day() -> None:
    assert said("2026-11-30", "10:00", sure=False) == ("unknown", (), "")
