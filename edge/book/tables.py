"""From an event to rows of the book's lists and histories. Depends on the event alone, so that it can be repeated.

A kind that is not listed is skipped; a field that is missing or of another type reads as nothing.
"""

import sqlite3
from typing import Any, Final

import msgspec

from edge.journal.canonical import JSON
from edge.journal.stored import Stored

DERIVED: Final = ("shelf", "texts", "assets", "changes")


def apply(connection: sqlite3.Connection, event: Stored) -> None:
    """Change the tables as this event says. Raises sqlite3.Error; the caller holds the transaction."""
    match event.kind:
        case "asset.written/1":
            _asset(connection, event)
        case "asset.batch/1" if event.data.get("state") == "abandoned":
            batch = _number(event.data, "batch")
            for table in ("texts", "changes"):
                connection.execute(
                    f"DELETE FROM {table} WHERE owner = 'asset' AND id IN (SELECT asset FROM assets WHERE batch = ?)",  # noqa: S608  # our words
                    (batch,),
                )
            connection.execute("DELETE FROM assets WHERE batch = ?", (batch,))
        case "sealed.erased/1":
            where = (event.data.get("epoch"), event.data.get("seq"), event.data.get("field"))
            connection.execute("DELETE FROM texts WHERE epoch IS ? AND seq IS ? AND field IS ?", where)


def change(connection: sqlite3.Connection, event: Stored, owner: str, name: str) -> None:
    """Note an event in the history of a thing."""
    connection.execute(
        "INSERT OR IGNORE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (owner, name, event.epoch, event.seq, event.at, event.actor, event.kind, text_of(event.data)),
    )


def say(connection: sqlite3.Connection, event: Stored, owner: str, name: str, field: str) -> None:
    """Keep the words that stand in a sealed field of (name, text) pairs; an empty one takes one away."""
    for word, value in pairs(event.opened.get(field)):
        connection.execute("DELETE FROM texts WHERE owner = ? AND id = ? AND name = ?", (owner, name, word))
        if value:
            connection.execute(
                "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?, ?)",
                (owner, name, word, value, event.epoch, event.seq, field),
            )


def say_one(
    connection: sqlite3.Connection, event: Stored, owner: str, name: str, field: str, value: JSON
) -> None:
    """Keep the words of a sealed field that holds one text."""
    if isinstance(value, str) and value:
        row = (owner, name, field, value, event.epoch, event.seq, field)
        connection.execute("INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def pairs(value: JSON) -> list[tuple[str, str]]:
    """(name, value) pairs of a fact as they come back from the journal."""
    listed = value if isinstance(value, list) else []
    return [(str(one[0]), str(one[1])) for one in listed if isinstance(one, list) and len(one) == 2]


def text_of(value: Any) -> str:
    """JSON."""
    return msgspec.json.encode(value, order="sorted").decode()


def _asset(connection: sqlite3.Connection, event: Stored) -> None:
    asset = str(event.data.get("asset"))
    known = connection.execute("SELECT fields FROM assets WHERE asset = ?", (asset,)).fetchone()
    fields: dict[str, str] = {} if known is None else msgspec.json.decode(known[0])
    fields |= dict(pairs(event.data.get("fields")))
    fields = {name: value for name, value in fields.items() if value}
    batch = _number(event.data, "batch")
    connection.execute(
        "INSERT INTO assets VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (asset) DO UPDATE SET class = excluded.class, "
        "type = excluded.type, zone = excluded.zone, state = excluded.state, written_at = excluded.written_at, "
        "fields = excluded.fields",
        (
            asset,
            *(fields.get(name) for name in ("class", "type", "zone", "state")),
            batch,
            event.at,
            text_of(fields),
        ),
    )
    for field in ("texts", "persons"):
        say(connection, event, "asset", asset, field)
    change(connection, event, "asset", asset)


def _number(data: dict[str, JSON], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) else 0
