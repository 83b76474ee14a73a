"""What persons and programs ask of the book: assets, tickets, inspections. Each is decided in the book's own process.

The counterpart of `events.Asked`, which the daemon's loop decides. `VERB` is its name on the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from rules.model.asset_facts import Pairs
from rules.model.ids import AssetId
from rules.model.ticket_asks import (
    BeginUpkeep,
    ChangeTicket,
    EndUpkeep,
    ImportTickets,
    NoteTicket,
    OpenTicket,
    TicketAsk,
)


@dataclass(frozen=True, slots=True)
class WriteAsset:
    """Make an asset, or change what is said of it. asset None: a new one, whose id the book chooses.

    said: fields, texts and persons alike, by name; an empty value takes one away. new: it must not be known yet.
    """

    VERB: ClassVar[str] = "asset.write"
    asset: AssetId | None
    said: Pairs
    new: bool = False


_ALL: Final[tuple[type[WriteAsset | TicketAsk], ...]] = (
    WriteAsset,
    OpenTicket,
    ChangeTicket,
    NoteTicket,
    ImportTickets,
    BeginUpkeep,
    EndUpkeep,
)
BookAsk = WriteAsset | TicketAsk
ASKS: Final[Mapping[str, type[BookAsk]]] = {one.VERB: one for one in _ALL}
"""By verb."""
