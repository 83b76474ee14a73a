"""`/statements`: words for families and media, queued for the district. This box sends them to nobody."""

from typing import Literal

from aiohttp import web
from msgspec import Struct

from edge import words
from edge.named import called
from edge.statements import statement_documents
from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Done, KindShown, MaybeWords, Response, Time
from edge.web.api.writing import done, submit, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from rules.model.post_facts import IncidentRole
from rules.model.statements import Addressed, StatementAnswer, StatementAsked, StatementState


class Statement(Struct, frozen=True, kw_only=True):
    """One text; its first word is DRILL or REAL. response null: for the end. state_number: which it has in it.

    owner: the role that answers for it; owner_name: who holds that, else who is to, else null. by: who approved or declined.
    """

    number: int
    incident: str
    kind: KindShown
    response: Response | None
    zone: str
    state_number: int
    template: str
    to: Addressed
    owner: IncidentRole
    owner_words: str
    owner_name: str | None
    text: str
    at: Time
    state: StatementState
    words: str
    since: Time
    by: str | None
    reason: str


class Statements(Struct, frozen=True, kw_only=True):
    """The newest first. sent_by_this_box: never. district false: none is configured, and nobody fetches them."""

    items: list[Statement]
    next: str | None
    sent_by_this_box: Literal[False]
    district: bool


class AnswerStatement(Asked, frozen=True, kw_only=True):
    """reason: a must where they are declined."""

    answer: StatementAnswer
    reason: MaybeWords = ""


async def statements(visit: Visit) -> web.StreamResponse:
    """Those that are kept."""
    plan, book = visit.office.plan, visit.office.people.registrar.book
    items = statement_documents(plan, visit.office.state, lambda one: called(book, one))
    return answer(
        of(
            Statements,
            {"items": items, "next": None, "sent_by_this_box": False, "district": plan.district},
        )
    )


def number_of(visit: Visit) -> int:
    """The number in a path. Raises Problem 404."""
    text = visit.request.match_info["number"]
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Problem(404, "There are no words of this number.", code="unknown_statement")
    return int(text)


async def answer_one(visit: Visit, asked: AnswerStatement) -> web.Response:
    """Approve or decline."""
    number = number_of(visit)
    reply = done(
        await submit(
            visit,
            lambda at, request, actor: StatementAsked(at, request, actor, number, asked.answer, asked.reason),
        )
    )
    return answer(Done(durable=reply.durable, words=words.reply(reply.code, dict(reply.args))))


ROUTES = (
    Route(
        "GET",
        "/api/v1/statements",
        "coordinate",
        statements,
        says=Says("Words for families and media, queued for the district", Statements),
    ),
    Route(
        "POST",
        "/api/v1/statements/{number}",
        "speak",
        write(AnswerStatement, answer_one),
        says=Says(
            "Approve or decline words for families and media",
            Done,
            takes=AnswerStatement,
            problems=(409,),
            text="Nothing is sent by it: the district sends, and what was not approved is not for it to send.",
        ),
    ),
)
