"""What comes of what a person asks of the book: the index of its rules."""

from rules.book import assets
from rules.book.book import Book
from rules.book.decision import Now
from rules.model.book_asks import BookAsk, WriteAsset
from rules.model.facts import Entry
from rules.model.ids import Actor


def decide(book: Book, asked: BookAsk, actor: Actor, now: Now) -> tuple[Entry, ...]:
    """The entries that it makes, whole or not at all. Raises Refused."""
    match asked:
        case WriteAsset():
            return tuple(assets.write(book, asked, actor))
