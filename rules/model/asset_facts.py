"""What enters the journal of the inventory: what is known of each asset, what became of it, and which imports count."""

from typing import ClassVar, Literal

from rules.model.ids import AssetId, ZoneId
from rules.model.values import dataclass

Pairs = tuple[tuple[str, str], ...]
"""(name, value), by name; an empty value takes it away."""
Names = tuple[str, ...]
BatchState = Literal["begun", "taken", "abandoned"]
AssetState = Literal["ordered", "stock", "deployed", "repair", "lost", "retired"]
How = Literal["power", "network", "licence", "carries"]
"""What one thing needs of another: its current, its way through the network, its licence, that it carries it."""


@dataclass(frozen=True, slots=True)
class AssetWritten:
    """What is known of an asset from now on, but only what is another than before.

    new: it was not known. whole: all of it, and what is not said is not so; said again before retention lets go of what
    said it first. batch: 0, else the import that it came with, and with which it counts or does not.
    fields: codes, ids, dates and numbers, by the names of `rules.book.asset_fields`. texts: words of somebody's.
    persons: who is responsible, or to whom it is given. named: of the texts and persons, all that this says something of:
    one that was erased since, or is said to be nothing, has a name here and no value.
    """

    KIND: ClassVar[str] = "asset.written/1"
    SEALED: ClassVar[tuple[str, ...]] = ("texts", "persons")
    asset: AssetId
    new: bool
    whole: bool
    batch: int
    fields: Pairs
    named: Names
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


@dataclass(frozen=True, slots=True)
class DeviceListed:
    """What the configuration says of a device, which is an asset by that. device `""`: it names it no longer."""

    KIND: ClassVar[str] = "asset.device/1"
    SEALED: ClassVar[tuple[str, ...]] = ("name", "model")
    asset: AssetId
    device: str
    zone: ZoneId
    name: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class AssetTurned:
    """An asset went from one state of its life to another."""

    KIND: ClassVar[str] = "asset.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    asset: AssetId
    was: str
    state: AssetState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AssetReplaced:
    """Another piece is in its place under the same id. number: how many times by now. day: ISO date.

    What belonged to the piece before is known no longer: its serial number, purchase, warranty and end of support.
    """

    KIND: ClassVar[str] = "asset.replaced/1"
    SEALED: ClassVar[tuple[str, ...]] = ("serial", "reason")
    asset: AssetId
    number: int
    day: str
    serial: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AssetCommissioned:
    """A person says that what was replaced was tried out. day: ISO date. What may be driven, the configuration says."""

    KIND: ClassVar[str] = "asset.commissioned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("by",)
    asset: AssetId
    day: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class AssetIssued:
    """Given to a person. day, due: ISO dates; due `""`: until it comes back."""

    KIND: ClassVar[str] = "asset.issued/1"
    SEALED: ClassVar[tuple[str, ...]] = ("person",)
    asset: AssetId
    day: str
    due: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class AssetReturned:
    """Given back."""

    KIND: ClassVar[str] = "asset.returned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)
    asset: AssetId
    note: str = ""


@dataclass(frozen=True, slots=True)
class AssetLinked:
    """One thing needs another, or (stands false) needs it no longer."""

    KIND: ClassVar[str] = "asset.linked/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    asset: AssetId
    on: AssetId
    how: How
    stands: bool


@dataclass(frozen=True, slots=True)
class StockMinimumSet:
    """How many of a type are to lie in stock; 0: none."""

    KIND: ClassVar[str] = "stock.minimum/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    type: str
    minimum: int


@dataclass(frozen=True, slots=True)
class AuditTurned:
    """A round in which each thing is looked for, began or ended. zone, type: its scope, `""` all. missing: at its end."""

    KIND: ClassVar[str] = "audit.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    round: int
    state: Literal["begun", "ended"]
    zone: str
    type: str
    expected: int
    missing: int


@dataclass(frozen=True, slots=True)
class AssetSeen:
    """Somebody saw it. round: 0, none was under way. day: ISO date on which, which may be before it was told."""

    KIND: ClassVar[str] = "audit.seen/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    round: int
    asset: AssetId
    zone: str
    day: str


@dataclass(frozen=True, slots=True)
class AssetMissed:
    """A round ended and nobody had seen it."""

    KIND: ClassVar[str] = "audit.missed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    round: int
    asset: AssetId


@dataclass(frozen=True, slots=True)
class FaultReported:
    """Somebody who did not sign in says that something is wrong with it: not trusted, for a person to look at."""

    KIND: ClassVar[str] = "fault.reported/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text", "name")
    number: int
    asset: AssetId
    text: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class FaultSettled:
    """A person looked at a report: it was taken on, or it was nothing."""

    KIND: ClassVar[str] = "fault.settled/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    number: int
    asset: AssetId
    outcome: Literal["taken", "dismissed"]
    reason: str = ""


AssetFact = (
    AssetWritten
    | AssetBatchTurned
    | DeviceListed
    | AssetTurned
    | AssetReplaced
    | AssetCommissioned
    | AssetIssued
    | AssetReturned
    | AssetLinked
    | StockMinimumSet
    | AuditTurned
    | AssetSeen
    | AssetMissed
    | FaultReported
    | FaultSettled
)
