"""What may be said of assets, and what is missing of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from rules.book.asset_fields import FIELDS, is_slug, named, pairs
from rules.book.book import Asset, Book
from rules.book.decision import Refused
from rules.book.steps import ASKED, may_turn, turned
from rules.model.asset_asks import EditAssets, WriteAsset
from rules.model.asset_facts import AssetBatchTurned, AssetWritten, Pairs
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId

QUESTIONS: Final = ("name", "zone", "responsible", "role", "supported_until")
"""What, where, who is responsible, what role in an emergency, supported until when (issue 6, A1)."""
MOST_AT_ONCE: Final = 1_000
NAMED_BY: Final = ("name", "type", "model", "tag", "serial")
"""One of these at least says what a new thing is that has no id of its own."""
BULK: Final = "0" * 64
"""In the place of a file's digest, where somebody edited many by hand."""


def write(book: Book, asked: WriteAsset, actor: Actor) -> Iterator[Entry]:
    """Make an asset or change it. Raises Refused."""
    known = None if asked.asset is None else book.assets.get(asked.asset)
    if asked.asset is not None and known is None and not asked.new:
        raise Refused("unknown_asset", ("asset", asked.asset[:64]))
    if asked.new and known is not None:
        raise Refused("asset_known", ("asset", asked.asset or ""))
    asset = asked.asset or next_id(book)
    if not is_slug(asset):
        raise Refused("bad_asset_id", ("asset", asset[:64]))
    said = checked(book, asked.said, known)
    if asked.asset is None:
        not_nameless(said)
    if known is not None and said.get("state", known.state) != known.state:
        yield turned(known, said.pop("state"), "", actor)
    fact = written(asset, known, said)
    if fact is not None:
        yield Entry(fact, asset, actor, because=ASKED)


def edit(book: Book, asked: EditAssets, actor: Actor) -> Iterator[Entry]:
    """Say the same of many: an import of our own, so that it counts as a whole. Raises Refused, naming the first."""
    if not 0 < len(asked.assets) <= MOST_AT_ONCE or len(set(asked.assets)) != len(asked.assets):
        raise Refused("bad_selection", ("most", MOST_AT_ONCE))
    batch = book.numbers.get("batch", 0) + 1
    rows: list[Entry] = []
    for name in asked.assets:
        known = book.assets.get(name)
        if known is None:
            raise Refused("unknown_asset", ("asset", name[:64]))
        fact = written(name, known, checked(book, asked.said, known), batch)
        if fact is not None:
            rows.append(Entry(fact, name, actor, because=ASKED))
    if rows:
        yield _batch(batch, "begun", len(rows), actor)
        yield from rows
        yield _batch(batch, "taken", len(rows), actor)


def _batch(number: int, state: str, rows: int, actor: Actor) -> Entry:
    fact = AssetBatchTurned(number, state, rows, BULK)  # type: ignore[arg-type]  # one of two of our words
    return Entry(fact, f"batch-{number}", actor, because=ASKED)


def next_id(book: Book, more: int = 0) -> AssetId:
    """The id that a new asset gets; more: how many were given out before it by the same decision."""
    return AssetId(f"asset-{book.numbers.get('asset', 0) + 1 + more}")


def not_nameless(said: Mapping[str, str]) -> None:
    """Raises Refused where nobody could find it again."""
    if not any(said.get(one) for one in NAMED_BY):
        raise Refused("nameless")


def checked(book: Book, said_of: Pairs, known: Asset | None) -> dict[str, str]:
    """What is said, if all of it may be. Raises Refused with the first that may not."""
    said = dict(said_of)
    if len(said) != len(said_of):
        raise Refused("said_twice")
    for name, value in said.items():
        field = FIELDS.get(name)
        if field is None:
            raise Refused("unknown_field", ("field", name[:64]))
        if field.by == "rule":
            raise Refused("not_said_here", ("field", name))
        if value and not field.holds(value):
            raise Refused("bad_value", ("field", name), ("form", field.form), ("value", value[:64]))
    zone, contract = said.get("zone", ""), said.get("contract", "")
    if zone and zone not in book.campus.zones:
        raise Refused("unknown_zone", ("zone", zone))
    if contract and AssetId(contract) not in book.assets:
        raise Refused("unknown_asset", ("asset", contract))
    if known is not None:
        _as_configured(book, said, known)
        may_turn(known, said.get("state", known.state))
    return said


def _as_configured(book: Book, said: Mapping[str, str], known: Asset) -> None:
    """What the configuration says of a device is said there alone. Raises Refused."""
    device = book.campus.devices.get(known.id)
    if device is None:
        return
    if said.get("zone", device.zone) != device.zone:
        raise Refused("from_configuration", ("field", "zone"))
    for name, value in (("name", device.name), ("model", device.model)):
        if value and said.get(name, value) != value:
            raise Refused("from_configuration", ("field", name))


def written(
    asset: AssetId, known: Asset | None, said: Mapping[str, str], batch: int = 0
) -> AssetWritten | None:
    """The fact of what is another than before; what is sealed counts as another, for what it was is not known here."""
    had = {} if known is None else known.fields
    new = {
        name: value
        for name, value in said.items()
        if (had.get(name, "") != value if FIELDS[name].where == "field" else _says_more(known, name, value))
    }
    if not new and known is not None:
        return None
    return AssetWritten(
        asset, known is None, False, batch, pairs(new, "field"), named(new), pairs(new, "text"), pairs(new, "person")
    )  # fmt: skip


def _says_more(known: Asset | None, name: str, value: str) -> bool:
    return bool(value) or (known is not None and name in known.words)


def whole(asset: Asset, words: Mapping[str, str]) -> AssetWritten:
    """All that is known of an asset, said again. words: its texts and persons as they are kept beside the rules."""
    return AssetWritten(
        asset.id,
        False,
        True,
        0,
        pairs(asset.fields, "field"),
        named(words),
        pairs(words, "text"),
        pairs(words, "person"),
    )


def missing(asset: Asset) -> tuple[str, ...]:
    """Which of the five questions nobody answered."""
    return tuple(one for one in QUESTIONS if one not in asset.fields and one not in asset.words)


def without(asset: Asset, words: tuple[str, ...]) -> Asset:
    """An asset of which these words were erased."""
    return replace(asset, words=tuple(one for one in asset.words if one not in words))
