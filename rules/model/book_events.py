"""What the book's process hands to the daemon's loop."""

from rules.model.facts import Entry
from rules.model.moments import Instant
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class BookDecided:
    """The book decided something: entries of its own kinds alone (`rules.book.kinds.allowed`), to be entered as they are."""

    at: Instant
    entries: tuple[Entry, ...]
