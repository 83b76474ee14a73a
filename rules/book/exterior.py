"""The weekly sweep of exterior doors: what their sensors said is added up, judged when the week is over, explained by a person.

Unknown is never ok: what the box did not see counts against a door like a sensor that says nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from rules.book.asset_fields import LONGEST_TEXT, date_of, day_of, is_date
from rules.book.book import Book
from rules.book.decision import Now, Refused
from rules.book.exterior_pack import ExteriorPack
from rules.book.exterior_week import Door, Sweep, Watch
from rules.book.steps import ASKED
from rules.model.exterior_asks import SignSweep
from rules.model.exterior_facts import DoorsWatched, SweepRecorded, SweepSigned, Swept, Watched
from rules.model.facts import (
    Because,
    Entry,
    VerdictReached,
)
from rules.model.ids import Actor, AssetId, DoorId
from rules.model.moments import SECOND_US
from rules.model.selftest_facts import SelfTestEnded
from rules.model.values import dataclass
from rules.model.verdicts import SECURED

RULE: Final = Actor("rule")
LOCK: Final = "lock:"
"""A self-test's link to a lock: `lock:a-101`."""
KEPT_WEEKS: Final = 60
"""Weeks that are kept at hand; older ones stand in the journal, as long as that is kept."""
DAYS: Final = 7
FIRST: Final = "exterior_first"
"""Among the book's numbers: the Monday of the first week of which anything was seen."""
NO_EARLIER: Final = day_of("2025-01-06")
"""Before this program existed: a clock that was never set says nothing of a week."""
LOST_US: Final = 75 * 60 * SECOND_US
"""Of the week under way: when the last word is older than this, nobody was looking since."""
MOST_FORCED: Final = 64
MOST_PROOFS: Final = 16
"""Times that are kept of one door."""
TOLD: Final[frozenset[str]] = SECURED | {"forced"}
"""Verdicts that say something here."""
UNKNOWN: Final = frozenset({"not_watched", "not_read", "not_sensed"})


@dataclass(frozen=True, slots=True)
class Span:
    """A week, or what of it is over by now. monday: as `date.toordinal`. Bounds are UTC microseconds."""

    monday: int
    from_us: int
    until_us: int


# --- adding up --------------------------------------------------------------------------------


def monday_of(day: int) -> int:
    """The Monday of a day's week; both as `date.toordinal`, by which 1 is a Monday."""
    return day - (day - 1) % DAYS


