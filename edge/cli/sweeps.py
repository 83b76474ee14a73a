"""`sweeps`, `sweep sign`, `export sweeps`: the exterior doors by the week, from their own sensors, and who explained what."""

import argparse
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.doing import do
from edge.cli.out import age, complain, plain, say, say_json
from edge.cli.table import table
from edge.exterior_sheet import sheet
from edge.exterior_words import RESULTS, found
from edge.words import plural

Document = Mapping[str, Any]
NOT_RECORDED: Final = "It is done and NOT yet recorded: the disk takes nothing. See `campus-edge status`."


def sweeps(args: argparse.Namespace) -> int:
    """This week so far and the last ones; 0 only where nothing that is over waits for a signature."""
    try:
        told = _read(args)
    except NoAnswer:
        return DID_NOT_HOLD
    waits = any(week["unsigned"] for week in told["weeks"])
    if args.json:
        say_json(told)
    else:
        for line in _lines(told):
            say(line)
    return DID_NOT_HOLD if waits else DONE


def signing(args: argparse.Namespace) -> int:
    """Explain and sign."""
    asked = {"week": args.week, "doors": args.doors, "reason": args.reason, "person": args.person}
    request = {"do": "book-ask", "verb": "sweep.sign", "asked": asked}
    signed = f"Signed: {plural(len(args.doors), 'door')} in the week of {args.week}, by {plain(args.person)}."
    return do(args, request, lambda reply: [signed], not_durable=NOT_RECORDED)


def exporting(args: argparse.Namespace) -> int:
    """Write the last weeks as CSV, a line a door and week; the file is there whole or not at all."""
    draft = args.path.with_name(f"{args.path.name}.part")
    try:
        text = sheet(_read(args)["weeks"])
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(args.path)
    except NoAnswer:
        return DID_NOT_HOLD
    except OSError as err:
        draft.unlink(missing_ok=True)
        complain(f"{args.path} was not written: {err.strerror}.")
        return DID_NOT_HOLD
    say(f"{plural(text.count(chr(10)) - 1, 'line')} written to {args.path}.")
    return DONE


def _read(args: argparse.Namespace) -> Document:
    """Raises NoAnswer, having said why."""
    reply = call(args.config, {"do": "book-read", "query": "sweeps", "asked": {"weeks": args.weeks}})
    if not reply["ok"]:
        complain(plain(reply["words"]))
        raise NoAnswer
    data: Document = reply["data"]
    return data


def _lines(told: Document) -> Iterator[str]:
    current = told["current"]
    if current is None:
        yield "No exterior door is configured, or none was looked at yet."
    else:
        yield f"This week so far, as of {_at(current['until_us'])}:"
        yield _table(current)
    for week in told["weeks"]:
        yield ""
        waits = f"; {plural(week['unsigned'], 'door')} to be explained" if week["unsigned"] else ""
        yield f"Week of {week['week']}{waits}:"
        yield _table(week)


def _table(week: Document) -> str:
    rows = [
        (
            one["door"],
            RESULTS.get(one["result"], one["result"]),
            one["opened"],
            _lasted(one["open_s"]),
            _lasted(one["unlocked_s"]),
            _lasted(one["unknown_s"]),
            "; ".join(filter(None, (found(",".join(one["codes"])), _signed(one["signed"])))),
        )
        for one in sorted(week["doors"], key=lambda one: (one["result"] == "ok", one["door"]))
    ]
    return table(("door", "result", "opened", "open", "not locked", "not known", "why"), rows)


def _signed(signed: Document | None) -> str:
    return "" if signed is None else f"{signed['person'] or 'erased'}: {signed['reason'] or 'erased'}"


def _lasted(seconds: int) -> str:
    return age(seconds * 1_000) if seconds else "0"


def _at(us: int) -> str:
    return f"{datetime.fromtimestamp(us // 1_000_000, UTC).astimezone():%Y-%m-%d %H:%M}"
