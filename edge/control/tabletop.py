"""The socket's requests about tabletop exercises."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from edge import tabletop_forms, tabletop_views, words
from edge.control.desk import Desk, Reply
from edge.control.requests import Tabletop
from edge.operations import NotDone
from rules.model.ids import Actor

Document = dict[str, Any]


async def asked(
    desk: Desk, request: Tabletop, actor: Actor, replied: Callable[[Awaitable[Reply]], Awaitable[Document]]
) -> Document:
    """The one answer. replied: waits for a reply and puts it into words."""
    try:
        tabletops = desk.tabletops
        match request.verb:
            case "list":
                found = tabletop_views.listing(desk.state, await tabletops.scenarios(), tabletops.real)
            case "show":
                one = tabletops.running(request.tabletop)
                seat, now_us = await tabletops.seat(one), time.monotonic_ns() // 1_000
                found = tabletop_views.document(desk.plan, one, seat, tabletops.real, now_us)
            case _:
                form = tabletop_forms.read(request.verb, msgspec.json.decode(request.asked))
                reply = await tabletops.do(actor, form, request.tabletop)
                return {**await replied(_now(reply)), **tabletop_views.MARK}
    except NotDone as err:
        return _no(err.code, dict(err.said))
    except (msgspec.MsgspecError, KeyError, RecursionError) as err:
        return _no("unreadable_request", {"detail": str(err)[:300]})
    return {"ok": True, "data": found, "more": False}


async def _now(reply: Reply) -> Reply:
    return reply


def _no(code: str, args: dict[str, Any]) -> Document:
    return {"ok": False, "code": code, "args": args, "words": words.reply(code, args), "more": False}
