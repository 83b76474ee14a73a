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


class Second(Struct, frozen=True, kw_only=True):
    """Who did not acknowledge in time was tried by another output, at `at`; output null: there is none of another way.

    rooms: those that were named in it. state, code, told, of, since: what is known of it, as in a notice.
    """

    output: str | None
    rooms: list[str]
    at: str
    state: str
    code: str
    told: int
    of: int
    since: str


class Told(Struct, frozen=True, kw_only=True):
    """The last notice of an output for a zone. response null: that all is over. number: the campus's state number.

    state: `ordered`, `sent`, `received`, `acknowledged`, `failed`. told, of: recipients, 0 where nobody can count them.
    first: when it was told first. unacknowledged: rooms that did not acknowledge it so far; null: whom it is addressed to.
    second null: nobody was tried by a second channel (so far).
    """

    zone: str
    incident: str
    kind: str
    response: str | None
    number: int
    state: str
    code: str
    told: int
    of: int
    since: str
    first: str
    unacknowledged: list[str | None]
    second: Second | None


class Room(Struct, frozen=True, kw_only=True):
    """A room with a screen, while something is on. asked: whether it can answer. drawn null: nothing proves that it has it.

    answer: safe, help, or null while nobody answered; a call for help stands until another answer comes.
    """

    room: str
    asked: bool
    number: int
    drawn: str | None
    answer: str | None
    answered: str | None


class Output(Struct, frozen=True, kw_only=True):
    id: str
    driver: str
    zone: str
    commissioned: str | None
    ordered_on: bool
    command: Command | None
    held: str
    notices: list[Told]
    rooms: list[Room]


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
