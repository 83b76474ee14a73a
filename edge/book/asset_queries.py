"""Reads the inventory: its list with filters and search, one asset whole, and how many of what there are."""

from collections import Counter
from typing import Any, Final, Literal

import msgspec

from edge.book import serials
from edge.book.asking import Asked, NotThere, One, Page, Word, containing, fitting
from edge.book.database import Database, Line
from edge.journal.stored import rfc3339
from rules.book import dependencies
from rules.book.asset_fields import date_of
from rules.book.assets import QUESTIONS, missing
from rules.book.book import Asset
from rules.book.decision import Now
from rules.model.ids import AssetId

MOST_NAMED: Final = 200
"""Assets that a failure takes down, by name; the others are counted."""


class AssetsAsked(Asked, frozen=True):
    """after: the last one of the page before. zone: and all below it. unknown: one of the five questions, or `any`.

    where: issued to somebody, missed by a round, waiting to be commissioned again, or configured devices alone.
    """

    after: Word = ""
    limit: Page = 50
    class_: Word | None = None
    type: Word | None = None
    zone: Word | None = None
    state: Word | None = None
    unknown: Word | None = None
    where: Literal["issued", "missed", "recommission", "devices"] | None = None
    search: Word = ""


def assets(database: Database, asked: AssetsAsked, now: Now) -> Line:
    """Assets by id. next: where the next page begins; None: that was all."""
    where, values = ["asset > ?"], [asked.after]
    for column, wanted in (("class", asked.class_), ("type", asked.type), ("state", asked.state)):
        if wanted is not None:
            where.append(f"{column} = ?")
            values.append(wanted)
    if asked.zone is not None:
        zones = sorted(database.book.within(asked.zone) or ()) if asked.zone else [""]
        where.append(f"ifnull(zone, '') IN ({', '.join('?' * len(zones))})")
        values += zones
    if asked.unknown is not None:
        where.append(
            "lacking <> ''" if asked.unknown == "any" else "',' || lacking || ',' LIKE '%,' || ? || ',%'"
        )
        values += [] if asked.unknown == "any" else [asked.unknown]
    if asked.where is not None:
        column = "device" if asked.where == "devices" else asked.where
        where.append(f"{column} IS NOT NULL")
    if asked.search:
        like = containing(asked.search)
        where.append(
            # One walk of the words: asked asset by asset, what is rare or nowhere would cost three times as much.
            "(asset LIKE ? ESCAPE '\\' OR type LIKE ? ESCAPE '\\' OR asset IN (SELECT id FROM texts WHERE owner = 'asset' "
            "AND value LIKE ? ESCAPE '\\'))"
        )
        values += [like, like, like]
    found = database.lines(
        f"SELECT asset FROM assets WHERE {' AND '.join(where)} ORDER BY asset LIMIT {asked.limit + 1}",  # noqa: S608
        *values,
    )
    items = rows(database, [AssetId(one["asset"]) for one in found[: asked.limit]])
    fit = fitting(items)
    return {"items": items[:fit], "next": items[fit - 1]["id"] if fit < len(found) else None}


def rows(database: Database, names: list[AssetId]) -> list[Line]:
    """Assets as lists show them."""
    words: dict[str, dict[str, str]] = {}
    marks = ", ".join("?" * len(names))
    for one in database.lines(
        f"SELECT id, name, value FROM texts WHERE owner = 'asset' AND id IN ({marks})",  # noqa: S608  # question marks
        *names,
    ):
        words.setdefault(one["id"], {})[one["name"]] = one["value"]
    return [_row(known, words.get(name, {})) for name in names if (known := database.book.assets.get(name))]


def _row(asset: Asset, words: dict[str, str]) -> Line:
    return {
        "id": asset.id,
        "said": {**asset.fields, **words},
        "unknown": list(missing(asset)) if asset.state != "retired" else [],
        "device": asset.device,
        "needs": [[on, how] for on, how in asset.depends],
    }


