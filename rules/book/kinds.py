"""What the book may enter into the journal: its own kinds, and flags of its own codes. Everything else is refused."""

from typing import Final, get_args

from rules.book import firmware, inspection_pack
from rules.model.book_facts import BookFact
from rules.model.facts import Entry, FlagCleared, FlagRaised

KINDS: Final[frozenset[type]] = frozenset(get_args(BookFact))
OF_TICKETS: Final[frozenset[str]] = frozenset(
    {"lock_ticket_old", "safety_ticket_old", "ticket_old", "changes_often"}
)
FLAGS: Final[frozenset[str]] = (
    frozenset(
        {
            "asset_missed",
            "asset_unknown",
            "device_unlisted",
            "devices_unknown",
            "fault_reported",
            "map_old",
            "needs_down",
            "other_piece",
            "recommission",
            "retired_configured",
            "retired_heard",
            "stock_low",
            "support_over",
            "sweep_unsigned",
        }
    )
    | firmware.CODES
    | inspection_pack.CODES
    | OF_TICKETS
)
"""Codes of the flags that the book alone raises and clears. `args` begin with the zone (`""`: the campus)."""


def allowed(entry: Entry) -> bool:
    """Whether the book may enter this."""
    fact = entry.fact
    if isinstance(fact, FlagRaised | FlagCleared):
        return fact.code in FLAGS
    return type(fact) in KINDS and entry.incident is None
