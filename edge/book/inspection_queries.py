"""What may be read of inspections: what is due, what was signed, one whole, the checks with their forms."""

import heapq
from collections import Counter
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from edge.book.asking import Asked, NotThere, One, Page, Word
from edge.book.database import Database, Line
from edge.book.inspection_tables import OWNER, PHOTO
from edge.book.ticket_queries import kept_photo
from rules.book.asset_fields import date_of
from rules.book.book import Asset
from rules.book.decision import Now, Refused
from rules.book.inspection import STATES, Due, checks_of, dues, planned, since_day, state_of
from rules.book.inspection_pack import Check
from rules.book.inspections import judge_line, taken_before
from rules.book.ticket_things import zone_of
from rules.model.ids import AssetId
from rules.model.inspection_asks import InspectionLine

HERE: Final = "here"
COLUMNS: Final = (
    "number, asset, of_check, day, result, corrects, corrected_by, version, pack, at, actor, fields, failed, expires, "
    "evidence"
)
Key = tuple[int, str, str, str]


class DueAsked(Asked, frozen=True):
    """state: `due` all but what is in time. zone: and all below it.

    after: `next` of the page before.
    """

    after: Annotated[str, Meta(max_length=250)] = ""
    limit: Page = 50
    state: Literal["due", "failed", "overdue", "never", "soon", "good", "all"] = "due"
    zone: Word | None = None
    type: Word | None = None
    asset: Word | None = None
    check: Word | None = None


class SignedAsked(Asked, frozen=True):
    """Those that were signed, the newest first. after: the number of the last one of the page before."""

    after: Annotated[int, Meta(ge=0)] = 0
    limit: Page = 50
    asset: Word | None = None
    check: Word | None = None


class WholeAsked(Asked, frozen=True):
    """after: the last number of the piece before, the oldest first."""

    after: Annotated[int, Meta(ge=0)] = 0
    limit: Page = 200


class NumberAsked(Asked, frozen=True):
    """One by its number."""

    number: Annotated[int, Meta(ge=0)]


class KeyAsked(Asked, frozen=True):
    """One by what a phone called it."""

    key: Word


class PhotoAsked(Asked, frozen=True):
    """A photo of one."""

    number: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Judged(Struct, frozen=True, forbid_unknown_fields=True):
    """Lines of an import."""

    lines: Annotated[tuple[InspectionLine, ...], Meta(max_length=200)]
    sha256: Annotated[str, Meta(max_length=64)] = ""


def due(database: Database, asked: DueAsked, now: Now) -> Line:
    """A page of what is due, the first day first. counts: of all that are asked for, whatever their state."""
    book = database.book
    by_type = book.campus.inspections.by_type()
    within = None if not asked.zone else book.within(asked.zone)
    counts: Counter[str] = Counter()
    found: list[tuple[Key, Asset, Due]] = []
    assets = (
        book.assets.values() if asked.asset is None else filter(None, [book.assets.get(AssetId(asked.asset))])
    )
    after = _key_of(asked.after)
    for asset in assets:
        owed = planned(book, asset, by_type).owed
        if not owed or (asked.type is not None and asset.fields.get("type") != asked.type):
            continue
        if within is not None and zone_of(book, asset.id) not in within:
            continue
        for one in owed:
            if asked.check is not None and one.check.id != asked.check:
                continue
            state = state_of(one, now.day)
            counts[state] += 1
            if asked.state in ("all", state) or (asked.state == "due" and state != "good"):
                key = (one.until, asset.id, one.check.id, one.item)
                if key > after:
                    found.append((key, asset, Due(one.check, one.item, state, one.until, one.last)))
    page = heapq.nsmallest(asked.limit + 1, found, key=lambda one: one[0])
    names = _names(database, [asset.id for _, asset, _ in page[: asked.limit]])
    rows = [_due(database, asset, one, names.get(asset.id, {}), now) for _, asset, one in page[: asked.limit]]
    return {
        "items": rows,
        "next": "|".join(map(str, page[asked.limit - 1][0])) if len(page) > asked.limit else None,
        "counts": {state: counts[state] for state in STATES},
        "today": date_of(now.day),
    }


