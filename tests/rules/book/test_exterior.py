"""The weekly sweep of the exterior doors: added up, judged when the week is over, and never ok where nobody looked."""

from dataclasses import replace
from typing import Any

import pytest

from rules.book.asset_fields import date_of, day_of
from rules.book.decision import Now
from rules.book.exterior import FIRST, KEPT_WEEKS, judged, monday_of, so_far
from rules.book.exterior_pack import ExteriorPack
from rules.book.exterior_week import Door, Sweep
from rules.model.exterior_asks import SignSweep
from rules.model.exterior_facts import DoorsWatched, SweepRecorded, SweepSigned, Watched
from rules.model.facts import (
    Entry,
    FlagCleared,
    FlagRaised,
    VerdictReached,
)
from rules.model.ids import Actor, DoorId
from rules.model.selftest_facts import SelfTestEnded
from rules.model.verdicts import VerdictWord
from tests.rules.book.desk import DAY_US, HOUR_US, MINUTE_US, Desk

EAST, OTHER = DoorId("east"), DoorId("a-101")
MONDAY = day_of("2026-11-02")
"""Chicago's clocks went back the day before: the week before it has 169 hours."""
US = 1_000_000
BEGAN_US = 1_793_599_200_000_000
WEEKS = ((MONDAY - 7, BEGAN_US - 169 * HOUR_US), (MONDAY, BEGAN_US), (MONDAY + 7, BEGAN_US + 168 * HOUR_US),
         (MONDAY + 14, BEGAN_US + 336 * HOUR_US))  # fmt: skip
RULE = Actor("rule")


class Week(Desk):
    """A desk whose clock stands at the beginning of a week. `watch` is an hour of the only exterior door."""

    def __init__(self) -> None:
        super().__init__()
        self.at_us = BEGAN_US
        self.book.campus = replace(self.book.campus, exterior=ExteriorPack(4, "cd" * 32))

    @property
    def day(self) -> int:
        hour_more = HOUR_US if self.at_us < BEGAN_US else 0  # the day before had 25
        return MONDAY + (self.at_us + hour_more - BEGAN_US) // DAY_US

    @property
    def now(self) -> Now:
        return Now(self.at_us, self.day, WEEKS)

    def watch(self, hours: int = 1, *, others: tuple[Watched, ...] = (), seconds: int = 3_600) -> None:
        """Hours in which it was closed and locked, or what `others` say."""
        for _ in range(hours):
            until_us = self.at_us + HOUR_US
            at_rest = () if others else (EAST,)
            self.enter(
                Entry(DoorsWatched(self.day, self.at_us, until_us, seconds, at_rest, others), "campus", RULE)
            )
            self.at_us = until_us

    def prove(self) -> None:
        ended = SelfTestEnded(1, "schedule", 1, True, "", ("controller:plc", f"lock:{EAST}"), (), ())
        self.enter(Entry(ended, "campus", RULE))

    def reach(self, word: VerdictWord, door: DoorId = EAST) -> None:
        self.enter(Entry(VerdictReached(door, word, None, "", True, True, 0), door, RULE))

    def over(self) -> SweepRecorded:
        """The record of the week, once it is over."""
        self.at_us = max(self.at_us, WEEKS[2][1]) + 10 * MINUTE_US
        (record,) = [one for one in self.sweep() if isinstance(one, SweepRecorded)]
        return record


def watched(open_s: int = 0, longest_open_s: int = 0, **other: int) -> Watched:
    names = ("unlocked_s", "longest_unlocked_s", "unsensed_s", "unknown_s", "opened", "unlatched", "lost")
    more = [other.get(one, 0) for one in names]
    return (EAST, open_s, longest_open_s, more[0], more[1], more[2], more[3], more[4], more[5], more[6])


def row(record: SweepRecorded) -> Door:
    (only,) = [Door(*one) for one in record.doors]
    assert only.door == EAST
    return only


def test_a_door_that_was_closed_and_locked_all_week_is_ok_and_the_record_names_its_limits() -> None:
    desk = Week()
    desk.prove()
    desk.watch(168)
    record = desk.over()

    assert (record.week, record.from_us, record.until_us) == ("2026-11-02", WEEKS[1][1], WEEKS[2][1])
    assert (record.version, record.pack) == (4, "cd" * 32)
    assert (row(record).result, row(record).codes, row(record).seen_s) == ("ok", (), 168 * 3_600)
    assert desk.sweep() == []
    assert desk.book.watches == {}
    assert desk.book.sweeps[MONDAY].unsigned == ()


