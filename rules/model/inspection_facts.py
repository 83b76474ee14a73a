"""What enters the journal of inspections. Entries have the subject of their asset; a number is given once."""

from typing import ClassVar, Literal

from rules.model.asset_facts import BatchState, Pairs
from rules.model.ids import AssetId
from rules.model.values import dataclass

Result = Literal["passed", "failed"]
KeptLine = tuple[int, str, str, Result, Pairs]


@dataclass(frozen=True, slots=True)
class InspectionSigned:
    """Somebody inspected an asset and signs for it. day: ISO date on which it was done, which may be before it was told.

    check, version, pack: of the check, its pack's version and SHA-256. corrects: 0, else the number of the one whose place this
    takes; that one stays in the record. key: given by the phone that sent it, so that twice is once. batch: 0, else the import
    that it came with. fields: answers by the form's names; failed: those that were not passed. expires: of the answers, the dates
    on which something runs out. texts: answers in words. person: who inspected. reason: of a correction. evidence: by what, where
    no person signs and a rule counts what the box itself saw: name and value, `("press", "…")`.
    """

    KIND: ClassVar[str] = "inspection.signed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("texts", "person", "certificate", "reason")
    inspection: int
    asset: AssetId
    check: str
    version: int
    pack: str
    day: str
    result: Result
    corrects: int
    key: str
    batch: int
    fields: Pairs
    failed: tuple[str, ...]
    expires: Pairs
    texts: Pairs = ()
    person: str = ""
    certificate: str = ""
    reason: str = ""
    evidence: Pairs = ()


@dataclass(frozen=True, slots=True)
class InspectionPhotographed:
    """Photos of what was seen at an inspection, by the SHA-256 of each. count: how many, also once they are erased."""

    KIND: ClassVar[str] = "inspection.photo/1"
    SEALED: ClassVar[tuple[str, ...]] = ("photos",)
    inspection: int
    count: int
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InspectionsKept:
    """What still counts of an asset's inspections, said again before retention lets go of what said it first.

    since_us: UTC, since when it owes its inspections. signed: number, check, ISO date, result, what runs out.
    """

    KIND: ClassVar[str] = "inspection.kept/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    asset: AssetId
    since_us: int
    signed: tuple[KeptLine, ...]


@dataclass(frozen=True, slots=True)
class InspectionBatchTurned:
    """An import of inspections began, counts from now on as a whole, or never will. rows, sha256: of its file."""

    KIND: ClassVar[str] = "inspection.batch/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    batch: int
    state: BatchState
    rows: int
    sha256: str


InspectionFact = InspectionSigned | InspectionPhotographed | InspectionsKept | InspectionBatchTurned
