"""What may be read of the book, by name: lists a page at a time, one thing whole. Answers are JSON."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct

from edge.book import (
    assessment_queries,
    asset_checks,
    asset_lists,
    asset_queries,
    exterior_queries,
    floorplan_queries,
    inspection_queries,
)
from edge.book.asking import NotThere
from edge.book.database import Database, Line
from rules.book.decision import Now

__all__ = ["QUERIES", "NotThere"]


class NothingAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""


def firmware(database: Database, _asked: NothingAsked, now: Now) -> Line:
    """What each device says of its firmware, what is to be said of it, and the lists of flaws with their age."""
    return database.firmware.view(database.book, now.utc_us)


QUERIES: Final[Mapping[str, tuple[type[Any], Callable[..., Any]]]] = {
    **asset_queries.QUERIES,
    **asset_lists.QUERIES,
    **asset_checks.QUERIES,
    **exterior_queries.QUERIES,
    **inspection_queries.QUERIES,
    **assessment_queries.QUERIES,
    **floorplan_queries.QUERIES,
    "firmware": (NothingAsked, firmware),
}
"""By name: the form of what is asked, and what answers it, given the database, what is asked, and the moment."""
