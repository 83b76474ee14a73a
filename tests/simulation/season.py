"""When and where a simulated week is: the days around what clocks and calendars do, in zones that do it differently.

By seed: each season's turn comes round. The hours of the nightly self-test and of the exercised locks lie where the
clock is changed as often as anywhere else.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from tests.simulation.site import edited

CHICAGO: Final = "America/Chicago"
SEASONS: Final = (
    ("an hour is left out", CHICAGO, date(2027, 3, 11), ("02:00", "02:30")),
    ("an hour comes twice", CHICAGO, date(2026, 10, 29), ("01:15", "01:30")),
    ("the year turns", CHICAGO, date(2026, 12, 28), ("00:00", "23:59")),
    ("nothing but a week", CHICAGO, date(2027, 5, 3), ("03:30", "22:45")),
    ("the day begins at one", "America/Havana", date(2027, 3, 11), ("00:00", "00:30")),
    ("midnight comes twice", "America/Havana", date(2026, 10, 29), ("00:00", "00:30")),
    ("half an hour is left out", "Australia/Lord_Howe", date(2026, 10, 1), ("02:00", "02:15")),
    ("half an hour comes twice", "Australia/Lord_Howe", date(2027, 4, 1), ("01:30", "01:45")),
    ("a leap day", "Europe/Dublin", date(2028, 2, 26), ("00:00", "23:59")),
    ("summer time is the standard", "Europe/Dublin", date(2027, 10, 28), ("01:15", "01:30")),
)
"""(what is special, zone, first day, times of day that it touches). It comes on the third or fourth day."""
TEST_AT: Final = ("00:30", "01:30", "02:30", "03:30", "22:45", "23:30", "23:59")
HOURS: Final = ("22:00-05:00", "00:30-04:00", "01:00-03:30", "23:00-23:59", "02:00-03:00", "01:00-02:00")
EXERCISED: Final = ("a-102", "gym-east", "b-201", "b-202")
SILENT_S: Final = 180.0
"""The buttons' silence limit, as it stands in the configuration."""


@dataclass(frozen=True, slots=True)
class Season:
    """One week. test_at: minute after local midnight; hours: when locks may be exercised; text: the configuration."""

    name: str
    zone: ZoneInfo
    first: date
    test_at: int
    hours: str
    text: str

    def moment(self, day: int, minute: float) -> float:
        """Seconds since 1970 of a minute by the clock on the wall, so many days after the first."""
        shown = datetime.combine(self.first + timedelta(days=day), time(), self.zone) + timedelta(
            minutes=minute
        )
        return shown.timestamp()

    def shown(self, utc_s: float) -> datetime:
        """What the clock on the wall shows."""
        return datetime.fromtimestamp(utc_s, self.zone)


def season(seed: int) -> Season:
    """The week of a seed."""
    random = Random(f"season {seed}")
    name, zone, first, touched = SEASONS[seed % len(SEASONS)]
    at, hours = random.choice(random.choice((TEST_AT, touched))), random.choice(HOURS)
    changes = [
        (f"timezone: {CHICAGO}", f"timezone: {zone}"),
        ("policies:\n", f'policies:\n  self_test: {{at: "{at}"}}\n'),
    ]
    text = edited(*changes)
    for door in EXERCISED:
        before, found, after = text.partition(f"  - id: {door}\n")
        assert found, door
        after = after.replace("by: A. Smith", f'by: A. Smith, self_test: {{hours: "{hours}"}}', 1)
        text = before + found + after
    hour, _, minute = at.partition(":")
    return Season(name, ZoneInfo(zone), first, int(hour) * 60 + int(minute), hours, text)
