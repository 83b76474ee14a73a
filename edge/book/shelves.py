"""The rules' own state in `book.db`: saved with the events it was folded from, loaded at the next start."""

import sqlite3
from typing import Any, Final

import msgspec

from edge.book.archive import Archive
from rules.book.assessment import Assessment, Checklist
from rules.book.book import Asset, Batch, Book, Fault, Minimum, Round, Staged, Standing
from rules.book.exterior_week import Sweep, Watch
from rules.book.firmware import Said
from rules.book.floorplan import Plan
from rules.book.inspection import Filed, Inspected, StagedInspection, Walked
from rules.book.ticket import Signal, Ticket, Upkeep

SHELVES: Final[dict[str, tuple[Any, Any]]] = {
    "assets": (str, Asset),
    "batches": (int, Batch),
    "staged": (tuple[int, str], Staged),
    "minimums": (str, Minimum),
    "rounds": (int, Round),
    "faults": (int, Fault),
    "heard": (str, bool),
    "flags": (tuple[str, str], Standing),
    "numbers": (str, int),
    "identities": (str, Said),
    "tickets": (int, Ticket),
    "ticket_batches": (int, Batch),
    "upkeeps": (int, Upkeep),
    "signals": (tuple[str, str], Signal),
    "watches": (tuple[int, str], Watch),
    "sweeps": (int, Sweep),
    "forced": (str, tuple[int, ...]),
    "proofs": (str, tuple[int, ...]),
    "checklists": (int, Checklist),
    "assessments": (int, Assessment),
    "inspected": (str, Inspected),
    "inspection_batches": (int, Batch),
    "inspections_staged": (int, StagedInspection),
    "walked": (str, Walked),
    "floorplans": (tuple[str, str], Plan),
    "live": (str, bool),
}
"""By the name of the book's field: types of its keys and values."""


def load(connection: sqlite3.Connection, book: Book) -> None:
    """Put back what was saved. Raises msgspec.MsgspecError for what another version saved: rebuild then."""
    book.closed = Archive(connection, "closed", Ticket)
    book.last_of = Archive(connection, "last_of", int)
    book.filed = Archive(connection, "filed", Filed)
    book.inspection_keys = Archive(connection, "inspection_keys", int)
    for name, (key_type, value_type) in SHELVES.items():
        shelf = getattr(book, name)
        value_of = msgspec.msgpack.Decoder(value_type).decode
        key_of = msgspec.json.Decoder(key_type).decode
        for key, value in connection.execute("SELECT key, value FROM shelf WHERE shelf = ?", (name,)):
            shelf.load(key_of(key), value_of(value))


def save(connection: sqlite3.Connection, book: Book) -> None:
    """Save what changed. The caller holds the transaction; raises sqlite3.Error."""
    for archive in (book.closed, book.last_of, book.filed, book.inspection_keys):
        if isinstance(archive, Archive):
            archive.save()
    for name in SHELVES:
        shelf = getattr(book, name)
        for key in shelf.saved():
            row = (name, msgspec.json.encode(key).decode())
            if key in shelf:
                blob = msgspec.msgpack.encode(shelf[key])
                connection.execute("INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)", (*row, blob))
            else:
                connection.execute("DELETE FROM shelf WHERE shelf = ? AND key = ?", row)
