"""What persons and programs ask of the book: assets, tickets, inspections. Each is decided in the book's own process.

The counterpart of `events.Asked`, which the daemon's loop decides. `VERB` is its name on the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from rules.model.asset_facts import Pairs
from rules.model.bundle_facts import BundleRefused, BundleTaken
from rules.model.ids import AssetId


@dataclass(frozen=True, slots=True)
class WriteAsset:
    """Make an asset, or change what is said of it. asset None: a new one, whose id the book chooses.

    said: fields, texts and persons alike, by name; an empty value takes one away. new: it must not be known yet.
    """

    VERB: ClassVar[str] = "asset.write"
    asset: AssetId | None
    said: Pairs
    new: bool = False


@dataclass(frozen=True, slots=True)
class RecordBundle:
    """Record that a list of published flaws was taken in, or refused: its process has done so already.

    taken, refused: one of the two.
    """

    VERB: ClassVar[str] = "bundle.record"
    taken: BundleTaken | None = None
    refused: BundleRefused | None = None


BookAsk = WriteAsset | RecordBundle
ASKS: Final[Mapping[str, type[BookAsk]]] = {one.VERB: one for one in (WriteAsset, RecordBundle)}
"""By verb."""