def asset(database: Database, asked: One, now: Now) -> Line:
    """One asset with its history, the newest change first; what it needs, what falls with it. Raises NotThere."""
    name, book = AssetId(asked.id), database.book
    known = book.assets.get(name)
    if known is None:
        raise NotThere
    told = rows(database, [name])[0]
    falls = dependencies.takes_down(book, name)
    needs = dependencies.needs_of(book, name)
    named = _names(database, [*(one.asset for one in falls[:MOST_NAMED]), *(on for on, _ in needs)])
    down = dependencies.down(book, now)
    reports = database.lines(
        "SELECT number, at FROM faults WHERE asset = ? AND outcome = 'waits' ORDER BY number", name
    )
    return {
        **told,
        "told_serial": database.words(serials.TOLD, name).get("serial", ""),
        "needs": [
            {"id": on, "how": how, "name": named.get(on, ""), "down": down.get(on, "")} for on, how in needs
        ],
        "if_it_fails": [
            {"id": one.asset, "how": one.how, "by": one.by, "name": named.get(one.asset, "")}
            for one in falls[:MOST_NAMED]
        ],
        "if_it_fails_count": len(falls),
        "down": down.get(name, ""),
        "down_by": _down_by(database, name, down),
        "flags": [
            {"code": code, "args": list(one.args), "since": rfc3339(one.since_us)}
            for (code, subject), one in book.flags.items()
            if subject == name
        ],
        "reports": [{**one, **database.words("fault", str(one["number"]))} for one in reports],
        "rounds": sorted(number for number, one in book.rounds.items() if name in one.seen),
        "changes": changes(database, "asset", name),
    }


def _down_by(database: Database, name: AssetId, down: dict[AssetId, str]) -> Line | None:
    """The nearest thing that it needs and that does not do its work."""
    ring, seen = [name], {name}
    while ring:
        further: list[AssetId] = []
        for one in ring:
            for on, how in dependencies.needs_of(database.book, one):
                if on in down:
                    return {"id": on, "how": how, "why": down[on], "name": _names(database, [on]).get(on, "")}
                if on not in seen:
                    seen.add(on)
                    further.append(on)
        ring = further
    return None


def changes(database: Database, owner: str, name: str) -> list[Line]:
    """The history of a thing, the newest first, with the words that were said, as far as they stand."""
    found = database.lines(
        "SELECT epoch, seq, at, actor, kind, data FROM changes WHERE owner = ? AND id = ? "
        "ORDER BY min(at) OVER (PARTITION BY epoch) DESC, seq DESC LIMIT 200",
        owner,
        name,
    )
    return [
        {
            "at": one["at"],
            "actor": one["actor"],
            "kind": one["kind"],
            "data": msgspec.json.decode(one["data"]),
            "said": database.words("said", f"{one['epoch']}:{one['seq']}"),
            "place": f"{one['epoch']}:{one['seq']}",
        }
        for one in found
    ]


def _names(database: Database, names: list[AssetId]) -> dict[str, str]:
    marks = ", ".join("?" * len(names))
    found = database.lines(
        f"SELECT id, value FROM texts WHERE owner = 'asset' AND name = 'name' AND id IN ({marks})",  # noqa: S608
        *names,
    )
    return {one["id"]: one["value"] for one in found}


class CountAsked(Asked, frozen=True):
    """Nothing more is asked."""


def count(database: Database, asked: CountAsked, now: Now) -> Line:
    """How many there are: in all, by class, state and type, and of how many each question is open."""
    tally = {name: _counted(database, name) for name in ("class", "state", "type", "lacking")}
    lacking = Counter(dict.fromkeys(QUESTIONS, 0))
    for words, number in tally["lacking"].items():
        lacking.update({one: number for one in words.split(",") if one})
    total = sum(tally["class"].values())
    return {
        "total": total,
        "classes": tally["class"],
        "states": tally["state"],
        "types": dict(tally["type"].most_common(200)),
        "unknown": {one: lacking[one] for one in QUESTIONS},
        "with_unknown": total - tally["lacking"][""],
        "reports": len(database.book.faults),
        "today": date_of(now.day),
    }


def _counted(database: Database, column: str) -> Counter[str]:
    found = database.lines(
        f"SELECT ifnull({column}, '') AS value, COUNT(*) AS count FROM assets GROUP BY {column}"  # noqa: S608  # of this file
    )
    return Counter({one["value"]: one["count"] for one in found})


QUERIES: Final[dict[str, tuple[type[Any], Any]]] = {
    "assets": (AssetsAsked, assets),
    "asset": (One, asset),
    "assets.count": (CountAsked, count),
}
