"""What persons ask about checklists and assessments. See `book_asks`."""

from typing import ClassVar, Literal

from rules.model.assessment_facts import AnswerWord
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question of a file. category, weight: of the ticket that a no becomes; `""`: other, and its category's."""

    question: str
    section: str
    text: str
    category: str = ""
    weight: str = ""


@dataclass(frozen=True, slots=True)
class ImportChecklist:
    """A piece of a checklist. number 0: begin one, of `rows` questions in a file of this SHA-256; else go on with it.

    lines: at most 40. end: `taken`, it is there from now on; `abandoned`, it never will be.
    """

    VERB: ClassVar[str] = "checklist.import"
    number: int
    checklist: str = ""
    title: str = ""
    rows: int = 0
    sha256: str = ""
    lines: tuple[QuestionLine, ...] = ()
    end: Literal["", "taken", "abandoned"] = ""


@dataclass(frozen=True, slots=True)
class BeginAssessment:
    """Begin a round through the newest edition of a checklist. zone `""`: the campus."""

    VERB: ClassVar[str] = "assessment.begin"
    checklist: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class AnswerQuestion:
    """text: of the question, as the daemon read it from the record, for the ticket that a no becomes."""

    VERB: ClassVar[str] = "assessment.answer"
    assessment: int
    question: str
    answer: AnswerWord
    comment: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class EndAssessment:
    """End a round, whether all of it was answered or not."""

    VERB: ClassVar[str] = "assessment.end"
    assessment: int


AssessmentAsk = ImportChecklist | BeginAssessment | AnswerQuestion | EndAssessment
