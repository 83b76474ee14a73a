"""Serial numbers that devices say, beside those of the inventory: another one is another piece at that place.

Rules have no texts, so they are compared here, and the rules learn of which devices it is another one. Where nobody wrote one
down, the one counts that the device said first since it was last said to be replaced.
"""

import sqlite3
from typing import Final

from edge.book.rows import say
from edge.journal.canonical import JSON
from edge.journal.stored import Stored
from rules.model.asset_facts import AssetReplaced
from rules.model.camera_facts import CameraIdentified
from rules.model.device_facts import DeviceIdentified
from rules.model.ids import AssetId

TOLD: Final = "told"
"""Owner of what a device says of itself: `serial` now, and `first` since it was last said to be replaced."""
KINDS: Final = frozenset({DeviceIdentified.KIND, CameraIdentified.KIND, AssetReplaced.KIND})
_NOW_FIRST: Final = """
INSERT OR REPLACE INTO texts SELECT owner, id, 'first', value, epoch, seq, field FROM texts
WHERE owner = 'told' AND id = ? AND name = 'serial'
"""
_BOTH: Final = """
SELECT told.id, told.value, ifnull(listed.value, first.value)
FROM texts AS told
LEFT JOIN texts AS listed ON listed.owner = 'asset' AND listed.id = told.id AND listed.name = 'serial'
LEFT JOIN texts AS first ON first.owner = 'told' AND first.id = told.id AND first.name = 'first'
WHERE told.owner = 'told' AND told.name = 'serial'
"""


def apply_serial(connection: sqlite3.Connection, event: Stored) -> None:
    """Keep what a device said, and count anew from a replacement. Raises sqlite3.Error."""
    data, told = event.data, event.opened.get("serial", "" if "serial" not in event.sealed else None)
    match event.kind:
        case AssetReplaced.KIND:
            asset = str(data.get("asset"))
            connection.execute(
                "DELETE FROM texts WHERE owner = 'told' AND id = ? AND name = 'first'", (asset,)
            )
            connection.execute(_NOW_FIRST, (asset,))
        case DeviceIdentified.KIND if data.get("code") == "":
            _told(connection, event, str(data.get("controller")), told)
        case CameraIdentified.KIND:
            _told(connection, event, str(data.get("camera")), told)
        case _:
            pass


def others(connection: sqlite3.Connection) -> frozenset[AssetId]:
    """Whatever says another serial number than it should, or none any more. Raises sqlite3.Error."""
    found = connection.execute(_BOTH)
    return frozenset(AssetId(name) for name, now, before in found if before and not is_same(now, before))


def is_same(one: str, other: str) -> bool:
    """Whether two ways of writing it are of one serial number: case, blanks, colons, hyphens and zeros before it say nothing."""
    return _bare(one) == _bare(other)


def _told(connection: sqlite3.Connection, event: Stored, device: str, serial: JSON) -> None:
    if not isinstance(serial, str):
        return  # erased
    known = connection.execute(
        "SELECT name FROM texts WHERE owner = 'told' AND id = ? AND value <> ''", (device,)
    ).fetchall()
    if not _bare(serial):
        # One that never said any is no other piece; one that said one and says none now may be.
        if known:
            say(connection, event, TOLD, device, "serial", [("serial", "")], empty=True)
        return
    say(connection, event, TOLD, device, "serial", [("serial", serial)])
    if ("first",) not in known:
        connection.execute(_NOW_FIRST, (device,))


def _bare(serial: str) -> str:
    """What of it tells: letters and digits. A number 0 is how readers say that they have none."""
    return "".join(one for one in serial.casefold() if one.isalnum()).lstrip("0")
