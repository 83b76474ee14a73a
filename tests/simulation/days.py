"""What was done on which day, by a clock that nobody sets; and the laws of what only days bring.

The box's own clock may be wrong by an hour or by two weeks. These laws know the right time, and say what a person who
trusts the box is owed by it: a test a day, a night's exercise, or a flag that says that there was none.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

from rules.model.events import PressHeard, StatusHeard
from rules.model.ids import ButtonId, DoorId
from rules.silence import settled
from rules.state import State
from tests.simulation.leap import LATELY_US
from tests.simulation.notes import Notes, Step
from tests.simulation.season import EXERCISED, SILENT_S, Season

LEAP_S: Final = 900.0
"""The longest leap: what falls into one is done behind it."""
LATE_S: Final = LEAP_S + 120.0
OVERDUE_S: Final = 3_600.0
TOLD_WITHIN_S: Final = 3.0
"""Flags are gone through once a second."""
UNSURE_S: Final = 3_600.0
"""So long a clock that was set is not sure."""
A_DAY_S: Final = 86_400.0
"""A clock that was a day ahead has had its test of that day: what a person is owed is counted from the day after."""
NEVER: Final = float("-inf")


class Days:
    """What was done when, in seconds since 1970 by the right clock."""

    def __init__(self, season: Season, notes: Notes) -> None:
        self.season = season
        self.notes = notes
        self.wrong_s = 0.0
        """How far the box's clock is ahead of the right one."""
        self.set_s = NEVER
        """When somebody last set it, wrong or right."""
        self.blocked_s = NEVER
        """When something last stood in the way of a test: a live incident, no daemon, or one that has just started."""
        self.tested: date | None = None
        """The last day whose test came to its end, or before which none was owed."""
        self.tested_s = NEVER
        self.owed_s = NEVER
        """Since when tests and exercises are owed."""
        self.begun: tuple[date, float] | None = None
        self.proven_s: dict[str, float] = {}
        """By door: when its lock was last proven."""
        self.exercised_s: dict[str, float] = {}
        """By door: when an exercise of its lock last came to its end, proven."""
        self.heard_s: dict[str, float] = {}
        """By button: when it last showed life, in this run."""
        self.walking: dict[str, tuple[float, float]] = {}
        """By button: when its walk-test began, and how many seconds it was to last."""
        self.run = 0
        self.run_s = NEVER
        self._due: dict[date, float] = {}

    @property
    def now_s(self) -> float:
        """The right time."""
        return self.notes.loop.right_s

    def clock_set(self, by_s: float) -> None:
        """Somebody sets the box's clock."""
        self.wrong_s += by_s
        self.set_s = self.now_s

    def shown(self) -> datetime:
        """What the box's clock shows now."""
        return self.season.shown(self.now_s + self.wrong_s)

    def leapt(self, by_s: float) -> None:
        """So much time has passed at once; who reported just before it did so all the while."""
        for button, heard_s in self.heard_s.items():
            if self.now_s - by_s - heard_s < LATELY_US / 1e6:
                self.heard_s[button] += by_s

    def due_s(self, day: date) -> float:
        """The first moment at which a day's clock shows the minute of its test, or a later one."""
        if day not in self._due:
            at_s = self.season.moment((day - self.season.first).days, 0.0) - 7_200.0
            while (its := self.season.shown(at_s)).date() != day or _minute(its) < self.season.test_at:
                at_s += 60.0
            self._due[day] = at_s
        return self._due[day]

    def due_day(self, after_s: float = 0.0) -> date:
        """The last day whose test was due so long ago."""
        day = self.season.shown(self.now_s).date()
        return day if self.now_s >= self.due_s(day) + after_s else day - timedelta(days=1)

    def night(self) -> tuple[date, bool]:
        """(the day on which the hours of exercise last began by the box's clock, whether they are now)."""
        start, end = self.hours()
        now = self.shown()
        minute, day = _minute(now), now.date()
        if start < end:
            return (day if minute >= start else day - timedelta(days=1)), start <= minute < end
        return (day if minute >= start else day - timedelta(days=1)), minute >= start or minute < end

    def hours(self) -> tuple[int, int]:
        """The minutes after midnight between which locks may be exercised."""
        first, _, last = self.season.hours.partition("-")
        return _of_day(first), _of_day(last)

    def last_night_s(self) -> float:
        """When the last night that is wholly over began, by the right clock."""
        start, end = self.hours()
        day, now = self.season.shown(self.now_s - LATE_S).date(), self.now_s - LATE_S
        for back in range(3):
            first = (day - self.season.first).days - back
            over = self.season.moment(first + (1 if end < start else 0), end)
            if over <= now:
                return self.season.moment(first, start)
        raise AssertionError("no night is over")

    def note(self, step: Step) -> None:
        """Write down what an event brought. A law of its own would come too late for the others."""
        now_s, process = self.now_s, self.notes.box.process
        if process != self.run:
            self.run, self.run_s = process, now_s
            self.heard_s.clear()
        if not settled(step.after.live) or any(
            not one.silent for one in step.after.record.incidents.values()
        ):
            self.blocked_s = now_s
        if isinstance(step.event, StatusHeard) and not step.event.retained and step.event.online is not False:
            self.heard_s[step.event.button] = now_s
        if (
            isinstance(step.event, PressHeard)
            and step.event.waited_at_most_us == 0
            and not step.event.retained
        ):
            self.heard_s[step.event.button] = now_s
        for row in step.rows:
            if row.kind == "selftest.door/1" and (row.data["step"], row.data["outcome"]) == (
                "ended",
                "proven",
            ):
                self.exercised_s[row.subject] = now_s
        secured = step.after.record.secured
        if secured is not step.before.record.secured:
            for door in secured:
                if secured[door] is not step.before.record.secured.get(door):
                    self.proven_s[door] = now_s


