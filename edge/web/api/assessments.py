"""`/assessments`: rounds through a checklist, question by question; each no becomes one ticket."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from aiohttp import web
from msgspec import Struct

from edge.checklist_file import Form
from edge.web.api.answering import answer, of
from edge.web.api.booking import ask_book, read_book
from edge.web.api.forms import Asked, Done, Id, Listed, Time
from edge.web.api.inspections import AnswerText, Name
from edge.web.api.reading import no_query, query
from edge.web.api.writing import write
from edge.web.checklists import take_sent
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.words import plural
from rules.model.assessment_asks import AnswerQuestion, BeginAssessment, EndAssessment

Word = Literal["yes", "no", "na"]
FORMS: Final[Mapping[str, Form]] = {"text/csv": "csv", "application/yaml": "yaml"}
MOST_TOLD: Final = 100


class Checklist(Struct, frozen=True, kw_only=True):
    """The newest edition of one. sha256: of its file."""

    id: str
    number: int
    title: str
    questions: int
    sha256: str


class Assessment(Struct, frozen=True, kw_only=True):
    """A round. ended_at null: under way. na: do not apply."""

    number: int
    checklist: str
    title: str
    sha256: str
    zone: str
    begun_at: Time
    ended_at: Time | None
    questions: int
    answered: int
    yes: int
    no: int
    na: int


class Question(Struct, frozen=True, kw_only=True):
    """ticket: what its no became, 0 none. was: its answer in the former round."""

    id: str
    section: str
    text: str
    answer: Word | None
    comment: str
    ticket: int
    ticket_open: bool
    was: Word | None


class AssessmentWhole(Assessment, frozen=True, kw_only=True):
    """former: the round before of the same checklist and zone."""

    former: int | None
    former_no: int
    items: list[Question]


class NewAssessment(Asked, frozen=True, kw_only=True):
    """zone: the campus where it is empty."""

    checklist: Id
    zone: Name = ""


class Answer(Asked, frozen=True, kw_only=True):
    question: Id
    answer: Word
    comment: AnswerText = ""


class Nothing(Asked, frozen=True, kw_only=True):
    """It takes none."""


class Begun(Done, frozen=True, kw_only=True):
    number: int


async def checklists(visit: Visit) -> web.StreamResponse:
    """Those that were taken in."""
    no_query(visit)
    return answer(Listed(items=of(list[Checklist], await read_book(visit, "checklists")), next=None))


async def assessments(visit: Visit) -> web.StreamResponse:
    """Rounds."""
    no_query(visit)
    return answer(Listed(items=of(list[Assessment], await read_book(visit, "assessments")), next=None))


async def assessment(visit: Visit) -> web.StreamResponse:
    """One."""
    no_query(visit)
    return answer(of(AssessmentWhole, await whole(visit)))


def number_of(visit: Visit) -> int:
    """The round that a path means. Raises Problem 404."""
    name = visit.request.match_info["number"]
    if not (name.isascii() and name.isdigit() and len(name) < 16):
        raise Problem(404, "A round has a number. /api/v1/assessments lists them.", code="not_there")
    return int(name)


async def whole(visit: Visit) -> dict[str, Any]:
    """The round that a path means, as the book has it. Raises Problem."""
    told: dict[str, Any] = await read_book(visit, "assessment", number=number_of(visit))
    return told


async def begin(visit: Visit, asked: NewAssessment) -> web.Response:
    """Begin one."""
    subject = await ask_book(visit, BeginAssessment(asked.checklist, asked.zone))
    number = int(subject.removeprefix("assessment-"))
    return answer(Begun(durable=True, words=f"Round {number} began.", number=number))


async def respond(visit: Visit, asked: Answer) -> web.Response:
    """Answer a question."""
    await ask_book(visit, await worded(visit, asked.question, asked.answer, asked.comment))
    return answer(Done(durable=True, words="Answered."))


async def worded(visit: Visit, question: str, word: Word, comment: str) -> AnswerQuestion:
    """An answer with the question's text, which the rules do not have. Raises Problem."""
    found = next((one for one in (await whole(visit))["items"] if one["id"] == question), None)
    return AnswerQuestion(number_of(visit), question, word, comment, "" if found is None else found["text"])


async def end(visit: Visit, asked: Nothing) -> web.Response:
    """End one."""
    await ask_book(visit, EndAssessment(number_of(visit)))
    return answer(Done(durable=True, words="The round is over."))


class ImportAsked(Asked, frozen=True, kw_only=True):
    """title: what it is called, where the file does not say. check: say what would be refused, and change nothing."""

    title: Name = ""
    check: bool = False


class ChecklistTaken(Done, frozen=True, kw_only=True):
    """sha256: of the file."""

    title: str
    questions: int
    sha256: str


async def import_checklist(visit: Visit) -> web.StreamResponse:
    """Take a checklist in, as a whole or not at all."""
    asked = query(visit, ImportAsked)
    form = FORMS.get(visit.request.content_type)
    if form is None:
        raise Problem(415, "A checklist is sent as it is, as text/csv or application/yaml. Nothing was read.")
    name = visit.request.match_info["id"][:64]
    came = await take_sent(visit, form, name, asked.title, check=asked.check)
    if came.wrong:
        rows = [{"line": line, "words": why} for line, why in came.wrong[:MOST_TOLD]]
        raise Problem(
            409,  # what no schema can say of a file
            f"{plural(len(came.wrong), 'question')} may not be as it stands: nothing of the file counts.",
            code="rows_refused",
            rows=rows,
        )
    told = "can be taken in. Nothing was changed." if asked.check else "taken in."
    return answer(
        ChecklistTaken(
            durable=True,
            words=f"{plural(came.questions, 'question')} {told}",
            title=came.title,
            questions=came.questions,
            sha256=came.sha256,
        )
    )


_READ: Final = (404, 503)
ROUTES = (
    Route("GET", "/api/v1/checklists", "assets", checklists,
          says=Says("Checklists that were taken in", Listed[Checklist], problems=(503,))),
    Route("POST", "/api/v1/checklists/{id}", "assets-write", import_checklist,
          says=Says("Take a checklist in, as a whole or not at all", ChecklistTaken, asks=ImportAsked, sends=tuple(FORMS),
                    problems=(408, 409, 413, 415, 503),
                    text="The body is the file, of at most 1 MB: a table with section and text, and question (its id), category "
                    "and weight where they are known; or YAML with title and sections. id: alike for every edition of it.")),
    Route("GET", "/api/v1/assessments", "assets", assessments,
          says=Says("Rounds through checklists, the newest first", Listed[Assessment], problems=(503,))),
    Route("POST", "/api/v1/assessments", "assets-write", write(NewAssessment, begin),
          says=Says("Begin a round", Begun, takes=NewAssessment, problems=(404,))),
    Route("GET", "/api/v1/assessments/{number}", "assets", assessment,
          says=Says("One round with its questions, and the answers of the former one", AssessmentWhole, problems=_READ)),
    Route("POST", "/api/v1/assessments/{number}/answers", "inspect", write(Answer, respond),
          says=Says("Answer a question; a no becomes one ticket", Done, takes=Answer, problems=(404,))),
    Route("POST", "/api/v1/assessments/{number}/end", "assets-write", write(Nothing, end),
          says=Says("End a round", Done, takes=Nothing, problems=(404,))),
)  # fmt: skip
