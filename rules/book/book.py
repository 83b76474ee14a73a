"""What the rules of the book know: the fold of the journal, and what the configuration says of the campus.

Texts and persons are not here: no rule needs them. Its size depends on what the campus owns and on what is open.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rules.book.assessment import Assessment, Checklist
from rules.book.exterior_pack import ExteriorPack
from rules.book.exterior_week import Sweep, Watch
from rules.book.firmware import Bundle, Judgement, Said
from rules.book.floorplan import Plan
from rules.book.inspection import Filed, Inspected, Planned, StagedInspection, Walked
from rules.book.inspection_pack import InspectionPack
from rules.book.merge_pack import MergePack
from rules.book.shelf import Shelf
from rules.book.ticket import Signal, Ticket, Upkeep
from rules.book.ticket_operations import Told
from rules.book.ticket_pack import TicketPack
from rules.model.asset_facts import BatchState, Pairs
from rules.model.bundle_facts import BundleKind
from rules.model.ids import AssetId, DoorId, IncidentId, ZoneId

CLASS_SAFETY: Final = "safety"
GONE: Final = frozenset({"retired", "lost", "ordered"})
"""States in which a thing is not there for anybody."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What is known of one thing that the campus owns. fields: by the names of `rules.book.asset_fields`.

    words: names of the texts and persons that it has. depends: what it needs, and how. device: what kind of device the
    configuration says it is, `""` none; told: a digest of all that it says, and when that was last entered.
    stated_us: when all of it was last written as a whole; written_us: when anything was. since_us: since when it owes its
    inspections: first listed, put to use, or another piece.
    """

    id: AssetId
    fields: Mapping[str, str]
    words: tuple[str, ...] = ()
    depends: tuple[tuple[AssetId, str], ...] = ()
    device: str = ""
    told: str = ""
    told_us: int = 0
    stated_us: int = 0
    written_us: int = 0
    since_us: int = 0

    @property
    def state(self) -> str:
        """Of its life; `""`: nobody said."""
        return self.fields.get("state", "")

    def lies_in(self, zones: frozenset[str] | None) -> bool:
        """Whether it is in one of these zones (`Book.within`)."""
        return zones is None or self.fields.get("zone", "") in zones

    @property
    def is_safety(self) -> bool:
        """Whether somebody's safety rests on it."""
        return self.fields.get("class") == CLASS_SAFETY


