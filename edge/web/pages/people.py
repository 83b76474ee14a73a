"""Who may do what here, for who administers it: persons by invitation, tokens of programs. Nobody types another's password."""

from collections.abc import Awaitable
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from edge import words
from edge.people.book import Account, Book, Token
from edge.people.registrar import Done, Refused
from edge.web.pages import times
from edge.web.pages.account import ROLES
from edge.web.pages.acting import onward
from edge.web.pages.forms import form_of
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from edge.web.pages.showing import actor_of, scene_of, show
from edge.web.problem import Problem
from edge.web.route import Route, Visit
from rules.interlock_notices import SCREENS
from rules.screens import room_of, rooms_of

Document = dict[str, Any]

DAYS: Final = (30, 90, 365, 0)
"""After how many days a token ends; 0: never."""
ON_A_PAGE: Final = {
    "unknown_user": "This account is not there any more. Nothing was changed.",
    "unknown_token": "This token is not there any more. Nothing was changed.",
    "bad_role": "Choose a role. Nothing was changed.",
    "no_such_screen": "There is no screen of this name any more. Nothing was made.",
    "bad_days": "Choose how long it holds. Nothing was made.",
}


async def people_page(visit: Visit) -> web.StreamResponse:
    """Everybody who has an account."""
    return _people(visit)


async def person_page(visit: Visit) -> web.StreamResponse:
    """One person, and what can be done about their account."""
    return _person(visit)


async def invite(visit: Visit) -> web.StreamResponse:
    """Add a person by invitation; the code is in this answer and nowhere else."""
    form = await form_of(visit)
    name, role = form.line("name"), form.text("role")
    made = await visit.office.people.invitations.invite(actor_of(visit), name, role)
    if not isinstance(made, Done):
        return _people(visit, missing=_why(made, name), name=name, role=role, status=422)
    return _invited(visit, name, made)


async def invite_again(visit: Visit) -> web.StreamResponse:
    """Another code for somebody who is there: a new password, or the first one after seven days."""
    await form_of(visit)
    account = _account(visit)
    made = await visit.office.people.invitations.invite_again(actor_of(visit), account.name)
    if not isinstance(made, Done):
        return _person(visit, missing=_why(made, account.name), status=422)
    return _invited(visit, account.name, made)


async def change_role(visit: Visit) -> web.StreamResponse:
    """Another role, from this moment."""
    form, account = await form_of(visit), _account(visit)
    role = form.text("role")
    asked = visit.office.people.registrar.set_role(actor_of(visit), account.name, role)
    done = say("{name} is {role} from now on.", name=account.name, role=_(ROLES.get(role, role)))
    return await _done(visit, account, asked, done)


async def sign_out(visit: Visit) -> web.StreamResponse:
    """End all their sessions."""
    await form_of(visit)
    account = _account(visit)
    asked = visit.office.people.registrar.sign_out(actor_of(visit), account.name)
    return await _done(visit, account, asked, say("All sessions of {name} ended.", name=account.name))


async def remove_factors(visit: Visit) -> web.StreamResponse:
    """Take lost second factors away."""
    await form_of(visit)
    account = _account(visit)
    asked = visit.office.people.registrar.remove_factors(actor_of(visit), account.name)
    done = say(
        "{name} has no second factor any more, and is signed out everywhere. They set up another one.",
        name=account.name,
    )
    return await _done(visit, account, asked, done)


async def disable(visit: Visit) -> web.StreamResponse:
    """Let them do nothing any more."""
    await form_of(visit)
    account = _account(visit)
    asked = visit.office.people.registrar.disable(actor_of(visit), account.name)
    done = say("{name} is switched off, and signed out everywhere.", name=account.name)
    return await _done(visit, account, asked, done)


async def enable(visit: Visit) -> web.StreamResponse:
    """Let them in again."""
    await form_of(visit)
    account = _account(visit)
    asked = visit.office.people.registrar.enable(actor_of(visit), account.name)
    return await _done(visit, account, asked, say("{name} may sign in again.", name=account.name))


async def tokens_page(visit: Visit) -> web.StreamResponse:
    """Programs that may ask."""
    return _tokens(visit)


async def create_token(visit: Visit) -> web.StreamResponse:
    """Let a program in; its token is in this answer and nowhere else."""
    form = await form_of(visit)
    name, role = form.line("name"), form.text("role")
    days = next((one for one in DAYS if str(one) == form.text("days")), None)
    if days is None:
        # Nothing that was not chosen means `never`.
        return _tokens(visit, missing=_(ON_A_PAGE["bad_days"]), name=name, role=role, status=422)
    registrar = visit.office.people.registrar
    room = form.text("room")
    if room and room_of(visit.office.plan, room) is None:
        # It was a screen when the page was made.
        return _tokens(visit, missing=_(ON_A_PAGE["no_such_screen"]), name=name, role=role, status=422)
    made = await registrar.create_token(actor_of(visit), name, role, registrar.in_days(days), room)
    if not isinstance(made, Done):
        return _tokens(visit, missing=_why(made, name), name=name, role=role, room=room, status=422)
    enrols = f"/screen/{quote(room)}/as/{made.secret[0]}" if room else ""
    more = {
        "name": name,
        "secret": made.secret[0],
        "durable": made.durable,
        "room": room,
        "enrols": enrols,
    }
    return show(visit, "plain", template="token.html", more=more)


