"""One's own account: which second factors it has, and how to get them; the password; the sessions that are open.

A change asks for the password and, where there is one, a second factor. What is shown once is in this answer alone.
"""

from typing import Any, Final

from aiohttp import web

from edge import words
from edge.people.caller import Caller
from edge.people.own import OwnAccount, OwnSession, Pending
from edge.people.people import NotSignedIn
from edge.people.registrar import Done
from edge.web.cookies import renew_cookie
from edge.web.pages import times
from edge.web.pages.acting import onward
from edge.web.pages.confirming import why_not
from edge.web.pages.forms import Form, form_of
from edge.web.pages.language import _
from edge.web.pages.qr import square
from edge.web.pages.scene import Scene
from edge.web.pages.showing import pages, scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit

Document = dict[str, Any]

FEW_CODES: Final = 3
ROLES: Final = {
    "administrator": "administrator",
    "staff": "staff",
    "technician": "technician",
    "teacher": "teacher",
    "substitute": "substitute teacher",
    "front-office": "front office",
    "safety-coordinator": "safety coordinator",
    "school-resource-officer": "school resource officer",
    "security-officer": "security officer",
    "responder": "responder: police, fire, medical",
    "viewer": "viewer",
    "device": "device",
    "detector": "detector",
}
WRONG: Final = "The password or the code does not fit. Nothing was changed."


async def account_page(visit: Visit) -> web.StreamResponse:
    """What the account is, and the ways to change it."""
    return _page(visit)


async def begin(visit: Visit) -> web.StreamResponse:
    """A new secret for an authenticator app, by password."""
    form, caller = await form_of(visit), _caller(visit)
    made = await visit.office.people.own.begin_totp(caller, *_again(form), _source(visit))
    if isinstance(made, NotSignedIn):
        return _page(visit, missing=_refused(made), opened="totp", status=422)
    response = _enrolling(visit, made)
    await renew_cookie(visit, response)
    return response


async def enrol_page(visit: Visit) -> web.StreamResponse:
    """The secret that waits for its first code."""
    pending = visit.office.people.own.pending(_caller(visit))
    if pending is None:
        raise web.HTTPSeeOther("/account")
    return _enrolling(visit, pending)


async def enrol(visit: Visit) -> web.StreamResponse:
    """Its first code: from now on it counts."""
    form, caller = await form_of(visit), _caller(visit)
    own = visit.office.people.own
    pending = own.pending(caller)
    if pending is None:
        return onward(
            visit, "/account", _("This took too long. Nothing was changed: begin again."), done=False
        )
    if not await own.enrol(caller, form.text("code")):
        missing = _("This is no code of this secret now. Look at the app's time, and type the next one.")
        return _enrolling(visit, pending, missing=missing, status=422)
    pages(visit).say(caller.actor, _("The app counts from now on, at every sign-in."))
    response = web.HTTPSeeOther("/account")
    await renew_cookie(visit, response)
    raise response


async def print_codes(visit: Visit) -> web.StreamResponse:
    """Ten printed codes, shown in this answer and never again."""
    form, caller = await form_of(visit), _caller(visit)
    made = await visit.office.people.own.print_codes(caller, *_again(form), _source(visit))
    if not isinstance(made, Done):
        # The second factor may have been right all the same, and the hasher busy behind it.
        refused = _page(visit, missing=_refused(made), opened="codes", status=422)
        await renew_cookie(visit, refused)
        return refused
    of = visit.office.people.name_of(caller)
    more = {"codes": made.secret, "name": of, "durable": made.durable, **sheet_of(scene_of(visit))}
    response = show(visit, "plain", template="codes.html", more=more)
    await renew_cookie(visit, response)
    return response


def sheet_of(now: Scene) -> dict[str, str]:
    """What a sheet of codes says of itself, so that two of them are told apart: whose box, and when it was made."""
    return {"of": now.plan.zones[now.plan.campus].name, "made": times.full(now.now_ms, now.zone)}


