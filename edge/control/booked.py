"""Questions to the book over the socket."""

from typing import Any

import msgspec

from edge import words
from edge.control.desk import Desk
from edge.control.requests import BookAsk, BookRead
from edge.control.rights import OF_QUERIES, OF_VERBS
from edge.operations import NotDone
from rules.model.book_asks import ASKS
from rules.model.ids import Actor


async def booked(desk: Desk, request: BookAsk | BookRead, actor: Actor) -> dict[str, Any]:
    """The one answer."""
    try:
        if isinstance(request, BookRead):
            if request.query not in OF_QUERIES:
                return _refusal("bad_request", {})
            asked = msgspec.json.decode(request.asked, type=dict[str, Any])
            data = msgspec.json.decode(await desk.read_book(request.query, **asked))
            return {"ok": True, "data": data, "more": False}
        kind = ASKS.get(request.verb) if request.verb in OF_VERBS else None
        if kind is None:
            return _refusal("bad_request", {})
        answered = await desk.ask_book(actor, msgspec.json.decode(request.asked, type=kind))
    except NotDone as err:
        return _refusal(err.code, dict(err.said))
    except (msgspec.MsgspecError, RecursionError, TypeError):
        return _refusal("bad_request", {})
    args = dict(answered.args)
    return {
        "ok": True,
        "code": "done",
        "args": args,
        "words": words.reply("done", args),
        "durable": True,
        "more": False,
    }


def _refusal(code: str, args: dict[str, Any]) -> dict[str, Any]:
    return {"ok": False, "code": code, "args": args, "words": words.reply(code, args), "more": False}
