"""The application: every route of one table behind the same four gates: headers, problems, origin, rights.

Deny by default: a route is served only as a row of `routes`, and each row names its right (issue 3, B8).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import structlog
from aiohttp import HttpVersion11, web

from edge import words
from edge.people.caller import Caller
from edge.web.api.reading import no_query
from edge.web.cookies import TLS, cookie_name, screen_of
from edge.web.headers import FIXED, HSTS
from edge.web.office import Office
from edge.web.pages.confirming import ask_first
from edge.web.pages.showing import problem_page
from edge.web.problem import Problem, second_factor_first
from edge.web.refusals import Refusals
from edge.web.route import Route, Visit
from edge.web.shared import SHARED, Shared
from edge.web.viewers import VIEWERS, Viewers
from rules.rights import NEVER_BY_TOKEN

LONGEST_BODY: Final = 64 * 1024
"""A thousand doors named one by one are 40 KiB. It is read on the loop, where 256 KiB of JSON took 22 ms."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger(__name__)


def application(shared: Shared, routes: Sequence[Route], *, tls: bool) -> web.Application:
    """Made anew whenever the port is opened. tls: whether it is served over TLS, for cookies and HSTS."""
    app = web.Application(client_max_size=LONGEST_BODY, middlewares=[_problems, _same_origin])
    app[OFFICE] = shared.office
    app[SHARED] = shared
    app[TLS] = tls
    app[REFUSALS] = Refusals()
    app[VIEWERS] = Viewers()
    for route in routes:
        for method in route.methods:
            app.router.add_route(method, route.path, _guarded(route), expect_handler=_expected)
    app.on_response_prepare.append(_headers)
    app.on_shutdown.append(_let_go)
    return app


async def _let_go(app: web.Application) -> None:
    """Streams end with the port; they come back to the next."""
    app[SHARED].pages.close()
    await app[VIEWERS].close()
    await app[SHARED].feed.close()
    await app[SHARED].screens.close()


OFFICE: Final = web.AppKey("office", Office)
REFUSALS: Final = web.AppKey("refusals", Refusals)
ACTOR: Final = web.RequestKey("actor", str)
REFUSED: Final = frozenset({401, 403})


def caller_of(request: web.Request) -> Caller | None:
    """Who makes a request: by bearer token, else by session cookie; None: nobody known."""
    people = request.app[OFFICE].people
    token = _bearer(request)
    if token is not None:
        return people.by_bearer(token)
    screen = screen_of(request)
    if screen is not None and (known := people.by_bearer(screen)) is not None:
        return known
    cookie = request.cookies.get(cookie_name(request))
    return None if cookie is None else people.by_cookie(cookie)


def _bearer(request: web.Request) -> str | None:
    """The token that is sent; None: none, and then it is the cookie that counts."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _guarded(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        office = request.app[OFFICE]
        try:
            caller = _admitted(request, route)
        except _AskFirst as asks:
            answer = await ask_first(Visit(request, office, asks.caller), route)
            request.app[REFUSALS].note((_route(request), request.method, answer.status, asks.caller.actor))
            return answer
        visit = Visit(request, office, caller, lambda: _still_admitted(request, route))
        if route.says is not None and route.says.asks is None:
            no_query(visit)
        return await route.handle(visit)

    return handle


class _AskFirst(Exception):
    """Somebody would have the right, were a second factor proven in their session."""

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.caller = caller


def _admitted(request: web.Request, route: Route) -> Caller | None:
    """Who makes a request, if it is theirs to make. Raises Problem 401 and 403, HTTPSeeOther, _AskFirst."""
    office = request.app[OFFICE]
    caller = caller_of(request)
    request[ACTOR] = "" if caller is None else caller.actor
    if route.right == "open":
        return caller
    if caller is None:
        if route.page and request.method in SAFE:
            raise web.HTTPSeeOther("/sign-in")
        raise Problem(401, "Nobody is signed in here. Sign in, or send a token.", headers=CHALLENGE)
    if _lets_in(route, caller, office):
        return caller
    if caller.lapsed:
        if route.page and request.method in SAFE:
            raise web.HTTPSeeOther("/sign-in")
        raise Problem(401, "This session ran out. Starting a response still works; sign in for the rest.")
    if caller.by == "token" and (route.right == "own" or route.right in NEVER_BY_TOKEN):
        raise Problem(403, "This is never a program's. Nothing was done: a person signs in for it.")
    if route.right != "own" and caller.could(office.rights, route.right):
        raise _AskFirst(caller)
    if caller.quiet and route.right != "own" and office.rights.may(caller.role, route.right):
        raise Problem(403, words.NOT_IN_QUIET)
    raise Problem(403, words.not_yours(route.right))


def _still_admitted(request: web.Request, route: Route) -> Caller | None:
    """As `_admitted`, once the body came. Raises Problem."""
    try:
        return _admitted(request, route)
    except _AskFirst:
        raise second_factor_first() from None


def _lets_in(route: Route, caller: Caller, office: Office) -> bool:
    """Whether somebody known may go on to the handler. Routes that are `open` ask nobody."""
    match route.right:
        case "open":
            return True
        case "own":
            return caller.by == "session" and not caller.lapsed
        case right:
            may = caller.could if route.own_factor else caller.may
            return may(office.rights, right)


async def _expected(request: web.Request) -> None:
    """`Expect: 100-continue` is met and anything else passed over: aiohttp's own refusal is no problem document."""
    if request.headers["Expect"].lower() == "100-continue" and request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # else it counts as the answer's beginning


CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


@web.middleware
async def _problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as problem:
        if problem.status in REFUSED:
            who = request.get(ACTOR, "")
            request.app[REFUSALS].note((_route(request), request.method, problem.status, who))
        return _told(request, problem)
    except web.HTTPException as err:
        if err.status < 400:
            raise
        headers = {"Allow": err.headers["Allow"]} if "Allow" in err.headers else {}
        return _told(request, Problem(err.status, _words(request, err, headers), headers=headers))
    except ConnectionError:
        # Who asked hung up half-way; nobody reads this answer, and nothing failed.
        return _told(request, Problem(400, "The connection ended before the request did. Nothing was done."))
    except web.RequestPayloadError:
        return _told(
            request, Problem(400, "The body cannot be unpacked as its headers say. Nothing was done.")
        )
    except Exception:
        log.exception("web.request_failed", path=_route(request))
        return _told(
            request, Problem(500, "It is in the log. Nothing is known of what it changed: look at the page.")
        )


def _route(request: web.Request) -> str:
    """The route's own path, without what was filled in."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _words(request: web.Request, err: web.HTTPException, headers: Mapping[str, str]) -> str:
    """What the server itself refused, with what to do instead; to people without the words of HTTP."""
    match err.status:
        case 404 if _reads_pages(request):
            return "There is no page at this address. The menu of the campus page leads to all of them."
        case 405 if _reads_pages(request):
            return "This was the answer to something sent, and does not open again. Nothing was done now."
        case 404:
            return "Nothing is at this address. /api/v1/openapi.json tells what there is."
        case 405:
            return f"This address takes {headers.get('Allow', 'another method')}. Nothing was done."
        case _:
            return f"{err.reason}. Nothing was done."


def _told(request: web.Request, problem: Problem) -> web.Response:
    """A problem as a page for whoever asks for pages, and as RFC 9457 has it for everybody else."""
    return problem_page(problem) if _reads_pages(request) else problem.response()


def _reads_pages(request: web.Request) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/api/")


@web.middleware
async def _same_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Cross-site writes are refused: `Sec-Fetch-Site`, else an equal `Origin`; a bearer token needs neither."""
    if request.method not in SAFE and _bearer(request) is None:
        site = request.headers.get("Sec-Fetch-Site")
        origin = request.headers.get("Origin")
        same = site == "same-origin" if site is not None else origin == f"{request.scheme}://{request.host}"
        if not same:
            raise Problem(
                403, "This was sent from another site, or by a program without a token. Nothing was done."
            )
    return await handler(request)


async def _headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    headers = response.headers
    headers.setdefault("Cache-Control", "no-store")
    headers.update(FIXED)
    if isinstance(request, web.Request) and request.app[TLS]:
        headers["Strict-Transport-Security"] = HSTS
