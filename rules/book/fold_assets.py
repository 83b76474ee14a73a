"""Folds what became of one asset into it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rules.book.asset_fields import OF_THE_PIECE
from rules.book.book import Asset, Book, Staged
from rules.book.devices import digest
from rules.book.lifecycle import after_replacing
from rules.model.asset_facts import (
    AssetCommissioned,
    AssetIssued,
    AssetLinked,
    AssetMissed,
    AssetReplaced,
    AssetReturned,
    AssetSeen,
    AssetTurned,
    AssetWritten,
    DeviceListed,
    Pairs,
)
from rules.model.facts import Fact
from rules.model.ids import AssetId


def fold_asset(book: Book, at_us: int, fact: Fact) -> None:
    """Change the one asset that a fact tells of; facts of none change nothing."""
    match fact:
        case AssetWritten():
            _write(book, at_us, fact)
        case DeviceListed():
            _list(book, at_us, fact)
        case AssetTurned():
            _set(book, at_us, fact.asset, (("state", fact.state),), away=("unlisted", *_found(fact)))
            if fact.state == "deployed" != fact.was:
                book.assets[fact.asset] = replace(book.assets[fact.asset], since_us=at_us)
        case AssetReplaced():
            _replace(book, at_us, fact)
        case AssetCommissioned():
            _set(book, at_us, fact.asset, (("commissioned", fact.day),), away=("recommission",))
            _say(book, fact.asset, ("commissioned_by",), bool(fact.by))
        case AssetIssued():
            away = () if fact.due else ("due",)
            due = (("due", fact.due),) if fact.due else ()
            _set(book, at_us, fact.asset, (("issued", fact.day), *due), away=away)
            _say(book, fact.asset, ("holder",), bool(fact.person))
        case AssetReturned():
            _set(book, at_us, fact.asset, (), away=("issued", "due"))
            _say(book, fact.asset, ("holder",), False)
        case AssetLinked():
            known = _of(book, fact.asset, at_us)
            others = tuple(one for one in known.depends if one != (fact.on, fact.how))
            depends = (*others, (fact.on, fact.how)) if fact.stands else others
            book.assets[known.id] = replace(known, depends=depends, written_us=at_us)
        case AssetSeen():
            _set(book, at_us, fact.asset, (("seen", fact.day),), away=("missed",))
        case AssetMissed():
            _set(book, at_us, fact.asset, (("missed", str(fact.round)),))
        case _:
            pass


def take(book: Book, asset: AssetId, row: Staged) -> None:
    """Let a row of an import count, from the moment in which it was written."""
    _number(book, asset)
    known = _of(book, asset, row.at_us)
    if row.new:
        known = Asset(
            asset,
            {},
            device=known.device,
            told=known.told,
            told_us=known.told_us,
            stated_us=row.at_us,
            since_us=known.since_us or row.at_us,
        )
    book.assets[asset] = replace(
        known,
        fields=_with(known.fields, row.fields),
        words=_names(known.words, row.named, row.words),
        written_us=row.at_us,
    )


def _write(book: Book, at_us: int, fact: AssetWritten) -> None:
    words = tuple(name for name, value in (*fact.texts, *fact.persons) if value)
    if fact.batch:
        _number(book, fact.asset)
        book.staged[fact.batch, fact.asset] = Staged(fact.new, fact.fields, fact.named, words, at_us)
        return
    if fact.whole:
        known = _of(book, fact.asset, at_us)
        book.assets[known.id] = replace(
            known,
            fields=_with({}, fact.fields),
            words=tuple(sorted(words)),
            stated_us=at_us,
            written_us=known.written_us or at_us,
        )
        return
    take(book, fact.asset, Staged(fact.new, fact.fields, fact.named, words, at_us))


def _list(book: Book, at_us: int, fact: DeviceListed) -> None:
    known = _of(book, fact.asset, at_us)
    if not fact.device:
        book.heard.drop(fact.asset)
        there = known.state == "deployed"
        fields = _with(known.fields, (("unlisted", "yes"),) if there else ())
        book.assets[known.id] = replace(known, fields=fields, device="", told="", told_us=0, written_us=at_us)
        return
    # What the configuration does not say, a person may have said; what neither did is told of by the device's kind.
    fields = {"class": "safety", "type": fact.device, "state": "deployed", **known.fields, "zone": fact.zone}
    fields.pop("unlisted", None)
    told = tuple(name for name, value in (("name", fact.name), ("model", fact.model)) if value)
    book.assets[known.id] = replace(
        known,
        fields=_with(fields, ()),
        words=_names(known.words, told, told),
        device=fact.device,
        told=digest(fact.device, fact.zone, fact.name, fact.model),
        told_us=at_us,
        written_us=at_us,
    )


def _replace(book: Book, at_us: int, fact: AssetReplaced) -> None:
    known = _of(book, fact.asset, at_us)
    fields = {**after_replacing(known.fields), "replacements": str(fact.number), "replaced": fact.day}
    if known.is_safety or known.device:
        fields["recommission"] = fact.day
    words = _names(known.words, (*OF_THE_PIECE, "commissioned_by"), ("serial",) if fact.serial else ())
    book.assets[known.id] = replace(known, fields=fields, words=words, written_us=at_us, since_us=at_us)
    book.inspected.drop(known.id)


def _found(fact: AssetTurned) -> tuple[str, ...]:
    """A thing that somebody gave another state is missed no longer: it was found, or it is known to be gone."""
    return ("missed",) if fact.was != fact.state else ()


def _of(book: Book, asset: AssetId, at_us: int) -> Asset:
    """What is known of it; of one whose beginning retention let go, nothing yet."""
    known = book.assets.get(asset)
    return Asset(asset, {}, stated_us=at_us, since_us=at_us) if known is None else known


def _set(book: Book, at_us: int, asset: AssetId, fields: Pairs, away: Iterable[str] = ()) -> None:
    known = _of(book, asset, at_us)
    now = _with({name: value for name, value in known.fields.items() if name not in away}, fields)
    book.assets[asset] = replace(known, fields=now, written_us=at_us)


def _say(book: Book, asset: AssetId, named: tuple[str, ...], said: bool) -> None:
    known = book.assets[asset]
    book.assets[asset] = replace(known, words=_names(known.words, named, named if said else ()))


def _with(known: Mapping[str, str], said: Pairs) -> dict[str, str]:
    return {name: value for name, value in {**known, **dict(said)}.items() if value}


def _names(known: tuple[str, ...], named: Iterable[str], words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted((set(known) - set(named)) | set(words)))


def _number(book: Book, asset: AssetId) -> None:
    number = asset.removeprefix("asset-")
    if number != asset and number.isascii() and number.isdigit():
        book.numbers["asset"] = max(book.numbers.get("asset", 0), int(number[:15]))
