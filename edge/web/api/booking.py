"""Questions to the book from a route: its refusals are problems, its answers JSON of its own making."""

from typing import Any, Final

import msgspec

from edge import words
from edge.operations import NotDone
from edge.web.api.writing import caller_of
from edge.web.problem import Problem
from edge.web.route import Visit
from rules.model.book_asks import BookAsk

AGAIN: Final = {"Retry-After": "5"}
STATUS: Final = {
    "book_away": 503,
    "book_silent": 503,
    "book_busy": 503,
    "book_behind": 503,
    "not_there": 404,
    "unknown_ticket": 404,
    "unknown_upkeep": 404,
    "no_such_turn": 409,
    "why_needed": 409,
    "unknown_subject": 404,
    "not_said": 409,
    "nothing_noted": 409,
    "no_reason_said": 409,
    "bad_rest": 409,
}
"""Of a refusal over HTTP; what is not here does not hold together."""


async def ask_book(visit: Visit, asked: BookAsk) -> str:
    """Have it decided, in the record and in every list; the subject of what came of it. Raises Problem."""
    try:
        answered = await visit.office.ask_book(caller_of(visit).actor, asked)
    except NotDone as err:
        raise refused(err) from None
    return str(dict(answered.args).get("subject", ""))


async def read_book(visit: Visit, query: str, **asked: Any) -> Any:
    """What the book says. Raises Problem."""
    try:
        return msgspec.json.decode(await visit.office.read_book(query, **asked))
    except NotDone as err:
        raise refused(err) from None


def refused(err: NotDone) -> Problem:
    """Why not, in words, with what to do."""
    status = STATUS.get(err.code, 422)
    detail = words.reply(err.code, dict(err.said))
    return Problem(status, detail, code=err.code, headers=AGAIN if status == 503 else {})
