"""What is known is said again before retention lets go of the events that said it: else a rebuild would know it no more."""

from collections.abc import Iterator

from rules.book.book import Asset, Book
from rules.book.decision import Now
from rules.model.asset_facts import AssetLinked, StockMinimumSet
from rules.model.facts import Because, Entry
from rules.model.ids import Actor

RULE = Actor("rule")
AGED = Because("aged")
MOST_AT_ONCE = 40


def before_us(book: Book, now: Now) -> int:
    """What was said before this moment is said again: half of the time that it is kept for is left to do so."""
    return 0 if book.campus.kept_us is None else now.utc_us - book.campus.kept_us // 2


def due(book: Book, now: Now) -> list[Asset]:
    """The next assets to be said again; their texts are beside the rules."""
    before = before_us(book, now)
    if before <= 0:
        return []
    old = (one for one in book.assets.values() if one.stated_us < before)
    return [one for one, _ in zip(old, range(MOST_AT_ONCE), strict=False)]


def links(asset: Asset) -> Iterator[Entry]:
    """What an asset needs, said again behind the asset itself."""
    for on, how in asset.depends:
        fact = AssetLinked(asset.id, on, how, True)  # type: ignore[arg-type]  # as it was linked
        yield Entry(fact, asset.id, RULE, because=AGED)


def minimums(book: Book, now: Now) -> Iterator[Entry]:
    """Minimums of the stock, said again."""
    before = before_us(book, now)
    for kind, least in book.minimums.items():
        if least.at_us < before:
            yield Entry(StockMinimumSet(kind, least.count), f"stock:{kind}", RULE, because=AGED)
