"""What the rules of the book know: the fold of the journal, and what the configuration says of the campus.

Texts and persons are not here: no rule needs them. Its size depends on what the campus owns and on what is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rules.book.firmware import Bundle, Judgement, Said
from rules.book.shelf import Shelf
from rules.model.asset_facts import BatchState
from rules.model.bundle_facts import BundleKind
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
    """A configured device: what the configuration says of it. kind: controller, door, button, camera, input, output."""

    id: AssetId
    kind: str
    zone: ZoneId
    name: str = ""
    model: str = ""
    of: AssetId | None = None
    """The controller that it hangs on."""


@dataclass(frozen=True, slots=True)
class Campus:
    """What the accepted configuration says. zones: each with those above it, itself first."""

    id: str
    devices: Mapping[AssetId, Device] = field(default_factory=dict)
    zones: Mapping[ZoneId, tuple[ZoneId, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Book:
    """Belongs to one thread; changed by `fold` alone, but for `campus` and what is said of firmware."""

    campus: Campus
    assets: Shelf[AssetId, Asset] = field(default_factory=Shelf)
    batches: Shelf[int, Batch] = field(default_factory=Shelf)
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

    def counts(self, asset: Asset) -> bool:
        """Whether it is there for everybody: its import is whole."""
        batch = self.batches.get(asset.batch)
        return asset.batch == 0 or (batch is not None and batch.state == "taken")