def _key_of(text: str) -> Key:
    parts = text.split("|")
    return (
        (int(parts[0]), parts[1], parts[2], parts[3])
        if len(parts) == 4 and parts[0].isdecimal()
        else (0, "", "", "")
    )


def _due(database: Database, asset: Asset, one: Due, words: dict[str, str], now: Now) -> Line:
    return {
        "asset": asset.id,
        "name": words.get("name", ""),
        "room": words.get("room", ""),
        "zone": zone_of(database.book, asset.id),
        "type": asset.fields.get("type", ""),
        **_state(one, now),
    }


def _state(one: Due, now: Now) -> Line:
    return {
        "check": one.check.id,
        "title": one.check.title,
        "item": one.item,
        "weight": one.check.weight,
        "state": one.state,
        "until": date_of(one.until),
        "days": one.until - now.day,
        "last": None if one.last is None else date_of(one.last),
    }


def _names(database: Database, names: list[AssetId]) -> dict[str, dict[str, str]]:
    marks = ", ".join("?" * len(names))
    found: dict[str, dict[str, str]] = {}
    for one in database.lines(
        f"SELECT id, name, value FROM texts WHERE owner = 'asset' AND name IN ('name', 'room') AND id IN ({marks})",  # noqa: S608
        *names,
    ):
        found.setdefault(one["id"], {})[one["name"]] = one["value"]
    return found


def of_asset(database: Database, asked: One, now: Now) -> Line:
    """The checks of one asset with their forms and how each stands; what was signed last. Raises NotThere."""
    book = database.book
    asset = book.assets.get(AssetId(asked.id))
    if asset is None:
        raise NotThere
    by_type = book.campus.inspections.by_type()
    standing: dict[str, list[Line]] = {}
    for one in dues(book, asset, by_type, now):
        standing.setdefault(one.check.id, []).append(_state(one, now))
    words = database.words("asset", asset.id)
    return {
        "asset": asset.id,
        "name": words.get("name", ""),
        "room": words.get("room", ""),
        "zone": zone_of(book, asset.id),
        "type": asset.fields.get("type", ""),
        "state": asset.state,
        "since": date_of(since_day(asset)),
        "today": date_of(now.day),
        "checks": [
            {**check_line(one), "standing": standing.get(one.id, [])}
            for one in checks_of(book, asset, by_type)
        ],
        "signed": signed(database, SignedAsked(limit=20, asset=asset.id), now)["items"],
    }


def check_line(check: Check) -> Line:
    """A check as data."""
    return {
        "id": check.id,
        "of": list(check.of),
        "title": check.title,
        "edition": check.edition,
        "every": check.every.text,
        "shipped_every": check.shipped.text if check.shipped is not None else None,
        "off": check.off,
        "soon_days": check.soon_days,
        "weight": check.weight,
        "roles": list(check.roles),
        "certificate": check.certificate,
        "source": check.source,
        "form": [
            {
                "id": one.id,
                "ask": one.ask,
                "kind": one.kind,
                "passes": list(one.passes),
                "choices": [[each.word, each.text] for each in one.choices],
                "unit": one.unit,
                "least": one.least,
                "most": one.most,
                "good": None if one.good is None else list(one.good),
                "expires": one.expires,
                "optional": one.optional,
            }
            for one in check.form
        ],
    }


def checks(database: Database, asked: Asked, now: Now) -> Line:
    """The pack in force."""
    pack = database.book.campus.inspections
    return {
        "version": pack.version,
        "sha256": pack.sha256,
        "checks": [check_line(one) for one in pack.checks.values()],
        "certified": [
            {"name": one.name, "holds": list(one.holds), "until": one.until, "number": one.number}
            for one in pack.certified
        ],
    }


