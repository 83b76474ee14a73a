"""Reads the weekly sweep of the exterior doors: the week under way, and those that are over with what was signed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

from msgspec import Meta

from edge.book.asking import Asked, NotThere, Word
from edge.book.database import Database, Line
from edge.book.exterior_tables import OWNER, key
from rules.book import exterior
from rules.book.asset_fields import date_of, day_of, is_date
from rules.book.decision import Now
from rules.book.exterior_week import Door, Sweep
from rules.book.ticket_things import zone_of
from rules.model.moments import SECOND_US


class SweepsAsked(Asked, frozen=True):
    """weeks: how many of those that are over, the newest first. week: only this one, by its Monday."""

    weeks: Annotated[int, Meta(ge=0, le=exterior.KEPT_WEEKS)] = 6
    week: Word = ""


def sweeps(database: Database, asked: SweepsAsked, now: Now) -> Line:
    """current: the week under way, None where none is asked for or there is no exterior door."""
    book = database.book
    if asked.week:
        sweep = book.sweeps.get(day_of(asked.week)) if is_date(asked.week) else None
        if sweep is None:
            raise NotThere
        return {"current": None, "weeks": [_over(database, day_of(asked.week), sweep)]}
    newest = sorted(book.sweeps.items(), reverse=True)[: asked.weeks]
    return {
        "current": _current(database, now),
        "weeks": [_over(database, monday, sweep) for monday, sweep in newest],
    }


def _current(database: Database, now: Now) -> Line | None:
    book = database.book
    span = exterior.so_far(book, now)
    doors = () if span is None else exterior.judged(book, span)
    if span is None or not doors:
        return None
    pack = book.campus.exterior
    sweep = Sweep(span.from_us, span.until_us, pack.version, pack.sha256, doors)
    return _week(database, span.monday, sweep, over=False)


def _over(database: Database, monday: int, sweep: Sweep) -> Line:
    return _week(database, monday, sweep, over=True)


def _week(database: Database, monday: int, sweep: Sweep, *, over: bool) -> Line:
    week = date_of(monday)
    names = _names(database)
    return {
        "week": week,
        "over": over,
        "from_us": sweep.from_us,
        "until_us": sweep.until_us,
        "whole_s": (sweep.until_us - sweep.from_us) // SECOND_US,
        "version": sweep.version,
        "pack": sweep.pack,
        "unsigned": len(sweep.unsigned) if over else 0,
        "doors": [
            {
                **asdict(one),
                "name": names.get(one.door) or one.door,
                "zone": zone_of(database.book, one.door),
                "signed": _signed(database, week, one, dict(sweep.signed).get(one.door)),
            }
            for one in sweep.doors
        ],
    }


def _signed(database: Database, week: str, one: Door, at_us: int | None) -> Line | None:
    if at_us is None:
        return None
    (by,) = database.lines(
        "SELECT actor FROM changes WHERE owner = ? AND id = ? ORDER BY at DESC, seq DESC LIMIT 1",
        OWNER,
        key(week, one.door),
    ) or [{"actor": ""}]
    return {"at_us": at_us, "by": by["actor"], "person": "", "reason": ""} | database.words(
        OWNER, key(week, one.door)
    )


def _names(database: Database) -> dict[str, str]:
    found = database.lines(
        "SELECT t.id, t.value FROM texts t JOIN assets a ON a.asset = t.id "
        "WHERE t.owner = 'asset' AND t.name = 'name' AND a.device = 'door'"
    )
    return {one["id"]: one["value"] for one in found}


QUERIES: Final[Mapping[str, tuple[type[Any], Callable[..., Any]]]] = {"sweeps": (SweepsAsked, sweeps)}
