"""The socket's requests about drills: read of record and law, and asked of the rules."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from edge import drill_forms, words
from edge.control.desk import Desk, Make, Reply
from edge.control.requests import Drill, Drills
from edge.drill_forms import NotADay, ask_for, ticket_number
from edge.operations import NotDone
from rules.model.drill_asks import DrillAsked
from rules.model.ids import Actor

Document = dict[str, Any]


def read(desk: Desk, request: Drills) -> Document:
    """All of them, what is due, or the record of one."""
    found = desk.drills(request.drill)
    return _no("unknown_drill") if found is None else {"ok": True, "data": found, "more": False}


async def asked(
    desk: Desk, request: Drill, actor: Actor, replied: Callable[[Awaitable[Reply]], Awaitable[Document]]
) -> Document:
    """What became of it. replied: waits for the rules' answer and puts it into words."""
    try:
        form = drill_forms.read(request.verb, msgspec.json.decode(request.asked))
        ask = ask_for(request.verb, form, request.drill, request.finding)
    except NotADay:
        return _no("bad_day")
    except (msgspec.MsgspecError, KeyError, RecursionError) as err:
        return _no("unreadable_request", detail=str(err)[:300])
    if isinstance(form, drill_forms.Finding) and form.ticket:
        try:
            await desk.read_book("ticket", number=ticket_number(form.ticket), now_us=time.time_ns() // 1_000)
        except NotDone as err:
            return _no("unknown_ticket") if err.code == "not_there" else _no(err.code, **dict(err.said))
    make: Make = lambda at, number, who: DrillAsked(at, number, who, ask)  # noqa: E731
    return await replied(desk.submit(actor, make))


def _no(code: str, **args: str | int | bool) -> Document:
    return {"ok": False, "code": code, "args": args, "words": words.reply(code, args), "more": False}
