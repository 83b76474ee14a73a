"""Folds facts into the book: after they are in the journal, and the same at a rebuild."""

from rules.book.book import Asset, Batch, Book, Standing
from rules.book.ticket_fold import fold_signal, fold_ticket
from rules.model.asset_facts import AssetBatchTurned, AssetWritten, Pairs
from rules.model.facts import Entry, FlagCleared, FlagRaised
from rules.model.ticket_facts import TicketFact


def fold(book: Book, at_us: int, entry: Entry) -> None:
    """Change the book by `entry`, written at `at_us` (UTC). Facts that it does not know change nothing."""
    fact = entry.fact
    match fact:
        case AssetWritten():
            _write(book, at_us, fact)
        case AssetBatchTurned():
            book.batches[fact.batch] = Batch(fact.state, fact.rows, fact.sha256, at_us)
            book.numbers["batch"] = max(book.numbers.get("batch", 0), fact.batch)
            if fact.state == "abandoned":
                for asset in [one.id for one in book.assets.values() if one.batch == fact.batch]:
                    del book.assets[asset]
        case FlagRaised():
            known = book.flags.get((fact.code, fact.subject))
            since_us = at_us if known is None else known.since_us
            if known is None:
                fold_signal(book, at_us, (fact.code, fact.subject), raised=True)
            book.flags[fact.code, fact.subject] = Standing(fact.args, since_us)
        case FlagCleared():
            if (fact.code, fact.subject) in book.flags:
                del book.flags[fact.code, fact.subject]
                fold_signal(book, at_us, (fact.code, fact.subject), raised=False)
        case _:
            if isinstance(fact, TicketFact):
                fold_ticket(book, at_us, fact)


def _write(book: Book, at_us: int, fact: AssetWritten) -> None:
    known = book.assets.get(fact.asset)
    if known is None or fact.new:
        known = Asset(fact.asset, {}, batch=fact.batch, stated_us=at_us)
    fields = {**known.fields, **dict(fact.fields)}
    book.assets[fact.asset] = Asset(
        known.id,
        {name: value for name, value in fields.items() if value},
        _names(known.texts, fact.texts),
        _names(known.persons, fact.persons),
        known.batch,
        known.stated_us,
        at_us,
    )
    number = fact.asset.removeprefix("asset-")
    if number.isascii() and number.isdigit():
        book.numbers["asset"] = max(book.numbers.get("asset", 0), int(number[:15]))


def _names(known: tuple[str, ...], said: Pairs) -> tuple[str, ...]:
    """The names that have a value, after `said`. Erased values are not said any more, and then nor are their names."""
    now = dict.fromkeys(known, "x") | dict(said)
    return tuple(sorted(name for name, value in now.items() if value))
