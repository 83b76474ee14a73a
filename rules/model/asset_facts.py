"""What enters the journal of the inventory: what is known of each asset, and which imports count."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from rules.model.ids import AssetId

Pairs = tuple[tuple[str, str], ...]
"""(name, value), by name; an empty value takes it away."""
BatchState = Literal["begun", "taken", "abandoned"]


@dataclass(frozen=True, slots=True)
class AssetWritten:
    """What is known of an asset from now on, but only what is another than before.

    new: it was not known. batch: 0, else the import that it came with, and with which it counts or does not.
    fields: codes, ids, dates and numbers, by the names of `rules.book.asset_fields`. texts: words of somebody's.
    persons: who is responsible, or to whom it is given.
    """

    KIND: ClassVar[str] = "asset.written/1"
    SEALED: ClassVar[tuple[str, ...]] = ("texts", "persons")
    asset: AssetId
    new: bool
    batch: int
    fields: Pairs
    texts: Pairs = ()
    persons: Pairs = ()


@dataclass(frozen=True, slots=True)
class AssetBatchTurned:
    """An import began, counts from now on as a whole, or never will. rows: assets in it. sha256: of the file."""

    KIND: ClassVar[str] = "asset.batch/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    batch: int
    state: BatchState
    rows: int
    sha256: str


AssetFact = AssetWritten | AssetBatchTurned
