"""`user` and `token`: accounts of persons, tokens of programs. The running daemon changes them, so that each is an event."""

import argparse
import time
from datetime import UTC, datetime
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE, USAGE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.moments import seconds
from edge.cli.out import complain, plain, say, say_json
from edge.cli.secret import NoSecret, secret
from edge.cli.table import table
from edge.words import plural

HASHED_S: Final = 30.0


def user(args: argparse.Namespace) -> int:
    """Do something about a person's account."""
    request = {"do": "user", "verb": args.about, "name": args.name}
    if args.about in ("add", "invite", "role"):
        request["role"] = args.role or ""
    if args.about in ("add", "password"):
        try:
            request["password"] = secret(args.secret, f"Password of {plain(args.name)}: ", twice=True)
        except NoSecret as err:
            complain(f"{err}. Nothing was changed.")
            return USAGE
    return _do(args, request, _told_of_user)


def users(args: argparse.Namespace) -> int:
    """Who there is."""
    rows = _listed(args, "users")
    if rows is None:
        return DID_NOT_HOLD
    if not args.json:
        header = ("NAME", "ROLE", "TOTP", "CODES", "SESSIONS", "")
        lines = [
            (
                one["name"],
                one["role"],
                "yes" if one["totp"] else "no",
                one["codes_left"],
                one["sessions"],
                "DISABLED" if one["disabled"] else "invited" if one["invited_until_utc_s"] else "",
            )
            for one in rows
        ]
        say(
            table(header, lines)
            if rows
            else "There is nobody yet. The set-up page makes the first administrator."
        )
    return DONE


def create(args: argparse.Namespace) -> int:
    """Let a program in."""
    expires = None
    if args.expires is not None:
        expires = seconds(args.expires)
        if expires is None:
            complain(f"--expires {plain(args.expires)} is no time: 90d, 12h, 2027-06-30 or an RFC 3339 time.")
            return USAGE
    request = {
        "do": "token",
        "verb": "create",
        "name": args.name,
        "role": args.role,
        "expires_utc_s": expires,
        "room": args.room,
    }
    return _do(args, request, _told_of_token)


def revoke(args: argparse.Namespace) -> int:
    """Let a program do nothing any more."""
    return _do(args, {"do": "token", "verb": "revoke", "name": args.name}, _told_of_token)


def tokens(args: argparse.Namespace) -> int:
    """Which there are."""
    rows = _listed(args, "tokens")
    if rows is None:
        return DID_NOT_HOLD
    if not args.json:
        lines = [
            (one["name"], one["role"], one["room"], _day(one["expires_utc_s"]), one["id"]) for one in rows
        ]
        say(table(("NAME", "ROLE", "ROOM", "EXPIRES", "ID"), lines) if rows else "There is no token.")
    return DONE


def _do(args: argparse.Namespace, request: dict[str, Any], told: Any) -> int:
    return do(
        args,
        request,
        lambda reply: told(args, reply["data"]["secret"]),
        not_durable="It holds from now on and is NOT yet on disk: the disk takes nothing. See `campus-edge status`.",
        timeout_s=HASHED_S,
    )


def _told_of_user(args: argparse.Namespace, secrets: list[str]) -> list[str]:
    match args.about:
        case "add":
            more = "To release doors they need a code: campus-edge user codes NAME, or user totp NAME."
            return [
                f"{args.name} is added as {args.role}.",
                *([more] if args.role == "administrator" else []),
            ]
        case "invite":
            return [
                f"Give this code to {args.name} in person: it is shown once, works once, and for 7 days. They open",
                "/welcome on the box's page, type their name and the code, and set a password that nobody else knows.",
                f"  {secrets[0]}",
            ]
        case "role":
            return [f"{args.name} is {args.role} from now on."]
        case "remove-factors":
            return [f"{args.name} has no second factor any more; all their sessions ended."]
        case "totp":
            return [
                "Type this into an authenticator app, now: it is shown once, and counts from now on.",
                f"  secret  {secrets[0]}",
                f"  as URI  {secrets[1]}",
            ]
        case "codes":
            return [
                f"{plural(len(secrets), 'printed code')} of {args.name}, each good once, also without a network and with a",
                "wrong clock. Print or copy them now: they are shown once, and those before them open nothing any more.",
                *(f"  {code}" for code in secrets),
            ]
        case "password":
            return [f"{args.name} has another password; all their sessions ended."]
        case "sign-out":
            return [f"All sessions of {args.name} ended."]
        case "disable":
            return [f"{args.name} is disabled; all their sessions ended."]
        case _:
            return [f"{args.name} may sign in again."]


def _told_of_token(args: argparse.Namespace, secrets: list[str]) -> list[str]:
    if not secrets:
        return [f"Token {args.name} is revoked."]
    until = "until it is revoked" if args.expires is None else f"until {args.expires}"
    of = f", the screen of {args.room} alone" if args.room else ""
    return [f"Token {args.name}, role {args.role}{of}, good {until}. It is shown once:", secrets[0]]


def _listed(args: argparse.Namespace, what: str) -> list[dict[str, Any]] | None:
    try:
        reply = call(args.config, {"do": "people", "what": what})
    except NoAnswer:
        return None
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return None
    rows: list[dict[str, Any]] = reply["data"]
    if args.json:
        say_json({"items": rows, "next": None})
    return rows


def _day(seconds: int | None) -> str:
    if seconds is None:
        return "never"
    past = " (past)" if seconds < time.time() else ""
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M}{past}"
