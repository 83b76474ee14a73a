"""The verbs `tickets` and `ticket` and their arguments."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

Parser = argparse.ArgumentParser
FIELDS: Final = (
    "category", "weight", "zone", "asset", "room", "text", "assigned", "reporter", "due", "template",
)  # fmt: skip
"""Of a new one."""


def ticketing(verbs: Any, verb: Callable[..., Parser], said: Callable[[str], str]) -> None:
    """Add them. verb: makes one that talks to the daemon. said: takes words, and no empty ones."""
    made = verb(
        verbs, "tickets", "tickets:tickets", "what is wrong and who mends it; or one, whole", json=True
    )
    made.add_argument("number", metavar="N", nargs="?", help="187, or as it is said: lincoln-hs-187")
    which = made.add_mutually_exclusive_group()
    which.add_argument("--closed", action="store_true", help="those that are closed")
    which.add_argument("--all", action="store_true", help="open and closed")
    for name in ("weight", "category", "zone", "asset", "assigned", "search"):
        made.add_argument(f"--{name}", metavar=name[0].upper())
    made.add_argument("--limit", type=int, default=50, metavar="N", help="at most 200")

    top: Parser = verbs.add_parser("ticket", help="open, assign, note, close one", description="One ticket.")
    of: Any = top.add_subparsers(metavar="VERB", required=True)
    made = verb(of, "open", "tickets:opening", "open one", json=True)
    made.add_argument("title", metavar="TITLE", nargs="?")
    for name in FIELDS:
        made.add_argument(f"--{name}", metavar=name[0].upper())
    for name, run, text in (
        ("assign", "assigning", "give it to an account by its name, or to role:…; - takes it from everybody"),
        ("due", "dating", "the day by which it is to be done, 2026-09-01; - takes it away"),
        ("turn", "turning", "open, progress, waiting, proposed, closed, reopened"),
        ("close", "closing", "close it; one that weighs safety needs --why"),
        ("note", "noting", "words, time spent, parts"),
        ("snooze", "snoozing", "let it rest: it does not age meanwhile"),
        ("photo", "of_ticket", "add a photo: a JPEG or a PNG; where it was taken is not kept"),
    ):
        made = verb(of, name, f"{'photos' if name == 'photo' else 'tickets'}:{run}", text, json=True)
        made.add_argument("number", metavar="N")
        if name == "assign":
            made.add_argument("whom", metavar="WHOM")
        if name == "due":
            made.add_argument("day", metavar="DAY")
        if name == "turn":
            made.add_argument("state", metavar="STATE")
        if name in ("turn", "close"):
            made.add_argument("--why", default="", help="what was done")
        if name == "note":
            made.add_argument("text", metavar="TEXT", nargs="?", default="")
            made.add_argument("--minutes", type=int, default=0, metavar="N")
            made.add_argument("--part", action="append", default=[], metavar="NAME=COUNT")
        if name == "photo":
            made.add_argument("path", type=Path, metavar="FILE")
        if name == "snooze":
            made.add_argument("--days", type=int, required=True, metavar="N")
            made.add_argument("--reason", type=said, required=True)
