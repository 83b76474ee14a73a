"""From an event of the journal to what a ticket's operations are made of. The hub makes them of the same events."""

import msgspec

from edge import codec
from edge.journal.stored import Stored
from rules.book.ticket_operations import Told
from rules.model.ticket_facts import (
    TicketChanged,
    TicketEscalated,
    TicketMerged,
    TicketNoted,
    TicketOpened,
)

ABOUT_ONE = (TicketOpened, TicketChanged, TicketNoted, TicketEscalated, TicketMerged)


def told_of(event: Stored) -> tuple[int, Told] | None:
    """The number of the ticket that an event is about, and what it tells; None: it is about none, or was not ours."""
    try:
        entry = codec.entry(event.kind, event.subject, event.actor, event.incident, event.data, event.opened)
    except msgspec.ValidationError:
        return None
    if entry is None or not isinstance(entry.fact, ABOUT_ONE):
        return None
    return entry.fact.ticket, Told(event.epoch, event.seq, event.at_us, event.actor, entry.fact)
