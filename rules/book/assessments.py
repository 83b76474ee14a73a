"""Checklists that are taken in whole, and rounds in which each question is answered; a no becomes one ticket."""

import re
from collections.abc import Iterator
from typing import Final

from rules.book.assessment import Assessment, Checklist, Question
from rules.book.assessment_fold import ASSESSMENT
from rules.book.asset_fields import is_slug, is_text
from rules.book.book import Book
from rules.book.decision import Now, Refused
from rules.book.numbering import NAME as TICKET
from rules.book.steps import ASKED
from rules.book.ticket_fields import LONGEST_TITLE, WEIGHTS
from rules.book.ticket_things import weight_of
from rules.book.tickets import is_sha256, no_category, subject_of
from rules.model.assessment_asks import (
    AnswerQuestion,
    BeginAssessment,
    EndAssessment,
    ImportChecklist,
    QuestionLine,
)
from rules.model.assessment_facts import (
    AssessmentAnswered,
    AssessmentTurned,
    ChecklistAsked,
    ChecklistTurned,
)
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, ZoneId
from rules.model.ticket_facts import TicketChanged, TicketNoted, TicketOpened

MOST_QUESTIONS: Final = 1_000
MOST_LINES: Final = 40
MOST_UNDER_WAY: Final = 20
GIVEN_UP_US: Final = 3_600_000_000
RULE: Final = Actor("rule")
OTHER: Final = "other"
_QUESTION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


def import_checklist(book: Book, asked: ImportChecklist, actor: Actor) -> Iterator[Entry]:
    """A piece of a checklist, whole or not at all. Raises Refused."""
    if not asked.number:
        if not is_slug(asked.checklist) or not is_text(asked.title):
            raise Refused("bad_checklist", ("checklist", asked.checklist[:64]))
        if not 0 < asked.rows <= MOST_QUESTIONS or not is_sha256(asked.sha256) or asked.lines or asked.end:
            raise Refused("bad_import", ("most", MOST_QUESTIONS))
        known = newest(book, asked.checklist)
        if known is not None and book.checklists[known].sha256 == asked.sha256:
            raise Refused("checklist_known", ("checklist", asked.checklist))
        number = book.numbers.get("checklist", 0) + 1
        fact = ChecklistTurned(number, "begun", asked.checklist, asked.rows, asked.sha256, asked.title)
        yield Entry(fact, f"checklist-{number}", actor, because=ASKED)
        return
    checklist = book.checklists.get(asked.number)
    if checklist is None or checklist.state != "begun":
        raise Refused("unknown_import", ("batch", asked.number))
    names = [one.id for one in checklist.questions]
    if len(asked.lines) > MOST_LINES or len(names) + len(asked.lines) > checklist.rows:
        raise Refused("bad_import", ("most", checklist.rows))
    for line in asked.lines:
        judge_question(book, line)
        if line.question in names:
            raise Refused("question_twice", ("question", line.question))
        names.append(line.question)
        category = line.category or OTHER
        weight = weight_of(book, {"category": category, "weight": line.weight})
        question = ChecklistAsked(asked.number, line.question, category, weight, line.section, line.text)
        yield Entry(question, f"checklist-{asked.number}", actor, because=ASKED)
    if asked.end == "taken" and len(names) != checklist.rows:
        raise Refused("bad_import", ("most", checklist.rows))
    if asked.end:
        yield _turned(asked.number, checklist, asked.end, actor)


def judge_question(book: Book, line: QuestionLine) -> None:
    """Raises Refused with the first thing of a question that may not be."""
    if not _QUESTION.fullmatch(line.question):
        raise Refused("bad_question", ("question", line.question[:64]))
    for field, text in (("section", line.section), ("question", line.text)):
        if not is_text(text):
            raise Refused("bad_value", ("field", field), ("form", "text"), ("value", text[:64]))
    if line.category and line.category not in book.campus.tickets.categories:
        raise no_category(book, line.category)
    if line.weight and line.weight not in WEIGHTS:
        raise Refused("bad_value", ("field", "weight"), ("form", "weight"), ("value", line.weight[:64]))


def begin(book: Book, asked: BeginAssessment, actor: Actor) -> Iterator[Entry]:
    """Begin a round. Raises Refused."""
    number = newest(book, asked.checklist)
    zone = asked.zone or book.campus.id
    if number is None:
        raise Refused("unknown_checklist", ("checklist", asked.checklist[:64]))
    if ZoneId(zone) not in book.campus.zones:
        raise Refused("unknown_zone", ("zone", zone[:64]))
    under_way = [one for one in book.assessments.values() if not one.ended_us]
    if len(under_way) >= MOST_UNDER_WAY:
        raise Refused("too_many_rounds", ("most", MOST_UNDER_WAY))
    if any((book.checklists[one.number].id, one.zone) == (asked.checklist, zone) for one in under_way):
        raise Refused("assessed_already", ("checklist", asked.checklist))
    assessment = book.numbers.get(ASSESSMENT, 0) + 1
    fact = AssessmentTurned(assessment, "begun", number, zone, 0, 0)
    yield Entry(fact, f"assessment-{assessment}", actor, because=ASKED)


