"""What may be read of floor plans: which layers of which levels count, and of which files; and what they are compared with."""

from typing import Any, Final

from edge.book.asking import Asked
from edge.book.asset_queries import rows
from edge.book.database import Database, Line
from rules.book.book import GONE
from rules.book.decision import Now
from rules.book.floorplans import by_level


def floorplans(database: Database, asked: Asked, now: Now) -> list[Line]:
    """Each layer that counts. Times: UTC microseconds."""
    return [
        {
            "level": level,
            "layer": layer,
            "sha256": one.sha256,
            "plan": one.plan,
            "format": one.format,
            "verified": one.verified,
            "features": one.features,
            "taken_us": one.taken_us,
        }
        for level, layer, one in by_level(database.book.floorplans)
    ]


class OfTypes(Asked, frozen=True):
    """types: of assets that a map may show."""

    types: list[str]


MOST: Final = 5_000


def shown(database: Database, asked: OfTypes, now: Now) -> Line:
    """Assets of some types that are there, with what a map is compared with; and every id that is known, gone or not."""
    known, types = database.book.assets, set(asked.types)
    there = [
        one.id
        for one in known.values()
        if not one.device and one.fields.get("type", "") in types and one.state not in GONE
    ]
    items = [
        {"id": one["id"], **{name: one["said"].get(name, "") for name in ("type", "name", "zone", "room")}}
        for one in rows(database, sorted(there)[:MOST])
    ]
    gone = [one.id for one in known.values() if one.state in GONE and one.fields.get("type", "") in types]
    return {"items": items, "gone": sorted(gone)[:MOST], "more": max(0, len(there) - MOST)}


QUERIES: Final[dict[str, tuple[type[Any], Any]]] = {
    "floorplans": (Asked, floorplans),
    "floorplans.assets": (OfTypes, shown),
}
