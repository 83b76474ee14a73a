"""Questions to the book and its answers, for pages and API alike: what it refuses is a problem with what to do."""

from typing import Any, Final

import msgspec

from edge import words
from edge.book.messages import Answered
from edge.operations import NotDone
from edge.web.problem import Problem
from edge.web.route import Visit
from rules.model.book_asks import BookAsk
from rules.model.ids import Actor

AWAY: Final = frozenset({"book_away", "book_silent", "book_behind", "book_busy"})


async def read(visit: Visit, query: str, **asked: Any) -> Any:
    """What a query of `edge.book.queries` finds. Raises Problem."""
    said = {name: value for name, value in asked.items() if value is not None}
    try:
        return msgspec.json.decode(await visit.office.read_book(query, **said))
    except NotDone as err:
        raise problem(err) from None


async def decide(visit: Visit, asked: BookAsk, actor: Actor | None = None) -> Answered:
    """Have something decided; answered once it is in the record and in every list. Raises Problem."""
    try:
        return await visit.office.ask_book(actor or _actor(visit), asked)
    except NotDone as err:
        raise problem(err) from None


MISSING: Final = frozenset({"not_there", "no_such_import", "bad_request"})
"""What is asked for is not here, or so long or odd that nothing here could be called so."""


def subject_of(answered: Answered) -> str:
    """What a decision is of; `""`: it changed nothing."""
    return str(dict(answered.args).get("subject", ""))


def problem(err: NotDone) -> Problem:
    """Why the book did not do it, as an answer."""
    args = dict(err.said)
    detail = words.reply(err.code, args)
    if err.code in AWAY:
        return Problem(503, detail, code=err.code, headers={"Retry-After": "3"})
    if err.code == "book_failed":
        return Problem(500, detail, code=err.code)
    said = err.code in ("unknown_zone", "unknown_field")
    if not said and (err.code.startswith("unknown_") or err.code in MISSING):
        return Problem(404, detail, code=err.code)
    # With how things stand; what the schema can say was judged before.
    return Problem(409, detail, code=err.code)


def _actor(visit: Visit) -> Actor:
    if visit.caller is None:
        raise Problem(401, "Nobody is signed in here. Nothing was done.")
    return visit.caller.actor
