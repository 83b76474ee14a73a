"""The views' lists as programs page through them: the newest first, a page at a time, silent ones only where asked for."""

import json
from collections.abc import Mapping
from typing import Any, Final

from edge.views.database import Line, Views
from edge.views.hidden import SILENT
from rules.model.values import dataclass

MOST_PRESSES: Final = 500
MOST_FILES: Final = 2_000


def zones_of(line: Mapping[str, Any]) -> tuple[str, ...]:
    """Every zone that an incident of the list was in, that of its gravest response first."""
    named = [line["zone"], *json.loads(line["zones"])]
    return tuple(dict.fromkeys(str(one) for one in named if one is not None))


@dataclass(frozen=True, slots=True)
class Hidden:
    """What the views know of silent things, up to `position` (epoch, seq); None: nothing was followed yet."""

    position: tuple[str, int] | None
    events: dict[str, list[int]]
    incidents: frozenset[str]
    presses: frozenset[int]


def incidents(views: Views, after: str | None, limit: int, *, silent: bool) -> list[Line]:
    """Incidents older than `after`, the newest first."""
    return views.lines(
        "SELECT * FROM listed WHERE (? OR NOT coalesce(silent, 0)) AND (? IS NULL OR (opened_at, seq) < "
        "(SELECT opened_at, seq FROM incidents WHERE incident = ?)) ORDER BY opened_at DESC, seq DESC LIMIT ?",
        silent,
        after,
        after,
        limit,
    )


def incident(views: Views, name: str) -> Line | None:
    """One incident; None: there is none of that name."""
    found = views.lines("SELECT * FROM listed WHERE incident = ?", name)
    return found[0] if found else None


def presses_of(views: Views, name: str) -> list[Line]:
    """The presses of an incident, the oldest first."""
    return views.lines(
        "SELECT * FROM presses WHERE incident = ? ORDER BY at, seq LIMIT ?", name, MOST_PRESSES
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What an incident kept of cameras. blind: (camera, why, since_us) at its press.

    since_us: of what became known behind the press, UTC microseconds; None: it was known.

    files: rows of `evidence`, by name.
    """

    cameras: tuple[str, ...]
    blind: tuple[tuple[str, str, int | None], ...]
    files: tuple[Line, ...]


def kept(views: Views, name: str) -> Kept:
    """What an incident kept of cameras."""
    cameras = views.lines("SELECT camera FROM incident_cameras WHERE incident = ? ORDER BY camera", name)
    blind = views.lines(
        "SELECT camera, code, since_us FROM blind_spots WHERE incident = ? ORDER BY camera", name
    )
    files = views.lines(
        "SELECT * FROM evidence WHERE incident = ? ORDER BY camera, name LIMIT ?", name, MOST_FILES
    )
    return Kept(
        tuple(one["camera"] for one in cameras),
        tuple((one["camera"], one["code"], one["since_us"]) for one in blind),
        tuple(files),
    )


def file_of(views: Views, incident: str, name: str) -> Line | None:
    """A file of pictures of an incident; None: it has none of this name."""
    found = views.lines("SELECT * FROM evidence WHERE incident = ? AND name = ?", incident, name)
    return found[0] if found else None


def hidden(views: Views) -> Hidden:
    """Everything that only `look-duress` may see: some rows a year."""
    events: dict[str, list[int]] = {}
    for line in views.lines("SELECT epoch, seq FROM hidden ORDER BY epoch, seq"):
        events.setdefault(line["epoch"], []).append(line["seq"])
    asked = views.lines("SELECT number, response FROM unanswered")
    at: Any = views.position
    return Hidden(
        None if at is None else (at.epoch, at.seq),
        events,
        frozenset(line["incident"] for line in views.lines("SELECT incident FROM incidents WHERE silent")),
        frozenset(line["number"] for line in asked if line["response"] in SILENT),
    )
