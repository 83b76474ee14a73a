"""The weekly sweep as a sheet: a line a door and week, for whoever asks for the evidence on file."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from edge.journal.stored import rfc3339

COLUMNS: Final = (
    "week", "from", "until", "door", "name", "zone", "result", "codes", "seen_s", "unknown_s", "open_s", "longest_open_s",
    "unlocked_s", "longest_unlocked_s", "unsensed_s", "opened", "unlatched", "lost", "forced", "proven_at", "signed_at",
    "signed_by", "reason", "pack_version", "pack_sha256",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would reckon with it: somebody's words are no formula."""


def sheet(weeks: Iterable[Mapping[str, Any]]) -> str:
    """Weeks of the query `sweeps` as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for week in weeks:
        for door in week["doors"]:
            writer.writerow([_cell(one) for one in _cells(week, door)])
    return out.getvalue()


def _cells(week: Mapping[str, Any], door: Mapping[str, Any]) -> Iterator[str]:
    signed = door["signed"] or {"at_us": 0, "person": "", "reason": ""}
    shown = {
        **door,
        "week": week["week"],
        "from": rfc3339(week["from_us"]),
        "until": rfc3339(week["until_us"]),
        "codes": " ".join(door["codes"]),
        "proven_at": _at(door["proven_us"]),
        "signed_at": _at(signed["at_us"]),
        "signed_by": signed["person"],
        "reason": signed["reason"],
        "pack_version": week["version"],
        "pack_sha256": week["pack"],
    }
    yield from (str(shown[name]) for name in COLUMNS)


def _at(us: int) -> str:
    return rfc3339(us) if us else ""


def _cell(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
