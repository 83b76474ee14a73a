"""Folds what happened to checklists and rounds into the book, and what is said of them again."""

from dataclasses import replace
from typing import Final, assert_never

from rules.book.assessment import Answered, Assessment, Checklist, Question
from rules.book.book import Book
from rules.model.assessment_facts import (
    AssessmentAnswered,
    AssessmentFact,
    AssessmentKept,
    AssessmentTurned,
    ChecklistAsked,
    ChecklistKept,
    ChecklistTurned,
)
from rules.model.asset_facts import BatchState

ASSESSMENT: Final = "assessment"


def fold_assessment(book: Book, at_us: int, fact: AssessmentFact) -> None:
    """Change the book by `fact`, written at `at_us` (UTC); what retention let go the beginning of changes nothing."""
    match fact:
        case ChecklistTurned():
            book.numbers["checklist"] = max(book.numbers.get("checklist", 0), fact.number)
            if fact.state == "begun":
                made = Checklist(fact.checklist, "begun", fact.rows, fact.sha256, at_us)
                book.checklists[fact.number] = made
            elif fact.state == "abandoned":
                book.checklists.drop(fact.number)
            elif (known := book.checklists.get(fact.number)) is not None:
                book.checklists[fact.number] = replace(known, state="taken", at_us=at_us)
        case ChecklistAsked():
            known = book.checklists.get(fact.number)
            if known is not None:
                question = Question(fact.question, fact.category, fact.weight)
                book.checklists[fact.number] = replace(known, questions=(*known.questions, question))
        case AssessmentTurned():
            book.numbers[ASSESSMENT] = max(book.numbers.get(ASSESSMENT, 0), fact.assessment)
            if fact.number not in book.checklists:
                return
            if fact.state == "begun":
                new = Assessment(fact.number, fact.zone, at_us, stated_us=at_us)
                book.assessments[fact.assessment] = new
            elif (begun := book.assessments.get(fact.assessment)) is not None:
                book.assessments[fact.assessment] = replace(begun, ended_us=at_us)
        case AssessmentAnswered():
            begun = book.assessments.get(fact.assessment)
            if begun is not None:
                answers = {**begun.answers, fact.question: Answered(fact.answer, fact.ticket)}
                book.assessments[fact.assessment] = replace(begun, answers=answers)
        case ChecklistKept():
            _keep_checklist(book, at_us, fact)
        case AssessmentKept():
            _keep_assessment(book, at_us, fact)
        case _:
            assert_never(fact)


def _keep_checklist(book: Book, at_us: int, fact: ChecklistKept) -> None:
    book.numbers["checklist"] = max(book.numbers.get("checklist", 0), fact.number)
    known = book.checklists.get(fact.number)
    last = fact.first + len(fact.questions) >= fact.rows
    if known is not None and known.state == "taken":
        if last:
            book.checklists[fact.number] = replace(known, at_us=at_us)
        return
    # Retention took what said it first: it is made of its pieces, as they follow each other.
    before = () if known is None or not fact.first else known.questions
    if len(before) != fact.first:
        return
    questions = (*before, *(Question(*one) for one in fact.questions))
    state: BatchState = "taken" if last else "begun"
    book.checklists[fact.number] = Checklist(fact.checklist, state, fact.rows, fact.sha256, at_us, questions)


def _keep_assessment(book: Book, at_us: int, fact: AssessmentKept) -> None:
    book.numbers[ASSESSMENT] = max(book.numbers.get(ASSESSMENT, 0), fact.assessment)
    if fact.number not in book.checklists:
        return
    known = book.assessments.get(fact.assessment)
    if known is None:
        known = Assessment(fact.number, fact.zone, fact.begun_us, fact.ended_us)
    answers = {**known.answers, **{name: Answered(word, ticket) for name, word, ticket in fact.answers}}
    last = fact.first + len(fact.answers) >= fact.answered
    stated_us = at_us if last else known.stated_us
    book.assessments[fact.assessment] = replace(known, answers=answers, stated_us=stated_us)
