"""`selftest`: has the daemon prove each link from button to bolt, silently, and prints what it saw of each."""

import argparse
import shutil
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import complain, plain, say, say_json
from edge.cli.table import table
from edge.words import LINKS, OUTCOMES, plural

PATIENCE_S: Final = 60.0
"""A run ends by itself after 20 s; a box that is busy with something else may take longer to say so."""
LOOK_S: Final = 0.3
Document = Mapping[str, Any]
ORDER: Final = ("not_proven", "behind", "untestable", "proven")


def selftest(args: argparse.Namespace) -> int:
    """Print the links; 0 only if none of them was seen not to work."""
    try:
        document = _last(args) if args.last else _tested(args)
    except NoAnswer:
        return DID_NOT_HOLD
    if document is None:
        return DID_NOT_HOLD
    last = _with_presses(document)
    if args.json:
        say_json(last)
    else:
        for line in _lines(last):
            say(line)
    return DONE if last["holds"] else DID_NOT_HOLD


def _last(args: argparse.Namespace) -> Document | None:
    document: Document = call(args.config, {"do": "status"})["data"]
    if document["self_test"]["last"] is None:
        complain(
            "no self-test came to its end yet. Run `campus-edge selftest`; one runs every day by itself."
        )
        return None
    return document


def _tested(args: argparse.Namespace) -> Document | None:
    reply = call(args.config, {"do": "selftest"})
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return None
    number = int(reply["args"]["number"])
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        document: Document = call(args.config, {"do": "status"})["data"]
        found = document["self_test"]
        if found["last"] is not None and found["last"]["number"] >= number:
            return document
        if not found["running"]:
            complain("the self-test was given up: an incident began. Look at `campus-edge status`.")
            return None
        time.sleep(LOOK_S)
    complain("the self-test did not come to its end. Doors and buttons work on; look at the daemon's log.")
    return None


def _with_presses(document: Document) -> Document:
    """The links; of a button when a press last came through, of a lock when it was last proven locked by its sensors."""
    proven: dict[str, str | None] = {
        f"button:{one['id']}": max(one["last_proven"].values(), default=None) for one in document["buttons"]
    }
    proven |= {f"lock:{one['id']}": one["last_proven"] for one in document["doors"]}
    last = document["self_test"]["last"]
    links = [{**one, "last_proven": proven.get(one["id"], one["last_proven"])} for one in last["links"]]
    return {**last, "links": links}


def _lines(last: Document) -> Iterator[str]:
    rows = sorted(last["links"], key=lambda one: (ORDER.index(one["outcome"]), one["kind"], one["id"]))
    shown = [
        (
            OUTCOMES[one["outcome"]],
            LINKS[one["kind"]],
            one["subject"],
            _day(one["last_proven"]),
            one["words"],
        )
        for one in rows
    ]
    width = shutil.get_terminal_size((110, 50)).columns
    yield table(("seen", "link", "what", "itself last proven", "why"), shown, width=width)
    count = {outcome: sum(one["outcome"] == outcome for one in rows) for outcome in ORDER}
    holds = (
        "Every link that can be tested silently is proven" if last["holds"] else "NOT every link is proven"
    )
    yield f"{holds}: {plural(count['proven'], 'link')} proven, {count['not_proven']} not, {count['behind']} not reached."
    if count["untestable"]:
        yield f"{plural(count['untestable'], 'link')} cannot be tested silently: try them by hand."
    yield "A button itself is proven by a press that came through, a lock by its sensors after a command."
    yield f"Tested at {last['at']}. No lock was moved, nothing was seen or heard."


def _day(at: str | None) -> str:
    return "never" if at is None else at[:16].replace("T", " ") + " UTC"
