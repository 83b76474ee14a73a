"""Pictures of detectors' reports, by the event that named them: kept as long as it does. Depends on the event alone."""

import sqlite3
from typing import Final

from edge.book.rows import number, say
from edge.journal.stored import Stored
from rules.model.alerts import DetectionShown

KIND: Final = DetectionShown.KIND
OWNER: Final = "detection"


def apply_alert(connection: sqlite3.Connection, event: Stored) -> None:
    """Note the pictures that this event names. Raises sqlite3.Error; the caller holds the transaction."""
    if event.kind == KIND:
        photos = event.opened.get("photos")
        names = [one for one in photos if isinstance(one, str)] if isinstance(photos, list) else []
        say(
            connection,
            event,
            OWNER,
            str(number(event.data, "number")),
            "photos",
            [(one, one) for one in names],
        )


def photos_of(connection: sqlite3.Connection, event: Stored) -> set[str]:
    """The pictures that an erasure takes away. Raises sqlite3.Error."""
    where = (event.data.get("epoch"), event.data.get("seq"), event.data.get("field"))
    query = "SELECT value FROM texts WHERE epoch IS ? AND seq IS ? AND field IS ? AND owner = 'detection'"
    return {row[0] for row in connection.execute(query, where)}


def named_photos(connection: sqlite3.Connection) -> set[str]:
    """All that some report shows. Raises sqlite3.Error."""
    return {row[0] for row in connection.execute("SELECT value FROM texts WHERE owner = 'detection'")}