async def password(visit: Visit) -> web.StreamResponse:
    """Another password, by the present one; the other sessions end."""
    form, caller = await form_of(visit), _caller(visit)
    present, code = _again(form)
    new = form.text("password")
    if new != form.text("again"):
        missing = _("The two new passwords differ. Nothing was changed: write both again.")
        return _page(visit, missing=missing, opened="password", status=422)
    made = await visit.office.people.own.change_password(caller, present, new, code, _source(visit))
    if not isinstance(made, Done):
        return _page(visit, missing=_refused(made), opened="password", status=422)
    text = _("Your password is another one from now on. All your other sessions ended.")
    pages(visit).say(caller.actor, text)
    response = web.HTTPSeeOther("/account")
    await renew_cookie(visit, response)
    raise response


async def end_others(visit: Visit) -> web.StreamResponse:
    """End all sessions but this one, by the password."""
    form, caller = await form_of(visit), _caller(visit)
    made = await visit.office.people.own.end_others(caller, form.text("present"), _source(visit))
    if not isinstance(made, Done):
        return _page(visit, missing=_refused(made), opened="sessions", status=422)
    return onward(visit, "/account", _("All your other sessions ended."))


def _page(visit: Visit, *, missing: str = "", opened: str = "", status: int = 200) -> web.Response:
    own = visit.office.people.own.of(_caller(visit))
    if own is None:
        raise Problem(401, _("Nobody is signed in here. Nothing was done."))
    now = scene_of(visit)
    more = {**_view(now, own), "missing": missing, "opened": opened}
    return show(visit, "plain", seen=now, template="account.html", more=more, status=status)


def _view(now: Scene, own: OwnAccount) -> Document:
    return {
        "own": own,
        "role": _(ROLES.get(own.role, own.role)),
        "has_factor": own.totp or own.codes_left > 0,
        "few": 0 < own.codes_left <= FEW_CODES,
        "own_sessions": [_session(now, one) for one in own.sessions],
        "others": sum(not one.this for one in own.sessions),
    }


def _session(now: Scene, one: OwnSession) -> Document:
    opened, seen = one.opened_utc_us // 1_000, one.seen_utc_us // 1_000
    return {
        "opened": times.full(opened, now.zone),
        "seen_ms": max(0, now.now_ms - seen),
        "key": one.id,
        "this": one.this,
        "lapsed": one.lapsed,
    }


def _enrolling(visit: Visit, pending: Pending, *, missing: str = "", status: int = 200) -> web.Response:
    secret = pending.secret
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)]
    more = {"secret": " ".join(groups), "qr": square(pending.uri), "uri": pending.uri, "missing": missing}
    return show(visit, "plain", template="enrol.html", more=more, status=status)


def _caller(visit: Visit) -> Caller:
    if visit.caller is None:
        raise Problem(401, _("Nobody is signed in here. Nothing was done."))
    return visit.caller


def _again(form: Form) -> tuple[str, str]:
    """Who it is once more: password, and the code of a second factor."""
    return form.text("present"), "".join(form.text("code").split())


def _source(visit: Visit) -> str:
    return visit.request.remote or ""


def _refused(why: NotSignedIn | str) -> str:
    if isinstance(why, NotSignedIn):
        return _(WRONG) if why.why == "wrong" else why_not(why)
    return _(words.reply(why, {}))


ROUTES: Final = (
    Route("GET", "/account", "own", account_page, page=True),
    Route("POST", "/account/authenticator/begin", "own", begin, page=True),
    Route("GET", "/account/authenticator", "own", enrol_page, page=True),
    Route("POST", "/account/authenticator", "own", enrol, page=True),
    Route("POST", "/account/codes", "own", print_codes, page=True),
    Route("POST", "/account/password", "own", password, page=True),
    Route("POST", "/account/sessions/end", "own", end_others, page=True),
)
