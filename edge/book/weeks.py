"""Weeks of the campus's calendar as moments, for rules that know no time zone."""

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final

from rules.book.exterior import DAYS, KEPT_WEEKS, monday_of

BACK: Final = KEPT_WEEKS
"""Weeks before this one that are still recorded, if the box was off over their end."""


@lru_cache(8)
def mondays(day: int, zone: tzinfo | None) -> tuple[tuple[int, int], ...]:
    """The Mondays from `BACK` weeks before a day's to the next one, each with the moment (UTC, microseconds) at which it begins.

    Where midnight does not exist that day, the first moment after it; where it is there twice, the first of both.
    """
    this = monday_of(day)
    return tuple(
        (one, _midnight_us(one, zone)) for one in range(this - BACK * DAYS, this + DAYS + 1, DAYS) if one > 0
    )


def _midnight_us(day: int, zone: tzinfo | None) -> int:
    at = datetime.fromordinal(day).replace(tzinfo=zone or UTC)
    # A time that was left out counts as before the change, which is later on the clock and the same moment.
    return int(at.timestamp()) * 1_000_000
