"""What becomes of tickets by flags and by time: opened, reopened, proposed to close, escalated. Level-triggered, as `sweep`."""

from collections.abc import Generator, Iterator, Mapping
from datetime import date
from typing import Final

from rules.book import upkeep
from rules.book.book import Book
from rules.book.decision import Now
from rules.book.numbering import NAME
from rules.book.set_back import known_at
from rules.book.ticket import Signal, Ticket
from rules.book.ticket_causes import Key, causes, looked_at
from rules.book.ticket_fields import WEIGHTS
from rules.book.ticket_pack import DAY_US, Opening, Step
from rules.book.ticket_things import (
    category_of,
    in_maintenance,
    rests_of,
    things_of,
    weight_of,
    zone_of_ticket,
)
from rules.book.tickets import subject_of
from rules.model.asset_facts import Pairs
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, AssetId, ZoneId
from rules.model.ticket_facts import (
    TicketBatchTurned,
    TicketChanged,
    TicketEscalated,
    TicketNoted,
    TicketOpened,
)

RULE: Final = Actor("rule")
GIVEN_UP_US: Final = 3_600_000_000
"""An import of which nothing was heard for so long is never taken."""
A_STEP: Final = 500
"""Things that are gone through at once: some 5 ms."""
_DAY_ONE: Final = date(1970, 1, 1).toordinal()
Flags = Mapping[tuple[str, str], tuple[str, ...]]


def steps(book: Book, now: Now) -> Iterator[Entry | None]:
    """Every entry about tickets that is due now, in steps, as `sweep.paced`."""
    stand = causes(book)
    yield from upkeep.over(book, now)
    yield from _given_up(book, now)
    yield from _of_flags(book, stand, now)
    yield None
    yield from looked_at(book)
    yield from _recovered(book, stand, now)
    yield None
    yield from _closed(book, stand, now)
    yield None
    yield from _escalated(book, now)


def flags(book: Book, now: Now) -> Generator[None, None, dict[tuple[str, str], tuple[str, ...]]]:
    """The flags of tickets that should stand: (zone, number, day of opening) of the oldest, and what turns often."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    pack = book.campus.tickets
    by_id = {one.id: one.flag for one in pack.steps if one.flag}
    ordered = sorted(book.tickets.values(), key=lambda one: (one.opened_us, one.number))
    for place, ticket in enumerate(ordered):
        if place % A_STEP == 0:
            yield
        if not ticket.steps or not book.ticket_counts(ticket):
            continue
        subject = ticket.field("asset") or subject_of(ticket.number)
        args = (zone_of_ticket(book, ticket.fields), str(ticket.number), _day(ticket.opened_us))
        for code in {by_id[one] for one in ticket.steps if one in by_id}:
            found.setdefault((code, subject), args)
    yield
    opens = {one.flag for one in pack.opens}
    for (code, subject), signal in book.signals.items():
        if code in opens and signal.often(pack.flaps, pack.flaps_within_us, now.utc_us):
            found.setdefault(("changes_often", subject), (_place(book, subject)[1], code))
    return found


# --- by a flag --------------------------------------------------------------------------------


def _of_flags(book: Book, stand: Mapping[Key, int], now: Now) -> Iterator[Entry]:
    """A ticket for each flag of the pack that stands long enough or turns often; the one there was, if it is not long over.

    What has no flag (`ticket_causes`) opens one in the same way.
    """
    pack = book.campus.tickets
    opens = {one.flag: one for one in pack.opens}
    by_key = {one.key: one for one in book.tickets.values() if one.key}
    last = book.numbers.get(NAME, 0)
    for code, subject in dict.fromkeys((*book.signals, *stand)):
        opening = opens.get(code)
        signal = book.signals.get((code, subject), Signal())
        since_us = stand.get((code, subject))
        if opening is None or not _is_due(book, opening, subject, since_us, signal, now):
            continue
        key = f"{code}:{subject}"
        known = by_key.get(key)
        if known is not None:
            yield from _again(known, opening, signal, stands=since_us is not None)
            continue
        before = book.closed.get(book.last_of.get(key, 0))
        before = None if before is None else known_at(book, before, now.utc_us)
        if before is not None and now.utc_us - before.turned_us <= pack.reopened_us:
            yield from _reopened(book, before, opening, signal, now)
            continue
        last += 1
        yield _opened(book, last, key, subject, opening, before)


def _is_due(
    book: Book, opening: Opening, subject: str, since_us: int | None, signal: Signal, now: Now
) -> bool:
    """It stands long enough, or turns often, and nobody works there."""
    pack = book.campus.tickets
    stands = since_us is not None and now.utc_us - since_us >= opening.after_us
    often = signal.often(pack.flaps, pack.flaps_within_us, now.utc_us)
    return (stands or often) and not in_maintenance(book, *_place(book, subject), now.utc_us)


def _again(known: Ticket, opening: Opening, signal: Signal, *, stands: bool) -> Iterator[Entry]:
    """It was thought over, and came back."""
    came_back = stands or signal.last_us > known.recovered_us
    if known.state == "proposed" and known.recovered_us and came_back:
        yield _turned(known, "open", opening.id)


def _reopened(book: Book, before: Ticket, opening: Opening, signal: Signal, now: Now) -> Iterator[Entry]:
    """Closed a short while ago, and it came back; or it never went, and nobody may leave it at that."""
    came_back = signal.last_us > before.turned_us
    if came_back or now.utc_us - before.turned_us >= book.campus.tickets.stands_us:
        yield _turned(before, "reopened", opening.id)


def _opened(
    book: Book, number: int, key: str, subject: str, opening: Opening, before: Ticket | None
) -> Entry:
    pack = book.campus.tickets
    asset, zone = _place(book, subject)
    category = category_of(book, asset, opening.category) if opening.of_thing else opening.category
    said = {"category": category, "weight": opening.weight, "asset": asset, "zone": zone}
    if before is not None:
        said["before"] = str(before.number)
    said["weight"] = weight_of(book, said)
    fields: Pairs = tuple(sorted((name, value) for name, value in said.items() if value))
    fact = TicketOpened(number, 0, key, opening.id, pack.version, pack.sha256, 0, fields)
    return Entry(fact, subject_of(number), RULE, because=Because(opening.id))


def _recovered(book: Book, stand: Mapping[Key, int], now: Now) -> Iterator[Entry]:
    """Evidence that what a ticket was opened for is over, and the proposal to close it; a person closes."""
    for ticket in book.tickets.values():
        code, subject = _key(ticket)
        if not ticket.key or (code, subject) in stand:
            continue
        gone_us = book.signals.get((code, subject), Signal()).cleared_us
        if gone_us > ticket.recovered_us and now.utc_us - gone_us >= book.campus.tickets.settled_us:
            # The note last: where only a part of this was written, it is what is still missing.
            if ticket.state != "proposed" and not ticket.conflict:  # that is for a person to settle
                yield _turned(ticket, "proposed", code)
            fact = TicketNoted(ticket.number, "recovered", code, 0)
            yield Entry(fact, subject_of(ticket.number), RULE, because=Because(code))


def _closed(book: Book, stand: Mapping[Key, int], now: Now) -> Iterator[Entry]:
    """What a rule proposed to close and what did not come back; never what weighs safety."""
    for ticket in book.tickets.values():
        if (
            ticket.state == "proposed"
            and ticket.recovered_us
            and ticket.turned_us >= ticket.recovered_us
            and WEIGHTS[0] not in (ticket.field("weight"), weight_of(book, ticket.fields))
            and _key(ticket) not in stand
            and now.utc_us - ticket.turned_us >= book.campus.tickets.close_us
        ):
            yield _turned(ticket, "closed", "proposed_long")


def _key(ticket: Ticket) -> tuple[str, str]:
    code, _, subject = ticket.key.partition(":")
    return code, subject


def _place(book: Book, subject: str) -> tuple[str, str]:
    """(asset, zone) of a flag's subject; empty where it is none of ours."""
    device = book.campus.devices.get(AssetId(subject))
    if device is not None:
        return subject, device.zone
    asset = book.assets.get(AssetId(subject))
    if asset is not None:
        return subject, asset.fields.get("zone", "")
    return "", subject if ZoneId(subject) in book.campus.zones else ""


