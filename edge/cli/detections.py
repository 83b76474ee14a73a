"""`detections`, `detection confirm` and `dismiss`: what a machine reports and a person judges. Waits until it is durable."""

import argparse
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.out import age, complain, plain, say, say_json
from edge.cli.table import table

Document = Mapping[str, Any]
NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."
HOW: Final = "look there, then campus-edge detection confirm NUMBER or detection dismiss NUMBER --reason …"


def listing(args: argparse.Namespace) -> int:
    """What waits; 1 where anything does not hold."""
    try:
        reply = call(args.config, {"do": "status"})
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    found = reply["data"].get("detections", [])
    if args.json:
        say_json(found)
    else:
        width = shutil.get_terminal_size((110, 50)).columns
        say("\n".join(waiting(found, width)) or "No report of a detector waits.")
    return DONE


def confirm(args: argparse.Namespace) -> int:
    """It is real: a start."""

    def said(reply: Document) -> Iterator[str]:
        incident = f", incident {reply['incident']}" if reply.get("incident") else ""
        yield f"REAL: report {args.number} is confirmed, its response started{incident}. See `campus-edge status`."

    return do(args, _asked(args, "confirm"), said, not_durable=NOT_RECORDED)


def dismiss(args: argparse.Namespace) -> int:
    """It was nothing."""
    done = [f"Report {args.number} is dismissed. Nothing was locked by it."]
    return do(args, _asked(args, "dismiss"), lambda reply: done, not_durable=NOT_RECORDED)


def waiting(detections: Sequence[Document], width: int) -> Iterator[str]:
    """The reports that wait, the oldest first, as `status` shows them too; nothing where none does."""
    if not detections:
        return
    yield f"DETECTED AND NOT CONFIRMED: {HOW}"
    rows = [
        (
            one["number"],
            one["words"] + (f", {one['confidence']} % sure" if one["confidence"] is not None else ""),
            _place(one),
            f"{age(one['age_ms'])} ago" + (f", {one['count']} times" if one["count"] > 1 else ""),
            f"{one['response']} in {one['in_zone']}",
            " ".join(part for part in (one["doubt_words"], _pictures(one)) if part),
        )
        for one in detections
    ]
    header = ("number", "reported", "place", "arrived", "would start", "")
    yield table(header, rows, width=width, indent="  ")


def _place(one: Document) -> str:
    return ", ".join(dict.fromkeys(part for part in (one["place"] or one["name"], one["zone_name"]) if part))


def _pictures(one: Document) -> str:
    return "its picture is on the page" if one["photos"] else ""


def _asked(args: argparse.Namespace, answer: str) -> dict[str, object]:
    return {"do": "detection", "number": args.number, "answer": answer, "reason": args.reason}
