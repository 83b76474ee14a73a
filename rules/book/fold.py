"""Folds facts into the book: after they are in the journal, and the same at a rebuild."""

from rules.book.book import Asset, Batch, Book, Standing
from rules.book.firmware import Said
from rules.model.asset_facts import AssetBatchTurned, AssetWritten, Pairs
from rules.model.camera_facts import CameraIdentified
from rules.model.device_facts import DeviceIdentified
from rules.model.facts import Entry, FlagCleared, FlagRaised
from rules.model.ids import AssetId

HEARD = (FlagRaised, FlagCleared, DeviceIdentified, CameraIdentified)
"""Facts of others that change the book."""


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
        case DeviceIdentified():
            said = Said(fact.vendor, fact.model, fact.firmware)
            book.identities[AssetId(fact.controller)] = said
        case CameraIdentified():
            book.identities[AssetId(fact.camera)] = Said(fact.manufacturer, fact.model, fact.firmware)
        case FlagRaised():
            known = book.flags.get((fact.code, fact.subject))
            since_us = at_us if known is None else known.since_us
            book.flags[fact.code, fact.subject] = Standing(fact.args, since_us)
        case FlagCleared():
            if (fact.code, fact.subject) in book.flags:
                del book.flags[fact.code, fact.subject]


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
