"""Confirm that it is you: the second factor of a session that was opened by a password alone, once for its whole length.

Whoever is led here comes back to what was being done; what was typed into a form travels along and is sent by one more
touch, never by itself.
"""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from edge.people.people import Factor, NotSignedIn
from edge.web.cookies import renew_cookie
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _, many
from edge.web.pages.showing import show
from edge.web.problem import Problem, second_factor_first
from edge.web.route import Route, Visit

Fields = list[tuple[str, str]]

KEPT: Final = "kept."
"""Before the name of each field that travels along."""
NEVER_KEPT: Final = frozenset({"code", "password", "again", "present", "other_name", "other_password"})
HOW: Final = "A printed code opens once. A second person is somebody else, whose role may do this too."
WHY_NOT: Final = {
    "wrong": "This code or sign-in does not fit. Nothing was done. " + HOW,
    "wait": "Too many tries from here: wait, then try again. Nothing was done.",
    "disabled": "This account is switched off. Nothing was done.",
    "no_factor": "Give a code, or have a second named person sign. Nothing was done.",
    "no_right": "This session may not do this any more. Sign in again. Nothing was done.",
}


async def ask_first(visit: Visit, route: Route) -> web.StreamResponse:
    """The gate's answer to a session that would have a right, were a second factor proven in it. Raises Problem 403."""
    request = visit.request
    if not route.page:
        raise second_factor_first()
    if request.method != "POST":
        raise web.HTTPSeeOther("/confirm?" + urlencode({"back": request.path}))
    try:
        form = await form_of(visit)
    except Problem:
        raise second_factor_first() from None
    kept = [(name, text) for name, all in form.fields.items() if name not in NEVER_KEPT for text in all]
    return _page(visit, request.path, kept, status=403)


async def confirm_page(visit: Visit) -> web.StreamResponse:
    """The way to give it, before something that asks for it."""
    back = ours(visit.request.query.get("back", "/"))
    if visit.caller is not None and visit.caller.proven:
        raise web.HTTPSeeOther(back)
    return _page(visit, back, [])


async def confirm(visit: Visit) -> web.StreamResponse:
    """Give it; then back, or on with what was typed."""
    form = await form_of(visit)
    to, kept = ours(form.text("to")), _kept(form)
    if visit.caller is None:
        raise Problem(401, _("Nobody is signed in here. Nothing was done."))
    refused = await visit.office.people.confirm(visit.caller, factor_of(form), visit.request.remote or "")
    if refused is not None:
        other = form.line("other_name")
        return _page(visit, to, kept, missing=why_not(refused), status=422, other_name=other)
    if kept:
        response = show(visit, "plain", template="confirmed.html", more={"to": to, "kept": kept})
        await renew_cookie(visit, response)
        return response
    onward = web.HTTPSeeOther(to)
    await renew_cookie(visit, onward)
    raise onward


def factor_of(form: Form) -> Factor:
    """The second factor in a form: a code, or a second named person's sign-in."""
    return Factor(
        code="".join(form.text("code").split()),
        other_name=form.line("other_name"),
        other_password=form.text("other_password"),
    )


def why_not(refused: NotSignedIn) -> str:
    """Why a factor did not do, in words."""
    why = _(WHY_NOT[refused.why])
    if refused.wait_s:
        why += " " + many("Wait {n} second.", "Wait {n} seconds.", refused.wait_s)
    return why


def ours(place: str) -> str:
    """A path of this box; home for whatever else was sent."""
    plain = place.startswith("/") and not place.startswith(("//", "/\\")) and place.isprintable()
    return place if plain else "/"


def _kept(form: Form) -> Fields:
    return [
        (name.removeprefix(KEPT), text)
        for name, all in form.fields.items()
        if name.startswith(KEPT)
        for text in all
    ]


def _page(
    visit: Visit, to: str, kept: Fields, *, missing: str = "", status: int = 200, other_name: str = ""
) -> web.Response:
    people = visit.office.people
    more: dict[str, Any] = {
        "to": to,
        "kept": [(KEPT + name, text) for name, text in kept],
        "missing": missing,
        "other_name": other_name,
        "has_factor": visit.caller is not None and people.has_factor(visit.caller),
    }
    return show(visit, "plain", template="confirm.html", more=more, status=status)


ROUTES: Final = (
    Route("GET", "/confirm", "own", confirm_page, page=True),
    Route("POST", "/confirm", "own", confirm, page=True),
)