@dataclass(frozen=True, slots=True)
class Batch:
    """An import."""

    state: BatchState
    rows: int
    sha256: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A row of an import that does not count yet. words: of those named, the ones that have a value."""

    new: bool
    fields: Pairs
    named: tuple[str, ...]
    words: tuple[str, ...]
    at_us: int


@dataclass(frozen=True, slots=True)
class Minimum:
    """How many of a type are to lie in stock."""

    count: int
    at_us: int


@dataclass(frozen=True, slots=True)
class Round:
    """An audit under way. seen: what was seen in it."""

    zone: str
    type: str
    expected: int
    at_us: int
    seen: frozenset[AssetId] = frozenset()


@dataclass(frozen=True, slots=True)
class Fault:
    """A report that nobody looked at yet."""

    asset: AssetId
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
    """What the accepted configuration says. zones: each with those above it, itself first. tickets, inspections,
    merging: their packs.

    exterior: limits of the sweep of exterior doors. map_days: how long a layer of the map counts as verified.
    kept_us: how long the journal keeps what belongs to no incident; None: for ever.
    """

    id: str
    devices: Mapping[AssetId, Device] = field(default_factory=dict)
    zones: Mapping[ZoneId, tuple[ZoneId, ...]] = field(default_factory=dict)
    kept_us: int | None = None
    tickets: TicketPack = field(default_factory=TicketPack)
    exterior: ExteriorPack = field(default_factory=ExteriorPack)
    inspections: InspectionPack = field(default_factory=InspectionPack)
    map_days: int = 365
    merging: MergePack = field(default_factory=MergePack)


@dataclass(slots=True)
class Book:
    """Belongs to one thread; changed by `fold` alone, but for `campus`, `orphans`, and what is said of firmware and pieces."""

    campus: Campus
    assets: Shelf[AssetId, Asset] = field(default_factory=Shelf)
    batches: Shelf[int, Batch] = field(default_factory=Shelf)
    staged: Shelf[tuple[int, AssetId], Staged] = field(default_factory=Shelf)
    """Rows of imports under way, by (batch, asset)."""
    minimums: Shelf[str, Minimum] = field(default_factory=Shelf)
    rounds: Shelf[int, Round] = field(default_factory=Shelf)
    """Audits under way, by number."""
    faults: Shelf[int, Fault] = field(default_factory=Shelf)
    heard: Shelf[AssetId, bool] = field(default_factory=Shelf)
    """Of devices that say so: whether each was last heard, or last said to be away."""
    flags: Shelf[tuple[str, str], Standing] = field(default_factory=Shelf)
    """Every flag of the product that stands, by (code, subject)."""
    numbers: Shelf[str, int] = field(default_factory=Shelf)
    """The last number given out, by what it numbers."""
    identities: Shelf[AssetId, Said] = field(default_factory=Shelf)
    """What each controller and camera last said it is."""
    judgements: tuple[Judgement, ...] = ()
    bundles: Mapping[BundleKind, Bundle] = field(default_factory=dict)
    oldest_us: Mapping[BundleKind, int] = field(default_factory=dict)
    settled: bool = False
    """Of firmware, as the process last compared it with notes and published flaws: see `rules.book.firmware`."""
    other_pieces: frozenset[AssetId] = frozenset()
    """Devices that say another serial number than they should, as the process last compared them: rules have no texts."""
    orphans: set[int] = field(default_factory=set)
    """Imports that were under way when this process began: nobody goes on with them."""
    tickets: Shelf[int, Ticket] = field(default_factory=Shelf)
    """Those that are not closed."""
    moved: set[int] = field(default_factory=set)
    """Tickets whose dates were moved (`set_back`), until the tables have them."""
    closed: MutableMapping[int, Ticket] = field(default_factory=dict)
    """The others. In the book's process they lie on disk: only a person's word or a flag that comes back asks for one."""
    last_of: MutableMapping[str, int] = field(default_factory=dict)
    """The last ticket of a key (`TicketOpened.key`), on disk as well."""
    ticket_batches: Shelf[int, Batch] = field(default_factory=Shelf)
    upkeeps: Shelf[int, Upkeep] = field(default_factory=Shelf)
    signals: Shelf[tuple[str, str], Signal] = field(default_factory=Shelf)
    """How each flag, by (code, subject), turned lately."""
    watches: Shelf[tuple[int, DoorId], Watch] = field(default_factory=Shelf)
    """What was seen of exterior doors, by (Monday, door), in weeks that are not recorded yet."""
    sweeps: Shelf[int, Sweep] = field(default_factory=Shelf)
    """Recorded weeks of the exterior doors, by Monday."""
    forced: Shelf[DoorId, tuple[int, ...]] = field(default_factory=Shelf)
    proofs: Shelf[DoorId, tuple[int, ...]] = field(default_factory=Shelf)
    """When a door was forced, and when its lock was proven, lately; the newest last."""
    inspected: Shelf[AssetId, Inspected] = field(default_factory=Shelf)
    """What counts of the inspections of each asset that has any."""
    inspection_batches: Shelf[int, Batch] = field(default_factory=Shelf)
    inspections_staged: Shelf[int, StagedInspection] = field(default_factory=Shelf)
    filed: MutableMapping[int, Filed] = field(default_factory=dict)
    inspection_keys: MutableMapping[str, int] = field(default_factory=dict)
    """Every signature by its number, and those that have a key by it: on disk in the book's process."""
    walked: Shelf[AssetId, Walked] = field(default_factory=Shelf)
    """Buttons whose press a walk-test heard fresh."""
    planned: dict[AssetId, Planned] = field(default_factory=dict)
    """What each asset owes, made from the above when it is asked for, and made again when something of it is another."""
    checklists: Shelf[int, Checklist] = field(default_factory=Shelf)
    """Every edition, by number."""
    assessments: Shelf[int, Assessment] = field(default_factory=Shelf)

    floorplans: Shelf[tuple[str, str], Plan] = field(default_factory=Shelf)
    """What counts of floor plans, by (level, layer)."""
    live: Shelf[IncidentId, bool] = field(default_factory=Shelf)
    """Incidents that are not over, of whatever kind."""
    told: Mapping[int, Sequence[Told]] = field(default_factory=dict)
    """All that the journal says of a ticket, by number: in the book's process on disk, asked for by a merge alone."""
    head: tuple[str, int] = ("", 0)
    """(epoch, seq) of the last event that was folded."""

    def within(self, zone: str) -> frozenset[str] | None:
        """A zone and all below it; None for `""`: everywhere, also where nobody said or no zone is any more."""
        if not zone:
            return None
        return frozenset(one for one, above in self.campus.zones.items() if zone in above)

    def ticket(self, number: int) -> Ticket | None:
        """A ticket, open or closed, whose import is whole."""
        found = self.tickets.get(number) or self.closed.get(number)
        return found if found is not None and self.ticket_counts(found) else None

    def ticket_counts(self, ticket: Ticket) -> bool:
        """Whether it is there for everybody: its import is whole."""
        batch = self.ticket_batches.get(ticket.batch)
        return ticket.batch == 0 or (batch is not None and batch.state == "taken")
