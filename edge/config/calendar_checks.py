"""What a school's calendar can mean: a year that ends before it begins, hours over midnight, a day said twice."""

from edge.config.calendar import SchoolCalendar, hours_of
from edge.config.report import Report


def check_calendar(calendar: SchoolCalendar, report: Report) -> None:
    """What reads well and can mean nothing is refused where it stands."""
    at = "policies.calendar"
    if calendar.until < calendar.begins:
        report.refuse(
            f"{at}.until", "the calendar ends before it begins", "write the last day of this school year"
        )
    if not calendar.days:
        report.refuse(
            f"{at}.days", "there is no school day in any week", "write the days of the week that are"
        )
    _check_hours(f"{at}.hours", calendar.hours, report)
    seen: set[str] = set()
    for one in calendar.exceptions:
        if one.date in seen:
            report.refuse(f"{at}.exceptions", f"{one.date} is there twice", "keep one of the two")
        elif not calendar.begins <= one.date <= calendar.until:
            what = f"{one.date} is outside of what this calendar knows"
            report.refuse(f"{at}.exceptions", what, "correct the date, or begins: and until:")
        seen.add(one.date)
        if one.hours is not None:
            _check_hours(f"{at}.exceptions", one.hours, report)
    names: set[str] = set()
    for use in calendar.community:
        if use.id in names:
            report.refuse(f"{at}.community", f"{use.id!r} is there twice", "give each a name of its own")
        names.add(use.id)
        if not use.days and not use.dates:
            report.refuse(f"{at}.community", f"{use.id!r} is on no day at all", "add days: or dates:")
        _check_hours(f"{at}.community", use.hours, report)


def _check_hours(at: str, hours: str, report: Report) -> None:
    begins, ends = hours_of(hours)
    if ends <= begins:
        report.refuse(at, f"{hours} goes over midnight", "write hours of one day; what goes on is two rows")
