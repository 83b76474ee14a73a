"""What the campus's clock is said to show: in its own zone, whatever daylight saving does, and sure only where it is."""

from datetime import UTC, date, datetime
from typing import cast

import pytest

from edge.calendar import Calendar, Clock, local, synchronised, zone_of
from edge.config.calendar import SchoolCalendar
from rules.model.events import ClockTold
from rules.model.moments import MINUTE_US, SECOND_US, Instant
from rules.model.school import SchoolTold

CHICAGO = "America/Chicago"
NOON = Instant(round(datetime(2026, 8, 14, 17, tzinfo=UTC).timestamp() * 1e6), 0)


def at(text: str) -> Instant:
    return Instant(round(datetime.fromisoformat(text).timestamp() * 1e6), 0)


@pytest.mark.parametrize(
    ("utc", "day", "shows"),
    [
        ("2026-08-14T17:00+00:00", date(2026, 8, 14), "12:00"),
        ("2026-08-14T04:59+00:00", date(2026, 8, 13), "23:59"),
        ("2026-03-08T07:59+00:00", date(2026, 3, 8), "01:59"),
        ("2026-03-08T08:00+00:00", date(2026, 3, 8), "03:00"),
        ("2026-11-01T06:59+00:00", date(2026, 11, 1), "01:59"),
        ("2026-11-01T07:00+00:00", date(2026, 11, 1), "01:00"),
    ],
    ids=["noon", "the evening before", "before spring", "spring", "before autumn", "autumn"],
)
def test_it_shows_what_hangs_on_the_wall(utc: str, day: date, shows: str) -> None:
    found = local(at(utc), zone_of(CHICAGO))

    assert found == (day.toordinal(), int(shows[:2]) * 60 + int(shows[3:]))


class Wall:
    """A calendar whose clocks the test turns."""

    def __init__(self, clock: Clock = "synchronised", zone: str = CHICAGO) -> None:
        self.now = NOON
        self.kernel = True
        self.attended = False
        self.school: SchoolCalendar | None = None
        self.said: list[ClockTold | SchoolTold] = []
        self.calendar = Calendar(
            lambda: (zone, clock, self.school),
            lambda: self.attended,
            self.said.append,
            lambda: self.now,
            lambda: self.kernel,
        )

    def tell(self, after_us: int = 0, *, set_by_us: int = 0) -> ClockTold:
        """After so long by CLOCK_MONOTONIC; the wall clock was set by so much meanwhile."""
        self.now = Instant(self.now.utc_us + after_us + set_by_us, self.now.mono_us + after_us)
        self.calendar.tell()
        return self.told[-1]

    @property
    def told(self) -> list[ClockTold]:
        return [one for one in self.said if isinstance(one, ClockTold)]


def test_it_is_sure_while_the_kernel_is() -> None:
    wall = Wall()
    assert wall.tell().sure
    wall.kernel = False
    assert not wall.tell().sure
    assert Wall("by_hand").tell().sure


def test_where_the_site_answers_for_it_the_kernel_is_not_asked() -> None:
    wall = Wall("by_hand")
    wall.kernel = False

    assert wall.tell().sure


@pytest.mark.parametrize(("clock", "minutes"), [("synchronised", 60), ("by_hand", 24 * 60)])
@pytest.mark.parametrize("set_by_s", [3_600, -3_600, 14 * 86_400, 3])
def test_a_clock_that_was_set_is_not_sure_for_a_while(clock: str, minutes: int, set_by_s: int) -> None:
    wall = Wall(cast(Clock, clock))
    wall.tell()
    assert not wall.tell(10 * SECOND_US, set_by_us=set_by_s * SECOND_US).sure
    assert not wall.tell(minutes * MINUTE_US).sure
    assert wall.tell(SECOND_US).sure


def test_a_clock_that_is_only_disciplined_stays_sure() -> None:
    wall = Wall()
    wall.tell()

    assert wall.tell(10 * SECOND_US, set_by_us=100_000).sure


def test_in_a_zone_that_this_machine_does_not_know_no_hour_is_sure() -> None:
    told = Wall(zone="Mars/Olympus").tell()

    assert not told.sure
    assert (told.day, told.minute) == (date(2026, 8, 14).toordinal(), 17 * 60)


def test_it_says_whether_somebody_releases_doors() -> None:
    wall = Wall()
    assert not wall.tell().attended
    wall.attended = True
    assert wall.tell().attended


def test_the_kernel_is_really_asked() -> None:
    assert synchronised() in (True, False)
