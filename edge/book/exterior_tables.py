"""From a signature of the weekly sweep to its words and its history. Depends on the event alone."""

import sqlite3
from typing import Final

from edge.book.rows import change, say
from edge.journal.stored import Stored

OWNER: Final = "sweep"


def apply_exterior(connection: sqlite3.Connection, event: Stored) -> None:
    """Keep what a signature says, by week and door. Raises sqlite3.Error; the caller holds the transaction."""
    if event.kind != "exterior.signed/1":
        return
    doors = event.data.get("doors")
    for door in doors if isinstance(doors, list) else []:
        name = key(str(event.data.get("week")), str(door))
        change(connection, event, OWNER, name)
        for field in ("reason", "person"):
            # Of an erased signature before it nothing may stand in this one's place.
            connection.execute(
                "DELETE FROM texts WHERE owner = ? AND id = ? AND name = ?", (OWNER, name, field)
            )
            say(connection, event, OWNER, name, field, [(field, event.opened.get(field))])


def key(week: str, door: str) -> str:
    """What is said of a door in a week is kept by this."""
    return f"{week}:{door}"
