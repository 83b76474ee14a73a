"""Folds the rows of one incident into an empty record, and tells after each what it changed. Decides nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from edge.cli.record import told
from edge.tabletop.film import entry_of
from rules.model.moments import Instant
from rules.record import fold
from rules.state import Record


def replayed(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One step a row: `{"seq", "at", "kind", "known", "changed", "number", "zones", "orders"}`.

    known False: a kind of another version, or one that does not hold what it should; the fold skips it.
    """
    record = Record()
    for row in rows:
        entry = entry_of(row)
        before = record
        if entry is not None:
            at = Instant(int(datetime.fromisoformat(row["at"]).timestamp() * 1_000_000), row["monotonic_us"])
            record = fold(record, at, entry)
        yield {
            "seq": row["seq"],
            "at": row["at"],
            "kind": row["kind"],
            "known": entry is not None,
            "changed": told(row) if record is not before else f"nothing: {told(row)}",
            "number": record.number,
            "zones": {zone: own.response for zone, own in record.zones.items()},
            "orders": {door: order.word for door, order in record.orders.items()},
        }
