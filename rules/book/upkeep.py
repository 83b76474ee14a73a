"""What is put to rest: maintenance of a device or zone, and the snooze of a ticket. An owner, a reason and an end, always."""

from collections.abc import Iterator
from typing import assert_never

from rules.book.book import Book
from rules.book.decision import Now, Refused
from rules.book.ticket_fields import FIELDS, words_hold
from rules.book.ticket_pack import DAY_US
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, AssetId, ZoneId
from rules.model.ticket_asks import BeginUpkeep, EndUpkeep
from rules.model.ticket_facts import UpkeepBegun, UpkeepEnded

AHEAD_US = 90 * DAY_US


def subject_of(number: int) -> str:
    """The subject of entries about it."""
    return f"upkeep-{number}"


def begin(book: Book, asked: BeginUpkeep, actor: Actor, now: Now) -> Iterator[Entry]:
    """Put something to rest from now on, or from a time ahead. Raises Refused."""
    _check_subject(book, asked)
    if not words_hold(asked.reason) or not asked.reason.strip():
        raise Refused("no_reason_said")
    owner = asked.owner or actor
    if not FIELDS["assigned"].holds(owner):
        raise Refused("bad_value", ("field", "owner"), ("form", "assigned"), ("value", owner[:64]))
    pack = book.campus.tickets
    longest = pack.snooze_us if asked.what == "snooze" else pack.maintenance_us
    from_us = asked.from_us or now.utc_us
    if not now.utc_us <= from_us <= now.utc_us + AHEAD_US or not 0 < asked.until_us - from_us <= longest:
        raise Refused("bad_rest", ("days", longest // DAY_US))
    number = book.numbers.get("upkeep", 0) + 1
    fact = UpkeepBegun(
        number, asked.what, asked.of, asked.subject, owner, from_us, asked.until_us, asked.reason
    )
    yield Entry(fact, subject_of(number), actor, because=Because("asked"))


def end(book: Book, asked: EndUpkeep, actor: Actor) -> Iterator[Entry]:
    """End it before its time. Raises Refused."""
    known = book.upkeeps.get(asked.upkeep)
    if known is None or known.ended_us:
        raise Refused("unknown_upkeep", ("upkeep", asked.upkeep))
    yield Entry(UpkeepEnded(asked.upkeep, "ended"), subject_of(asked.upkeep), actor, because=Because("asked"))


def over(book: Book, now: Now) -> Iterator[Entry]:
    """Those whose end has come."""
    for number, one in book.upkeeps.items():
        if not one.ended_us and one.until_us <= now.utc_us:
            fact = UpkeepEnded(number, "over")
            yield Entry(fact, subject_of(number), Actor("rule"), because=Because("over"))


def _check_subject(book: Book, asked: BeginUpkeep) -> None:
    subject = asked.subject
    match asked.of:
        case "ticket":
            number = int(subject) if FIELDS["before"].holds(subject) else 0
            found = book.ticket(number)
            known = found is not None and not found.closed and str(number) == subject
        case "device":
            known = AssetId(subject) in book.campus.devices or AssetId(subject) in book.assets
        case "zone":
            known = ZoneId(subject) in book.campus.zones
        case _:
            assert_never(asked.of)
    if not known or (asked.what == "snooze") != (asked.of == "ticket"):
        raise Refused("unknown_subject", ("subject", subject[:64]))
