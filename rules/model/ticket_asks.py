"""What persons and programs ask about tickets, and about what is put to rest. See `book_asks`."""

from typing import ClassVar, Literal

from rules.model.asset_facts import Pairs
from rules.model.ticket_facts import UpkeepOf, UpkeepWord
from rules.model.ticket_operations import Operation
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """said: fields, texts and persons alike, by the names of `rules.book.ticket_fields`. template: of the pack, to begin with."""

    VERB: ClassVar[str] = "ticket.open"
    said: Pairs
    template: str = ""


@dataclass(frozen=True, slots=True)
class ChangeTicket:
    """said: what is another from now on, `state` among it; an empty value takes one away. why: in words; a must to close one
    that weighs safety.
    """

    VERB: ClassVar[str] = "ticket.change"
    ticket: int
    said: Pairs
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoteTicket:
    """minutes: time spent. parts: (name, how many). photos: SHA-256 of files that were taken in."""

    VERB: ClassVar[str] = "ticket.note"
    ticket: int
    text: str = ""
    minutes: int = 0
    parts: Pairs = ()
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MergeTicket:
    """An edit that the district made; asked by what hears the district, never by a person here. Asked again it changes nothing.

    sent_us: the hub's clock when it handed this over (UTC microseconds), for clocks to be compared; 0: it did not say.
    live: whether an incident is live as the daemon knows it, which is there before the book has followed the journal so far.
    The operation's `stamp_us` is not the district's to say, and is not looked at.
    """

    VERB: ClassVar[str] = "ticket.merge"
    operation: Operation
    sent_us: int = 0
    live: bool = False


@dataclass(frozen=True, slots=True)
class ImportTickets:
    """A piece of an import. batch 0: begin one, of `rows` rows in a file of this SHA-256; else go on with it.

    lines: at most 40: when it was opened elsewhere (UTC microseconds, 0: now), and what is said of it as in `OpenTicket.said`.
    end: `taken`, all of it counts from now on; `abandoned`, none of it ever will.
    """

    VERB: ClassVar[str] = "ticket.import"
    batch: int
    rows: int = 0
    sha256: str = ""
    lines: tuple[tuple[int, Pairs], ...] = ()
    end: Literal["", "taken", "abandoned"] = ""


@dataclass(frozen=True, slots=True)
class BeginUpkeep:
    """Maintenance of a device or zone, or a ticket's snooze. from_us: UTC, 0: now. owner: an actor; empty: who asks."""

    VERB: ClassVar[str] = "upkeep.begin"
    what: UpkeepWord
    of: UpkeepOf
    subject: str
    until_us: int
    reason: str
    from_us: int = 0
    owner: str = ""


@dataclass(frozen=True, slots=True)
class EndUpkeep:
    """Before its time."""

    VERB: ClassVar[str] = "upkeep.end"
    upkeep: int


TicketAsk = OpenTicket | ChangeTicket | NoteTicket | MergeTicket | ImportTickets | BeginUpkeep | EndUpkeep
