"""What the rules of the book know: the fold of the journal, and what the configuration says of the campus.

Texts and persons are not here: no rule needs them. Its size depends on what the campus owns and on what is open.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Final

from rules.book.shelf import Shelf
from rules.book.ticket import Signal, Ticket, Upkeep
from rules.book.ticket_pack import TicketPack
from rules.model.asset_facts import BatchState
from rules.model.ids import AssetId, ZoneId

CLASS_SAFETY: Final = "safety"


@dataclass(frozen=True, slots=True)
class Asset:
    """What is known of one thing that the campus owns. fields: by the names of `rules.book.asset_fields`.

    texts: names of the texts that it has. persons: of the persons. batch: the import that it came with; 0: none.
    stated_us: when all of it was last written as a whole; written_us: when anything was.
    """

    id: AssetId
    fields: Mapping[str, str]
    texts: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    batch: int = 0
    stated_us: int = 0
    written_us: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """An import. boot: of the machine that it began on."""

    state: BatchState
    rows: int
    sha256: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A flag that stands, of whoever raised it."""

    args: tuple[str, ...]
    since_us: int


@dataclass(frozen=True, slots=True)
class Device:
    """A configured device: what the configuration says of it. kind: controller, door, button, camera, input, output.

    door: of a door which kind it is: classroom, exterior, interior, stair.
    """

    id: AssetId
    kind: str
    zone: ZoneId
    name: str = ""
    model: str = ""
    of: AssetId | None = None
    """The controller that it hangs on."""
    door: str = ""


@dataclass(frozen=True, slots=True)
class Campus:
    """What the accepted configuration says. zones: each with those above it, itself first. tickets: their pack."""

    id: str
    devices: Mapping[AssetId, Device] = field(default_factory=dict)
    zones: Mapping[ZoneId, tuple[ZoneId, ...]] = field(default_factory=dict)
    tickets: TicketPack = field(default_factory=TicketPack)


@dataclass(slots=True)
class Book:
    """Belongs to one thread; changed by `fold` alone, but for `campus`."""

    campus: Campus
    assets: Shelf[AssetId, Asset] = field(default_factory=Shelf)
    batches: Shelf[int, Batch] = field(default_factory=Shelf)
    flags: Shelf[tuple[str, str], Standing] = field(default_factory=Shelf)
    """Every flag of the product that stands, by (code, subject)."""
    numbers: Shelf[str, int] = field(default_factory=Shelf)
    """The last number given out, by what it numbers."""
    tickets: Shelf[int, Ticket] = field(default_factory=Shelf)
    """Those that are not closed."""
    closed: MutableMapping[int, Ticket] = field(default_factory=dict)
    """The others. In the book's process they lie on disk: only a person's word or a flag that comes back asks for one."""
    last_of: MutableMapping[str, int] = field(default_factory=dict)
    """The last ticket of a key (`TicketOpened.key`), on disk as well."""
    ticket_batches: Shelf[int, Batch] = field(default_factory=Shelf)
    upkeeps: Shelf[int, Upkeep] = field(default_factory=Shelf)
    signals: Shelf[tuple[str, str], Signal] = field(default_factory=Shelf)
    """How each flag, by (code, subject), turned lately."""

    def counts(self, asset: Asset) -> bool:
        """Whether it is there for everybody: its import is whole."""
        batch = self.batches.get(asset.batch)
        return asset.batch == 0 or (batch is not None and batch.state == "taken")

    def ticket(self, number: int) -> Ticket | None:
        """A ticket, open or closed, whose import is whole."""
        found = self.tickets.get(number) or self.closed.get(number)
        return found if found is not None and self.ticket_counts(found) else None

    def ticket_counts(self, ticket: Ticket) -> bool:
        """Whether it is there for everybody: its import is whole."""
        batch = self.ticket_batches.get(ticket.batch)
        return ticket.batch == 0 or (batch is not None and batch.state == "taken")
