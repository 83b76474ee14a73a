"""Signing in and out, and the first administrator. A session that ran out finds its way to start here too."""

from typing import Any, Final

from aiohttp import web

from edge import words
from edge.people.people import NotSignedIn, SignedIn
from edge.web.cookies import drop_cookie, give_cookie
from edge.web.pages import templates
from edge.web.pages.account import sheet_of
from edge.web.pages.forms import form_of
from edge.web.pages.frame import frame
from edge.web.pages.language import _, many
from edge.web.pages.showing import answer, scene_of
from edge.web.problem import Problem
from edge.web.route import Route, Visit

WHY_NOT: Final = {
    "wrong": "Name, password or code do not fit. Check all three.",
    "wait": "Too many tries from here for this name.",
    "disabled": "Name, password or code do not fit. Check all three.",
    "no_factor": "This account needs a second factor that it does not have yet. Ask an administrator.",
}
"""A switched-off account is told what a wrong password is told: its name is nobody's business."""
WELCOME_WHY_NOT: Final = {
    "wrong": "Name and code do not fit, or its seven days are over. Ask an administrator for another code.",
}
SET_UP_WHY_NOT: Final = {
    "no_code": "This code does not fit. Nothing was made: read the file set-up-code again.",
    "weak_password": "This password is too short or well known. Take 15 characters or more that nobody has used.",
    "busy": "Passwords cannot be hashed at this moment. Nothing was made: try again.",
    "bad_name": "A name has 1 to 64 letters, digits, dots, dashes or spaces.",
}


def _shown(
    visit: Visit,
    template: str,
    *,
    missing: str = "",
    name: str = "",
    codes: tuple[str, ...] = (),
    sheet: dict[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    """To somebody unknown nothing of the campus is shown, not even its name."""
    lapsed = visit.caller is not None and visit.caller.lapsed
    values: dict[str, Any] = {
        "missing": missing,
        "name": name,
        "codes": codes,
        "lapsed": lapsed,
        "streamed": False,
        "ages": {},
        "frame": None,
        "recovering": visit.office.people.recovering,
    }
    values |= sheet or {}
    if lapsed:
        surroundings = frame(scene_of(visit), "plain", "", visit.could)
        values["frame"] = {"startable": surroundings["startable"], "unanswered": surroundings["unanswered"]}
    return answer(visit, templates.page(template, values), status)


async def sign_in_page(visit: Visit) -> web.StreamResponse:
    """The form; to the first visitor of a new box the way to set it up."""
    if visit.office.people.needs_set_up:
        raise web.HTTPSeeOther("/set-up")
    if visit.caller is not None and not visit.caller.lapsed:
        raise web.HTTPSeeOther("/")
    return _shown(visit, "sign_in.html")


async def sign_in(visit: Visit) -> web.StreamResponse:
    """Open a session."""
    form = await form_of(visit)
    people, source = visit.office.people, visit.request.remote or ""
    name, code = form.line("name"), "".join(form.text("code").split())
    found = await people.sign_in(name, form.text("password"), code, source)
    if isinstance(found, NotSignedIn):
        why = _(WHY_NOT[found.why])
        if found.wait_s:
            why += " " + many("Wait {n} second.", "Wait {n} seconds.", found.wait_s)
        return _shown(visit, "sign_in.html", missing=why, name=name, status=422)
    if visit.caller is not None:
        # The new cookie takes its place: what it was opens nothing any more (ASVS 5.0 V7.2.4).
        await people.sign_out(visit.caller)
    raise _welcomed(visit, found)


def _welcomed(visit: Visit, found: SignedIn) -> web.HTTPSeeOther:
    """Home; who needs a second factor and has none is led to where one is made, unless something is live."""
    office = visit.office
    needs = bool(office.rights.proof_opens(found.caller.role)) and not office.people.has_factor(found.caller)
    live = any(not one.silent for one in office.state.record.incidents.values())
    response = web.HTTPSeeOther("/account" if needs and not live else "/")
    give_cookie(visit.request, response, found.cookie)
    return response


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End the session, whether or not anybody was signed in."""
    await form_of(visit)
    if visit.caller is not None:
        await visit.office.people.sign_out(visit.caller)
    response = web.HTTPSeeOther("/sign-in")
    drop_cookie(visit.request, response)
    raise response


async def welcome_page(visit: Visit) -> web.StreamResponse:
    """Where somebody who was invited sets a password."""
    return _shown(visit, "welcome.html")


async def welcome(visit: Visit) -> web.StreamResponse:
    """Set it; then to one's own account, where second factors are made."""
    form = await form_of(visit)
    people, source = visit.office.people, visit.request.remote or ""
    name, password = form.line("name"), form.text("password")
    if password != form.text("again"):
        missing = _("The two passwords differ. Write both again.")
        return _shown(visit, "welcome.html", missing=missing, name=name, status=422)
    found = await people.welcome(name, form.text("code"), password, source)
    if found is None:
        raise web.HTTPSeeOther("/sign-in")
    if not isinstance(found, SignedIn):
        missing = _not_welcome(found, name)
        return _shown(visit, "welcome.html", missing=missing, name=name, status=422)
    if visit.caller is not None:
        await people.sign_out(visit.caller)
    response = web.HTTPSeeOther("/account")
    give_cookie(visit.request, response, found.cookie)
    raise response


def _not_welcome(why: NotSignedIn | str, name: str) -> str:
    if isinstance(why, str):
        return _(words.reply(why, {"name": name}))
    text = _(WELCOME_WHY_NOT.get(why.why, WHY_NOT[why.why]))
    if why.wait_s:
        text += " " + many("Wait {n} second.", "Wait {n} seconds.", why.wait_s)
    return text


async def set_up_page(visit: Visit) -> web.StreamResponse:
    """The first administrator's form, while there is none."""
    if not visit.office.people.needs_set_up:
        raise web.HTTPSeeOther("/sign-in")
    return _shown(visit, "set_up.html")


async def set_up(visit: Visit) -> web.StreamResponse:
    """Make the first administrator."""
    form = await form_of(visit)
    people = visit.office.people
    if not people.needs_set_up:
        raise Problem(409, _("This box is set up already. Sign in."))
    name, password = form.line("name"), form.text("password")
    if password != form.text("again"):
        missing = _("The two passwords differ. Write both again.")
        return _shown(visit, "set_up.html", missing=missing, name=name, status=422)
    made = await people.set_up(form.text("code").strip(), name, password, visit.request.remote or "")
    if made != "done":
        missing = _(SET_UP_WHY_NOT[made])
        return _shown(visit, "set_up.html", missing=missing, name=name, status=422)
    codes = await people.first_codes(name)
    return _shown(visit, "set_up_done.html", name=name, codes=codes, sheet=sheet_of(scene_of(visit)))


ROUTES: Final = (
    Route("GET", "/sign-in", "open", sign_in_page, page=True),
    Route("POST", "/sign-in", "open", sign_in, page=True),
    Route("POST", "/sign-out", "open", sign_out, page=True),
    Route("GET", "/welcome", "open", welcome_page, page=True),
    Route("POST", "/welcome", "open", welcome, page=True),
    Route("GET", "/set-up", "open", set_up_page, page=True),
    Route("POST", "/set-up", "open", set_up, page=True),
)
