"""`inspection list|due|show|history|sign`: dated checks on the command line."""

import argparse
import shutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.cli import USAGE
from edge.cli.doing import do, read
from edge.cli.out import complain, plain
from edge.cli.table import table
from edge.inspection_words import RESULTS, STATES, WALK_TEST
from edge.words import plural

NOT_RECORDED = "It is signed and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
Document = Mapping[str, Any]

OWNER: Final = "administrator"
"""`edge.control.rights.ROLE`, whoever may use the socket; not asked there, for all requests would be loaded with it."""


def listing(args: argparse.Namespace) -> int:
    """The checks in force."""
    return _shown(args, "inspections.checks", {}, _checks)


def due(args: argparse.Namespace) -> int:
    """What is due, the first day first."""
    said = {name: getattr(args, name) for name in ("zone", "type", "asset") if getattr(args, name)}
    return _shown(args, "inspections.due", {**said, "state": args.state, "limit": args.limit}, _due)


def history(args: argparse.Namespace) -> int:
    """What was signed, the newest first."""
    said = {"asset": args.asset} if args.asset else {}
    return _shown(args, "inspections", {**said, "limit": args.limit}, _history)


def show(args: argparse.Namespace) -> int:
    """One that was signed, by its number."""
    return _shown(args, "inspection", {"number": args.number}, _one)


def sign(args: argparse.Namespace) -> int:
    """Sign for one."""
    answers = [one.partition("=") for one in args.answer]
    if wrong := [name for name, sign, _ in answers if not sign]:
        complain(f"{plain(wrong[0])} has no answer: write it as NAME=VALUE. Nothing was signed.")
        return USAGE
    asked = {
        "asset": args.asset, "check": args.check, "answers": [[name, value] for name, _, value in answers],
        "person": args.person, "role": OWNER, "day": args.day, "corrects": args.corrects, "reason": args.reason,
    }  # fmt: skip
    request = {"do": "book-ask", "verb": "inspection.sign", "asked": asked}
    told = f"{args.check} of {args.asset} is signed. `campus-edge inspection history {args.asset}` shows it."
    return do(args, request, lambda _: [told], not_durable=NOT_RECORDED)


def _shown(args: argparse.Namespace, query: str, asked: Document, lines: Any) -> int:
    return read(args, {"do": "book-read", "query": query, "asked": dict(asked)}, lines)


def _width() -> int:
    return shutil.get_terminal_size((110, 50)).columns


def _checks(found: Document) -> Iterator[str]:
    rows = [
        (
            one["id"],
            one["every"] + (f" (pack: {one['shipped_every']})" if one["shipped_every"] else ""),
            one["edition"],
            ", ".join(one["of"]),
            f"OFF: {one['off']}" if one["off"] else one["title"],
        )
        for one in found["checks"]
    ]
    yield table(("check", "every", "edition", "of", "what"), rows, width=_width())
    yield f"Version {found['version']}, SHA-256 {found['sha256']}"


def _due(found: Document) -> Iterator[str]:
    rows = [
        (
            one["until"],
            STATES[one["state"]].upper() if one["state"] in ("failed", "overdue") else STATES[one["state"]],
            one["check"] + (f".{one['item']}" if one["item"] else ""),
            one["asset"],
            one["zone"],
            " ".join(filter(None, (one["name"], one["room"]))),
        )
        for one in found["items"]
    ]
    yield (
        table(("by", "is", "check", "asset", "zone", "what"), rows, width=_width())
        if rows
        else "Nothing is due."
    )
    counts = found["counts"]
    yield ", ".join(f"{counts[state]} {words}" for state, words in STATES.items())
    if found["next"]:
        yield "There are more: name a zone, a type or an asset, or --limit."


def _history(found: Document) -> Iterator[str]:
    rows = [
        (
            one["number"],
            one["day"],
            one["asset"],
            one["check"],
            RESULTS[one["result"]],
            _place(one),
            by(one),
        )
        for one in found["items"]
    ]
    header = ("no.", "day", "asset", "check", "result", "", "by")
    yield table(header, rows, width=_width()) if rows else "Nothing was signed."
    if found["next"]:
        yield "There are more: name an asset, or --limit."


def by(one: Document) -> str:
    """Who inspected; empty: not said, or erased."""
    return one["person"] or (WALK_TEST if one["evidence"] else "")


def _place(one: Document) -> str:
    if one["corrected_by"]:
        return f"corrected by {one['corrected_by']}"
    return f"corrects {one['corrects']}" if one["corrects"] else ""


def _one(one: Document) -> Iterator[str]:
    yield plain(f"{one['number']}: {one['title']}, {one['asset']}, {one['day']}: {RESULTS[one['result']]}")
    yield plain(
        f"inspected by {by(one) or '(not said)'} {one['certificate']}, told {one['at'][:19]}Z by {one['actor']}"
    )
    yield f"by version {one['version']} of the checks, {one['pack'] or 'kept elsewhere'}"
    for name, value in one["evidence"].items():
        yield plain(f"  by evidence: {name} {value}")
    for name, value in one["answers"].items():
        yield plain(f"  {name}: {value}{'  NOT PASSED' if name in one['failed'] else ''}")
    if one["photos"]:
        yield f"{plural(len(one['photos']), 'photo')}: /inspections/{one['number']} shows them"
    if _place(one):
        yield plain(" ".join(filter(None, (_place(one), one["reason"]))))
