"""`incident list`, `show`, `export`, `verify`, `replay`: the record, from the daemon or, while none runs, from its files."""

import argparse
import contextlib
import itertools
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call, runs
from edge.cli.ledger import ledger
from edge.cli.out import clock, complain, plain, say, say_json
from edge.cli.record import account
from edge.cli.record import listing as listed
from edge.cli.rows import rows_of
from edge.cli.table import table

EXPORT_S: Final = 7_200.0
"""Hours of pictures of many cameras, read from a slow disk and written to it."""


def listing(args: argparse.Namespace) -> int:
    """All incidents, newest first."""
    try:
        found = listed(rows_of(args.config, None))
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json({"items": found, "next": None})
        return DONE
    rows = [
        (
            one["id"],
            one["kind"].upper(),
            one["response"] + (" SILENT" if one["silent"] else ""),
            ", ".join(one["zones"]),
            clock(one["opened"]),
            clock(one["closed"]) if one["closed"] else "LIVE",
        )
        for one in found
    ]
    if rows:
        say(table(("incident", "kind", "response", "zones", "opened", "closed"), rows))
    else:
        say("No incident is in the record.")
    return DONE


def show(args: argparse.Namespace) -> int:
    """One incident: what it was, its doors, its timeline."""
    try:
        found = account(list(rows_of(args.config, args.incident)), args.incident)
        if found is not None and found["closed"] is None and runs(args.config):
            _add_live(found, call(args.config, {"do": "status"}))
    except NoAnswer:
        return DID_NOT_HOLD
    if found is None:
        return _unknown(args.incident)
    if args.json:
        say_json(found)
        return DONE
    width = shutil.get_terminal_size((140, 50)).columns
    others = [one for one in found["zones"] if one != found["zone"]]
    also = f", also {', '.join(others)}" if others else ""
    say(
        plain(
            f"{found['kind'].upper()}: {found['response']} in {found['zone']}{also}, incident {found['id']}"
        )
    )
    say(
        f"opened {clock(found['opened'])}, {'closed ' + clock(found['closed']) if found['closed'] else 'LIVE'}"
    )
    if found["doors"]:
        say("\n" + ledger(found["doors"], width=width))
    say("\n" + table(("ms", "who", "what"), list(_steps(found["timeline"])), width=width))
    return DONE


def _steps(timeline: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """A line a step; doors that reach one verdict in one moment share a line."""

    def moment(step: Mapping[str, Any]) -> tuple[object, ...]:
        return step["after_ms"], step["actor"], step["verdict"], None if step["verdict"] else step["seq"]

    for (ms, who, verdict, _), group in itertools.groupby(timeline, moment):
        steps = list(group)
        if verdict and len(steps) > 1:
            what = f"{len(steps)} doors {verdict}: {' '.join(step['door'] for step in steps)}"
        else:
            what = steps[0]["words"] + (f" ({steps[0]['reason']})" if steps[0]["reason"] else "")
        yield f"{ms:.1f}", str(who), what


def export(args: argparse.Namespace) -> int:
    """Write an export; FILE is never overwritten."""
    from edge.cli.files import exported

    if args.out.exists():
        complain(f"{args.out} is there already and was left alone; name another file")
        return DID_NOT_HOLD
    try:
        if runs(args.config):
            request = {"do": "export", "incident": args.incident, "redact": args.redact}
            reply = call(args.config, request, timeout_s=EXPORT_S)
            if not reply["ok"]:
                complain(plain(reply["words"]))
                return DID_NOT_HOLD
            made = Path(reply["data"]["path"])
        else:
            made = exported(args.config, args.incident, args.out.absolute().parent, redact=args.redact)
        _move(made, args.out)
    except NoAnswer:
        return DID_NOT_HOLD
    except KeyError:
        return _unknown(args.incident)
    except OSError as err:
        complain(f"the export could not be written: {err}; name another place")
        return DID_NOT_HOLD
    say(f"Written to {args.out}. Verify it: campus-edge incident verify {args.out} --key PUBLIC.pem")
    return DONE


def verify(args: argparse.Namespace) -> int:
    """Whether an export holds: each link, each signature, each sealed value."""
    from edge.cli.files import verified

    try:
        found = verified(args.file, args.key)
    except OSError as err:
        complain(f"{err.filename or args.file} cannot be read: {err.strerror}")
        return DID_NOT_HOLD
    if args.json:
        say_json(found)
    else:
        say("\n".join(plain(line) for line in found["text"]))
    return DONE if found["holds"] else DID_NOT_HOLD


def replay(args: argparse.Namespace) -> int:
    """Fold the incident's events once more, deciding nothing, and show what each of them changed."""
    from edge.cli.replay import replayed

    try:
        steps = list(replayed(list(rows_of(args.config, args.incident))))
    except NoAnswer:
        return DID_NOT_HOLD
    if not steps:
        return _unknown(args.incident)
    if args.json:
        say_json({"items": steps, "next": None})
    else:
        rows = [(one["seq"], clock(one["at"]), one["kind"], one["changed"]) for one in steps]
        width = shutil.get_terminal_size((140, 50)).columns
        say(table(("event", "at", "kind", "what it changed"), rows, width=width))
        say(f"{len(steps)} events folded; nothing was decided again.")
    unread = [one for one in steps if not one["known"]]
    if unread:
        say(f"{len(unread)} events are of kinds this version does not know; they were skipped.")
    return DONE


def _add_live(found: dict[str, Any], reply: Mapping[str, Any]) -> None:
    """The live picture knows when each command was written and each bolt read; the record does not."""
    if not reply.get("ok"):
        return
    live = {door["id"]: door for door in reply["data"]["doors"]}
    fields = ("controller", "ledger", "bolt", "position", "verdict", "by", "code", "held")
    doors: Sequence[dict[str, Any]] = found["doors"]
    for door in doors:
        now = live.get(door["id"])
        if now is not None and now["order"] and now["order"]["incident"] == found["id"] and now["ledger"]:
            door.update({name: now[name] for name in fields})


def _move(made: Path, out: Path) -> None:
    """To where the person wants it; made for the daemon's user in its store, which may be another file system."""
    try:
        with made.open("rb") as source, out.open("xb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
    finally:
        made.unlink(missing_ok=True)
        if made.parent.parent == out.absolute().parent:
            with contextlib.suppress(OSError):  # the store itself, which is not empty
                made.parent.rmdir()


def _unknown(incident: str) -> int:
    sys.stdout.flush()
    complain(f"no incident {plain(incident)} is in the record; `campus-edge incident list` lists them")
    return DID_NOT_HOLD
