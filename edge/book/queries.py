"""What may be read of the book, by name: lists a page at a time, one thing whole. Answers are JSON."""

import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from edge.book.database import Database, Line
from rules.book import assets as asset_rules
from rules.model.ids import AssetId

Page = Annotated[int, Meta(ge=1, le=200)]
Word = Annotated[str, Meta(max_length=100)]


class NotThere(Exception):
    """There is nothing of that name."""


class AssetsAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """after: the last one of the page before."""

    after: Word = ""
    limit: Page = 50
    type: Word | None = None
    zone: Word | None = None


class NothingAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""


class OneAsked(Struct, frozen=True, forbid_unknown_fields=True):
    id: Word


def assets(database: Database, asked: AssetsAsked) -> list[Line]:
    """Assets by id, those of imports that count."""
    found = database.lines(
        "SELECT asset FROM assets WHERE asset > ? AND (? IS NULL OR type = ?) AND (? IS NULL OR zone = ?) "
        "ORDER BY asset LIMIT ?",
        asked.after,
        asked.type,
        asked.type,
        asked.zone,
        asked.zone,
        asked.limit,
    )
    return [told for one in found if (told := _asset(database, one["asset"])) is not None]


def asset(database: Database, asked: OneAsked) -> Line:
    """One asset with its history, the newest change first. Raises NotThere."""
    told = _asset(database, asked.id)
    if told is None:
        raise NotThere
    changes = database.lines(
        "SELECT at, actor, kind, data FROM changes WHERE owner = 'asset' AND id = ? ORDER BY at DESC, seq DESC LIMIT 200",
        asked.id,
    )
    told["changes"] = [{**one, "data": msgspec.json.decode(one["data"])} for one in changes]
    return told


def firmware(database: Database, _asked: NothingAsked) -> Line:
    """What each device says of its firmware, what is to be said of it, and the lists of flaws with their age."""
    return database.firmware.view(database.book, time.time_ns() // 1_000)


def _asset(database: Database, name: str) -> Line | None:
    known = database.book.assets.get(AssetId(name))
    if known is None or not database.book.counts(known):
        return None
    words = database.lines("SELECT name, value FROM texts WHERE owner = 'asset' AND id = ?", name)
    said = {**known.fields, **{one["name"]: one["value"] for one in words}}
    return {"id": name, "said": said, "unknown": list(asset_rules.missing(database.book, known))}


QUERIES: Final[Mapping[str, tuple[type[Any], Callable[[Database, Any], Any]]]] = {
    "assets": (AssetsAsked, assets),
    "asset": (OneAsked, asset),
    "firmware": (NothingAsked, firmware),
}
