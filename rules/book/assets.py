"""What may be said of assets, and what is missing of them."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from rules.book.asset_fields import FIELDS
from rules.book.book import Asset, Book
from rules.book.decision import Refused
from rules.model.asset_facts import AssetWritten, Pairs
from rules.model.book_asks import WriteAsset
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, AssetId

QUESTIONS: Final = ("name", "zone", "responsible", "role", "supported_until")
"""What, where, who is responsible, what role in an emergency, supported until when (issue 6, A1)."""


def write(book: Book, asked: WriteAsset, actor: Actor) -> Iterator[Entry]:
    """Make an asset or change it. Raises Refused."""
    known = None if asked.asset is None else book.assets.get(asked.asset)
    device = None if asked.asset is None else book.campus.devices.get(asked.asset)
    if asked.asset is not None and known is None and device is None and not asked.new:
        raise Refused("unknown_asset", ("asset", asked.asset))
    if asked.new and known is not None:
        raise Refused("asset_known", ("asset", asked.asset or ""))
    asset = asked.asset or AssetId(f"asset-{book.numbers.get('asset', 0) + 1}")
    if known is None and device is None and not FIELDS["type"].holds(asset):
        raise Refused("bad_asset_id", ("asset", asset[:64]))
    said = checked(book, asked.said)
    had = {} if known is None else known.fields
    new = {name: value for name, value in said.items() if had.get(name, "") != value or _is_sealed(name)}
    if not new and known is not None:
        return
    fact = AssetWritten(
        asset, known is None, 0, _of(new, "field"), texts=_of(new, "text"), persons=_of(new, "person")
    )
    yield Entry(fact, asset, actor, because=Because("asked"))


def checked(book: Book, pairs: Pairs) -> dict[str, str]:
    """What is said, if all of it may be. Raises Refused with the first that may not."""
    said = dict(pairs)
    if len(said) != len(pairs):
        raise Refused("said_twice")
    for name, value in said.items():
        known = FIELDS.get(name)
        if known is None:
            raise Refused("unknown_field", ("field", name[:64]))
        if value and not known.holds(value):
            raise Refused("bad_value", ("field", name), ("form", known.form), ("value", value[:64]))
    zone = said.get("zone", "")
    if zone and zone not in book.campus.zones:
        raise Refused("unknown_zone", ("zone", zone))
    return said


def missing(book: Book, asset: Asset) -> tuple[str, ...]:
    """Which of the five questions nobody answered. Of a configured device the configuration answers some."""
    device = book.campus.devices.get(asset.id)
    from_configuration = set() if device is None else {"zone", "name"}
    said = {*asset.fields, *asset.texts, *asset.persons, *from_configuration}
    return tuple(one for one in QUESTIONS if one not in said)


def day_of(value: str) -> int:
    """The day of a date as it is written in a field, `date.toordinal`."""
    return date.fromisoformat(value).toordinal()


def _is_sealed(name: str) -> bool:
    """What it was before is not known here: it counts as another."""
    return FIELDS[name].where != "field"


def _of(said: dict[str, str], where: str) -> Pairs:
    return tuple(sorted((name, value) for name, value in said.items() if FIELDS[name].where == where))
