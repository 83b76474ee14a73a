"""From an event to rows of the list of inspections and their words. Depends on the event alone."""

import sqlite3
from typing import Final

from edge.book.rows import change, number, pairs, say, text_of
from edge.journal.stored import Stored

DERIVED: Final = ("inspections",)
OWNER: Final = "inspection"
OWN: Final = ("person", "certificate", "reason")
"""Words beside the form's, kept with a `_` before their name."""
PHOTO: Final = "_photo "
"""Before the SHA-256 of a photo, as the name of its word."""


def apply_inspection(connection: sqlite3.Connection, event: Stored) -> None:
    """Change the tables as this event says. Raises sqlite3.Error; the caller holds the transaction."""
    if event.kind == "inspection.signed/1":
        _signed(connection, event)
    elif event.kind == "inspection.photo/1":
        photos = event.opened.get("photos")
        names = [one for one in photos if isinstance(one, str)] if isinstance(photos, list) else []
        say(
            connection,
            event,
            OWNER,
            str(number(event.data, "inspection")),
            "photos",
            [(f"{PHOTO}{one}", one) for one in names],
        )
        change(connection, event, "asset", event.subject)
    elif event.kind == "inspection.batch/1":
        batch, state = number(event.data, "batch"), event.data.get("state")
        if state == "taken":
            connection.execute("UPDATE inspections SET there = 1 WHERE batch = ?", (batch,))
        elif state == "abandoned":
            connection.execute(
                "DELETE FROM texts WHERE owner = ? AND id IN (SELECT CAST(number AS TEXT) FROM inspections WHERE batch = ?)",
                (OWNER, batch),
            )
            connection.execute("DELETE FROM inspections WHERE batch = ?", (batch,))


def _signed(connection: sqlite3.Connection, event: Stored) -> None:
    data, name = event.data, str(number(event.data, "inspection"))
    batch, corrects = number(data, "batch"), number(data, "corrects")
    row = (
        number(data, "inspection"), batch, int(batch == 0),
        *(str(data.get(one, "")) for one in ("asset", "check", "day", "result")),
        corrects, 0, number(data, "version"), str(data.get("pack", "")), event.at, event.actor,
        *(text_of(data.get(one) or []) for one in ("fields", "failed", "expires", "evidence")),
    )  # fmt: skip
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT OR REPLACE INTO inspections VALUES ({marks})", row)  # noqa: S608  # marks alone
    if corrects:
        connection.execute("UPDATE inspections SET corrected_by = ? WHERE number = ?", (row[0], corrects))
    say(connection, event, OWNER, name, "texts", pairs(event.opened.get("texts")))
    for field in OWN:
        say(connection, event, OWNER, name, field, [(f"_{field}", event.opened.get(field))])
    if not batch:
        change(connection, event, "asset", str(data.get("asset")))


def photos_of(connection: sqlite3.Connection, event: Stored) -> set[str]:
    """The photos that an erasure takes away. Raises sqlite3.Error."""
    where = (event.data.get("epoch"), event.data.get("seq"), event.data.get("field"))
    query = f"SELECT value FROM texts WHERE epoch IS ? AND seq IS ? AND field IS ? AND {_NAMED}"  # noqa: S608  # of this file
    return {row[0] for row in connection.execute(query, where)}


def named_photos(connection: sqlite3.Connection) -> set[str]:
    """All that some inspection shows. Raises sqlite3.Error."""
    return {row[0] for row in connection.execute(f"SELECT value FROM texts WHERE {_NAMED}")}  # noqa: S608


_NAMED: Final = f"owner = '{OWNER}' AND name GLOB '{PHOTO}*'"
