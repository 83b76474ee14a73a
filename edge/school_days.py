"""Whether school is in session, by the site's calendar and its own clock on the wall. Pure: told a day and a minute."""

from datetime import date
from typing import Final

from edge.config.calendar import CommunityUse, SchoolCalendar, hours_of
from rules.model.ids import ZoneId
from rules.model.moments import Instant
from rules.model.school import SchoolMode, SchoolTold

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def school_now(calendar: SchoolCalendar, at: Instant, day: int, minute: int, *, sure: bool) -> SchoolTold:
    """day, minute: local, as `events.ClockTold` has them. Where the clock is not sure, or the calendar has run out: unknown."""
    today = date.fromordinal(day)
    if not sure or not date.fromisoformat(calendar.begins) <= today <= date.fromisoformat(calendar.until):
        return SchoolTold(at, "unknown")
    mode, what = _mode(calendar, today, minute)
    used = [one for one in calendar.community if _is_used(one, today, minute)]
    if mode == "after-hours" and used:
        mode, what = "community", used[0].id
    zones = tuple(dict.fromkeys(ZoneId(zone) for one in used for zone in one.zones))
    return SchoolTold(at, mode, zones, what)


def _mode(calendar: SchoolCalendar, today: date, minute: int) -> tuple[SchoolMode, str]:
    """An exception of this date stands in the place of what the week says."""
    found = next((one for one in calendar.exceptions if one.date == today.isoformat()), None)
    if found is not None:
        hours, what = found.hours, f"exception-{found.date}"
    else:
        hours, what = (calendar.hours if DAYS[today.weekday()] in calendar.days else None), ""
    return ("school" if hours is not None and _within(hours, minute) else "after-hours"), what


def _is_used(use: CommunityUse, today: date, minute: int) -> bool:
    there = today.isoformat() in use.dates or DAYS[today.weekday()] in use.days
    return there and _within(use.hours, minute)


def _within(hours: str, minute: int) -> bool:
    begins, ends = hours_of(hours)
    return begins <= minute < ends
