"""What state and time ask for: what should stand is compared with what stands, so that each step happens once.

After downtime, a crash or a rebuild the same comparison finds what is left to do.
"""

from collections.abc import Iterator

from rules.book import assets, ticket_sweep
from rules.book.book import CLASS_SAFETY, Book
from rules.book.decision import Now
from rules.book.kinds import FLAGS
from rules.book.ticket_things import zone_of
from rules.model.facts import Because, Entry, FlagCleared, FlagRaised
from rules.model.ids import Actor

RULE = Actor("rule")
Flags = dict[tuple[str, str], tuple[str, ...]]


def sweep(book: Book, now: Now) -> Iterator[Entry]:
    """Every entry that is due now, the most urgent first."""
    yield from _turned(book, wanted(book, now))
    yield from ticket_sweep.steps(book, now)


def wanted(book: Book, now: Now) -> Flags:
    """The book's flags that should stand now, with their arguments: first the zone."""
    flags: Flags = {}
    for asset in book.assets.values():
        if not book.counts(asset) or asset.fields.get("class") != CLASS_SAFETY:
            continue
        if asset.fields.get("state") in ("retired", "ordered"):
            continue
        zone = zone_of(book, asset.id)
        lacking = assets.missing(book, asset)
        if lacking:
            flags["asset_unknown", asset.id] = (zone, ",".join(lacking))
        until = asset.fields.get("supported_until", "")
        if until and assets.day_of(until) < now.day:
            flags["support_over", asset.id] = (zone, until)
    return flags | ticket_sweep.flags(book, now)


def _turned(book: Book, now: Flags) -> Iterator[Entry]:
    for key, args in now.items():
        standing = book.flags.get(key)
        if standing is None or standing.args != args:
            yield Entry(FlagRaised(*key, args), key[1], RULE, because=Because(key[0]))
    for key in list(book.flags):
        if key[0] in FLAGS and key not in now:
            yield Entry(FlagCleared(*key), key[1], RULE, because=Because(key[0]))