@pytest.mark.parametrize(
    ("hour", "result", "codes"),
    [
        (watched(300, 300, opened=1), "ok", ()),
        (watched(301, 301, opened=1), "exception", ("held_open",)),
        (watched(3_000, 200, opened=15), "ok", ()),
        (watched(unlocked_s=901, longest_unlocked_s=901), "exception", ("unlocked",)),
        (watched(unknown_s=600), "ok", ()),
        (watched(unknown_s=601), "unknown", ("not_read",)),
        (watched(unsensed_s=3_600), "unknown", ("not_sensed",)),
        (watched(400, 400, unknown_s=1_200, unlatched=2, lost=3), "unknown", ("held_open", "not_read")),
    ],
)
def test_a_door_comes_to_one_word_by_its_own_sensors(
    hour: Watched, result: str, codes: tuple[str, ...]
) -> None:
    desk = Week()
    desk.prove()
    desk.watch(100)
    desk.watch(others=(hour,))
    desk.watch(67)
    found = row(desk.over())
    assert (found.result, found.codes) == (result, codes)
    assert (found.open_s, found.unlocked_s) == (hour[1], hour[3])
    assert (found.opened, found.unlatched, found.lost) == hour[7:]


def test_a_forced_door_is_an_exception_in_the_week_in_which_it_was() -> None:
    desk = Week()
    desk.prove()
    desk.watch(100)
    for word in ("forced", "closed_locked", "forced"):
        desk.reach(word)
    desk.watch(68)
    desk.at_us += MINUTE_US
    desk.reach("forced")  # of the next week
    found = row(desk.over())
    assert (found.result, found.codes, found.forced) == ("exception", ("forced",), 2)
    assert len(desk.book.forced[EAST]) == 3


def test_hours_in_which_the_box_was_off_are_unknown_and_never_ok() -> None:
    desk = Week()
    desk.prove()
    desk.watch(100)
    desk.later(60 * HOUR_US)  # over the weekend
    desk.watch(8)
    found = row(desk.over())
    assert (found.result, found.codes) == ("unknown", ("not_watched",))
    assert (found.seen_s, found.unknown_s) == (108 * 3_600, 60 * 3_600)


def test_a_week_that_ended_while_the_box_was_off_is_caught_up_once_and_each_week_has_its_own_length() -> None:
    desk = Week()
    desk.at_us = WEEKS[0][1]
    desk.watch(20)
    assert desk.book.numbers[FIRST] == MONDAY - 7
    desk.at_us = WEEKS[3][1] + DAY_US
    records = [one for one in desk.sweep() if isinstance(one, SweepRecorded)]
    assert [one.week for one in records] == ["2026-10-26", "2026-11-02", "2026-11-09"]
    assert [(one.until_us - one.from_us) // HOUR_US for one in records] == [169, 168, 168]
    assert [row(one).unknown_s // 3_600 for one in records] == [149, 168, 168]
    assert {row(one).result for one in records} == {"unknown"}
    assert desk.sweep() == []


def test_a_week_is_written_a_while_after_its_end_and_none_before_the_box_began_to_look() -> None:
    desk = Week()
    desk.at_us = WEEKS[2][1] + 20 * MINUTE_US
    assert [one for one in desk.sweep() if isinstance(one, SweepRecorded)] == []
    desk.at_us = BEGAN_US
    desk.watch(168)
    desk.at_us = WEEKS[2][1] + 9 * MINUTE_US
    assert [one for one in desk.sweep() if isinstance(one, SweepRecorded)] == []
    desk.at_us += MINUTE_US
    assert len([one for one in desk.sweep() if isinstance(one, SweepRecorded)]) == 1


def test_what_comes_after_a_week_was_written_changes_it_no_more() -> None:
    desk = Week()
    desk.watch(10)
    desk.over()
    before = desk.book.sweeps[MONDAY]
    desk.enter(Entry(DoorsWatched(MONDAY, 0, 1, 3_600, (EAST,), ()), "campus", RULE))
    desk.enter(Entry(DoorsWatched(719_163, 0, 1, 3_600, (EAST,), ()), "campus", RULE))
    assert desk.book.sweeps[MONDAY] == before
    assert desk.book.watches == {}


def test_a_lock_counts_as_proven_by_a_self_test_or_a_lockdown_for_eight_days() -> None:
    desk = Week()
    desk.later(-2 * DAY_US)
    desk.prove()  # nine days before the week is over
    desk.at_us = BEGAN_US
    desk.watch(168)
    assert row(desk.over()).codes == ("not_proven",)

    desk = Week()
    desk.watch(168)
    desk.at_us -= HOUR_US
    desk.reach("secured")
    incomplete = SelfTestEnded(1, "schedule", 1, False, "stopped", (f"lock:{EAST}",), (), ())
    desk.at_us += 3 * DAY_US
    desk.enter(Entry(incomplete, "campus", RULE))
    desk.reach("secured")  # too late to say anything of that week
    record = desk.over()
    assert (row(record).result, row(record).proven_us) == ("ok", WEEKS[2][1] - HOUR_US)


def test_a_door_that_was_watched_and_is_in_the_plan_no_more_stays_in_its_week() -> None:
    desk = Week()
    desk.watch(others=(watched(), ("west", 0, 0, 0, 0, 0, 0, 0, 0, 0)))  # type: ignore[arg-type]
    assert [one[0] for one in desk.over().doors] == ["east", "west"]
    desk.at_us += 4 * DAY_US
    assert [one.subject for one in flags(desk)] == ["east"]


def test_the_week_so_far_counts_what_was_told_and_says_when_nobody_looks() -> None:
    desk = Week()
    assert so_far(desk.book, Now(0, 1)) is None
    desk.watch(3)
    desk.prove()
    desk.later(30 * MINUTE_US)
    span = so_far(desk.book, desk.now)
    assert span is not None
    assert (span.monday, span.until_us - span.from_us) == (MONDAY, 3 * HOUR_US)
    assert [one.result for one in judged(desk.book, span)] == ["ok"]

    desk.later(60 * MINUTE_US)
    span = so_far(desk.book, desk.now)
    assert span is not None
    (found,) = judged(desk.book, span)
    assert (found.codes, found.unknown_s) == (("not_watched",), 90 * 60)


# --- signatures -------------------------------------------------------------------------------


def flags(desk: Desk) -> list[FlagRaised]:
    raised: Any = [one for one in desk.sweep() if isinstance(one, FlagRaised)]
    return [one for one in raised if one.code == "sweep_unsigned"]


def bad_week() -> Week:
    desk = Week()
    desk.watch(others=(watched(400, 400),))
    desk.over()
    return desk


def test_an_exception_is_explained_and_signed_by_a_named_person() -> None:
    desk = bad_week()
    (entry,) = desk.ask(SignSweep("2026-11-02", (EAST,), " Deliveries, I stood there. ", "R. Diaz"))
    assert entry.fact == SweepSigned("2026-11-02", (EAST,), "Deliveries, I stood there.", "R. Diaz")
    assert desk.book.sweeps[MONDAY].unsigned == ()
    desk.later(4 * DAY_US)
    assert flags(desk) == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (SignSweep("2026-11-09", (EAST,), "x", "R"), "unknown_week"),
        (SignSweep("last week", (EAST,), "x", "R"), "unknown_week"),
        (SignSweep("2026-11-02", (EAST,), "  ", "R"), "no_reason"),
        (SignSweep("2026-11-02", (EAST,), "x" * 501, "R"), "no_reason"),
        (SignSweep("2026-11-02", (EAST,), "a\nb", "R"), "no_reason"),
        (SignSweep("2026-11-02", (EAST,), "x", " "), "no_signer"),
        (SignSweep("2026-11-02", (EAST,), "x", "R\n"), ""),
        (SignSweep("2026-11-02", (EAST,), "x", "R\nD"), "no_signer"),
        (SignSweep("2026-11-02", (), "x", "R"), "no_doors"),
        (SignSweep("2026-11-02", (EAST, EAST), "x", "R"), "no_doors"),
        (SignSweep("2026-11-02", (OTHER,), "x", "R"), "nothing_to_explain"),
    ],
)
def test_a_signature_without_a_name_a_reason_or_something_to_explain_is_refused(
    asked: SignSweep, code: str
) -> None:
    desk = bad_week()
    if code:
        assert desk.refused(asked)[0] == code
    else:
        assert len(desk.ask(asked)) == 1


