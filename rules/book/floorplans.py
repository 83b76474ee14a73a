"""Which floor plans count: the newest of each layer of each level. What they draw is not known here."""

from collections.abc import Iterator, Mapping
from typing import Final

from rules.book import restating
from rules.book.asset_fields import day_of, is_date
from rules.book.book import Book
from rules.book.decision import Now, Refused
from rules.book.floorplan import Plan
from rules.book.steps import ASKED
from rules.model.facts import Entry
from rules.model.floorplan_asks import DropFloorplan, FloorplanAsk, RefuseFloorplan, TakeFloorplan
from rules.model.floorplan_facts import (
    FloorplanDropped,
    FloorplanFact,
    FloorplanRefused,
    FloorplanTaken,
    LayerDrawn,
)
from rules.model.ids import Actor

MOST_LAYERS: Final = 300
"""On the whole map, and of one file."""
NEVER: Final = "never"
MAP: Final = "map"
"""The subject of what is recorded."""


def decide(book: Book, asked: FloorplanAsk, actor: Actor, now: Now) -> Iterator[Entry]:
    """Raises Refused."""
    match asked:
        case TakeFloorplan():
            there = {*book.floorplans, *((level, layer) for level, layer, _, _ in asked.layers)}
            if not asked.layers or len(there) > MOST_LAYERS:
                raise Refused("bad_floorplan", ("most", MOST_LAYERS))
            fact: FloorplanFact = FloorplanTaken(
                asked.sha256, asked.plan, asked.format, asked.layers, now.utc_us
            )
        case RefuseFloorplan():
            fact = FloorplanRefused(asked.code)
        case _:
            if not any(_is_meant(asked, key) for key in book.floorplans):
                raise Refused("no_such_floorplan", ("level", asked.level[:64]))
            fact = FloorplanDropped(asked.level, asked.layer)
    yield Entry(fact, MAP, actor, because=ASKED)


def fold(book: Book, at_us: int, fact: FloorplanFact) -> None:
    """Change the book by what happened."""
    match fact:
        case FloorplanTaken():
            for level, layer, verified, features in fact.layers:
                book.floorplans[level, layer] = Plan(
                    fact.sha256, fact.plan, fact.format, verified, features, fact.taken_us, at_us
                )
        case FloorplanDropped():
            for key in [key for key in book.floorplans if _is_meant(fact, key)]:
                del book.floorplans[key]
        case _:
            pass


def _is_meant(dropped: DropFloorplan | FloorplanDropped, key: tuple[str, str]) -> bool:
    return key[0] == dropped.level and dropped.layer in ("", key[1])


def kept(book: Book, now: Now) -> Iterator[Entry]:
    """What counts, said again before retention lets go of what said it: the layers of each file at once."""
    before = restating.before_us(book, now)
    files: dict[str, list[tuple[LayerDrawn, Plan]]] = {}
    for (level, layer), one in book.floorplans.items():
        if one.said_us < before:
            files.setdefault(one.plan, []).append(((level, layer, one.verified, one.features), one))
    for plan, those in files.items():
        first = those[0][1]
        layers = tuple(layer for layer, _ in those)
        fact = FloorplanTaken(first.sha256, plan, first.format, layers, first.taken_us)
        yield Entry(fact, MAP, restating.RULE, because=restating.AGED)


def flags(book: Book, now: Now) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(level, arguments of its flag): layers that nobody verified in time, the oldest day of them, and the limit in days.

    A day that is still to come is none: nobody walked through yet.
    """
    most = book.campus.map_days
    late: dict[str, list[tuple[str, str]]] = {}
    for level, layer, one in by_level(book.floorplans):
        verified = one.verified if is_date(one.verified) and day_of(one.verified) <= now.day + 1 else ""
        if not verified or now.day - day_of(verified) > most:
            late.setdefault(level, []).append((verified, layer))
    for level, layers in late.items():
        oldest = min(verified for verified, _ in layers)
        yield level, ("", level, ", ".join(layer for _, layer in layers), oldest or NEVER, str(most))


def by_level(plans: Mapping[tuple[str, str], Plan]) -> list[tuple[str, str, Plan]]:
    """(level, layer, plan) of all that counts, in order."""
    return [(level, layer, one) for (level, layer), one in sorted(plans.items())]
