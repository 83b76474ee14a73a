"""`upkeep …`: what rests for a while, with owner, reason and an end that comes by itself."""

import argparse
import time
from collections.abc import Iterator
from typing import Any

from edge.cli.doing import read
from edge.cli.inventory import ask, width
from edge.cli.table import table
from edge.journal.stored import rfc3339
from edge.words import plural

DAY_US = 86_400_000_000


def listing(args: argparse.Namespace) -> int:
    """What rests now, or will."""
    return read(args, {"do": "book-read", "query": "upkeeps", "asked": {}}, _rests)


def begin(args: argparse.Namespace) -> int:
    """Put a device or a zone into maintenance."""
    asked = {
        "what": "maintenance",
        "of": args.of,
        "subject": args.subject,
        "until_us": time.time_ns() // 1000 + args.days * DAY_US,
        "reason": args.reason,
        "owner": args.owner,
    }
    told = f"{args.subject} is in maintenance for {plural(args.days, 'day')}. Its flags stand as before."
    return ask(args, "upkeep.begin", asked, lambda _: told)


def end(args: argparse.Namespace) -> int:
    """End one before its time."""
    return ask(args, "upkeep.end", {"upkeep": args.number}, lambda _: f"Rest {args.number} is over.")


def _rests(found: list[Any]) -> Iterator[str]:
    rows = [
        (
            one["number"],
            one["what"],
            f"{one['of']} {one['subject']}",
            rfc3339(one["until_us"])[:16].replace("T", " "),
            one["owner"],
            one["reason"],
        )
        for one in found
    ]
    head = ("no.", "", "of", "until (UTC)", "owner", "why")
    yield table(head, rows, width=width()) if rows else "Nothing rests."
