"""`firmware` and `import cve|kev`: what runs on the devices, what is to be said of it, and the lists that say so."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from edge.cli import DID_NOT_HOLD, DONE
from edge.cli.calling import NoAnswer, call
from edge.cli.out import complain, plain, say, say_json
from edge.cli.table import table
from edge.flaws.words import STATES, firmware_of, reason
from edge.words import plural

PATIENCE_S: Final = 1_000.0
"""A full year of the NVD takes a minute on a small board."""
BAD: Final = frozenset({"unsupported", "known_flaw", "known_exploited"})
_LISTS: Final = {"cve": "published flaws (NVD)", "kev": "flaws that attackers use (CISA)"}
_NEEDED: Final = "bring it: campus-edge import {} FILE"


def firmware(args: argparse.Namespace) -> int:
    """Print each device; 0 only if none is unsupported or has a published flaw."""
    try:
        reply = call(args.config, {"do": "firmware"})
    except NoAnswer:
        return DID_NOT_HOLD
    if not reply["ok"]:
        complain(plain(reply["words"]))
        return DID_NOT_HOLD
    document: Mapping[str, Any] = reply["data"]
    if args.json:
        say_json(document)
    else:
        for line in _lines(document, all_reasons=args.why):
            say(line)
    return DID_NOT_HOLD if any(one["state"] in BAD for one in document["devices"]) else DONE


def take(args: argparse.Namespace) -> int:
    """Have the daemon take a list in."""
    file = str(Path(args.file).absolute())
    try:
        reply = call(args.config, {"do": "import-bundle", "kind": args.kind, "file": file}, PATIENCE_S)
    except NoAnswer:
        return DID_NOT_HOLD
    if args.json:
        say_json(reply)
    elif reply["ok"]:
        taken = reply["data"]
        part = "" if taken["whole"] else " This is a part of its publisher's list: bring the rest too."
        say(f"{plural(taken['count'], 'record')} taken ({taken['sha256'][:16]}).{part}")
    else:
        complain(plain(reply["words"]))
    return DONE if reply["ok"] else DID_NOT_HOLD


def _lines(document: Mapping[str, Any], *, all_reasons: bool) -> Iterator[str]:
    for kind in document["missing"]:
        yield f"No list of {_LISTS[kind]} was brought: nobody knows what is flawed. {_NEEDED.format(kind)}"
    for one in document["bundles"]:
        days = one["age_days"]
        old = " TOO OLD" if days is not None and days > one["limit_days"] else ""
        part = "" if one["whole"] else ", a part of it"
        age = "AGE UNKNOWN" if days is None else f"{plural(days, 'day')} old{old}"
        yield f"List of {_LISTS[one['kind']]}: {plural(one['count'], 'record')}{part}, {age}."
    rows = []
    for one in document["devices"]:
        why = [reason(each["code"], each["args"]) for each in one["reasons"]]
        shown = why if all_reasons else why[:1]
        more = f" (+{len(why) - 1})" if len(why) > 1 and not all_reasons else ""
        rows.append(
            (one["id"], STATES.get(one["state"], one["state"]), firmware_of(one), "; ".join(shown) + more)
        )
    if rows:
        yield ""
        yield table(("device", "firmware is", "it says", "why"), rows)
