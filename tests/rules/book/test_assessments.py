"""Checklists come in whole; each question is answered over days, and each no becomes one ticket, however often it is said."""

from dataclasses import replace
from typing import Any

import pytest

from rules.book.assessment import Checklist
from rules.book.assessments import former
from rules.book.fold import fold
from rules.book.ticket_pack import Category
from rules.model.assessment_asks import (
    AnswerQuestion,
    BeginAssessment,
    EndAssessment,
    ImportChecklist,
    QuestionLine,
)
from rules.model.assessment_facts import AssessmentAnswered, AssessmentTurned, ChecklistAsked, ChecklistTurned
from rules.model.facts import Entry
from rules.model.ids import Actor
from rules.model.ticket_facts import TicketChanged, TicketNoted, TicketOpened
from tests.rules.book.desk import HOUR_US, PACK, Desk, of_kind

SHA = "ab" * 32
LINES = (
    QuestionLine("p-1", "Perimeter", "Are all exterior doors numbered?"),
    QuestionLine("p-2", "Perimeter", "Does every lock work?", "lock", "safety"),
    QuestionLine("c-1", "Classrooms", "Can every door be locked from inside?"),
)


def desk_of(*, zone: str = "", begun: bool = True) -> Desk:
    desk = Desk()
    categories = {**PACK.categories, "other": Category("it", "normal")}
    desk.book.campus = replace(desk.book.campus, tickets=replace(PACK, categories=categories))
    taken(desk)
    if begun:
        desk.ask(BeginAssessment("pass", zone))
    return desk


def taken(desk: Desk, sha256: str = SHA, lines: tuple[QuestionLine, ...] = LINES) -> int:
    desk.ask(ImportChecklist(0, "pass", "PASS K-12", len(lines), sha256))
    number = desk.book.numbers["checklist"]
    desk.ask(ImportChecklist(number, lines=lines))
    desk.ask(ImportChecklist(number, end="taken"))
    return number


def answer(question: str, word: Any, comment: str = "", assessment: int = 1) -> AnswerQuestion:
    text = next((one.text for one in LINES if one.question == question), "")
    return AnswerQuestion(assessment, question, word, comment, text)


def tickets(desk: Desk) -> list[TicketOpened]:
    return desk.facts(TicketOpened)


def test_a_no_becomes_one_ticket_with_the_question_and_its_comment_and_a_yes_none() -> None:
    desk = desk_of(zone="a")
    desk.ask(answer("p-1", "yes"))
    made = desk.ask(answer("p-2", "no", "North side,  door 7"))
    assert [type(one.fact) for one in made] == [AssessmentAnswered, TicketOpened]
    (ticket,) = tickets(desk)
    assert dict(ticket.texts) == {
        "title": "Does every lock work?",
        "text": "Does every lock work?\nNorth side, door 7",
    }
    assert dict(ticket.fields) == {"category": "lock", "weight": "safety", "zone": "a"}
    assert (ticket.rule, ticket.version, ticket.pack) == ("assessment", 1, SHA)
    assert desk.book.assessments[1].answers["p-2"].ticket == ticket.ticket
    desk.ask(answer("c-1", "na"))
    assert {name: one.answer for name, one in desk.book.assessments[1].answers.items()} == {
        "p-1": "yes", "p-2": "no", "c-1": "na",
    }  # fmt: skip


def test_a_no_that_is_said_again_notes_and_reopens_and_opens_no_second_one() -> None:
    desk = desk_of()
    desk.ask(answer("p-1", "no"))
    assert [type(one.fact) for one in desk.ask(answer("p-1", "no"))] == [AssessmentAnswered]
    assert [type(one.fact) for one in desk.ask(answer("p-1", "no", "More"))] == [
        AssessmentAnswered,
        TicketNoted,
    ]
    desk.ask(answer("p-1", "yes"))
    desk.change(1, "Numbered", state="closed")
    made = desk.ask(answer("p-1", "no", "One was forgotten"))
    assert [type(one.fact) for one in made] == [AssessmentAnswered, TicketChanged, TicketNoted]
    assert desk.ticket(1).state == "reopened"
    assert len(tickets(desk)) == 1


