"""`/buttons`, `/inputs`, `/controllers`, `/outputs`: what is wired here, and whether it can be relied on now."""

from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from edge.web.api.answering import answer, of
from edge.web.api.doors import Command
from edge.web.api.forms import Listed, Milliseconds, Response, Time
from edge.web.api.lists import Paged, page
from edge.web.api.reading import query
from edge.web.route import Handle, Route, Says, Visit
from edge.web.shared import shared


class Gesture(Struct, frozen=True, kw_only=True):
    response: Response
    zone: str


class Button(Struct, frozen=True, kw_only=True):
    """supervision: never better than known; `unsupervised`: by design. heard_ms: since its last sign of life.

    last_proven: when a press of the button itself last came through, by what it asked for.
    """

    id: str
    name: str
    zone: str
    room: str
    path: Literal["wired", "mqtt"]
    supervision: Literal["heard", "unknown", "silent", "offline", "unsupervised"]
    heard_ms: Milliseconds | None
    battery: int | None
    online: bool | None
    gestures: dict[str, Gesture]
    walk_test: bool
    last_proven: dict[Response, Time]


class Input(Struct, frozen=True, kw_only=True):
    """state: `unsure` is stale or unreadable, `unread` not read yet since start."""

    id: str
    kind: str
    controller: str
    state: Literal["active", "quiet", "unsure", "unread"]
    age_ms: Milliseconds | None
    zones: list[str]
    doors: list[str]


class Controller(Struct, frozen=True, kw_only=True):
    id: str
    driver: str
    up: bool
    code: str
    since: Time | None
    doors: int


class Output(Struct, frozen=True, kw_only=True):
    id: str
    driver: str
    zone: str
    commissioned: str | None
    ordered_on: bool
    command: Command | None
    held: str


def _list(noun: str, model: Any) -> Handle:
    async def handle(visit: Visit) -> web.StreamResponse:
        asked = query(visit, Paged)
        seen = shared(visit.request).picture(duress=visit.may("look-duress"))
        items, after = page(seen[noun], asked)
        return answer(Listed(items=of(list[model], items), next=after))

    return handle


ROUTES = (
    Route(
        "GET",
        "/api/v1/buttons",
        "look",
        _list("buttons", Button),
        says=Says("Buttons and when they were last heard", Listed[Button], asks=Paged),
    ),
    Route(
        "GET",
        "/api/v1/inputs",
        "look",
        _list("inputs", Input),
        says=Says("Fire alarm, exit and other inputs", Listed[Input], asks=Paged),
    ),
    Route(
        "GET",
        "/api/v1/controllers",
        "look",
        _list("controllers", Controller),
        says=Says("Controllers that drive doors or read inputs", Listed[Controller], asks=Paged),
    ),
    Route(
        "GET",
        "/api/v1/outputs",
        "look",
        _list("outputs", Output),
        says=Says("On-site outputs", Listed[Output], asks=Paged),
    ),
)
