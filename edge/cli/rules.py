"""`rules`: the rules and limits in force, in plain words, with the version and hash of each file."""

import argparse
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from edge.cli.doing import read
from edge.cli.table import table
from edge.ticket_words import CAMPUS_ALONE


def rules(args: argparse.Namespace) -> int:
    """Print them."""
    width = shutil.get_terminal_size((110, 50)).columns
    return read(args, {"do": "rules"}, lambda found: _parts(found, width))


def _parts(found: Mapping[str, Any], width: int) -> Iterator[str]:
    packs = [(one["name"], one["version"], one["sha256"]) for one in found["packs"]]
    yield table(("file of rules", "version", "SHA-256"), packs, width=width)
    yield f"Configuration {found['configuration']}"
    yield ""
    rows = [
        (
            one["response"],
            one["rank"],
            one["scope"],
            "silent" if one["silent"] else "",
            "outputs" if one["outputs"] else "",
            ", ".join(one["locks"]) or "locks nothing",
        )
        for one in found["responses"]
    ]
    yield table(("response", "rank", "scope", "", "", "locks"), rows, width=width)
    yield ""
    yield table(("value", "limit"), [(one["value"], one["text"]) for one in found["limits"]], width=width)
    kept = found["retention"]
    yield (
        "The record is kept for ever."
        if kept is None
        else f"Incidents are kept {kept['incidents_days']} days, everything else {kept['other_days']} days."
    )
    yield ""
    merging = [(one["title"], one["text"] if one["district"] else CAMPUS_ALONE) for one in found["merging"]]
    yield table(
        ("of a ticket", "where both sides wrote and neither had seen the other's"), merging, width=width
    )
    yield ""
    flags = [
        (one["points"], one["owner"], _ticket(one["ticket"]), f"{one['title']}. {one['ends']}")
        for one in found["flags"]
    ]
    yield table(("points", "owner", "ticket after", "flag, and what ends it"), flags, width=width)


def _ticket(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return "never"
    hours = one["after_s"] / 3_600
    return "at once" if not hours else f"{hours:g} h" if hours < 48 else f"{hours / 24:g} days"
