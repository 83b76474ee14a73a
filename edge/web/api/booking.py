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
AWAY: Final = frozenset({"book_away", "book_silent", "book_busy", "book_behind"})


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
    status = 409  # with how things stand; what the schema can say was judged before
    if err.code in AWAY:
        status = 503
    elif err.code == "book_failed":
        status = 500
    elif err.code == "not_there" or err.code.startswith("unknown_"):
        status = 404
    detail = words.reply(err.code, dict(err.said))
    return Problem(status, detail, code=err.code, headers=AGAIN if status == 503 else {})
