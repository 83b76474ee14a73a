"""`/unanswered`: presses that may be an emergency and started nothing by themselves; a person starts or dismisses them."""

import hashlib
from typing import Literal

from aiohttp import web
from msgspec import Struct

from edge import words
from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Listed, MaybeWords, Milliseconds, Response, Started, Time
from edge.web.api.lists import Paged, page
from edge.web.api.reading import query
from edge.web.api.writing import done, need, submit, write
from edge.web.problem import Problem
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared
from rules.model.events import AnswerAsked


class Unanswered(Struct, frozen=True, kw_only=True):
    """A press that waits. in_zone: where what it asked for would hold.

    number: as the command line counts it; null where that count would tell of presses that are not to be seen.
    """

    id: str
    number: int | None
    button: str
    name: str
    zone: str
    room: str
    response: Response
    in_zone: str
    why: str
    words: str
    at: Time
    age_ms: Milliseconds


class Answer(Asked, frozen=True, kw_only=True):
    """Starting waits for no reason; dismissing needs one."""

    answer: Literal["start", "dismiss"]
    reason: MaybeWords = ""


async def unanswered(visit: Visit) -> web.StreamResponse:
    """All that wait, for whoever may see them."""
    asked = query(visit, Paged)
    duress = visit.may("look-duress")
    waiting = [
        {**one, "id": _id(one), "number": one["number"] if duress else None}
        for one in shared(visit.request).picture(duress=duress)["unanswered"]
    ]
    items, after = page(waiting, asked)
    return answer(Listed(items=of(list[Unanswered], items), next=after))


async def reply_to(visit: Visit, asked: Answer) -> web.Response:
    """Start what a press asked for, or say that it was nothing."""
    if asked.answer == "dismiss":
        need(visit, "dismiss", "dismiss a press")
    name = visit.request.match_info["id"]
    start = asked.answer == "start"
    # A session that ran out names what it was shown before, a silent one too: starting it is never blocked.
    duress = visit.role_may("look-duress") if start else visit.may("look-duress")
    seen = shared(visit.request).picture(duress=duress)["unanswered"]
    numbers = [one["number"] for one in seen if _id(one) == name]
    if not numbers:
        raise Problem(
            404, "No such press waits for an answer. /api/v1/unanswered lists them.", code="unknown_press"
        )
    reply = done(
        await submit(
            visit,
            lambda at, number, actor: AnswerAsked(at, number, actor, numbers[0], start, asked.reason),
        )
    )
    said = words.reply(reply.code, dict(reply.args))
    return answer(Started(durable=reply.durable, words=said, incident=reply.incident))


def _id(press: dict[str, object]) -> str:
    """Opaque: numbers would tell of what is not shown."""
    return hashlib.sha256(f"{press['button']} {press['response']} {press['at']}".encode()).hexdigest()[:20]


ROUTES = (
    Route(
        "GET",
        "/api/v1/unanswered",
        "look",
        unanswered,
        says=Says("Presses that wait for a person", Listed[Unanswered], asks=Paged),
    ),
    Route(
        "POST",
        "/api/v1/unanswered/{id}/answer",
        "acknowledge",
        write(Answer, reply_to),
        says=Says("Start what a press asked for, or dismiss it", Started, takes=Answer),
    ),
)
