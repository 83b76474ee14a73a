"""What enters the journal of tickets, of escalation, and of what is put to rest for a while.

A ticket's number counts per campus (`rules.book.numbering`); entries about it have the subject `ticket-NUMBER`.
"""

from typing import ClassVar, Literal

from rules.model.asset_facts import BatchState, Pairs
from rules.model.ticket_operations import Range
from rules.model.values import dataclass

NoteWord = Literal["note", "recovered"]
"""`recovered`: what a rule had opened it for is over."""
MergeWord = Literal["taken", "kept", "added"]
UpkeepWord = Literal["maintenance", "snooze"]
UpkeepOf = Literal["ticket", "device", "zone"]


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A ticket. key: `CODE:SUBJECT` of the flag that a rule opened it for, else empty. rule, version, pack: that rule's id,
    version and the SHA-256 of its pack. batch: 0, else its import. opened_us: UTC, where another than this event's; else 0.

    fields: by the names of `rules.book.ticket_fields`, weight as it counts. persons: who reported it, where not the actor.
    """

    KIND: ClassVar[str] = "ticket.opened/1"
    SEALED: ClassVar[tuple[str, ...]] = ("texts", "persons")
    ticket: int
    batch: int
    key: str
    rule: str
    version: int
    pack: str
    opened_us: int
    fields: Pairs
    texts: Pairs = ()
    persons: Pairs = ()


@dataclass(frozen=True, slots=True)
class TicketChanged:
    """What is another of a ticket from now on, its state among the fields. rule: whose doing, empty for a person's."""

    KIND: ClassVar[str] = "ticket.changed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("texts", "persons", "why")
    ticket: int
    rule: str
    fields: Pairs
    texts: Pairs = ()
    persons: Pairs = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class TicketNoted:
    """Something was said or seen. minutes: time spent. parts: (name, how many). photos: SHA-256 of files beside the journal."""

    KIND: ClassVar[str] = "ticket.noted/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text", "parts", "photos")
    ticket: int
    note: NoteWord
    rule: str
    minutes: int
    text: str = ""
    parts: Pairs = ()
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketEscalated:
    """A step of escalation was reached, once for each ticket. weight, assigned: what it raised and to whom it gave it; or empty.

    age_us: how long it was open by then, without what was put to rest.
    """

    KIND: ClassVar[str] = "ticket.escalated/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    ticket: int
    rule: str
    version: int
    pack: str
    age_us: int
    weight: str
    assigned: str


@dataclass(frozen=True, slots=True)
class TicketBatchTurned:
    """An import of tickets began, counts from now on as a whole, or never will. rows, sha256: of its file."""

    KIND: ClassVar[str] = "ticket.batch/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    batch: int
    state: BatchState
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class UpkeepBegun:
    """A device or zone in maintenance, or a ticket that is snoozed: always with an owner (an actor), a reason and an end."""

    KIND: ClassVar[str] = "upkeep.begun/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    upkeep: int
    what: UpkeepWord
    of: UpkeepOf
    subject: str
    owner: str
    from_us: int
    until_us: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UpkeepEnded:
    """code: `over` by time, `ended` by a person before it."""

    KIND: ClassVar[str] = "upkeep.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    upkeep: int
    code: Literal["over", "ended"]


@dataclass(frozen=True, slots=True)
class TicketMerged:
    """An edit that the district made came to the campus, and what became of the ticket by it.

    line, number, place, field, seen, by, hlc_us, hlc_count: of `ticket_operations.Operation`, as it was sent; of `seen` what can
    have been. value: what it says, where that is a code; else it is in `words`. heard_us: when it was heard here, UTC, which
    bounds what the campus had said by then; stamp_us: the time that counts for it from now on (`rules.book.merging`).
    version, pack: of the rules of merging, `rules/packs/merging.yaml`.

    outcome: its value holds (`taken`), another does and it is shown beside it (`kept`), or it adds something (`added`).
    was: what held before, where that is a code. beside: ids of operations of which it knew nothing, as they of it, and that say
    something else; both versions are shown. conflict: whether the ticket stands open though somebody closed it.
    fields: what is another of the ticket because of it.
    """

    KIND: ClassVar[str] = "ticket.merged/1"
    SEALED: ClassVar[tuple[str, ...]] = ("words", "why")
    ticket: int
    line: str
    number: int
    place: int
    field: str
    value: str
    seen: tuple[Range, ...]
    by: str
    hlc_us: int
    hlc_count: int
    heard_us: int
    stamp_us: int
    version: int
    pack: str
    outcome: MergeWord
    was: str
    beside: tuple[str, ...]
    conflict: bool
    fields: Pairs
    words: str = ""
    why: str = ""


TicketFact = (
    TicketOpened
    | TicketChanged
    | TicketNoted
    | TicketMerged
    | TicketEscalated
    | TicketBatchTurned
    | UpkeepBegun
    | UpkeepEnded
)
