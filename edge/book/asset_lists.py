"""Reads what the inventory adds up to: replacement by year, what is issued and to whom, stock, rounds, reports."""

import csv
import heapq
import io
from datetime import date
from typing import Annotated, Any, Final

from msgspec import Meta

from edge.book.asking import Asked, NotThere, One, Page, Word, containing, fitting
from edge.book.asset_queries import rows
from edge.book.csv_columns import escaped
from edge.book.database import Database, Line
from edge.book.messages import LIST_BYTES
from rules.book import audits, stock
from rules.book.asset_fields import FIELDS, NONE, day_of
from rules.book.book import Asset
from rules.book.decision import Now
from rules.model.ids import AssetId

YEARS: Final = 5
AT_ONCE: Final = 500
"""Assets asked of the texts at once."""
PLAN_AT_ONCE: Final = 4_000
"""The plan is made for each of its pieces."""
MOST_UNSEEN: Final = 500
MOST_NAMED: Final = 500
"""Things of one year of the plan, the dearest first, as far as they fit; the others are counted, and in its table."""


class PlanAsked(Asked, frozen=True):
    """zone: and all below it. class_: of this alone. named: things of each year, the dearest first."""

    zone: Word = ""
    class_: Word | None = None
    named: Page = MOST_NAMED


Due = list[tuple[int, AssetId]]
"""Things of one year: what each cost, below zero, so that the dearest sorts first."""


def replacement(database: Database, asked: PlanAsked, now: Now) -> Line:
    """What is to be replaced in this year and the four after it; what should have been before counts to this year.

    Sums are of what each cost when it was bought; what has no cost is counted beside. unknown: nobody knows when.
    """
    first = date.fromordinal(now.day).year
    years, unknown, later = _due(database, asked, first)
    return {
        "years": [_year(database, year, due, first, asked.named) for year, due in years.items()],
        "unknown": unknown,
        "later": later,
    }


def _due(database: Database, asked: PlanAsked, first: int) -> tuple[dict[int, Due], int, int]:
    """(what is due in each of the five years; of how many nobody knows; how many come later)."""
    years: dict[int, Due] = {first + one: [] for one in range(YEARS)}
    unknown = later = 0
    within = database.book.within(asked.zone)
    for one in database.book.assets.values():
        if one.state in ("retired", "lost") or not one.lies_in(within):
            continue
        if asked.class_ is not None and one.fields.get("class") != asked.class_:
            continue
        year = year_of(one)
        if year is None:
            unknown += 1
        elif year >= first + YEARS:
            later += 1
        else:
            cost = int(one.fields.get("cost_cents", "0")) * int(one.fields.get("quantity", "1"))
            years[max(year, first)].append((-cost, one.id))
    return years, unknown, later


def year_of(asset: Asset) -> int | None:
    """When it is to be replaced: as a person said, else after its life, else with its support; None: nobody knows."""
    fields = asset.fields
    if "replace_year" in fields:
        return int(fields["replace_year"])
    if "purchased" in fields and "life_years" in fields:
        return _year_in(fields["purchased"]) + int(fields["life_years"])
    until = fields.get("supported_until", NONE)
    return None if until == NONE else _year_in(until)


def _year_in(day: str) -> int:
    # As ISO has it, with four signs of a year: a date made of each of twenty thousand takes a tenth of a second.
    return int(day[:4])