def signed(database: Database, asked: SignedAsked, now: Now) -> Line:
    """A page of what was signed."""
    where, values = "there = 1", list[str | int]()
    for column, wanted in (("asset", asked.asset), ("of_check", asked.check)):
        if wanted is not None:
            where += f" AND {column} = ?"
            values.append(wanted)
    if asked.after:
        where += " AND number < ?"
        values.append(asked.after)
    rows = database.lines(
        f"SELECT {COLUMNS} FROM inspections WHERE {where} ORDER BY number DESC LIMIT ?",  # noqa: S608  # of this file
        *values,
        asked.limit + 1,
    )
    items = [_signed(database, one) for one in rows[: asked.limit]]
    return {"items": items, "next": str(items[-1]["number"]) if len(rows) > asked.limit else None}


def whole(database: Database, asked: WholeAsked, now: Now) -> list[Line]:
    """Those that were signed, for an export."""
    rows = database.lines(
        f"SELECT {COLUMNS} FROM inspections WHERE there = 1 AND number > ? ORDER BY number LIMIT ?",  # noqa: S608
        asked.after,
        asked.limit,
    )
    return [_signed(database, one) for one in rows]


def inspection(database: Database, asked: NumberAsked, now: Now) -> Line:
    """One, whole. Raises NotThere."""
    rows = database.lines(
        f"SELECT {COLUMNS} FROM inspections WHERE there = 1 AND number = ?",  # noqa: S608
        asked.number,
    )
    if not rows:
        raise NotThere
    return _signed(database, rows[0])


def by_key(database: Database, asked: KeyAsked, now: Now) -> Line:
    """What a key was signed as. Raises NotThere."""
    number = database.book.inspection_keys.get(asked.key)
    if number is None:
        raise NotThere
    return {"number": number}


def _signed(database: Database, row: Line) -> Line:
    words = database.words("inspection", str(row["number"]))
    said = {name: value for name, value in words.items() if not name.startswith("_")}
    check = row["of_check"]
    known = database.book.campus.inspections.checks.get(check)
    kept = {name: value for name, value in row.items() if name not in ("of_check", "fields")}
    return {
        **kept,
        "check": check,
        "title": check if known is None else known.title,
        "answers": {**dict(msgspec.json.decode(row["fields"])), **said},
        "failed": msgspec.json.decode(row["failed"]),
        "expires": dict(msgspec.json.decode(row["expires"])),
        "evidence": dict(msgspec.json.decode(row["evidence"])),
        "photos": [value for name, value in words.items() if name.startswith(PHOTO)],
        **{name: words.get(f"_{name}", "") for name in ("person", "certificate", "reason")},
    }


def photo(database: Database, asked: PhotoAsked, now: Now) -> Line:
    """A photo that an inspection shows: its size and media type. Raises NotThere."""
    if f"{PHOTO}{asked.sha256}" not in database.words(OWNER, str(asked.number)):
        raise NotThere
    return kept_photo(database.directory, asked.sha256)


def judged(database: Database, asked: Judged, now: Now) -> list[Line]:
    """Of an import's lines, by place, those that are here already (`here`) and those that may not be."""
    found: list[Line] = []
    for place, line in enumerate(asked.lines):
        if taken_before(database.book, line, asked.sha256):
            found.append({"place": place, "code": HERE, "args": {}})
            continue
        try:
            judge_line(database.book, line, now)
        except Refused as err:
            found.append({"place": place, "code": err.code, "args": dict(err.said)})
    return found


QUERIES: Final[dict[str, tuple[type[Any], Any]]] = {
    "inspections.due": (DueAsked, due),
    "inspections.of": (One, of_asset),
    "inspections.checks": (Asked, checks),
    "inspections": (SignedAsked, signed),
    "inspections.whole": (WholeAsked, whole),
    "inspections.by_key": (KeyAsked, by_key),
    "inspections.judged": (Judged, judged),
    "inspections.photo": (PhotoAsked, photo),
    "inspection": (NumberAsked, inspection),
}