def test_what_nobody_signed_in_time_is_a_flag_with_its_oldest_week_until_it_is_signed() -> None:
    desk = bad_week()
    desk.at_us = WEEKS[2][1] + 3 * DAY_US - 1
    assert flags(desk) == []
    desk.later(1)
    (flag,) = flags(desk)
    assert (flag.subject, flag.args) == ("east", ("a", "2026-11-02", "held_open,not_watched,not_proven"))
    desk.at_us = WEEKS[3][1] + 4 * DAY_US  # another bad week: the same flag
    assert flags(desk) == []
    desk.ask(SignSweep("2026-11-02", (EAST,), "Deliveries", "R. Diaz"))
    assert [one.args[1] for one in flags(desk)] == ["2026-11-09"]
    desk.ask(SignSweep("2026-11-09", (EAST,), "Box was off", "R. Diaz"))
    assert [one.code for one in desk.sweep() if isinstance(one, FlagCleared)] == ["sweep_unsigned"]


def test_a_signature_of_a_week_that_is_not_at_hand_folds_to_nothing() -> None:
    desk = Week()
    for week in ("2026-11-02", "never"):
        desk.enter(Entry(SweepSigned(week, (EAST,)), "campus", RULE))
        desk.enter(Entry(SweepRecorded("never", 0, 0, 1, "", ()), "campus", RULE))
    assert desk.book.sweeps == {}


def test_weeks_are_kept_at_hand_for_more_than_a_year_and_named_by_their_monday() -> None:
    desk = Week()
    for week in range(KEPT_WEEKS + 3):
        fact = SweepRecorded(date_of(MONDAY + 7 * week), 0, 1, 1, "", ())
        desk.enter(Entry(fact, "campus", RULE))
    assert len(desk.book.sweeps) == KEPT_WEEKS + 1
    assert {monday_of(MONDAY + one) for one in range(7)} == {MONDAY}
    assert Sweep(0, 1, 1, "", ()).unsigned == ()
