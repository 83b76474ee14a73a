"""What the sensors of exterior doors said is entered by the hour and by the day, and nothing of it is made up."""

from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from edge.book.weeks import BACK, mondays
from edge.exterior import Exterior
from rules.model.exterior_facts import DoorsWatched
from rules.model.facts import Fact
from rules.model.ids import DoorId
from rules.model.moments import Instant
from rules.model.verdicts import Verdict, VerdictWord
from rules.plan import Plan
from rules.state import DoorLive, Live, Record, State
from tests.rules.campus import campus, door

EAST, GATE, ROOM = DoorId("east"), DoorId("gate"), DoorId("a-101")
PLAN = campus(
    door("east", kind="exterior"), replace(door("gate", 3, kind="exterior"), bolt=None), door("a-101", 6)
)
CHICAGO = ZoneInfo("America/Chicago")
SECOND_US = 1_000_000
START_US = int(datetime(2026, 11, 30, 8, 30, tzinfo=CHICAGO).timestamp()) * SECOND_US
LOCKED = Verdict("closed_locked", None, "", True, True)


class Site:
    """A plan whose doors a test turns, and a clock that it moves."""

    def __init__(self, plan: Plan = PLAN) -> None:
        self.plan = plan
        self.at = Instant(START_US, 7_000 * SECOND_US)
        self.state = State(Record(), Live(self.at, "boot", self.at))
        self.said: list[Fact] = []
        self.zone: tzinfo | None = CHICAGO
        self.exterior = Exterior(
            lambda: (self.plan, self.state), lambda: self.zone, self.said.append, lambda: self.at
        )

    def turn(self, name: DoorId, word: VerdictWord, bolt: bool | None, position: bool | None) -> None:
        before = self.state
        its = DoorLive(verdict=Verdict(word, None, "", bolt, position))
        live = replace(before.live, doors={**before.live.doors, name: its}, now=self.at)
        self.state = replace(before, live=live)
        self.exterior.note(before, self.state)

    def later(self, seconds: int) -> None:
        self.at = self.at.plus(seconds * SECOND_US)

    def look(self) -> None:
        self.exterior.look()

    def hours(self) -> list[DoorsWatched]:
        return [one for one in self.said if isinstance(one, DoorsWatched)]


@pytest.fixture
def site() -> Site:
    made = Site()
    for name in (EAST, ROOM):
        made.turn(name, "closed_locked", True, True)
    made.turn(GATE, "unconfirmed", None, True)
    made.look()
    return made


def test_an_hour_names_the_doors_that_stayed_locked_and_what_the_others_were(site: Site) -> None:
    site.later(600)
    site.turn(EAST, "open", False, False)
    site.later(120)
    site.turn(EAST, "closed_unlocked", False, True)
    site.later(30)
    site.turn(EAST, "closed_locked", True, True)
    site.turn(ROOM, "open", False, False)
    site.later(2_849)
    site.look()
    assert site.said == []
    site.later(1)
    site.look()

    (hour,) = site.hours()
    assert (hour.seconds, hour.until_us - hour.from_us) == (3_600, 3_600 * SECOND_US)
    assert hour.at_rest == ()
    assert hour.others == (
        (EAST, 120, 120, 30, 30, 0, 0, 1, 1, 0),
        (GATE, 0, 0, 0, 0, 3_600, 0, 0, 0, 0),
    )
    site.turn(GATE, "stale", None, True)
    site.later(3_600)
    site.look()
    assert site.hours()[1].at_rest == (EAST,)
    assert site.hours()[1].others == ((GATE, 0, 0, 0, 0, 0, 3_600, 0, 0, 1),)


def test_a_stretch_that_goes_on_keeps_its_beginning_over_the_hour(site: Site) -> None:
    site.later(3_000)
    site.turn(EAST, "open", False, False)
    for _ in range(2):
        site.later(1_800)
        site.look()
    site.later(1_800)
    site.look()
    site.exterior.close()
    first, second = site.hours()
    assert first.others[0][1:3] == (1_800, 1_800)
    assert second.others[0][1:3] == (3_600, 5_400)
    assert second.others[0][7] == 0


def test_an_hour_never_reaches_into_the_next_day_of_the_campus(site: Site) -> None:
    site.later(15 * 3_600 + 1_800)  # midnight in Chicago
    site.look()
    site.later(900)
    site.look()
    site.exterior.close()
    assert [one.day for one in site.hours()] == [
        date(2026, 11, 30).toordinal(),
        date(2026, 12, 1).toordinal(),
    ]


def test_what_was_never_read_is_unknown_from_the_start() -> None:
    site = Site()
    site.look()
    site.later(10)
    site.exterior.close()
    (hour,) = site.hours()
    assert [one[6] for one in hour.others] == [10, 10]


def test_another_plan_ends_the_hour_and_a_campus_without_exterior_doors_says_nothing(site: Site) -> None:
    site.later(60)
    site.plan = campus(door("east", kind="exterior"))
    site.look()
    site.later(60)
    site.plan = campus()
    site.look()
    site.later(3_600)
    site.turn(EAST, "open", False, False)
    site.look()
    site.exterior.close()
    assert [(one.seconds, len(one.at_rest) + len(one.others)) for one in site.hours()] == [(60, 2), (60, 1)]
    Site(campus()).exterior.note(site.state, replace(site.state, live=replace(site.state.live, doors={})))


# --- weeks ------------------------------------------------------------------------------------


def test_weeks_are_as_long_as_the_campuss_clock_makes_them() -> None:
    day = date(2026, 11, 4).toordinal()
    found = mondays(day, CHICAGO)
    assert len(found) == BACK + 2
    bounds = {datetime.fromordinal(one).date().isoformat(): at_us for one, at_us in found}
    hours = [
        (bounds[after] - bounds[one]) // 3_600_000_000
        for one, after in (("2026-10-19", "2026-10-26"), ("2026-10-26", "2026-11-02"), ("2026-11-02", "2026-11-09"))
    ]  # fmt: skip
    assert hours == [168, 169, 168]
    spring = dict(mondays(date(2026, 3, 8).toordinal(), CHICAGO))
    first, after = (date(2026, 3, one).toordinal() for one in (2, 9))
    assert (spring[after] - spring[first]) // 3_600_000_000 == 167


def test_a_midnight_that_is_not_there_or_there_twice_is_one_moment() -> None:
    # Cairo's clocks go forward at midnight; where the zone is not known, weeks are of UTC.
    day = date(2026, 4, 24).toordinal()
    assert len({at_us for _, at_us in mondays(day, ZoneInfo("Africa/Cairo"))}) == BACK + 2
    (monday, at_us), *_ = mondays(day, None)
    assert datetime.fromtimestamp(at_us / 1e6, UTC) == datetime.fromordinal(monday).replace(tzinfo=UTC)
    assert mondays(1, None)[0][0] == 1