def test_a_later_round_knows_the_former_one_and_its_open_tickets() -> None:
    desk = desk_of()
    desk.ask(answer("p-1", "no"))
    desk.ask(answer("c-1", "no"))
    desk.change(2, "Mended", state="closed")
    (entry,) = desk.ask(EndAssessment(1))
    assert entry.fact == AssessmentTurned(1, "ended", 1, "campus", 2, 2)
    desk.book.campus.tickets.categories.pop("other")  # type: ignore[attr-defined]
    taken(desk, "cd" * 32)
    desk.ask(BeginAssessment("pass"))
    assert (former(desk.book, 2), desk.book.assessments[2].number, former(desk.book, 1)) == (1, 2, None)
    desk.ask(answer("p-1", "no", assessment=2))
    desk.ask(answer("p-2", "no", assessment=2))
    desk.ask(answer("c-1", "no", assessment=2))
    assert [one.ticket for one in desk.book.assessments[2].answers.values()] == [1, 3, 4]
    desk.ask(BeginAssessment("pass", "a"))
    assert former(desk.book, 3) is None


def test_a_checklist_that_is_not_whole_or_forgotten_is_not_there() -> None:
    desk = desk_of(begun=False)
    for _ in range(2):
        desk.ask(ImportChecklist(0, "other", "Other", 2, "cd" * 32))
    desk.ask(ImportChecklist(2, lines=LINES[:1]))
    assert desk.refused(ImportChecklist(2, end="taken")) == ("bad_import", {"most": 2})
    desk.ask(ImportChecklist(2, end="abandoned"))
    assert desk.refused(ImportChecklist(2, lines=LINES[:1]))[0] == "unknown_import"
    assert desk.refused(BeginAssessment("other"))[0] == "unknown_checklist"
    desk.later(HOUR_US)
    (gone,) = of_kind(desk.sweep(), ChecklistTurned)
    assert (gone.number, gone.state) == (3, "abandoned")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (replace(LINES[0], question="a b"), "bad_question"),
        (replace(LINES[0], section=""), "bad_value"),
        (replace(LINES[0], text=" "), "bad_value"),
        (replace(LINES[0], category="moon"), "unknown_category"),
        (replace(LINES[0], weight="heavy"), "bad_value"),
    ],
)
def test_a_question_that_may_not_be_refuses_its_piece(line: QuestionLine, code: str) -> None:
    desk = desk_of(begun=False)
    desk.ask(ImportChecklist(0, "other", "Other", 3, "cd" * 32))
    assert desk.refused(ImportChecklist(2, lines=(line,)))[0] == code


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (ImportChecklist(0, "A b", "Title", 1, SHA), "bad_checklist"),
        (ImportChecklist(0, "pass", "", 1, SHA), "bad_checklist"),
        (ImportChecklist(0, "pass", "Title", 0, SHA), "bad_import"),
        (ImportChecklist(0, "pass", "PASS K-12", 3, SHA), "checklist_known"),
        (ImportChecklist(9), "unknown_import"),
        (BeginAssessment("moon"), "unknown_checklist"),
        (BeginAssessment("pass", "moon"), "unknown_zone"),
        (BeginAssessment("pass"), "assessed_already"),
        (answer("p-9", "yes"), "unknown_question"),
        (answer("p-1", "yes", "a\x07b"), "bad_value"),
        (answer("p-1", "yes", assessment=9), "unknown_assessment"),
        (EndAssessment(9), "unknown_assessment"),
    ],
)
def test_what_may_not_be_asked_is_refused(asked: Any, code: str) -> None:
    assert desk_of().refused(asked)[0] == code


def test_a_piece_longer_than_it_said_or_with_a_question_twice_is_refused() -> None:
    desk = desk_of(begun=False)
    desk.ask(ImportChecklist(0, "other", "Other", 2, "cd" * 32))
    assert desk.refused(ImportChecklist(2, lines=LINES))[0] == "bad_import"
    assert desk.refused(ImportChecklist(2, lines=LINES[:1] * 2))[0] == "question_twice"


def test_rounds_are_bounded() -> None:
    desk = desk_of()
    known = desk.book.assessments[1]
    for number in range(2, 21):
        desk.book.assessments[number] = replace(known, zone=f"z-{number}")
    assert desk.refused(BeginAssessment("pass", "a"))[0] == "too_many_rounds"


def test_what_retention_let_go_the_beginning_of_changes_nothing() -> None:
    desk = Desk()
    for fact in (
        ChecklistTurned(7, "taken", "pass", 1, SHA),
        ChecklistAsked(7, "p-1", "other", "normal"),
        AssessmentTurned(7, "begun", 7, "a", 0, 0),
        AssessmentAnswered(7, "p-1", "yes", 0),
    ):
        fold(desk.book, desk.at_us, Entry(fact, "x", Actor("a")))
    desk.book.checklists[7] = Checklist("pass", "taken", 1, SHA, 1)
    fold(desk.book, 1, Entry(AssessmentTurned(8, "ended", 7, "a", 0, 0), "x", Actor("a")))
    assert (dict(desk.book.assessments), desk.book.numbers["assessment"]) == ({}, 8)
