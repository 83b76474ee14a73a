"""What rules know of checklists and of rounds through them; what is asked and said in words is beside them."""

from collections.abc import Mapping
from dataclasses import field

from rules.model.asset_facts import BatchState
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """category, weight: of the ticket that a no becomes."""

    id: str
    category: str
    weight: str


@dataclass(frozen=True, slots=True)
class Checklist:
    """An edition of a checklist. at_us: when it was taken in, or last said as a whole."""

    id: str
    state: BatchState
    rows: int
    sha256: str
    at_us: int
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """ticket: what a no became, and stays so; 0: none."""

    answer: str
    ticket: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """A round. number: of the checklist's edition. ended_us: 0: under way. stated_us: when all of it was last said, or first."""

    number: int
    zone: str
    begun_us: int
    ended_us: int = 0
    answers: Mapping[str, Answered] = field(default_factory=dict)
    stated_us: int = 0
