"""`/walk-tests`: buttons in test for a named person, for at most 30 minutes; all others stay real."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from edge.web.api.answering import answer, of
from edge.web.api.forms import NO_CONTROL, Asked, Done, Ids, Listed
from edge.web.api.lists import Paged, page
from edge.web.api.reading import query
from edge.web.api.writing import done, submit, write
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared
from edge.words import reply as said
from rules.model.events import WalkTestAsked
from rules.model.ids import ButtonId


class WalkTest(Struct, frozen=True, kw_only=True):
    """One button in test. left_s: seconds until it is real again."""

    button: str
    name: str
    left_s: int
    pressed: bool


class StartWalkTest(Asked, frozen=True, kw_only=True):
    """person: who walks, by name."""

    buttons: Ids
    minutes: Annotated[int, Meta(ge=1, le=30)]
    person: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_CONTROL)]


async def walk_tests(visit: Visit) -> web.StreamResponse:
    """Buttons in test now."""
    asked = query(visit, Paged)
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    items, after = page(seen["walk_tests"], asked, "button")
    return answer(Listed(items=of(list[WalkTest], items), next=after))


async def start(visit: Visit, asked: StartWalkTest) -> web.Response:
    """Begin one."""
    buttons = tuple(ButtonId(one) for one in asked.buttons)
    reply = done(
        await submit(
            visit,
            lambda at, number, actor: WalkTestAsked(at, number, actor, buttons, asked.minutes, asked.person),
        )
    )
    return answer(Done(durable=reply.durable, words=said(reply.code, dict(reply.args))))


ROUTES = (
    Route(
        "GET",
        "/api/v1/walk-tests",
        "look",
        walk_tests,
        says=Says("Buttons in test now", Listed[WalkTest], asks=Paged),
    ),
    Route(
        "POST",
        "/api/v1/walk-tests",
        "walk-test",
        write(StartWalkTest, start),
        says=Says("Put buttons in test", Done, takes=StartWalkTest, problems=(404,)),
    ),
)
