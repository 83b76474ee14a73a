"""A book that is made from nothing is made without the indexes of its lists: nobody reads before it has caught up.

Each of them costs more, row by row, than all of it by one sorting at the end.
"""

import sqlite3
from typing import Final

LATER: Final = {
    "assets_by_type": "assets (type, asset)",
    "assets_by_zone": "assets (zone, asset)",
    "assets_by_state": "assets (state, asset)",
    "texts_by_value": "texts (owner, name, value)",
    "changes_by_time": "changes (owner, id, at)",
    "tickets_next": "tickets (there, open, rank, opened_us, number)",
    "tickets_of": "tickets (there, assigned, open, rank, opened_us, number)",
    "tickets_by_asset": "tickets (there, asset, open, rank, opened_us, number)",
    "tickets_by_zone": "tickets (there, zone, open, rank, opened_us, number)",
    "tickets_by_category": "tickets (there, category, open, rank, opened_us, number)",
}
"""Those that no following asks, as the schema has them."""


def begin(connection: sqlite3.Connection) -> None:
    """Take them away. Raises sqlite3.Error; the caller holds the transaction."""
    for name in LATER:
        connection.execute(f"DROP INDEX IF EXISTS {name}")


def under_way(connection: sqlite3.Connection) -> bool:
    """Whether one of them is missing. Raises sqlite3.Error."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    return not LATER.keys() <= there


def end(connection: sqlite3.Connection) -> None:
    """Make them. Raises sqlite3.Error; the caller holds the transaction."""
    for name, of in LATER.items():
        connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {of}")
