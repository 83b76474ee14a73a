"""The socket's requests about words for families and media: read, or answered by a named person with their own code."""

from collections.abc import Awaitable, Callable
from typing import Any

from edge import words
from edge.control.desk import Desk, Make, Reply
from edge.control.requests import Statement
from edge.named import called
from edge.people.caller import Caller
from edge.people.people import NotSignedIn
from edge.statements import statement_documents
from rules.model.statements import StatementAsked

Document = dict[str, Any]


def read(desk: Desk) -> Document:
    """Those that are kept, the newest first. district false: none is configured, and nobody fetches them."""
    book = desk.people.registrar.book
    items = statement_documents(desk.plan, desk.state, lambda one: called(book, one))
    return {
        "ok": True,
        "data": {"items": items, "sent_by_this_box": False, "district": desk.plan.district},
        "more": False,
    }


async def answered(
    desk: Desk,
    request: Statement,
    asking: Caller,
    replied: Callable[[Awaitable[Reply]], Awaitable[Document]],
) -> Document:
    """What became of it: in the name and by the code of a person who may, for the socket alone speaks for no school."""
    kept = desk.state.record.statements.kept.get(request.number)
    # A code is good once: for what the rules refuse, none is used up.
    if (
        kept is not None
        and kept.state == "waiting"
        and (request.answer == "approved" or request.reason.strip())
    ):
        if not request.user or not request.code:
            return _no("speak_needs_user")
        found = await desk.people.vouched(
            request.user, request.code, asking.actor, asking.actor, right="speak"
        )
        if isinstance(found, NotSignedIn):
            return _no(f"speak_factor_{found.why}", user=request.user, seconds=found.wait_s)
        asking = found
    make: Make = lambda at, number, who: StatementAsked(  # noqa: E731
        at, number, who, request.number, request.answer, request.reason
    )
    return await replied(desk.submit(asking.actor, make))


def _no(code: str, **args: str | int) -> Document:
    return {"ok": False, "code": code, "args": args, "words": words.reply(code, args), "more": False}
