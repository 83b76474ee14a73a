"""What comes of what a person asks of the book: the index of its rules."""

from typing import assert_never

from rules.book import assets
from rules.book.book import Book
from rules.book.decision import Now
from rules.model.book_asks import BookAsk, RecordBundle, WriteAsset
from rules.model.facts import Entry
from rules.model.ids import Actor


def decide(book: Book, asked: BookAsk, actor: Actor, now: Now) -> tuple[Entry, ...]:
    """The entries that it makes, whole or not at all. Raises Refused."""
    match asked:
        case WriteAsset():
            return tuple(assets.write(book, asked, actor))
        case RecordBundle():
            return tuple(
                Entry(one, one.bundle, actor) for one in (asked.taken, asked.refused) if one is not None
            )
        case _:
            assert_never(asked)
