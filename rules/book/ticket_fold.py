"""Folds what happened to tickets into the book; nothing of the configuration is asked, so that a rebuild gives the same."""

from dataclasses import replace
from typing import Final, assert_never

from rules.book.book import Batch, Book
from rules.book.numbering import NAME, given
from rules.book.set_back import known_at
from rules.book.ticket import MOST_TIMES, Signal, Ticket, Upkeep
from rules.book.ticket_pack import DAY_US
from rules.model.asset_facts import Pairs
from rules.model.ticket_facts import (
    TicketBatchTurned,
    TicketChanged,
    TicketEscalated,
    TicketFact,
    TicketMerged,
    TicketNoted,
    TicketOpened,
    UpkeepBegun,
    UpkeepEnded,
)

RESTS_KEPT_US: Final = 400 * DAY_US
"""What was put to rest longer ago is over, and takes nothing from the age of a ticket that is open still."""


def fold_ticket(book: Book, at_us: int, fact: TicketFact) -> None:
    """Change the book by `fact`, written at `at_us` (UTC)."""
    match fact:
        case TicketOpened():
            _open(book, at_us, fact)
        case TicketChanged():
            known = _known(book, fact.ticket)
            if known is not None and known.closed:
                known = known_at(book, known, at_us)
            if known is not None:
                _put(book, _changed(known, at_us, fact.fields), known)
        case TicketMerged():
            known = _known(book, fact.ticket)
            if known is not None:
                merged = replace(_changed(known, at_us, fact.fields), conflict=fact.conflict)
                _put(book, merged, known)
        case TicketNoted():
            known = _known(book, fact.ticket) if fact.note == "recovered" else None
            if known is not None:
                _put(book, replace(known, recovered_us=at_us), known)
        case TicketEscalated():
            known = _known(book, fact.ticket)
            if known is not None:
                said = (("weight", fact.weight), ("assigned", fact.assigned))
                fields = {**known.fields, **{name: value for name, value in said if value}}
                _put(book, replace(known, fields=fields, steps=(*known.steps, fact.rule)), known)
        case TicketBatchTurned():
            _turn_batch(book, at_us, fact)
        case UpkeepBegun():
            for number, one in list(book.upkeeps.items()):
                if one.span[1] < at_us - RESTS_KEPT_US:
                    del book.upkeeps[number]
            book.upkeeps[fact.upkeep] = Upkeep(
                fact.what, fact.of, fact.subject, fact.owner, fact.from_us, fact.until_us
            )
            book.numbers["upkeep"] = max(book.numbers.get("upkeep", 0), fact.upkeep)
        case UpkeepEnded():
            ended = book.upkeeps.get(fact.upkeep)
            if ended is not None:
                book.upkeeps[fact.upkeep] = replace(ended, ended_us=at_us)
        case _:
            assert_never(fact)


def fold_signal(book: Book, at_us: int, key: tuple[str, str], *, raised: bool) -> None:
    """A flag was raised that did not stand, or cleared."""
    known = book.signals.get(key, Signal())
    if raised:
        book.signals[key] = replace(known, times=(*known.times, at_us)[-MOST_TIMES:])
    else:
        book.signals[key] = replace(known, cleared_us=at_us)


def _open(book: Book, at_us: int, fact: TicketOpened) -> None:
    opened_us = fact.opened_us or at_us
    fields = dict(fact.fields)
    state = fields.pop("state", "open")
    ticket = Ticket(fact.ticket, fields, "open", fact.key, fact.batch, opened_us, opened_us, opened_us)
    before = _known(book, fact.ticket) if fact.ticket <= book.numbers.get(NAME, 0) else None
    _put(book, ticket if state == "open" else ticket.turned(state, max(opened_us, at_us)), before)
    given(book, fact.ticket)
    if fact.key:
        book.last_of[fact.key] = fact.ticket


def _changed(known: Ticket, at_us: int, said: Pairs) -> Ticket:
    fields = {**known.fields, **dict(said)}
    state = fields.pop("state", known.state)
    left = {name: value for name, value in fields.items() if value}
    changed = replace(known, fields=left) if state == known.state else known.turned(state, at_us, left)
    # Who says a state has seen the conflict.
    return replace(changed, conflict=False) if known.conflict and "state" in dict(said) else changed


def _known(book: Book, number: int) -> Ticket | None:
    return book.tickets.get(number) or book.closed.get(number)


def _put(book: Book, ticket: Ticket, before: Ticket | None) -> None:
    """before: what was known of it; None: nothing. Closed ones lie on disk, so none is looked for there without need."""
    if ticket.closed:
        book.tickets.drop(ticket.number)
        book.closed[ticket.number] = ticket
    else:
        book.tickets[ticket.number] = ticket
        if before is not None and before.closed:
            del book.closed[ticket.number]


def _turn_batch(book: Book, at_us: int, fact: TicketBatchTurned) -> None:
    book.ticket_batches[fact.batch] = Batch(fact.state, fact.rows, fact.sha256, at_us)
    book.numbers["ticket_batch"] = max(book.numbers.get("ticket_batch", 0), fact.batch)
    if fact.state == "abandoned":
        for number in [one.number for one in book.tickets.values() if one.batch == fact.batch]:
            del book.tickets[number]
