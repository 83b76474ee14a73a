"""How ready the campus was, as the journal stated it: read in the views' thread."""

from typing import Any

import msgspec

from edge.views.database import Line, Views


def history(views: Views, limit: int) -> list[Line]:
    """The newest first. What another version wrote in another form is left out, and never in the way."""
    query = "SELECT at, score, lost, zones, causes, weights FROM readiness ORDER BY at DESC, seq DESC LIMIT ?"
    found = (_stated(line) for line in views.lines(query, limit))
    return [one for one in found if one is not None]


def _stated(line: Line) -> Line | None:
    try:
        zones = msgspec.json.decode(line["zones"], type=list[tuple[str, int]])
        causes = msgspec.json.decode(line["causes"], type=list[tuple[str, int, int]])
    except (msgspec.MsgspecError, TypeError):
        return None
    if not all(isinstance(line[name], int) for name in ("score", "lost")):
        return None
    told: list[dict[str, Any]] = [
        {"code": code, "things": things, "points": points} for code, things, points in causes
    ]
    return {**line, "zones": dict(zones), "causes": told, "weights": str(line["weights"] or "")}
