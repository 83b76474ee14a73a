"""The session's cookie: `__Host-`, secure, for no script and no other site (OWASP ASVS 5.0 V3.3)."""

from typing import Final

from aiohttp import web

from edge.web.route import Visit

COOKIE: Final = "__Host-campus-edge"
PLAIN_COOKIE: Final = "campus-edge"
"""On loopback without TLS, where a browser refuses `__Host-`."""
TLS: Final = web.AppKey("tls", bool)


def cookie_name(request: web.Request) -> str:
    """The session cookie's name, by how this is served."""
    return COOKIE if request.app[TLS] else PLAIN_COOKIE


def give_cookie(request: web.Request, response: web.StreamResponse, secret: str) -> None:
    """Have the browser keep a session's secret, as long as it runs."""
    name = cookie_name(request)
    response.set_cookie(name, secret, path="/", secure=name == COOKIE, httponly=True, samesite="Strict")


def drop_cookie(request: web.Request, response: web.StreamResponse) -> None:
    """Have the browser forget it; a `__Host-` cookie goes only by one that is secure as well."""
    name = cookie_name(request)
    response.del_cookie(name, path="/", secure=name == COOKIE, httponly=True, samesite="Strict")


SCREEN: Final = "__Secure-campus-edge-screen"
PLAIN_SCREEN: Final = "campus-edge-screen"
SCREEN_DAYS: Final = 400
"""As long as browsers keep any; a token that is revoked opens nothing, whoever has kept it."""


def give_screen(request: web.Request, response: web.StreamResponse, token: str) -> None:
    """Have a room's browser keep its token, for the addresses of screens alone."""
    tls = request.app[TLS]
    response.set_cookie(
        SCREEN if tls else PLAIN_SCREEN, token, path="/screen", secure=tls, httponly=True, samesite="Strict",
        max_age=SCREEN_DAYS * 86_400,
    )  # fmt: skip


def screen_of(request: web.Request) -> str | None:
    """The token of a room's browser; None: it is none, or asks for something else."""
    if not request.path.startswith("/screen/"):
        return None
    return request.cookies.get(SCREEN if request.app[TLS] else PLAIN_SCREEN)


async def renew_cookie(visit: Visit, response: web.StreamResponse) -> None:
    """Another cookie, where the visitor's session came to more rights by this request: done or not, else it has none."""
    if visit.caller is not None:
        secret = await visit.office.people.renew(visit.caller)
        if secret:
            give_cookie(visit.request, response, secret)
