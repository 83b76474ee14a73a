"""From an event of the inventory to rows of texts, histories, reports and rounds; and from what is known to rows of the list."""

import sqlite3
from collections.abc import Iterable
from typing import Final

import msgspec

from edge.book.rows import change, number, pairs, say, say_words, unsay
from edge.journal.stored import Stored
from rules.book.asset_fields import OF_THE_PIECE
from rules.book.assets import missing
from rules.book.book import Book
from rules.model.ids import AssetId

OWNER: Final = "asset"
COLUMNS: Final = ("class", "type", "zone", "state", "issued", "due", "seen", "missed", "recommission")
"""Fields that lists are found by."""
PLACES: Final = ", ".join("?" * (len(COLUMNS) + 5))


def staged(batch: int) -> str:
    """The owner of the texts and changes of an import that does not count yet."""
    return f"staged:{batch}"


def apply_asset(connection: sqlite3.Connection, event: Stored) -> bool:
    """Change the tables as this event says; whether it is one of the inventory. Raises sqlite3.Error."""
    asset, opened = str(event.data.get("asset")), event.opened
    match event.kind:
        case "asset.written/1":
            batch = number(event.data, "batch")
            owner = staged(batch) if batch else OWNER
            if event.data.get("whole") is True:
                connection.execute("DELETE FROM texts WHERE owner = ? AND id = ?", (owner, asset))
            _written(connection, event, owner, asset)
        case "asset.batch/1":
            _batch(connection, event)
            return True
        case "asset.device/1":
            for field in ("name", "model"):
                say(connection, event, OWNER, asset, field, [(field, opened.get(field))])
        case "asset.replaced/1":
            unsay(connection, OWNER, asset, (*OF_THE_PIECE, "commissioned_by"))
            say(connection, event, OWNER, asset, "serial", [("serial", opened.get("serial"))])
            say_words(connection, event, "reason")
        case "asset.commissioned/1":
            unsay(connection, OWNER, asset, ("commissioned_by",))
            say(connection, event, OWNER, asset, "by", [("commissioned_by", opened.get("by"))])
        case "asset.issued/1":
            unsay(connection, OWNER, asset, ("holder",))
            say(connection, event, OWNER, asset, "person", [("holder", opened.get("person"))])
        case "asset.returned/1":
            unsay(connection, OWNER, asset, ("holder",))
            say_words(connection, event, "note")
        case "asset.turned/1":
            say_words(connection, event, "reason")
        case "fault.reported/1":
            connection.execute(
                "INSERT OR REPLACE INTO faults VALUES (?, ?, ?, 'waits')",
                (number(event.data, "number"), asset, event.at),
            )
            for field in ("text", "name"):
                known = str(number(event.data, "number"))
                say(connection, event, "fault", known, field, [(field, opened.get(field))])
        case "fault.settled/1":
            connection.execute(
                "UPDATE faults SET outcome = ? WHERE number = ?",
                (str(event.data.get("outcome")), number(event.data, "number")),
            )
            say_words(connection, event, "reason")
        case "audit.turned/1":
            _round(connection, event)
            return True
        case "asset.linked/1" | "audit.seen/1" | "audit.missed/1":
            pass
        case "stock.minimum/1":
            return True
        case _:
            return False
    if not (event.kind == "asset.written/1" and number(event.data, "batch")):
        change(connection, event, OWNER, asset)
    return True


def _written(connection: sqlite3.Connection, event: Stored, owner: str, asset: str) -> None:
    named = event.data.get("named")
    names = [str(one) for one in named] if isinstance(named, list) else []
    if owner == OWNER:
        unsay(connection, owner, asset, names)
    else:
        # An empty text of an import is kept until it counts: then it takes away what is there.
        for name in names:
            say(connection, event, owner, asset, "texts", [(name, "")], empty=True)
        change(connection, event, owner, asset)
    for field in ("texts", "persons"):
        say(connection, event, owner, asset, field, pairs(event.opened.get(field)))


def _batch(connection: sqlite3.Connection, event: Stored) -> None:
    owner = staged(number(event.data, "batch"))
    if event.data.get("state") == "taken":
        connection.execute(
            "DELETE FROM texts WHERE owner = 'asset' AND (id, name) IN "
            "(SELECT id, name FROM texts WHERE owner = ? AND value = '')",
            (owner,),
        )
        connection.execute("DELETE FROM texts WHERE owner = ? AND value = ''", (owner,))
        connection.execute("UPDATE OR REPLACE texts SET owner = 'asset' WHERE owner = ?", (owner,))
        connection.execute("UPDATE OR REPLACE changes SET owner = 'asset' WHERE owner = ?", (owner,))
    elif event.data.get("state") == "abandoned":
        connection.execute("DELETE FROM texts WHERE owner = ?", (owner,))
        connection.execute("DELETE FROM changes WHERE owner = ?", (owner,))


def _round(connection: sqlite3.Connection, event: Stored) -> None:
    data = event.data
    if data.get("state") == "begun":
        connection.execute(
            "INSERT OR REPLACE INTO rounds VALUES (?, ?, ?, ?, NULL, ?, NULL)",
            (
                number(data, "round"),
                str(data.get("zone")),
                str(data.get("type")),
                event.at,
                number(data, "expected"),
            ),
        )
    else:
        connection.execute(
            "UPDATE rounds SET ended_at = ?, missing = ? WHERE number = ?",
            (event.at, number(data, "missing"), number(data, "round")),
        )


def list_assets(connection: sqlite3.Connection, book: Book, changed: Iterable[AssetId]) -> None:
    """Write the rows of the list for what is known of these now. Raises sqlite3.Error."""
    gone, rows = [], []
    for name in changed:
        asset = book.assets.get(name)
        if asset is None:
            gone.append((name,))
            continue
        lacking = ",".join(missing(asset)) if asset.state != "retired" else ""
        fields = msgspec.json.encode(asset.fields, order="sorted").decode()
        rows.append(
            (
                name,
                *(asset.fields.get(one) for one in COLUMNS),
                asset.device or None,
                lacking,
                len(asset.depends),
                fields,
            )
        )
    connection.executemany("DELETE FROM assets WHERE asset = ?", gone)
    connection.executemany(f"INSERT OR REPLACE INTO assets VALUES ({PLACES})", rows)  # noqa: S608  # question marks
