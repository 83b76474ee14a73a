"""What a ticket may stand for beside a person's word: a flag, or what has none: a thing that was not found, a fault reported.

Nobody's safety may rest on such a thing, and then no flag stands; it is work all the same.
"""

from collections.abc import Iterator
from typing import Final

from rules.book import audits
from rules.book.book import Book
from rules.model.asset_facts import FaultSettled
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, AssetId

MISSED: Final = "asset_missed"
REPORTED: Final = "fault_reported"
OF_THINGS: Final = frozenset({MISSED, REPORTED})
"""Codes whose ticket follows what was said of the thing, and not the flag that may stand beside it."""
RULE: Final = Actor("rule")
Key = tuple[str, str]
"""(code, subject)."""


def causes(book: Book) -> dict[Key, int]:
    """All that stands now, and since when (UTC microseconds)."""
    found = {key: one.since_us for key, one in book.flags.items() if key[0] not in OF_THINGS}
    for asset, _round in audits.missed(book):
        signal = book.signals.get((MISSED, asset))
        found[MISSED, asset] = signal.times[-1] if signal and signal.times else 0
    for fault in book.faults.values():
        key = (REPORTED, fault.asset)
        found[key] = min(found.get(key, fault.at_us), fault.at_us)
    return found


def is_missed(book: Book, asset: AssetId) -> bool:
    """Whether a round looked for it in vain, and nobody saw it since."""
    known = book.assets.get(asset)
    return known is not None and "missed" in known.fields


def is_reported(book: Book, asset: AssetId) -> bool:
    """Whether a report of it waits to be looked at."""
    return any(one.asset == asset for one in book.faults.values())


def looked_at(book: Book) -> Iterator[Entry]:
    """A report whose ticket a person closed since was looked at: it waits no more."""
    if not book.faults:
        return
    keys = {one.key for one in book.tickets.values()}
    for number, fault in book.faults.items():
        key = f"{REPORTED}:{fault.asset}"
        ticket = None if key in keys else book.closed.get(book.last_of.get(key, 0))
        if ticket is not None and ticket.turned_us > fault.at_us:
            fact = FaultSettled(number, fault.asset, "taken")
            yield Entry(fact, fault.asset, RULE, because=Because("ticket_closed"))