def fold_watched(book: Book, fact: DoorsWatched) -> None:
    """Add what the sensors said for some time to their week."""
    monday = monday_of(fact.day)
    if monday < NO_EARLIER or monday in book.sweeps:
        return
    first = book.numbers.get(FIRST, 0)
    book.numbers[FIRST] = min(first, monday) if first else monday
    for door in fact.at_rest:
        _add(book, monday, fact, (door, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    for one in fact.others:
        _add(book, monday, fact, one)


def _add(book: Book, monday: int, fact: DoorsWatched, said: Watched) -> None:
    door, open_s, longest_open_s, unlocked_s, longest_unlocked_s, unsensed_s, unknown_s, *times = said
    was = book.watches.get((monday, door), Watch())
    book.watches[monday, door] = replace(
        was,
        seen_s=was.seen_s + max(0, fact.seconds),
        open_s=was.open_s + open_s,
        longest_open_s=max(was.longest_open_s, longest_open_s),
        unlocked_s=was.unlocked_s + unlocked_s,
        longest_unlocked_s=max(was.longest_unlocked_s, longest_unlocked_s),
        unsensed_s=was.unsensed_s + unsensed_s,
        unknown_s=was.unknown_s + unknown_s,
        opened=was.opened + times[0],
        unlatched=was.unlatched + times[1],
        lost=was.lost + times[2],
        until_us=max(was.until_us, fact.until_us),
    )


def fold_verdict(book: Book, at_us: int, fact: VerdictReached) -> None:
    """A door was forced, or proven by a command."""
    if fact.verdict in SECURED:
        _prove(book, at_us, fact.door)
    if fact.verdict == "forced":
        times = book.forced.get(fact.door, ())
        book.forced[fact.door] = (*times, at_us)[-MOST_FORCED:]


def fold_tested(book: Book, at_us: int, fact: SelfTestEnded) -> None:
    """Locks that a self-test proved."""
    for link in fact.proven if fact.complete else ():
        if link.startswith(LOCK):
            _prove(book, at_us, DoorId(link.removeprefix(LOCK)))


def _prove(book: Book, at_us: int, door: DoorId) -> None:
    book.proofs[door] = (*book.proofs.get(door, ()), at_us)[-MOST_PROOFS:]


def fold_recorded(book: Book, fact: SweepRecorded) -> None:
    """The week is over: its record stands in the place of what it was made from."""
    if not is_date(fact.week):
        return
    monday = day_of(fact.week)
    doors = tuple(Door(*one) for one in fact.doors)
    book.sweeps[monday] = Sweep(fact.from_us, fact.until_us, fact.version, fact.pack, doors)
    for key in [one for one in book.watches if one[0] <= monday]:
        del book.watches[key]
    for old in [one for one in book.sweeps if one < monday - KEPT_WEEKS * DAYS]:
        del book.sweeps[old]


def fold_signed(book: Book, at_us: int, fact: SweepSigned) -> None:
    """Who signed, and why, stands beside the rules."""
    sweep = book.sweeps.get(day_of(fact.week)) if is_date(fact.week) else None
    if sweep is not None:
        signed: dict[str, int] = {**dict(sweep.signed), **dict.fromkeys(fact.doors, at_us)}
        book.sweeps[day_of(fact.week)] = replace(sweep, signed=tuple(sorted(signed.items())))


# --- judging ----------------------------------------------------------------------------------


def doors_of(book: Book) -> list[DoorId]:
    """The exterior doors of the plan."""
    return sorted(DoorId(one.id) for one in book.campus.devices.values() if one.door == "exterior")


def judged(book: Book, span: Span) -> tuple[Door, ...]:
    """Every exterior door of the plan, and each that was watched in this week, with what there is to say of it."""
    watched = {door for monday, door in book.watches if monday == span.monday}
    return tuple(_door(book, one, span) for one in sorted({*doors_of(book), *watched}))


def _door(book: Book, door: DoorId, span: Span) -> Door:
    watch = book.watches.get((span.monday, door), Watch())
    whole_s = (span.until_us - span.from_us) // SECOND_US
    # A clock that was set may have made more of an hour than there was of the week.
    seen_s = min(watch.seen_s, whole_s)
    forced = sum(span.from_us <= at_us < span.until_us for at_us in book.forced.get(door, ()))
    # What proves it within the hour after speaks for the week too; what does so later does not.
    proofs = (at_us for at_us in book.proofs.get(door, ()) if at_us <= span.until_us + LOST_US)
    proven_us = max(proofs, default=0)
    said = replace(watch, seen_s=seen_s, unknown_s=min(whole_s, watch.unknown_s + whole_s - seen_s))
    codes = tuple(_codes(said, whole_s, forced, span.until_us - proven_us, book.campus.exterior))
    result = "ok" if not codes else "unknown" if UNKNOWN & set(codes) else "exception"
    return Door(
        door, result, codes, seen_s, said.open_s, said.longest_open_s, said.unlocked_s, said.longest_unlocked_s,
        said.unsensed_s, said.unknown_s, said.opened, said.unlatched, said.lost, forced, proven_us,
    )  # fmt: skip


def _codes(said: Watch, whole_s: int, forced: int, unproven_us: int, pack: ExteriorPack) -> Iterator[str]:
    """What is to be explained of a door, the gravest first."""
    if forced:
        yield "forced"
    if said.longest_open_s * SECOND_US > pack.open_us:
        yield "held_open"
    if said.longest_unlocked_s * SECOND_US > pack.unlocked_us:
        yield "unlocked"
    away_s = whole_s - said.seen_s
    if said.unknown_s * SECOND_US > pack.unseen_us:
        # Of the two what there is more of: a box that was off, or sensors that said nothing to one that ran.
        yield "not_watched" if 2 * away_s >= said.unknown_s else "not_read"
    if said.unsensed_s * SECOND_US > pack.unseen_us:
        yield "not_sensed"
    if unproven_us > pack.unproven_us:
        yield "not_proven"


def so_far(book: Book, now: Now) -> Span | None:
    """The week under way, as far as it was told of; None: nobody says when it began."""
    begun = max((one for one in now.mondays if one[1] <= now.utc_us), default=None)
    if begun is None:
        return None
    told_us = max((one.until_us for key, one in book.watches.items() if key[0] == begun[0]), default=begun[1])
    # The hour under way is not told yet; what is older was not seen by anybody.
    until_us = told_us if 0 <= now.utc_us - told_us <= LOST_US else now.utc_us
    return Span(begun[0], begun[1], max(begun[1], until_us))


# --- what is due ------------------------------------------------------------------------------


def due(book: Book, now: Now) -> Iterator[Entry]:
    """The record of each week that is over and has none: also of weeks in which the box was off."""
    first = book.numbers.get(FIRST, 0)
    for (monday, from_us), (_next, until_us) in zip(now.mondays, now.mondays[1:], strict=False):
        over = now.utc_us >= until_us + book.campus.exterior.settled_us
        if first and monday >= first and over and monday not in book.sweeps:
            yield _recorded(book, Span(monday, from_us, until_us))


def _recorded(book: Book, span: Span) -> Entry:
    pack = book.campus.exterior
    rows = tuple(_row(one) for one in judged(book, span))
    fact = SweepRecorded(date_of(span.monday), span.from_us, span.until_us, pack.version, pack.sha256, rows)
    return Entry(fact, book.campus.id, RULE, because=Because("week_over"))


def _row(one: Door) -> Swept:
    return (
        DoorId(one.door), one.result, one.codes, one.seen_s, one.open_s, one.longest_open_s, one.unlocked_s,
        one.longest_unlocked_s, one.unsensed_s, one.unknown_s, one.opened, one.unlatched, one.lost, one.forced, one.proven_us,
    )  # fmt: skip


def flags(book: Book, now: Now) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(door, (zone, Monday, codes)): its oldest week that nobody explained in time."""
    late_us = now.utc_us - book.campus.exterior.unsigned_us
    found: set[str] = set()
    for monday, sweep in sorted(book.sweeps.items()):
        if sweep.until_us > late_us:
            continue
        for one in sweep.unsigned:
            device = book.campus.devices.get(AssetId(one.door))
            if device is not None and one.door not in found:
                found.add(one.door)
                yield one.door, (device.zone, date_of(monday), ",".join(one.codes))


# --- what persons say -------------------------------------------------------------------------


def sign(book: Book, asked: SignSweep, actor: Actor) -> Iterator[Entry]:
    """Explain what a week found at these doors. Raises Refused."""
    reason, person = asked.reason.strip(), asked.person.strip()
    sweep = book.sweeps.get(day_of(asked.week)) if is_date(asked.week) else None
    if sweep is None:
        raise Refused("unknown_week", ("week", asked.week[:64]))
    if not 0 < len(reason) <= LONGEST_TEXT or not reason.isprintable():
        raise Refused("no_reason")
    if not 0 < len(person) <= 64 or not person.isprintable():
        raise Refused("no_signer")
    found = {one.door for one in sweep.doors if one.result != "ok"}
    if not asked.doors or len(set(asked.doors)) != len(asked.doors):
        raise Refused("no_doors")
    for door in asked.doors:
        if door not in found:
            raise Refused("nothing_to_explain", ("door", door[:64]), ("week", asked.week))
    fact = SweepSigned(asked.week, tuple(sorted(asked.doors)), reason, person)
    yield Entry(fact, book.campus.id, actor, because=ASKED)
