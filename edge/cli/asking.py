"""The verbs by which a person acts: press, start, lock, release, answer, close, walk-test. Each waits until it is durable."""

import argparse
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from edge.cli import USAGE
from edge.cli.doing import do
from edge.cli.out import complain, plain
from edge.cli.secret import NoSecret, secret
from edge.words import plural

NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."


def press(args: argparse.Namespace) -> int:
    """Press a configured button."""
    request = {"do": "press", "button": args.button, "kind": args.kind, "gesture": args.gesture}
    return _ask(args, request, lambda reply: _pressed(args, reply))


def start(args: argparse.Namespace) -> int:
    """Start a response: never held up by a code, a name or a limit."""
    return _ask(args, _started(args, change=False), lambda reply: _begun(args, "started", reply))


def change(args: argparse.Namespace) -> int:
    """Put a response in the place of a graver one."""
    return _ask(args, _started(args, change=True), lambda reply: _begun(args, "holds now", reply))


def lock(args: argparse.Namespace) -> int:
    """Lock named doors."""
    request = {"do": "lock", "doors": args.doors, "reason": args.reason}
    return _ask(args, request, lambda reply: f"{plural(len(args.doors), 'door')} told to lock: see `status`.")


def release(args: argparse.Namespace) -> int:
    """Return named doors to their rest, in the name and with the code of a person who may."""
    try:
        code = secret(args.secret, f"Code of {plain(args.user)}: ")
    except NoSecret as err:
        complain(f"{err}. No door was released.")
        return USAGE
    request = {"do": "release", "doors": args.doors, "reason": args.reason, "user": args.user, "code": code}
    request["asked_us"] = time.monotonic_ns() // 1000
    return _ask(args, request, lambda reply: f"{plural(len(args.doors), 'door')} told to rest: see `status`.")


def answer(args: argparse.Namespace) -> int:
    """Start or dismiss an unanswered press."""
    request = {"do": "answer", "press": args.press, "answer": args.answer, "reason": args.reason}

    def said(reply: Mapping[str, Any]) -> str:
        if args.answer == "dismiss":
            return f"Press {args.press} is dismissed."
        return f"Press {args.press} is started{_incident(reply)}."

    return _ask(args, request, said)


def close(args: argparse.Namespace) -> int:
    """Close what is live."""

    def said(reply: Mapping[str, Any]) -> str:
        closed, locked = (_number(reply, name) for name in ("closed", "doors_still_locked"))
        doors = f" {plural(locked, 'door')} stay as ordered: release them by name." if locked else ""
        quiet = str(reply["args"].get("silent", ""))
        look = (
            f" A SILENT call stays live, {quiet}: look after it, then end it by its id, --incident."
            if quiet
            else ""
        )
        return f"{plural(closed, 'incident')} closed.{doors}{look}"

    request: dict[str, object] = {"do": "close", "reason": args.reason, "incident": args.incident}
    try:
        for user, code, name, file in (
            ("user", "code", args.user, args.secret),
            ("second", "second_code", args.second, args.second_secret),
        ):
            if name:
                request |= {user: name, code: secret(file, f"Code of {plain(name)}: ")}
    except NoSecret as err:
        complain(f"{err}. Nothing was ended.")
        return USAGE
    return _ask(args, request, said)


def walk_test(args: argparse.Namespace) -> int:
    """Put named buttons in test."""
    request = {"do": "walk-test", "buttons": args.buttons, "minutes": args.minutes, "person": args.person}

    def said(reply: Mapping[str, Any]) -> str:
        buttons = plural(len(set(args.buttons)), "button")
        return (
            f"TEST: {buttons} for {plural(args.minutes, 'minute')}; presses there lock nothing, all others are real. "
            f"A second press of the same button within 10 s is real."
        )

    return _ask(args, request, said)


def _ask(
    args: argparse.Namespace, request: Mapping[str, object], said: Callable[[Mapping[str, Any]], str]
) -> int:
    return do(args, request, lambda reply: [said(reply)], not_durable=NOT_RECORDED)


def _pressed(args: argparse.Namespace, reply: Mapping[str, Any]) -> str:
    kind = args.kind.upper()
    if args.kind == "test":
        return f"{kind}: {args.button} is recorded; nothing was locked."
    return f"{kind}: {args.button} is pressed{_incident(reply)}. See `campus-edge status`."


def _started(args: argparse.Namespace, *, change: bool) -> dict[str, object]:
    zones = args.zones or []
    return {
        "do": "start", "response": args.response, "kind": args.kind, "zones": zones, "reason": args.reason, "change": change
    }  # fmt: skip


def _begun(args: argparse.Namespace, how: str, reply: Mapping[str, Any]) -> str:
    where = ", ".join(args.zones or ["the campus"])
    return (
        f"{args.kind.upper()}: {args.response} {how} in {where}{_incident(reply)}. See `campus-edge status`."
    )


def _incident(reply: Mapping[str, Any]) -> str:
    return f", incident {reply['incident']}" if reply.get("incident") else ""


def _number(reply: Mapping[str, Any], name: str) -> int:
    value = reply.get("args", {}).get(name, 0)
    return value if isinstance(value, int) else 0
