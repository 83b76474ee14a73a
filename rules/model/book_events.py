"""What the book's process hands to the daemon's loop."""

from dataclasses import dataclass

from rules.model.facts import Entry
from rules.model.moments import Instant


@dataclass(frozen=True, slots=True)
class BookDecided:
    """The book decided something: entries of its own kinds alone (`rules.book.kinds.allowed`), to be entered as they are."""

    at: Instant
    entries: tuple[Entry, ...]
