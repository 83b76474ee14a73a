"""`audit …`: rounds in which each thing is looked for; `asset seen` counts one."""

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from edge.cli.doing import read
from edge.cli.inventory import ask, width
from edge.cli.out import plain
from edge.cli.table import table
from edge.words import plural

Document = Mapping[str, Any]


def listing(args: argparse.Namespace) -> int:
    """Rounds, the newest first."""
    return read(args, {"do": "book-read", "query": "rounds", "asked": {}}, _rounds)


def begin(args: argparse.Namespace) -> int:
    """Begin one."""
    asked = {"zone": args.zone, "type": args.type}
    return ask(args, "audit.begin", asked, lambda subject: f"Round {subject.rpartition('-')[2]} began.")


def show(args: argparse.Namespace) -> int:
    """One, and what nobody saw in it."""
    return read(args, {"do": "book-read", "query": "round", "asked": {"id": str(args.number)}}, _one)


def end(args: argparse.Namespace) -> int:
    """End it."""
    told = f"Round {args.number} is over. `campus-edge audit show {args.number}` names what is missing."
    return ask(args, "audit.end", {"round": args.number}, lambda _: told)


def _rounds(found: Document) -> Iterator[str]:
    rows = [
        (
            one["number"],
            one["zone"] or "everywhere",
            one["type"] or "everything",
            f"{one['seen']} of {one['expected']}",
            "under way" if one["ended_at"] is None else f"{one['missing']} missing",
        )
        for one in found["items"]
    ]
    yield table(("no.", "zone", "type", "seen", ""), rows, width=width()) if rows else "No round was begun."


def _one(one: Document) -> Iterator[str]:
    state = "under way" if one["ended_at"] is None else f"over since {one['ended_at'][:16]}Z"
    yield f"Round {one['number']}: {one['seen']} of {one['expected']} seen, {state}."
    rows = [
        (each["id"], each["said"].get("name", ""), each["said"].get("zone", ""), each["said"].get("room", ""))
        for each in one["items"]
    ]
    if rows:
        yield plain(f"{plural(one['unseen'], 'thing')} not seen:")
        yield table(("id", "name", "zone", "room"), rows, width=width())
    if one["unseen"] > len(rows):
        yield f"and {one['unseen'] - len(rows)} more: `campus-edge assets` lists them."
