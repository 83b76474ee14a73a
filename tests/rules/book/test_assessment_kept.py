"""Rounds and checklists that count are said again, words and all, before retention lets go of them; a rebuild then knows them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from rules.book.assessment_kept import MOST_AT_ONCE, kept
from rules.book.assessments import given_up
from rules.model.assessment_asks import BeginAssessment, EndAssessment, QuestionLine
from rules.model.assessment_facts import AssessmentKept, ChecklistKept
from rules.model.facts import Entry
from tests.rules.book.desk import DAY_US, HOUR_US, Desk, of_kind
from tests.rules.book.test_assessments import LINES, answer, desk_of, taken

WORDS: dict[str, dict[str, dict[str, str]]] = {
    "checklist": {"": {"title": "PASS K-12"}},
    "question": {one.question: {"section": one.section, "text": one.text} for one in LINES},
    "answer": {"p-1": {"comment": "North side"}},
}


def words(of: str, number: int) -> Mapping[str, Mapping[str, str]]:
    return WORDS[of]


def said_again(desk: Desk) -> list[Entry]:
    made = list(kept(desk.book, desk.now, words))
    desk.enter(*made)
    return made


def kept_for(desk: Desk, days: int = 40) -> Desk:
    desk.book.campus = replace(desk.book.campus, kept_us=days * DAY_US)
    return desk


def test_what_counts_is_said_again_once_and_a_rebuild_without_the_rest_knows_it() -> None:
    desk = kept_for(desk_of())
    desk.ask(answer("p-1", "no", "North side"))
    desk.ask(answer("p-2", "yes"))
    assert said_again(desk) == []
    desk.later(21 * DAY_US)
    made = said_again(desk)
    (checklist,) = of_kind((one.fact for one in made), ChecklistKept)
    (known,) = of_kind((one.fact for one in made), AssessmentKept)
    assert (checklist.title, checklist.texts[0], checklist.sections[0]) == (
        "PASS K-12", ("p-1", "Are all exterior doors numbered?"), ("p-1", "Perimeter"),
    )  # fmt: skip
    assert known.comments == (("p-1", "North side"),)
    assert said_again(desk) == []

    anew = Desk()
    anew.book.campus, anew.at_us = desk.book.campus, desk.at_us
    anew.enter(*made)
    ours, theirs = desk.book.assessments[1], anew.book.assessments[1]
    assert theirs == ours
    assert anew.book.checklists[1].questions == desk.book.checklists[1].questions
    anew.ask(answer("c-1", "na"))
    anew.ask(EndAssessment(1))
    anew.ask(BeginAssessment("pass"))
    assert set(anew.book.assessments) == {1, 2}


def test_of_rounds_that_are_over_only_the_last_of_each_checklist_and_zone_counts() -> None:
    desk = kept_for(desk_of())
    desk.ask(EndAssessment(1))
    desk.ask(BeginAssessment("pass"))
    desk.ask(EndAssessment(2))
    desk.ask(BeginAssessment("pass", "a"))
    taken(desk, "cd" * 32)
    desk.later(21 * DAY_US)
    facts = [one.fact for one in said_again(desk)]
    assert [one.assessment for one in of_kind(facts, AssessmentKept)] == [2, 3]
    # The first edition is what they go through, the second what the next will.
    assert [one.number for one in of_kind(facts, ChecklistKept)] == [1, 2]


def test_for_ever_says_nothing_again() -> None:
    desk = desk_of()
    desk.later(5_000 * DAY_US)
    assert said_again(desk) == []


def large(desk: Desk, name: str = "wide", rows: int = 12) -> None:
    lines = tuple(QuestionLine(f"q-{place}", "A", "Is it?") for place in range(rows))
    for first in range(0, rows, 40):
        WORDS["question"].update({one.question: {"section": "A", "text": "Is it?"} for one in lines[first:]})
    taken(desk, "ef" * 32, lines)


@pytest.fixture(autouse=True)
def _as_before() -> Any:
    before = {name: dict(said) for name, said in WORDS.items()}
    yield
    WORDS.update(before)


def test_pieces_make_a_whole_in_their_order_alone_and_a_part_is_not_there() -> None:
    desk = kept_for(desk_of(begun=False))
    large(desk)
    desk.ask(BeginAssessment("pass"))
    for place in range(12):
        desk.ask(answer(f"q-{place}", "yes"))
    desk.later(21 * DAY_US)
    made = said_again(desk)
    pieces = [one for one in made if isinstance(one.fact, ChecklistKept)]
    assert [(one.fact.first, len(one.fact.questions)) for one in pieces] == [(0, 5), (5, 5), (10, 2)]  # type: ignore[union-attr]

    anew = kept_for(Desk())
    anew.at_us = desk.at_us
    anew.enter(pieces[0], pieces[2])
    assert (anew.book.checklists[2].state, len(anew.book.checklists[2].questions)) == ("begun", 5)
    rounds = [one for one in made if isinstance(one.fact, AssessmentKept)]
    anew.enter(*rounds[:2])
    assert anew.book.assessments[1].stated_us == 0
    anew.later(2 * HOUR_US)
    assert list(given_up(anew.book, anew.now)) == []
    anew.enter(*pieces[1:], *rounds)
    assert anew.book.checklists[2] == replace(desk.book.checklists[2], at_us=anew.at_us)
    assert len(anew.book.assessments[1].answers) == 12
    assert anew.book.assessments[1].stated_us == anew.at_us


def test_what_is_said_of_an_edition_that_nobody_knows_changes_nothing() -> None:
    desk = kept_for(desk_of())
    desk.later(21 * DAY_US)
    made = said_again(desk)
    anew = Desk()
    anew.enter(*[one for one in made if isinstance(one.fact, AssessmentKept)])
    assert (dict(anew.book.assessments.items()), anew.book.numbers["assessment"]) == ({}, 1)


def test_no_more_is_said_at_once_than_one_decision_bears() -> None:
    desk = kept_for(desk_of())
    for number in range(3):
        desk.ask(EndAssessment(number + 1))
        desk.ask(BeginAssessment("pass"))
    desk.later(21 * DAY_US)
    counted = sum(len(getattr(one.fact, "questions", ())) for one in said_again(desk))
    assert counted <= MOST_AT_ONCE
