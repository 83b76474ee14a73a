"""What persons and programs ask of the inventory. `VERB` is each one's name on the wire."""

from typing import ClassVar, Literal

from rules.model.asset_facts import AssetState, How, Pairs
from rules.model.ids import AssetId
from rules.model.values import dataclass


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
class EditAssets:
    """Say the same of many, of all or of none."""

    VERB: ClassVar[str] = "asset.edit"
    assets: tuple[AssetId, ...]
    said: Pairs


@dataclass(frozen=True, slots=True)
class TurnAsset:
    """Another state of its life. said: what changes with it, such as zone and person of one that is reassigned."""

    VERB: ClassVar[str] = "asset.turn"
    asset: AssetId
    state: AssetState
    reason: str = ""
    said: Pairs = ()


@dataclass(frozen=True, slots=True)
class ReplaceAsset:
    """Another piece in its place. said: what is known of the new piece beside its serial number."""

    VERB: ClassVar[str] = "asset.replace"
    asset: AssetId
    serial: str
    reason: str = ""
    said: Pairs = ()


@dataclass(frozen=True, slots=True)
class CommissionAsset:
    """Somebody, by name, tried it out on a day (ISO date)."""

    VERB: ClassVar[str] = "asset.commission"
    asset: AssetId
    by: str
    day: str


@dataclass(frozen=True, slots=True)
class IssueAsset:
    """Give it to a person. due: ISO date, `""` until it comes back."""

    VERB: ClassVar[str] = "asset.issue"
    asset: AssetId
    person: str
    due: str = ""


@dataclass(frozen=True, slots=True)
class ReturnAsset:
    """It came back."""

    VERB: ClassVar[str] = "asset.return"
    asset: AssetId
    note: str = ""


@dataclass(frozen=True, slots=True)
class LinkAssets:
    """One needs another, or (stands false) no longer."""

    VERB: ClassVar[str] = "asset.link"
    asset: AssetId
    on: AssetId
    how: How
    stands: bool = True


@dataclass(frozen=True, slots=True)
class SetMinimum:
    """How many of a type are to lie in stock; 0: none."""

    VERB: ClassVar[str] = "stock.minimum"
    type: str
    minimum: int


@dataclass(frozen=True, slots=True)
class BeginAudit:
    """Begin a round. zone, type: only what is there and of it; `""`: all."""

    VERB: ClassVar[str] = "audit.begin"
    zone: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class SeeAsset:
    """It is here. zone `""`: where it is said to be. day: ISO date on which it was seen, `""` today."""

    VERB: ClassVar[str] = "audit.see"
    asset: AssetId
    zone: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class EndAudit:
    """End a round; what nobody saw is missing."""

    VERB: ClassVar[str] = "audit.end"
    round: int


@dataclass(frozen=True, slots=True)
class ReportFault:
    """Something is wrong with it, says somebody who did not sign in."""

    VERB: ClassVar[str] = "fault.report"
    asset: AssetId
    text: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SettleFault:
    """What became of a report."""

    VERB: ClassVar[str] = "fault.settle"
    number: int
    outcome: Literal["taken", "dismissed"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BeginBatch:
    """Begin an import. sha256: of the file. rows: how many it has."""

    VERB: ClassVar[str] = "batch.begin"
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class AddRows:
    """Rows of an import: (asset or None for a new one whose id the book chooses, what is said, whether it is new)."""

    VERB: ClassVar[str] = "batch.add"
    batch: int
    rows: tuple[tuple[AssetId | None, Pairs, bool], ...]


@dataclass(frozen=True, slots=True)
class EndBatch:
    """Let an import count, or let it go."""

    VERB: ClassVar[str] = "batch.end"
    batch: int
    taken: bool


AssetAsk = (
    WriteAsset
    | EditAssets
    | TurnAsset
    | ReplaceAsset
    | CommissionAsset
    | IssueAsset
    | ReturnAsset
    | LinkAssets
    | SetMinimum
    | BeginAudit
    | SeeAsset
    | EndAudit
    | ReportFault
    | SettleFault
    | BeginBatch
    | AddRows
    | EndBatch
)
