"""What persons ask about inspections. See `book_asks`."""

from typing import ClassVar, Literal

from rules.model.asset_facts import Pairs
from rules.model.ids import AssetId
from rules.model.inspection_facts import Result
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class SignInspection:
    """Sign for an inspection. answers: by the names of the check's form. day: ISO date, `""` today. person: who inspected.

    role: of who asks, as the daemon knows it. key: whatever was sent by this key before is not done again. corrects, reason: the
    number of the one that was wrong, and why.
    """

    VERB: ClassVar[str] = "inspection.sign"
    asset: AssetId
    check: str
    answers: Pairs
    person: str
    role: str
    day: str = ""
    key: str = ""
    corrects: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PhotographInspection:
    """Add photos to one that was signed. photos: SHA-256 of what the book's process took in before."""

    VERB: ClassVar[str] = "inspection.photo"
    inspection: int
    photos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InspectionLine:
    """One that was done and kept elsewhere. line: of the file. number: ours, of one that an export of ours wrote; 0: none.

    expires: dates by the form's names. note: in words.
    """

    line: int
    asset: AssetId
    check: str
    day: str
    result: Result
    person: str = ""
    expires: Pairs = ()
    note: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class ImportInspections:
    """A piece of an import. batch 0: begin one, of `rows` rows in a file of this SHA-256; else go on with it.

    lines: at most 40. end: `taken`, all of it counts from now on; `abandoned`, none of it ever will.
    """

    VERB: ClassVar[str] = "inspection.import"
    batch: int
    rows: int = 0
    sha256: str = ""
    lines: tuple[InspectionLine, ...] = ()
    end: Literal["", "taken", "abandoned"] = ""


InspectionAsk = SignInspection | PhotographInspection | ImportInspections
