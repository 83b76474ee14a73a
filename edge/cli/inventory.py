"""`asset …`: one asset made, changed, replaced, issued, linked, seen; stock, the plan of replacement, reports."""

import argparse
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from edge import asset_words, words
from edge.cli import USAGE
from edge.cli.doing import do, read
from edge.cli.out import complain, plain
from edge.cli.table import table
from edge.words import plural

NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
SO_ALREADY: Final = "It was so already."
Document = Mapping[str, Any]
Pairs = list[list[str]]


class _Unreadable(Exception):
    """An argument is no FIELD=VALUE; the text is the argument."""


def new(args: argparse.Namespace) -> int:
    """Make one."""
    try:
        asked = {"asset": args.id, "said": _pairs(args.said), "new": args.id is not None}
    except _Unreadable as err:
        return _no_pair(err)
    return ask(args, "asset.write", asked, lambda subject: f"Asset {subject} is made.")


def change(args: argparse.Namespace) -> int:
    """Say something of one, or the same of many."""
    first = next((place for place, one in enumerate(args.said) if "=" in one), len(args.said))
    names, said_of = args.said[:first], args.said[first:]
    try:
        said = _pairs(said_of)
    except _Unreadable as err:
        return _no_pair(err)
    if not names or not said:
        complain("Name one asset or more, and behind them FIELD=VALUE. Nothing was changed.")
        return USAGE
    if args.preview:
        request = {"do": "book-read", "query": "assets.edit", "asked": {"assets": names, "said": said}}
        return read(args, request, _preview)
    if len(names) == 1:
        return ask(
            args, "asset.write", {"asset": names[0], "said": said}, lambda subject: f"{subject} is changed."
        )
    told = f"{plural(len(names), 'asset')}: all of them say so now."
    return ask(args, "asset.edit", {"assets": names, "said": said}, lambda _: told)


def turn(args: argparse.Namespace) -> int:
    """Another state of its life."""
    told = f"is {asset_words.STATES.get(args.state, args.state)}."
    return _step(args, "asset.turn", told, state=args.state, reason=args.reason, said=args.said)


def replace(args: argparse.Namespace) -> int:
    """Another piece under the same id."""
    told = "is another piece now. Try it out, then `campus-edge asset commission`."
    return _step(args, "asset.replace", told, serial=args.serial, reason=args.reason, said=args.said)


def commission(args: argparse.Namespace) -> int:
    """It was tried out."""
    return _step(args, "asset.commission", "is commissioned.", by=args.by, day=args.day)


def issue(args: argparse.Namespace) -> int:
    """Give it to a person."""
    return _step(args, "asset.issue", "is issued.", person=args.to, due=args.due)


def give_back(args: argparse.Namespace) -> int:
    """It came back."""
    return _step(args, "asset.return", "came back.", note=args.note)


def link(args: argparse.Namespace) -> int:
    """What it needs."""
    told = f"needs {args.on}." if args.stands else f"needs {args.on} no longer."
    return _step(args, "asset.link", told, on=args.on, how=args.how, stands=args.stands)


def seen(args: argparse.Namespace) -> int:
    """It is here."""
    return _step(args, "audit.see", "was seen.", zone=args.zone, day=args.day)


def minimum(args: argparse.Namespace) -> int:
    """How many of a type are to lie in stock."""
    asked = {"type": args.type, "minimum": args.minimum}
    return ask(args, "stock.minimum", asked, lambda _: f"{args.minimum} of {args.type} are to lie in stock.")


def settle(args: argparse.Namespace) -> int:
    """What became of a report."""
    asked = {"number": args.number, "outcome": args.outcome, "reason": args.reason}
    return ask(args, "fault.settle", asked, lambda _: f"Report {args.number} is settled.")


def issued(args: argparse.Namespace) -> int:
    """What is with whom."""
    asked = {"person": args.person, "limit": 500, **({"zone": args.zone} if args.zone else {})}
    return read(args, {"do": "book-read", "query": "assets.issued", "asked": asked}, _issued)


def stock(args: argparse.Namespace) -> int:
    """What lies in stock."""
    return read(args, {"do": "book-read", "query": "stock", "asked": {}}, _stock)


