"""`selftest`: whether each part could do its work now, from what the daemon reads. It moves no lock and sends nothing."""

import argparse
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import plain, say, say_json
from edge.cli.table import table
from edge.words import not_armed

GOOD_INPUTS = ("active", "quiet")


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of part: how many there are, and those that do not hold, each with its reason."""

    part: str
    count: int
    failing: Sequence[tuple[str, str]]


def selftest(args: argparse.Namespace) -> int:
    """Print the findings; 0 only if all of them hold."""
    try:
        reply = call(args.config, {"do": "status"})
    except NoAnswer:
        return DID_NOT_HOLD
    found = list(findings(reply["data"]))
    holds = not any(one.failing for one in found)
    if args.json:
        parts = [{"part": one.part, "count": one.count, "failing": dict(one.failing)} for one in found]
        say_json({"holds": holds, "parts": parts})
        return DONE if holds else DID_NOT_HOLD
    rows = [
        (
            "no" if one.failing else "yes",
            one.part,
            one.count,
            "; ".join(f"{who}: {why}" for who, why in one.failing),
        )
        for one in found
    ]
    say(
        table(
            ("holds", "part", "count", "what does not hold"),
            rows,
            width=shutil.get_terminal_size((110, 50)).columns,
        )
    )
    say("No lock was moved. Press each button in a walk-test; try each lock when nobody needs the door.")
    return DONE if holds else DID_NOT_HOLD


def findings(document: Mapping[str, Any]) -> Iterator[Finding]:
    """What a snapshot shows of each kind of part; unknown counts as not holding."""
    box = document["appliance"]
    yield Finding("appliance", 1, () if box["armed"] else (("armed", not_armed(box["why_not"])),))
    trouble = box["journal"]["trouble"]
    yield Finding("journal", 1, (("journal", plain(trouble)),) if trouble else ())
    yield _of("controller", document["controllers"], lambda one: "" if one["up"] else one["code"] or "down")
    yield _of("session", document["sessions"], lambda one: "" if one["up"] else "down", "session")
    yield _of("input", document["inputs"], lambda one: "" if one["state"] in GOOD_INPUTS else one["state"])
    yield _of(
        "button", document["buttons"], lambda one: "" if one["supervision"] == "heard" else one["supervision"]
    )
    yield _of("door", document["doors"], _door)
    yield _of("output", document["outputs"], lambda one: "" if one["commissioned"] else "not commissioned")


def _door(door: Mapping[str, Any]) -> str:
    if door["defects"]:
        return f"never driven ({', '.join(door['defects'])})"
    if door["bolt"] is None:
        return "no bolt sensor: never counts as secured"
    stale = [name for name in ("bolt", "position") if door[name] is not None and not door[name]["fresh"]]
    return f"{' and '.join(stale)} not read in time" if stale else ""


def _of(part: str, every: Sequence[Mapping[str, Any]], why_not: Any, name: str = "id") -> Finding:
    failing = [(str(one[name]), why) for one in every if (why := str(why_not(one)))]
    return Finding(part, len(every), failing)
