"""From an event to rows of the book's lists and histories. Depends on the event alone, so that it can be repeated.

A kind that is not listed is skipped; a field that is missing or of another type reads as nothing.
"""

import sqlite3
from typing import Final

from edge.book.asset_tables import apply_asset
from edge.journal.stored import Stored

DERIVED: Final = ("shelf", "texts", "assets", "changes", "faults", "rounds")
ERASED: Final = "sealed.erased/1"


def apply(connection: sqlite3.Connection, event: Stored) -> None:
    """Change the tables as this event says. Raises sqlite3.Error; the caller holds the transaction."""
    if event.kind == ERASED:
        # Of an import that does not count yet the name stays: when it counts, it takes away what was there before.
        connection.execute(
            "UPDATE texts SET value = '' WHERE owner LIKE 'staged:%' AND epoch IS ? AND seq IS ? AND field IS ?",
            _erased(event),
        )
        connection.execute(
            "DELETE FROM texts WHERE owner NOT LIKE 'staged:%' AND epoch IS ? AND seq IS ? AND field IS ?",
            _erased(event),
        )
        return
    apply_asset(connection, event)


def erased(connection: sqlite3.Connection, event: Stored) -> list[tuple[str, str, str]]:
    """(owner, id, name) of the words that an erasure takes away, before it does."""
    return connection.execute(
        "SELECT owner, id, name FROM texts WHERE epoch IS ? AND seq IS ? AND field IS ?", _erased(event)
    ).fetchall()


def _erased(event: Stored) -> tuple[object, object, object]:
    return event.data.get("epoch"), event.data.get("seq"), event.data.get("field")