# --- at each event ---------------------------------------------------------------------------


def a_day_has_one_test(days: Days, step: Step) -> Iterator[str]:
    """A day has one self-test, at its time: whatever daylight saving does to its hours"""
    for row in step.rows:
        if row.kind == "selftest.scheduled/1":
            days.tested, days.tested_s, days.owed_s = days.due_day(), days.now_s, days.now_s
        elif row.kind == "selftest.started/1" and row.data["cause"] == "schedule":
            day, untouched = days.due_day(), days.set_s < days.tested_s and not days.wrong_s
            days.begun = day, days.now_s
            if days.tested is not None and untouched and day <= days.tested:
                yield f"the day {day} is tested again"
            since_s = max(days.due_s(day), days.blocked_s, days.set_s, days.run_s)
            if untouched and days.now_s - since_s > LATE_S:
                yield f"the test of {day} begins {days.now_s - since_s:.0f} s late"
            days.notes.counts["nightly tests"] += 1
        elif row.kind == "selftest.ended/1" and row.data["cause"] == "schedule" and row.data["complete"]:
            assert days.begun is not None
            days.tested, days.tested_s = days.begun


def locks_move_in_their_hours(days: Days, step: Step) -> Iterator[str]:
    """A lock is exercised in its hours, once a night, by a sure clock, with nothing live, and never an exterior one"""
    for permit, state in step.permits:
        if permit.purpose != "self_test":
            continue
        for drive in permit.drives:
            door = days.notes.truth.doors.get(drive.target)
            if door is None:
                continue
            days.notes.counts["exercise commands"] += 1
            plan = days.notes.plan.doors[DoorId(drive.target)]
            if plan.kind == "exterior" or plan.hardware is None or plan.hardware.self_test is None:
                yield f"{drive.target} is exercised"
            if state.record.incidents:
                yield f"{drive.target} is exercised while an incident is live"
            if drive.on != door.locked_when:
                continue
            night, within = days.night()
            if not within:
                yield f"{drive.target} is exercised at {days.shown():%H:%M}, outside of {days.season.hours}"
            since_s = days.now_s - days.set_s
            if days.set_s > days.run_s and since_s < UNSURE_S - LATE_S:
                yield f"{drive.target} is exercised {since_s:.0f} s after the clock was set"
            done_s = days.exercised_s.get(drive.target, NEVER)
            # The night is the box's own: a clock that is a day behind begins it a day later.
            begun_s = days.season.moment((night - days.season.first).days, days.hours()[0]) - days.wrong_s
            if done_s >= begun_s and days.set_s < begun_s:
                yield f"{drive.target} is exercised twice in the night of {night}"


def fresh_presses_act(days: Days, step: Step) -> Iterator[str]:
    """A press that did not wait is not too old, whatever the clocks say"""
    if not isinstance(step.event, PressHeard) or step.event.waited_at_most_us != 0 or step.event.retained:
        return
    for row in step.rows:
        if row.kind == "press.heard/1" and row.data["standing"] in ("too_old", "unknown_age"):
            yield f"a press of {step.event.button} that came at once counts as {row.data['standing']}"


def walk_tests_last_their_time(days: Days, step: Step) -> Iterator[str]:
    """A walk-test lasts its minutes, and no clock that is set makes them more or fewer"""
    for row in step.rows:
        data: dict[str, Any] = row.data
        if row.kind == "walk_test.started/1":
            for button in data["buttons"]:
                days.walking[button] = days.now_s, data["minutes"] * 60.0
        elif row.kind == "walk_test.ended/1":
            for button in data["buttons"]:
                began_s, lasts_s = days.walking.pop(button)
                if data["code"] == "time" and days.now_s - began_s < lasts_s - 2.0:
                    yield f"the walk-test of {button} ended after {days.now_s - began_s:.0f} s of {lasts_s:.0f}"


# --- every half second -----------------------------------------------------------------------


