"""What persons and programs ask of the book: assets, tickets, inspections. Each is decided in the book's own process.

The counterpart of `events.Asked`, which the daemon's loop decides. `VERB` is its name on the wire.
"""

from collections.abc import Mapping
from typing import Final, get_args

from rules.model.asset_asks import AssetAsk, WriteAsset

__all__ = ["ASKS", "BookAsk", "WriteAsset"]

BookAsk = AssetAsk
ASKS: Final[Mapping[str, type[BookAsk]]] = {one.VERB: one for one in get_args(BookAsk)}
"""By verb."""
