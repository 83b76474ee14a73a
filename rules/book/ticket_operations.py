"""What the campus's journal says of a ticket, as operations: its own events, and the district's that were merged.

The hub makes the same of the same journal, so both have the same set. No released kind is another for it: line and number of an
operation of the campus are the epoch and `seq` of the event that said it, and it had seen all that stands before in the journal.
"""

from collections.abc import Iterable, Iterator

from rules.book.merging import bounded, ranges
from rules.model.ticket_facts import (
    TicketChanged,
    TicketEscalated,
    TicketFact,
    TicketMerged,
    TicketNoted,
    TicketOpened,
)
from rules.model.ticket_operations import Operation, Range
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """An event of a ticket: where it stands in the journal, and what it says. Texts that were erased are empty or missing."""

    epoch: str
    seq: int
    at_us: int
    actor: str
    fact: TicketFact


def operations(ticket: str, told: Iterable[Told]) -> tuple[Operation, ...]:
    """All operations of a ticket. ticket: as it is said aloud. told: in the order of the journal."""
    found: list[Operation] = []
    seen: dict[str, tuple[Range, ...]] = {}
    for one in told:
        if isinstance(one.fact, TicketMerged):
            merged = of_merged(ticket, one.fact)
            found = [*said_by(found, one.fact.heard_us), merged]
            seen[merged.line] = ranges(
                (*seen.get(merged.line, ()), (merged.line, merged.number, merged.number))
            )
        else:
            others = ranges(each for line, those in seen.items() if line != one.epoch for each in those)
            found += [
                Operation(
                    ticket, "campus", one.epoch, one.seq, name, value, others, one.actor, (one.at_us, 0), place, why,
                    one.at_us,
                )
                for name, place, value, why in _said(one.fact)
            ]  # fmt: skip
        seen[one.epoch] = ((one.epoch, 1, one.seq),)
    return tuple(found)


def said_by(those: Iterable[Operation], at_us: int) -> list[Operation]:
    """The same, the campus's made no later than `at_us` (UTC) by a clock five minutes off at most."""
    return [one if one.site == "district" else bounded(one, at_us) for one in those]


def of_merged(ticket: str, fact: TicketMerged) -> Operation:
    """The district's operation that an event of a merge records."""
    value = fact.words or fact.value
    return Operation(
        ticket, "district", fact.line, fact.number, fact.field, value, fact.seen, fact.by,
        (fact.hlc_us, fact.hlc_count), fact.place, fact.why, fact.stamp_us,
    )  # fmt: skip


def _said(fact: TicketFact) -> Iterator[tuple[str, int, str, str]]:
    """(field, place, value, why) of each thing that an event of the campus says."""
    match fact:
        case TicketOpened():
            said = {"state": "open", **dict(fact.fields), **dict(fact.texts), **dict(fact.persons)}
            yield from ((name, 0, value, "") for name, value in said.items())
        case TicketChanged():
            said = {**dict(fact.fields), **dict(fact.texts), **dict(fact.persons)}
            for name, value in said.items():
                yield name, 0, value, fact.why if name == "state" else ""
            if fact.why and "state" not in said:
                yield "note", 0, fact.why, ""
        case TicketNoted():
            if fact.note == "recovered":
                yield "recovered", 0, fact.rule, ""
            if fact.text:
                yield "note", 0, fact.text, ""
            if fact.minutes:
                yield "minutes", 0, str(fact.minutes), ""
            for place, (part, count) in enumerate(fact.parts):
                yield "part", place, f"{count} x {part}", ""
            for place, photo in enumerate(fact.photos):
                yield "photo", place, photo, ""
        case TicketEscalated():
            yield "escalated", 0, fact.rule, ""
            for name, value in (("weight", fact.weight), ("assigned", fact.assigned)):
                if value:
                    yield name, 0, value, ""
        case _:
            return
