"""What may be read of checklists and assessments: which there are, how far each is, one with its questions by section."""

from collections import Counter
from typing import Annotated, Any, Final

from msgspec import Meta, Struct

from edge.book.asking import Asked, NotThere
from edge.book.database import Database, Line
from edge.journal.stored import rfc3339
from rules.book.assessments import former, judge_question
from rules.book.decision import Now, Refused
from rules.model.assessment_asks import QuestionLine

MOST: Final = 200


class NumberAsked(Asked, frozen=True):
    """One by its number."""

    number: Annotated[int, Meta(ge=0)]


class Judged(Struct, frozen=True, forbid_unknown_fields=True):
    """Questions of a file."""

    lines: Annotated[tuple[QuestionLine, ...], Meta(max_length=MOST)]


def checklists(database: Database, asked: Asked, now: Now) -> list[Line]:
    """The newest edition of each checklist."""
    newest: dict[str, int] = {}
    for number, one in database.book.checklists.items():
        if one.state == "taken":
            newest[one.id] = max(number, newest.get(one.id, 0))
    return [
        {
            "id": name,
            "number": number,
            "title": _title(database, number),
            "questions": database.book.checklists[number].rows,
            "sha256": database.book.checklists[number].sha256,
        }
        for name, number in sorted(newest.items())
    ]


def _title(database: Database, number: int) -> str:
    return database.words("checklist", str(number)).get("title", "")


def assessments(database: Database, asked: Asked, now: Now) -> list[Line]:
    """Rounds, the newest first, with how far each is."""
    numbers = sorted(database.book.assessments, reverse=True)[:MOST]
    return [_round(database, number) for number in numbers]


def _round(database: Database, number: int) -> Line:
    known = database.book.assessments[number]
    checklist = database.book.checklists[known.number]
    counts = Counter(one.answer for one in known.answers.values())
    return {
        "number": number,
        "checklist": checklist.id,
        "title": _title(database, known.number),
        "sha256": checklist.sha256,
        "zone": known.zone,
        "begun_at": rfc3339(known.begun_us),
        "ended_at": rfc3339(known.ended_us) if known.ended_us else None,
        "questions": len(checklist.questions),
        "answered": len(known.answers),
        "yes": counts["yes"],
        "no": counts["no"],
        "na": counts["na"],
    }


def assessment(database: Database, asked: NumberAsked, now: Now) -> Line:
    """One with its questions, answers and those of the former round. Raises NotThere."""
    book = database.book
    known = book.assessments.get(asked.number)
    if known is None:
        raise NotThere
    before = former(book, asked.number)
    earlier = {} if before is None else book.assessments[before].answers
    texts, comments = (
        words_of(database, "question", known.number),
        words_of(database, "answer", asked.number),
    )
    items = []
    for question in book.checklists[known.number].questions:
        answered, was = known.answers.get(question.id), earlier.get(question.id)
        ticket = 0 if answered is None else answered.ticket
        found = book.ticket(ticket) if ticket else None
        words = texts.get(question.id, {})
        items.append(
            {
                "id": question.id,
                "section": words.get("section", ""),
                "text": words.get("text", ""),
                "answer": None if answered is None else answered.answer,
                "comment": comments.get(question.id, {}).get("comment", ""),
                "ticket": ticket,
                "ticket_open": found is not None and not found.closed,
                "was": None if was is None else was.answer,
            }
        )
    was_no = sum(one.answer == "no" for one in earlier.values())
    return {**_round(database, asked.number), "former": before, "former_no": was_no, "items": items}


def words_of(database: Database, owner: str, number: int) -> dict[str, dict[str, str]]:
    """Words by name, by a question's id; of a `checklist`: its title, by `""`."""
    if owner == "checklist":
        return {"": database.words(owner, str(number))}
    found: dict[str, dict[str, str]] = {}
    query = "SELECT id, name, value FROM texts WHERE owner = ? AND id GLOB ?"
    for one in database.lines(query, owner, f"{number}:*"):
        found.setdefault(one["id"].partition(":")[2], {})[one["name"]] = one["value"]
    return found


def judged(database: Database, asked: Judged, now: Now) -> list[Line]:
    """Of a file's questions, those that may not be, by place."""
    found: list[Line] = []
    for place, line in enumerate(asked.lines):
        try:
            judge_question(database.book, line)
        except Refused as err:
            found.append({"place": place, "code": err.code, "args": dict(err.said)})
    return found


QUERIES: Final[dict[str, tuple[type[Any], Any]]] = {
    "checklists": (Asked, checklists),
    "checklists.judged": (Judged, judged),
    "assessments": (Asked, assessments),
    "assessment": (NumberAsked, assessment),
}
