"""`/selftest`: each link from button to bolt, as the last self-test saw it; and one more, now."""

from aiohttp import web
from msgspec import Struct

from edge.web.api.answering import answer, of
from edge.web.api.forms import Asked, Done, Time
from edge.web.api.reading import query
from edge.web.api.writing import done, submit, write
from edge.web.route import Route, Says, Visit
from edge.web.shared import shared
from edge.words import reply as said
from rules.model.events import SelfTestAsked
from rules.model.selftest import LinkKind, Outcome, TestCause


class TestedLink(Struct, frozen=True, kw_only=True):
    """One link. behind: not reached, the code names the link before it that is broken; that one is not_proven.

    untestable: nothing silent could prove it. last_proven: when a self-test last did.
    """

    id: str
    kind: LinkKind
    subject: str
    name: str
    outcome: Outcome
    code: str
    words: str
    last_proven: Time | None


class LastTest(Struct, frozen=True, kw_only=True):
    """holds: no link was seen not to work."""

    number: int
    at: Time
    cause: TestCause
    holds: bool
    links: list[TestedLink]


class Exercised(Struct, frozen=True, kw_only=True):
    """A door whose lock is exercised out of hours, and what was seen the last time; null: never yet."""

    door: str
    name: str
    under_way: bool
    at: Time | None
    outcome: Outcome | None
    code: str
    words: str


class SelfTests(Struct, frozen=True, kw_only=True):
    """number: of the last one begun. last: of those that came to their end, null where none did."""

    running: bool
    number: int
    last: LastTest | None
    exercises: list[Exercised]


class Nothing(Asked, frozen=True, kw_only=True):
    """It takes none: no body, or an empty one."""


class Begun(Done, frozen=True, kw_only=True):
    """number: it has come to its end once `last.number` is this or higher."""

    number: int


async def selftest(visit: Visit) -> web.StreamResponse:
    """What the last one saw."""
    query(visit, Nothing)
    seen = shared(visit.request).picture(duress=visit.may("look-duress"))
    return answer(of(SelfTests, seen["self_test"]))


async def begin(visit: Visit, asked: Nothing) -> web.Response:
    """Begin one."""
    reply = done(await submit(visit, SelfTestAsked))
    args = dict(reply.args)
    return answer(Begun(durable=reply.durable, words=said(reply.code, args), number=int(args["number"])))


ROUTES = (
    Route(
        "GET",
        "/api/v1/selftest",
        "look",
        selftest,
        says=Says("What the last self-test saw of each link", SelfTests, asks=Nothing),
    ),
    Route(
        "POST",
        "/api/v1/selftest",
        "selftest",
        write(Nothing, begin),
        says=Says("Test each link now, silently", Begun, takes=Nothing),
    ),
)
