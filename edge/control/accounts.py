"""Accounts and tokens over the socket: the request of one verb to the registrar, and its answer as a document."""

from typing import Any, assert_never

from edge.control.requests import Known, Token, User
from edge.people.people import People
from edge.people.registrar import Done, Refused
from rules.model.ids import Actor


async def user(people: People, request: User, actor: Actor) -> Done | Refused:
    """Change an account."""
    registrar, name = people.registrar, request.name
    match request.verb:
        case "add":
            return await registrar.add(actor, name, request.role, request.password)
        case "invite" if request.role:
            return await people.invitations.invite(actor, name, request.role)
        case "invite":
            return await people.invitations.invite_again(actor, name)
        case "role":
            return await registrar.set_role(actor, name, request.role)
        case "remove-factors":
            return await registrar.remove_factors(actor, name)
        case "password":
            return await registrar.set_password(actor, name, request.password)
        case "disable":
            return await registrar.disable(actor, name)
        case "enable":
            return await registrar.enable(actor, name)
        case "totp":
            return await registrar.new_totp(actor, name)
        case "codes":
            return await registrar.new_codes(actor, name)
        case "sign-out":
            return await registrar.sign_out(actor, name)
        case _:
            assert_never(request.verb)


async def token(people: People, request: Token, actor: Actor) -> Done | Refused:
    """Create or revoke a token."""
    if request.verb == "revoke":
        return await people.registrar.revoke_token(actor, request.name)
    return await people.registrar.create_token(
        actor, request.name, request.role, request.expires_utc_s, request.room
    )


def known(people: People, request: Known) -> list[dict[str, Any]]:
    """The accounts, or the tokens, by name; nothing that opens anything."""
    book = people.registrar.book
    if request.what == "tokens":
        tokens = sorted(book.tokens.values(), key=lambda one: one.name.casefold())
        return [
            {
                "id": one.id,
                "name": one.name,
                "role": one.role,
                "made_utc_s": one.made_utc_s,
                "expires_utc_s": one.expires_utc_s,
                "room": one.room or None,
            }
            for one in tokens
        ]
    return [
        {
            "id": one.id,
            "name": one.name,
            "role": one.role,
            "disabled": one.disabled,
            "totp": bool(one.totp),
            "codes_left": len(one.codes),
            "invited_until_utc_s": one.invited_until_utc_s or None,
            "sessions": sum(session.account == one.id for session in book.sessions.values()),
        }
        for one in sorted(book.accounts.values(), key=lambda one: one.name.casefold())
    ]
