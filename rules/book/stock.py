"""Spare stock: how many of a type lie there, and how many should."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from rules.book.asset_fields import is_slug
from rules.book.book import Book
from rules.book.decision import Refused
from rules.book.steps import ASKED
from rules.model.asset_asks import SetMinimum
from rules.model.asset_facts import StockMinimumSet
from rules.model.facts import Entry
from rules.model.ids import Actor

MOST: Final = 100_000
MOST_TYPES: Final = 1_000


def set_minimum(book: Book, asked: SetMinimum, actor: Actor) -> Iterator[Entry]:
    """How many of a type are to lie in stock. Raises Refused."""
    if not is_slug(asked.type):
        raise Refused("bad_value", ("field", "type"), ("form", "slug"), ("value", asked.type[:64]))
    if not 0 <= asked.minimum <= MOST or (
        asked.type not in book.minimums and len(book.minimums) >= MOST_TYPES
    ):
        raise Refused(
            "bad_value", ("field", "minimum"), ("form", "quantity"), ("value", str(asked.minimum)[:64])
        )
    known = book.minimums.get(asked.type)
    if asked.minimum != (0 if known is None else known.count):
        yield Entry(StockMinimumSet(asked.type, asked.minimum), f"stock:{asked.type}", actor, because=ASKED)


def in_stock(book: Book) -> Counter[str]:
    """How many of each type lie in stock: a quantity counts as so many."""
    count: Counter[str] = Counter()
    for asset in book.assets.values():
        if asset.state == "stock":
            count[asset.fields.get("type", "")] += int(asset.fields.get("quantity", "1"))
    return count


def low(book: Book) -> dict[str, tuple[int, int]]:
    """Types of which fewer lie there than should: (how many, how many should)."""
    if not book.minimums:
        return {}
    there = in_stock(book)
    return {
        one: (there[one], least.count)
        for one, least in sorted(book.minimums.items())
        if there[one] < least.count
    }