def answer(book: Book, asked: AnswerQuestion, actor: Actor) -> Iterator[Entry]:
    """Answer a question, or answer it otherwise. A no is one ticket, however often it is said. Raises Refused."""
    assessment = _under_way(book, asked.assessment)
    checklist = book.checklists[assessment.number]
    question = next((one for one in checklist.questions if one.id == asked.question), None)
    if question is None:
        raise Refused("unknown_question", ("question", asked.question[:64]))
    comment = " ".join(asked.comment.split())
    if comment and not is_text(comment):
        raise Refused("bad_value", ("field", "note"), ("form", "text"), ("value", comment[:64]))
    known = assessment.answers.get(question.id)
    ticket = 0 if known is None else known.ticket
    entries: list[Entry] = []
    if asked.answer == "no":
        ticket, entries = _ticket(book, asked, assessment, question, ticket, comment, actor)
    fact = AssessmentAnswered(asked.assessment, question.id, asked.answer, ticket, comment)
    yield Entry(fact, f"assessment-{asked.assessment}", actor, because=ASKED)
    yield from entries


def _ticket(
    book: Book,
    asked: AnswerQuestion,
    assessment: Assessment,
    question: Question,
    ticket: int,
    comment: str,
    actor: Actor,
) -> tuple[int, list[Entry]]:
    """(what the no became, what is entered of it): the one that this question has, here or since the round before."""
    because = Because("assessment", (("assessment", asked.assessment), ("question", question.id)))
    earlier = former(book, asked.assessment)
    if not ticket and earlier is not None and question.id in book.assessments[earlier].answers:
        ticket = book.assessments[earlier].answers[question.id].ticket
        found = book.ticket(ticket)
        ticket = 0 if found is None or found.closed else ticket
    known = book.ticket(ticket)
    if known is None:
        number = book.numbers.get(TICKET, 0) + 1
        category = question.category if question.category in book.campus.tickets.categories else OTHER
        fields = (("category", category), ("weight", question.weight), ("zone", assessment.zone))
        asked_for = " ".join(asked.text.split()) or question.id
        texts = (("text", f"{asked_for}\n{comment}".strip()), ("title", asked_for[:LONGEST_TITLE]))
        sha256 = book.checklists[assessment.number].sha256
        opened = TicketOpened(number, 0, "", "assessment", assessment.number, sha256, 0, fields, texts)
        return number, [Entry(opened, subject_of(number), actor, because=because)]
    entries = []
    if known.closed:
        turned = TicketChanged(ticket, "assessment", (("state", "reopened"),))
        entries.append(Entry(turned, subject_of(ticket), actor, because=because))
    if comment:
        noted = TicketNoted(ticket, "note", "assessment", 0, comment)
        entries.append(Entry(noted, subject_of(ticket), actor, because=because))
    return ticket, entries


def end(book: Book, asked: EndAssessment, actor: Actor) -> Iterator[Entry]:
    """End a round. Raises Refused."""
    known = _under_way(book, asked.assessment)
    no = sum(one.answer == "no" for one in known.answers.values())
    fact = AssessmentTurned(asked.assessment, "ended", known.number, known.zone, len(known.answers), no)
    yield Entry(fact, f"assessment-{asked.assessment}", actor, because=ASKED)


def newest(book: Book, checklist: str) -> int | None:
    """The newest edition of a checklist that is there as a whole."""
    numbers = [
        number for number, one in book.checklists.items() if (one.id, one.state) == (checklist, "taken")
    ]
    return max(numbers, default=None)


def former(book: Book, assessment: int) -> int | None:
    """The round through the same checklist, in whatever edition, and the same zone, that ended before this one began."""
    known = book.assessments[assessment]
    of = book.checklists[known.number].id
    return max(
        (
            number
            for number, one in book.assessments.items()
            if number < assessment
            and one.ended_us
            and one.zone == known.zone
            and book.checklists[one.number].id == of
        ),
        default=None,
    )


def given_up(book: Book, now: Now) -> Iterator[Entry]:
    """Checklists whose sender went away in the middle."""
    used = {one.number for one in book.assessments.values()}
    for number, one in book.checklists.items():
        # What a round goes through is not one that somebody sends: it is being said again.
        if one.state == "begun" and number not in used and now.utc_us - one.at_us >= GIVEN_UP_US:
            yield _turned(number, one, "abandoned", RULE)


def _under_way(book: Book, number: int) -> Assessment:
    known = book.assessments.get(number)
    if known is None or known.ended_us:
        raise Refused("unknown_assessment", ("assessment", number))
    return known


def _turned(number: int, checklist: Checklist, state: str, actor: Actor) -> Entry:
    fact = ChecklistTurned(number, state, checklist.id, checklist.rows, checklist.sha256)  # type: ignore[arg-type]
    return Entry(fact, f"checklist-{number}", actor, because=ASKED)