def a_missed_test_is_told(days: Days, state: State) -> Iterator[str]:
    """A day whose self-test did not come to its end is a flag, and no other day is"""
    told = ("self_test_overdue", str(days.notes.plan.campus)) in state.record.flags
    if days.wrong_s or days.tested is None:
        return
    day = days.due_day(OVERDUE_S + LATE_S)
    missed = days.tested < day and days.set_s < days.due_s(day) - A_DAY_S
    owed = days.due_day()
    since_s = max(days.due_s(owed), days.blocked_s, days.run_s)
    # One that a restart broke off is not begun again (a start may be what it breaks): an hour later it is a flag.
    begun = state.record.self_tests.day >= owed.toordinal()
    late = days.now_s - since_s > LATE_S and days.set_s < days.due_s(owed) - A_DAY_S
    skipped = days.tested < owed and not begun and late
    if _lasts(days, "a skipped test", skipped):
        yield f"{owed} is not tested, and nothing stands in the way"
    if _lasts(days, "a missed test", missed and not told):
        yield f"nothing tells that {days.due_day()} was not tested; the last was {days.tested}"
    false = told and days.tested >= days.due_day() and days.set_s < days.tested_s
    if _lasts(days, "a false alarm", false):
        yield f"a test is called overdue, and {days.tested} was tested"


def a_missed_night_is_told(days: Days, state: State) -> Iterator[str]:
    """A lock that was not proven in its last night is a flag"""
    began_s = days.last_night_s()
    if days.wrong_s or days.set_s > began_s - A_DAY_S:
        return
    for door in EXERCISED:
        if DoorId(door) not in days.notes.plan.doors:
            continue
        missed = began_s > days.owed_s > NEVER and days.proven_s.get(door, NEVER) < began_s
        codes = ("exercise_missed", "lock_not_exercised", "lock_not_back")
        told = any((code, door) in state.record.flags for code in codes)
        if _lasts(days, f"a missed night of {door}", missed and not told):
            yield f"nothing tells that {door} was not exercised since {days.season.shown(began_s)}"


def silence_is_told(days: Days, state: State) -> Iterator[str]:
    """A button that did not report within its limit is a flag, and one that did is none"""
    for button in ("pb-101", "pb-gym", "pb-desk"):
        if ButtonId(button) not in days.notes.plan.buttons:
            continue
        heard_s = days.heard_s.get(button)
        silent_s = days.now_s - (days.run_s if heard_s is None else heard_s)
        told = ("button_silent", button) in state.record.flags
        if _lasts(days, f"silence of {button}", silent_s > SILENT_S + 2.0 and not told):
            yield f"{button} has been silent for {silent_s:.0f} s, and nothing tells of it"
        spoke = heard_s is not None and silent_s < SILENT_S - 2.0
        if _lasts(days, f"word of {button}", spoke and told):
            yield f"{button} is called silent, and was heard {silent_s:.0f} s ago"


def walk_tests_end(days: Days, state: State) -> Iterator[str]:
    """No button is in test for longer than its walk-test was to last"""
    for button in state.record.walk_tests:
        began_s, lasts_s = days.walking[button]
        over = days.now_s - began_s > lasts_s + 1.0
        if _lasts(days, f"walk-test of {button}", over):
            yield f"{button} is in test {days.now_s - began_s - lasts_s:.0f} s after its walk-test was over"


# --- what they look at -----------------------------------------------------------------------


def _lasts(days: Days, what: str, holds: bool) -> bool:
    return days.notes.lasts_s("days", what, holds) > TOLD_WITHIN_S


def _minute(shown: datetime) -> int:
    return shown.hour * 60 + shown.minute


def _of_day(word: str) -> int:
    hour, _, minute = word.partition(":")
    return int(hour) * 60 + int(minute)


AT_EACH_EVENT: Final[tuple[Callable[[Days, Step], Iterable[str]], ...]] = (
    a_day_has_one_test,
    locks_move_in_their_hours,
    fresh_presses_act,
    walk_tests_last_their_time,
)
NOW_AND_THEN: Final[tuple[Callable[[Days, State], Iterable[str]], ...]] = (
    a_missed_test_is_told,
    a_missed_night_is_told,
    silence_is_told,
    walk_tests_end,
)


def watched(season: Season, notes: Notes) -> Days:
    """Have these laws judged beside the others."""
    days = Days(season, notes)

    def at_each_event(_: Notes, step: Step) -> Iterator[str]:
        days.note(step)
        for law in AT_EACH_EVENT:
            notes.broken(law, law(days, step))
        yield from ()

    def now_and_then(_: Notes) -> Iterator[str]:
        daemon = notes.box.daemon
        if daemon is not None and settled(daemon.appliance.state.live):
            for law in NOW_AND_THEN:
                notes.broken(law, law(days, daemon.appliance.state))
        yield from ()

    notes.step_laws = (*notes.step_laws, at_each_event)
    notes.looked_laws = (*notes.looked_laws, now_and_then)
    return days