async def revoke_token(visit: Visit) -> web.StreamResponse:
    """Let a program do nothing any more."""
    await form_of(visit)
    of = visit.request.match_info["id"]
    known = visit.office.people.registrar.book.tokens.get(of)
    made = await visit.office.people.registrar.revoke_token(actor_of(visit), of)
    if known is None or not isinstance(made, Done):
        return onward(visit, "/tokens", _why("unknown_token", ""), done=False)
    return onward(visit, "/tokens", say("Token {name} opens nothing any more.", name=known.name))


# --- what is shown ----------------------------------------------------------------------------


def _people(
    visit: Visit, *, missing: str = "", name: str = "", role: str = "staff", status: int = 200
) -> web.Response:
    now, book = scene_of(visit), visit.office.people.registrar.book
    accounts = sorted(book.accounts.values(), key=lambda one: (one.disabled, one.name.casefold()))
    more = {
        "rows": [_row(now, book, one) for one in accounts],
        "roles": _roles(role),
        "missing": missing,
        "name": name,
    }
    return show(visit, "plain", seen=now, template="people.html", more=more, status=status)


def _person(visit: Visit, *, missing: str = "", status: int = 200) -> web.Response:
    account, now = _account(visit), scene_of(visit)
    row = _row(now, visit.office.people.registrar.book, account)
    more = {"person": row, "roles": _roles(account.role), "missing": missing}
    return show(visit, "plain", seen=now, template="person.html", more=more, status=status)


def _invited(visit: Visit, name: str, made: Done) -> web.Response:
    # By the name that the administrator's own browser reached the box by.
    place = f"{visit.request.host}/welcome"
    more = {"name": name, "code": made.secret[0], "id": made.id, "durable": made.durable, "place": place}
    return show(visit, "plain", template="invited.html", more=more)


def _tokens(
    visit: Visit,
    *,
    missing: str = "",
    name: str = "",
    role: str = "device",
    room: str = "",
    status: int = 200,
) -> web.Response:
    now, book = scene_of(visit), visit.office.people.registrar.book
    tokens = sorted(book.tokens.values(), key=lambda one: one.name.casefold())
    more = {
        "rows": [_token(now, one) for one in tokens],
        "roles": _roles(role),
        "days": DAYS,
        "rooms": [
            (one, one == room)
            for output in now.plan.outputs.values()
            if output.driver in SCREENS
            for one in rooms_of(output)
        ],
        "missing": missing,
        "name": name,
    }
    return show(visit, "plain", seen=now, template="tokens.html", more=more, status=status)


def _row(now: Scene, book: Book, account: Account) -> Document:
    sessions = sum(one.account == account.id for one in book.sessions.values())
    until_ms = account.invited_until_utc_s * 1_000
    factors = [
        *([_("an app")] if account.totp else []),
        *([many("{n} printed code", "{n} printed codes", len(account.codes))] if account.codes else []),
    ]
    return {
        "id": account.id,
        "name": account.name,
        "role": _(ROLES.get(account.role, account.role)),
        "factors": ", ".join(factors),
        "sessions": many("{n} session", "{n} sessions", sessions),
        "open": sessions > 0,
        "disabled": account.disabled,
        "invited": bool(account.invitation) and until_ms > now.now_ms,
        "invited_until": times.full(until_ms, now.zone) if until_ms else "",
        "came": bool(account.password),
    }


def _token(now: Scene, token: Token) -> Document:
    expires_ms = None if token.expires_utc_s is None else token.expires_utc_s * 1_000
    return {
        "id": token.id,
        "name": token.name,
        "role": _(ROLES.get(token.role, token.role)),
        "room": token.room,
        "made": times.full(token.made_utc_s * 1_000, now.zone),
        "expires": "" if expires_ms is None else times.full(expires_ms, now.zone),
        "past": expires_ms is not None and expires_ms <= now.now_ms,
    }


def _roles(chosen: str) -> list[tuple[str, str, bool]]:
    return [(word, _(text), word == chosen) for word, text in ROLES.items()]


def _account(visit: Visit) -> Account:
    found = visit.office.people.registrar.book.accounts.get(visit.request.match_info["id"])
    if found is None:
        raise Problem(404, _(ON_A_PAGE["unknown_user"]))
    return found


async def _done(
    visit: Visit, account: Account, asked: Awaitable[Done | Refused], text: str
) -> web.StreamResponse:
    made = await asked
    if not isinstance(made, Done):
        return _person(visit, missing=_why(made, account.name), status=422)
    if not made.durable:
        text += " " + _("The disk takes nothing now: it holds until the next start.")
    return onward(visit, f"/people/{account.id}", text)


def _why(refused: str, name: str) -> str:
    return _(ON_A_PAGE[refused]) if refused in ON_A_PAGE else _(words.reply(refused, {"name": name}))


ROUTES: Final = (
    Route("GET", "/people", "people", people_page, page=True),
    Route("POST", "/people", "people", invite, page=True),
    Route("GET", "/people/{id}", "people", person_page, page=True),
    Route("POST", "/people/{id}/invite", "people", invite_again, page=True),
    Route("POST", "/people/{id}/role", "people", change_role, page=True),
    Route("POST", "/people/{id}/sign-out", "people", sign_out, page=True),
    Route("POST", "/people/{id}/factors", "people", remove_factors, page=True),
    Route("POST", "/people/{id}/disable", "people", disable, page=True),
    Route("POST", "/people/{id}/enable", "people", enable, page=True),
    Route("GET", "/tokens", "people", tokens_page, page=True),
    Route("POST", "/tokens", "people", create_token, page=True),
    Route("POST", "/tokens/{id}/revoke", "people", revoke_token, page=True),
)