def _year(database: Database, year: int, due: Due, first: int, most: int) -> Line:
    named = rows(database, [one for _, one in heapq.nsmallest(most, due)])
    named = named[: fitting(named, LIST_BYTES // YEARS)]
    assets = [database.book.assets[one] for _, one in due]
    return {
        "year": year,
        "count": len(due),
        "overdue": sum(1 for one in assets if (year_of(one) or year) < first),
        "cost_cents": -sum(cost for cost, _ in due),
        "without_cost": sum("cost_cents" not in one.fields for one in assets),
        "items": [{**one, "year": year_of(database.book.assets[AssetId(one["id"])])} for one in named],
    }


class IssuedAsked(Asked, frozen=True):
    """person: part of a name. zone: and all below it. after: `next` of the page before."""

    person: Word = ""
    zone: Word | None = None
    after: Word = ""
    limit: Page = 200


def issued(database: Database, asked: IssuedAsked, now: Now) -> Line:
    """What is with whom, by id, those that should be back first marked so."""
    where, values = ["owner = 'asset'", "name = 'holder'", "id > ?"], [asked.after]
    if asked.person:
        where.append("value LIKE ? ESCAPE '\\'")
        values.append(containing(asked.person))
    if asked.zone:
        zones = sorted(database.book.within(asked.zone) or ())
        marks = ", ".join("?" * len(zones))
        where.append(f"id IN (SELECT asset FROM assets WHERE zone IN ({marks}))")  # noqa: S608  # question marks
        values += zones
    found = database.lines(
        f"SELECT id FROM texts WHERE {' AND '.join(where)} ORDER BY id LIMIT {asked.limit + 1}",  # noqa: S608
        *values,
    )
    items = rows(database, [AssetId(one["id"]) for one in found[: asked.limit]])
    for one in items:
        due = one["said"].get("due", "")
        one["late"] = bool(due) and day_of(due) < now.day
    fit = fitting(items)
    return {"items": items[:fit], "next": items[fit - 1]["id"] if fit < len(found) else None}


def in_stock(database: Database, asked: Asked, now: Now) -> Line:
    """Each type with a minimum or in stock: how many lie there, and how many should."""
    there, least = stock.in_stock(database.book), database.book.minimums
    kinds = sorted({*there, *least})
    return {
        "items": [
            {
                "type": one,
                "count": there[one],
                "minimum": least[one].count if one in least else 0,
                "low": one in least and there[one] < least[one].count,
            }
            for one in kinds
        ]
    }


def rounds(database: Database, asked: Asked, now: Now) -> Line:
    """Rounds under way and the last that ended, the newest first."""
    found = database.lines("SELECT * FROM rounds ORDER BY number DESC LIMIT 50")
    for one in found:
        audit = database.book.rounds.get(one["number"])
        one["seen"] = len(audit.seen) if audit is not None else one["expected"] - (one["missing"] or 0)
    return {"items": found}


def a_round(database: Database, asked: One, now: Now) -> Line:
    """A round with what was not seen in it. Raises NotThere."""
    number = int(asked.id) if asked.id.isascii() and asked.id.isdigit() else -1
    audit = database.book.rounds.get(number)
    if audit is not None:
        lacking = [one.id for one in audits.unseen(database.book, audit)]
    else:
        lacking = [one for one, round_ in audits.missed(database.book) if round_ == asked.id]
    found = database.lines("SELECT * FROM rounds WHERE number = ?", number)
    if not found:
        raise NotThere
    seen = len(audit.seen) if audit is not None else found[0]["expected"] - (found[0]["missing"] or 0)
    items = rows(database, lacking[:MOST_UNSEEN])
    return {**found[0], "seen": seen, "unseen": len(lacking), "items": items[: fitting(items)]}


class ReportsAsked(Asked, frozen=True):
    """outcome: `waits` for those that nobody looked at."""

    outcome: Word = "waits"
    after: int = 0
    limit: Page = 100


def reports(database: Database, asked: ReportsAsked, now: Now) -> Line:
    """Reports without a sign-in, the oldest first."""
    found = database.lines(
        f"SELECT number, asset, at, outcome FROM faults WHERE outcome = ? AND number > ? ORDER BY number LIMIT {asked.limit + 1}",  # noqa: S608
        asked.outcome,
        asked.after,
    )
    items = [{**one, **database.words("fault", str(one["number"]))} for one in found[: asked.limit]]
    for one in items:
        one["asset_name"] = database.words("asset", one["asset"]).get("name", "")
    return {"items": items, "next": str(items[-1]["number"]) if len(found) > asked.limit else None}


class CsvAsked(Asked, frozen=True):
    """after: the last one of the piece before; `""`: from the first, with the names of the columns."""

    after: Word = ""


def as_csv(database: Database, asked: CsvAsked, now: Now) -> Line:
    """Assets as a piece of a table that our own import reads again; nothing in it is a formula."""
    found = database.lines(
        "SELECT asset FROM assets WHERE asset > ? ORDER BY asset LIMIT ?", asked.after, AT_ONCE
    )
    lines: list[list[str]] = [] if asked.after else [["id", *FIELDS]]
    items = rows(database, [AssetId(one["asset"]) for one in found])
    fit = fitting(items)
    for one in items[:fit]:
        lines.append([one["id"], *(one["said"].get(name, "") for name in FIELDS)])
    more = fit < len(items) or len(items) == AT_ONCE
    return {"text": _table(lines), "next": items[fit - 1]["id"] if more else None}


class PlanCsvAsked(PlanAsked, frozen=True):
    """after: so many were in the pieces before; 0: from the first, with the names of the columns."""

    after: Annotated[int, Meta(ge=0)] = 0


def plan_csv(database: Database, asked: PlanCsvAsked, now: Now) -> Line:
    """A piece of the plan of replacement as a table: each thing of the five years with its year and cost."""
    names = ("name", "type", "zone", "cost_cents", "quantity")
    lines = [] if asked.after else [["year", "id", *names]]
    years, _, _ = _due(database, asked, date.fromordinal(now.day).year)
    due = [(year, one) for year, things in years.items() for _, one in sorted(things)]
    piece = due[asked.after : asked.after + PLAN_AT_ONCE]
    items = rows(database, [each for _, each in piece])
    fit = fitting(items)
    for (year, _id), one in zip(piece[:fit], items[:fit], strict=True):
        lines.append([str(year), one["id"], *(one["said"].get(name, "") for name in names)])
    ends = asked.after + fit
    return {"text": _table(lines), "next": ends if ends < len(due) else None}


def _table(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([escaped(cell) for cell in line] for line in lines)
    return out.getvalue()


QUERIES: Final[dict[str, tuple[type[Any], Any]]] = {
    "assets.plan": (PlanAsked, replacement),
    "assets.plan_csv": (PlanCsvAsked, plan_csv),
    "assets.csv": (CsvAsked, as_csv),
    "assets.issued": (IssuedAsked, issued),
    "stock": (Asked, in_stock),
    "rounds": (Asked, rounds),
    "round": (One, a_round),
    "reports": (ReportsAsked, reports),
}