def plan(args: argparse.Namespace) -> int:
    """What is to be replaced, by year."""
    asked = {"zone": args.zone, **({"class_": args.class_} if args.class_ else {})}
    return read(args, {"do": "book-read", "query": "assets.plan", "asked": asked}, _plan)


def reports(args: argparse.Namespace) -> int:
    """Reports without a sign-in that wait."""
    return read(args, {"do": "book-read", "query": "reports", "asked": {"limit": 500}}, _reports)


def ask(args: argparse.Namespace, verb: str, asked: Document, told: Any) -> int:
    """Have the book decide; told: what is said of the subject of what it wrote."""

    def lines(reply: Document) -> list[str]:
        subject = str(reply["args"].get("subject", ""))
        return [told(subject) if subject else SO_ALREADY]

    request = {"do": "book-ask", "verb": verb, "asked": dict(asked)}
    return do(args, request, lines, not_durable=NOT_RECORDED)


def width() -> int:
    """Of the terminal."""
    return shutil.get_terminal_size((110, 50)).columns


def _step(args: argparse.Namespace, verb: str, told: str, **asked: Any) -> int:
    try:
        said = {"said": _pairs(asked["said"])} if "said" in asked else {}
    except _Unreadable as err:
        return _no_pair(err)
    return ask(args, verb, {"asset": args.id, **asked, **said}, lambda _: f"{args.id} {told}")


def _pairs(given: Sequence[str]) -> Pairs:
    """Raises _Unreadable."""
    pairs = [one.partition("=") for one in given]
    if wrong := [name for name, sign, _ in pairs if not sign]:
        raise _Unreadable(wrong[0])
    return [[name, " ".join(value.split())] for name, _, value in pairs]


def _no_pair(err: _Unreadable) -> int:
    complain(f"{plain(err)} says nothing of a field: write FIELD=VALUE. Nothing was changed.")
    return USAGE


def _preview(found: Document) -> Iterator[str]:
    rows = [
        (
            one["id"],
            one.get("name", ""),
            one["outcome"],
            words.reply(one["code"], one["args"])
            if "code" in one
            else "; ".join(f"{name} was {value or 'not said'}" for name, value in one["was"].items()),
        )
        for one in found["items"]
    ]
    yield table(("id", "name", "", "what"), rows, width=width())
    changed = sum(one["outcome"] == "change" for one in found["items"])
    yield f"{plural(changed, 'asset')} would be another. Nothing was changed: this was a preview."


def _issued(found: Document) -> Iterator[str]:
    rows = [
        (
            one["said"].get("holder", ""),
            one["id"],
            one["said"].get("name", ""),
            one["said"].get("zone", ""),
            one["said"].get("issued", ""),
            f"{one['said']['due']}{' LATE' if one['late'] else ''}" if "due" in one["said"] else "",
        )
        for one in found["items"]
    ]
    head = ("with", "id", "name", "zone", "since", "back by")
    yield table(head, sorted(rows), width=width()) if rows else "Nothing is issued."
    if found["next"]:
        yield "There are more: name a person or a zone."


def _stock(found: Document) -> Iterator[str]:
    rows = [
        (one["type"] or "(no type said)", one["count"], one["minimum"] or "", "TOO FEW" if one["low"] else "")
        for one in found["items"]
    ]
    yield (
        table(("type", "in stock", "minimum", ""), rows, width=width()) if rows else "Nothing lies in stock."
    )


def _plan(found: Document) -> Iterator[str]:
    rows = [
        (
            one["year"],
            one["count"],
            one["overdue"] or "",
            f"{one['cost_cents'] / 100:,.2f}",
            one["without_cost"] or "",
        )
        for one in found["years"]
    ]
    yield table(("year", "things", "overdue", "cost when bought", "without a cost"), rows, width=width())
    yield f"{found['later']} later; of {found['unknown']} nobody knows when. `--json` names them."


def _reports(found: Document) -> Iterator[str]:
    rows = [
        (
            one["number"],
            one["at"][:16].replace("T", " "),
            one["asset"],
            one.get("name", ""),
            one.get("text", ""),
        )
        for one in found["items"]
    ]
    head = ("no.", "at (UTC)", "of", "by", "NOT CHECKED: written without a sign-in")
    yield table(head, rows, width=width()) if rows else "No report waits."
