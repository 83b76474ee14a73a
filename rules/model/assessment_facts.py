"""What enters the journal of assessments: checklists as they were taken in, rounds in which they are answered, each answer."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from rules.model.asset_facts import BatchState

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


AssessmentFact = ChecklistTurned | ChecklistAsked | AssessmentTurned | AssessmentAnswered