# --- by time ----------------------------------------------------------------------------------


def _escalated(book: Book, now: Now) -> Iterator[Entry | None]:
    """Every step that an open ticket is old enough for and has not come to."""
    pack = book.campus.tickets
    ordered = sorted(book.tickets.values(), key=_urgency)
    for place, ticket in enumerate(ordered):
        if place % A_STEP == 0:
            yield None
        left = [one for one in pack.steps if one.id not in ticket.steps]
        if not left or now.utc_us - ticket.opened_us < min(one.after_us for one in left):
            continue
        if not book.ticket_counts(ticket):
            continue
        things = things_of(book, ticket.field("asset"))
        age_us = ticket.age_us(now.utc_us, rests_of(book, ticket))
        for step in left:
            if age_us >= step.after_us and meant(step, ticket, things):
                yield _escalation(book, ticket, step, age_us)


def meant(step: Step, ticket: Ticket, things: frozenset[str]) -> bool:
    """Whether a step is for this ticket."""
    return (
        (not step.category or ticket.field("category") in step.category)
        and (not step.weights or ticket.field("weight") in step.weights)
        and (not step.on or bool(things & frozenset(step.on)))
    )


def effect(step: Step, ticket: Ticket) -> tuple[str, str, str]:
    """What a step does to a ticket as it is: (the heavier weight, to whom it is given, the flag that stands); empty: nothing."""
    heavier = step.weight if _rank(step.weight) < _rank(ticket.field("weight")) else ""
    return heavier, "" if ticket.field("assigned") else step.assign, step.flag


def _escalation(book: Book, ticket: Ticket, step: Step, age_us: int) -> Entry:
    pack = book.campus.tickets
    heavier, assigned, _flag = effect(step, ticket)
    fact = TicketEscalated(ticket.number, step.id, pack.version, pack.sha256, age_us, heavier, assigned)
    return Entry(fact, subject_of(ticket.number), RULE, because=Because(step.id))


def _urgency(ticket: Ticket) -> tuple[int, int]:
    return _rank(ticket.field("weight")), ticket.number


def _rank(weight: str) -> int:
    return WEIGHTS.index(weight) if weight in WEIGHTS else len(WEIGHTS)


def _given_up(book: Book, now: Now) -> Iterator[Entry]:
    """An import whose sender went away in the middle."""
    for number, batch in book.ticket_batches.items():
        if batch.state == "begun" and now.utc_us - batch.at_us >= GIVEN_UP_US:
            fact = TicketBatchTurned(number, "abandoned", batch.rows, batch.sha256)
            yield Entry(fact, f"ticket-batch-{number}", RULE, because=Because("given_up"))


def _turned(ticket: Ticket, state: str, rule: str) -> Entry:
    fact = TicketChanged(ticket.number, rule, (("state", state),))
    return Entry(fact, subject_of(ticket.number), RULE, because=Because(rule))


def _day(at_us: int) -> str:
    """The day of a moment, of UTC: one that does not turn with the clock's zone."""
    return date.fromordinal(_DAY_ONE + at_us // DAY_US).isoformat()
