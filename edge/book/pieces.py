"""A piece is in one place: a serial number is of one asset, however it is said. Rules have no texts."""

from typing import Final

from edge.book.database import Database
from rules.book.decision import Refused
from rules.model.asset_asks import AddRows, EditAssets, ReplaceAsset, WriteAsset
from rules.model.book_asks import BookAsk

_WHOSE: Final = """
SELECT id FROM texts WHERE owner = 'asset' AND name = 'serial' AND trim(value) = ? COLLATE NOCASE ORDER BY id = ? DESC LIMIT 1
"""
_ANOTHERS: Final = """
SELECT id FROM texts WHERE owner = 'asset' AND name = 'serial' AND trim(value) = ? COLLATE NOCASE AND id <> ? LIMIT 1
"""
_WRITTEN_SO: Final = (
    "SELECT id FROM texts WHERE owner = 'asset' AND name = 'serial' AND value = ? AND id <> ? LIMIT 1"
)
"""By the index: a list of twenty thousand is not gone through for each of its rows."""
SERIAL: Final = "serial"


def another(database: Database, asked: BookAsk) -> None:
    """Raises Refused where somebody says a serial number of a thing that is another's. Case and spaces around do not count."""
    match asked:
        case ReplaceAsset():
            _replaced(database, asked)
        case WriteAsset():
            _said(database, asked.asset or "", dict(asked.said).get(SERIAL, ""), _ANOTHERS)
        case EditAssets():
            serial = dict(asked.said).get(SERIAL, "")
            if serial and len(asked.assets) > 1:
                raise Refused("serial_of_many")
            if serial:
                _said(database, asked.assets[0], serial, _ANOTHERS)
        case AddRows():
            for place, (name, said, _new) in enumerate(asked.rows):
                try:
                    listed(database, name or "", dict(said).get(SERIAL, ""))
                except Refused as err:
                    raise Refused(err.code, *err.said, ("row", place)) from None
        case _:
            pass


def listed(database: Database, asset: str, serial: str) -> None:
    """The same of a row of a list, as it is written there. Raises Refused."""
    _said(database, asset, serial, _WRITTEN_SO)


def _said(database: Database, asset: str, serial: str, query: str) -> None:
    if serial.strip() and (whose := database.lines(query, serial.strip(), asset)):
        raise _elsewhere(str(whose[0]["id"]), serial.strip())


def _replaced(database: Database, asked: ReplaceAsset) -> None:
    serial = asked.serial.strip()
    if not serial or not (whose := database.lines(_WHOSE, serial, asked.asset)):
        return
    if whose[0]["id"] == asked.asset:
        raise Refused("same_piece", ("asset", asked.asset), ("serial", serial[:64]))
    raise _elsewhere(str(whose[0]["id"]), serial)


def _elsewhere(asset: str, serial: str) -> Refused:
    return Refused("piece_elsewhere", ("asset", asset), ("serial", serial[:64]))
