"""What enters the journal of assessments: checklists as they were taken in, rounds in which they are answered, each answer."""

from typing import ClassVar, Literal

from rules.model.asset_facts import BatchState, Pairs
from rules.model.values import dataclass

AnswerWord = Literal["yes", "no", "na"]


@dataclass(frozen=True, slots=True)
class ChecklistTurned:
    """A checklist began to come in, is there from now on as a whole, or never will be. number: counts every edition.

    checklist: its id, alike in every edition. rows, sha256: of its file.
    """

    KIND: ClassVar[str] = "checklist.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("title",)
    number: int
    state: BatchState
    checklist: str
    rows: int
    sha256: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class ChecklistAsked:
    """A question of a checklist, in the order of the file. category, weight: of the ticket that a no becomes."""

    KIND: ClassVar[str] = "checklist.asked/1"
    SEALED: ClassVar[tuple[str, ...]] = ("section", "text")
    number: int
    question: str
    category: str
    weight: str
    section: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class AssessmentTurned:
    """A round through a checklist began, or ended. number: of the checklist. zone: of which; the campus for all of it.

    answered, no: how many of its questions were, and were answered no, by then.
    """

    KIND: ClassVar[str] = "assessment.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    assessment: int
    state: Literal["begun", "ended"]
    number: int
    zone: str
    answered: int
    no: int


@dataclass(frozen=True, slots=True)
class AssessmentAnswered:
    """A question was answered, or answered otherwise. na: it does not apply. ticket: what its no became; 0: none."""

    KIND: ClassVar[str] = "assessment.answered/1"
    SEALED: ClassVar[tuple[str, ...]] = ("comment",)
    assessment: int
    question: str
    answer: AnswerWord
    ticket: int
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ChecklistKept:
    """A piece of a checklist that still counts, said again before retention lets go of what said it first.

    first: the place of its first question among `rows`. questions: id, category, weight. sections, texts: by a question's id.
    """

    KIND: ClassVar[str] = "checklist.kept/1"
    SEALED: ClassVar[tuple[str, ...]] = ("title", "sections", "texts")
    number: int
    checklist: str
    rows: int
    sha256: str
    first: int
    questions: tuple[tuple[str, str, str], ...]
    title: str = ""
    sections: Pairs = ()
    texts: Pairs = ()


@dataclass(frozen=True, slots=True)
class AssessmentKept:
    """A piece of a round that still counts, said again. first: the place of its first answer among `answered`.

    begun_us, ended_us: UTC; 0: under way. answers: question, answer, ticket. comments: by a question's id.
    """

    KIND: ClassVar[str] = "assessment.kept/1"
    SEALED: ClassVar[tuple[str, ...]] = ("comments",)
    assessment: int
    number: int
    zone: str
    begun_us: int
    ended_us: int
    answered: int
    first: int
    answers: tuple[tuple[str, AnswerWord, int], ...]
    comments: Pairs = ()


AssessmentFact = (
    ChecklistTurned | ChecklistAsked | ChecklistKept | AssessmentTurned | AssessmentAnswered | AssessmentKept
)
