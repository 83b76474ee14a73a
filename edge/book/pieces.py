"""A piece is in one place: what is put in the place of another has a serial number that no asset has. Rules have no texts."""

from typing import Final

from edge.book.database import Database
from rules.book.decision import Refused
from rules.model.asset_asks import ReplaceAsset
from rules.model.book_asks import BookAsk

_WHOSE: Final = """
SELECT id FROM texts WHERE owner = 'asset' AND name = 'serial' AND trim(value) = ? COLLATE NOCASE ORDER BY id = ? DESC LIMIT 1
"""


def another(database: Database, asked: BookAsk) -> None:
    """Raises Refused where a replacement names a piece that is somewhere already. Case and spaces around do not count."""
    serial = asked.serial.strip() if isinstance(asked, ReplaceAsset) else ""
    if not isinstance(asked, ReplaceAsset) or not serial:
        return
    whose = database.lines(_WHOSE, serial, asked.asset)
    if not whose:
        return
    if whose[0]["id"] == asked.asset:
        raise Refused("same_piece", ("asset", asked.asset), ("serial", serial[:64]))
    raise Refused("piece_elsewhere", ("asset", str(whose[0]["id"])), ("serial", serial[:64]))
