"""What comes of what a person asks of the book: the index of its rules."""

from typing import assert_never

from rules.book import assets, tickets, upkeep
from rules.book.book import Book
from rules.book.decision import Now
from rules.model.book_asks import BookAsk, WriteAsset
from rules.model.facts import Entry
from rules.model.ids import Actor
from rules.model.ticket_asks import (
    BeginUpkeep,
    ChangeTicket,
    EndUpkeep,
    ImportTickets,
    NoteTicket,
    OpenTicket,
)


def decide(book: Book, asked: BookAsk, actor: Actor, now: Now) -> tuple[Entry, ...]:
    """The entries that it makes, whole or not at all. Raises Refused."""
    match asked:
        case WriteAsset():
            return tuple(assets.write(book, asked, actor))
        case OpenTicket():
            return tuple(tickets.open_ticket(book, asked, actor))
        case ChangeTicket():
            return tuple(tickets.change_ticket(book, asked, actor))
        case NoteTicket():
            return tuple(tickets.note_ticket(book, asked, actor))
        case ImportTickets():
            return tuple(tickets.import_tickets(book, asked, actor, now))
        case BeginUpkeep():
            return tuple(upkeep.begin(book, asked, actor, now))
        case EndUpkeep():
            return tuple(upkeep.end(book, asked, actor))
        case _:
            assert_never(asked)
