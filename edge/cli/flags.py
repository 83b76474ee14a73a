"""`flags`, `flag measure`, `readiness`, `dry-run`: what is wrong, what it costs, and which doors would fail."""

import argparse
import shutil
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE, USAGE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.moments import seconds
from edge.cli.out import clock, complain, plain, say, say_json
from edge.cli.screen import wrapped
from edge.cli.table import table
from edge.flag_evidence import told
from edge.words import plural

Document = Mapping[str, Any]
PATIENCE_S: Final = 30.0
LOOK_S: Final = 0.2


def flags(args: argparse.Namespace) -> int:
    """Every flag that stands."""
    seen = _seen(args)
    if seen is None:
        return DID_NOT_HOLD
    items = seen["flags"]
    if args.json:
        say_json({"items": items, "next": None})
        return DONE
    for line in _flags(items, _width()):
        say(line)
    return DONE


def measure(args: argparse.Namespace) -> int:
    """What is done while a flag stands, or that it is over."""
    request: dict[str, object] = {"do": "measure", "code": args.code, "subject": args.subject}
    if args.end:
        return do(
            args, request, lambda reply: ["The measure is over. The flag stands."], not_durable=NOT_RECORDED
        )
    until = None if args.until is None else seconds(args.until, whole_day=True)
    if until is None or not args.reason:
        complain(
            "say until when (--until 12h, 5d, 2026-12-04 or an RFC 3339 time) and what is done (--reason …)."
        )
        return USAGE
    request |= {"until_us": until * 1_000_000, "reason": args.reason}
    return do(
        args,
        request,
        lambda reply: ["It stands beside the flag until then, and clears nothing."],
        not_durable=NOT_RECORDED,
    )


NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."


def readiness(args: argparse.Namespace) -> int:
    """The number by zone, and what each lost point was lost for."""
    seen = _seen(args)
    if seen is None:
        return DID_NOT_HOLD
    found = seen["readiness"]
    if args.json:
        say_json(found)
        return DONE
    for line in _readiness(found, _width()):
        say(line)
    return DONE


def dry_run(args: argparse.Namespace) -> int:
    """Which doors would fail if lockdown were ordered now; 0 only if none would."""
    try:
        last = _last(args) if args.last else _run(args)
    except NoAnswer:
        return DID_NOT_HOLD
    if last is None:
        return DID_NOT_HOLD
    if args.json:
        say_json(last)
    else:
        for line in _dry_run(last, _width()):
            say(line)
    return DID_NOT_HOLD if last["doors"] else DONE


# --- asking -----------------------------------------------------------------------------------


def _seen(args: argparse.Namespace) -> Document | None:
    try:
        reply = call(args.config, {"do": "status"})
    except NoAnswer:
        return None
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return None
    found: Document = reply["data"]
    return found


def _last(args: argparse.Namespace) -> Document | None:
    seen = _seen(args)
    if seen is not None and seen["dry_run"]["last"] is None:
        complain(
            "no dry run came to its end yet. Run `campus-edge dry-run`; one is made every morning by itself."
        )
        return None
    return None if seen is None else seen["dry_run"]["last"]


def _run(args: argparse.Namespace) -> Document | None:
    reply = call(args.config, {"do": "dry-run"})
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return None
    number = int(reply["args"]["number"])
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        seen = _seen(args)
        if seen is None:
            return None
        last: Document | None = seen["dry_run"]["last"]
        if last is not None and last["number"] >= number:
            return last
        if not seen["dry_run"]["running"]:
            complain("the dry run was given up: an incident began. Look at `campus-edge status`.")
            return None
        time.sleep(LOOK_S)
    complain("the dry run did not come to its end. Doors and buttons work on; look at the daemon's log.")
    return None


# --- telling ----------------------------------------------------------------------------------


def _flags(items: list[Document], width: int) -> Iterator[str]:
    if not items:
        yield "No flag stands."
        return
    yield f"{plural(len(items), 'flag')}, those that make somebody less safe first:"
    for one in sorted(items, key=lambda flag: (not flag["safety"], -flag["points"], flag["id"])):
        yield ""
        since = "by the configuration" if one["since"] is None else f"since {clock(one['since'])}"
        yield plain(f"{one['title']} ({one['id']}), {since}")
        for text in (
            one["text"],
            f"Owner: {one['owner']}. {one['clears']['words']}",
            *[f"Seen: {told(each, clock)}" for each in one["evidence"]],
            *_measure(one["measure"]),
        ):
            yield from wrapped(text, width, "  ")


def _measure(one: Document | None) -> Iterator[str]:
    if one is not None:
        yield f"Meanwhile, until {clock(one['until'])}: {one['text']} ({one['by']})"


def _readiness(found: Document, width: int) -> Iterator[str]:
    yield f"Readiness {found['score']} of 100. It is no grade: below stands what each point was lost for."
    zones = [(one["name"], one["score"], one["lost"]) for one in found["zones"]]
    yield table(("zone", "score", "points lost"), zones, width=width)
    rows = [
        (f"-{one['points']}", ", ".join(one["zones"]), one["owner"], _title(one)) for one in found["points"]
    ]
    if rows:
        yield ""
        yield table(("points", "zone", "owner", "why"), rows, width=width)


def _title(one: Document) -> str:
    behind = f" (counted with {one['behind']})" if one["behind"] else ""
    return f"{one['title']}{behind}" + (" Nothing was heard of it." if one["unknown"] else "")


def _dry_run(last: Document, width: int) -> Iterator[str]:
    doors = last["doors"]
    rows = [(one["door"], one["name"], " ".join(each["words"] for each in one["reasons"])) for one in doors]
    if rows:
        yield table(("door", "name", "why"), rows, width=width)
        yield f"{plural(len(doors), 'door')} of {last['asked']} would fail if lockdown were ordered now."
    else:
        yield f"All of {plural(last['asked'], 'door')} would lock and prove it, as far as can be known without a try."
    yield f"Looked at {clock(last['at'])}. Nothing was touched."


def _width() -> int:
    return shutil.get_terminal_size((110, 50)).columns
