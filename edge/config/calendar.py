"""The school's calendar: its days and hours, dates that are otherwise, and when others use the building. Local time.

Optional: without one nothing differs by the hour, as before there was any.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from edge.config.devices import ZoneRef
from edge.config.fields import Section, form, says
from edge.config.forms import of_day

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Days = Annotated[tuple[Day, ...], says("Days of the week.")]
MOST_EXCEPTIONS: Final = 400


class SchoolException(Section, frozen=True, kw_only=True):
    """A date that is otherwise than the week says. Without hours: no school."""

    date: Annotated[str, form("date", "Which day.")]
    hours: Annotated[str, form("hours", 'Its own hours, such as "07:30-12:00".')] | None = None
    note: Annotated[str, form("text", "Why.")] | None = None


class CommunityUse(Section, frozen=True, kw_only=True):
    """Others in a part of the building, outside of school hours or beside them."""

    id: Annotated[str, form("slug", "A name of its own.")]
    name: Annotated[str, form("name", "Who, as people call it.")] | None = None
    zones: Annotated[tuple[ZoneRef, ...], Meta(min_length=1)]
    days: Days = ()
    dates: tuple[Annotated[str, form("date", "A single day.")], ...] = ()
    hours: Annotated[str, form("hours", 'Local hours of one day, such as "18:00-21:00".')]


class SchoolCalendar(Section, frozen=True, kw_only=True):
    """One school year. Before it begins and after it ends nobody knows, and whoever could be told is."""

    begins: Annotated[str, form("date", "The first day that it knows.")]
    until: Annotated[str, form("date", "The last one: bring the next year's before.")]
    days: Days = ("mon", "tue", "wed", "thu", "fri")
    hours: Annotated[str, form("hours", 'Local school hours, such as "07:30-15:30".')]
    exceptions: Annotated[tuple[SchoolException, ...], Meta(max_length=MOST_EXCEPTIONS)] = ()
    community: Annotated[tuple[CommunityUse, ...], Meta(max_length=200)] = ()


def hours_of(text: str) -> tuple[int, int]:
    """`07:30-15:30` as minutes after midnight."""
    begins, _, ends = text.partition("-")
    return of_day(begins), of_day(ends)
