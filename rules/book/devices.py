"""Configured devices are assets: what the configuration says of each is entered once, and again when it says another thing."""

import hashlib
from collections.abc import Iterator

from rules.book.book import Asset, Book, Device
from rules.model.asset_facts import DeviceListed
from rules.model.facts import Because, Entry
from rules.model.ids import Actor, ZoneId

RULE = Actor("rule")
CONFIGURED = Because("configured")


def listed(book: Book, older_than_us: int) -> Iterator[Entry]:
    """What is to be entered of the devices that are configured now, and of those that are no longer.

    older_than_us: what was entered before is entered again, before retention lets go of it.
    """
    for device in book.campus.devices.values():
        known = book.assets.get(device.id)
        if known is None or known.told != _digest_of(device) or known.told_us < older_than_us:
            fact = DeviceListed(device.id, device.kind, device.zone, device.name, device.model)
            yield Entry(fact, device.id, RULE, because=CONFIGURED)
    for asset in book.assets.values():
        if asset.device and asset.id not in book.campus.devices:
            gone = DeviceListed(asset.id, "", ZoneId(asset.fields.get("zone", "")))
            yield Entry(gone, asset.id, RULE, because=CONFIGURED)


def digest(kind: str, zone: str, name: str, model: str) -> str:
    """Of what the configuration says; kept beside the record, never in it."""
    return hashlib.sha256("\n".join((kind, zone, name, model)).encode()).hexdigest()[:16]


def _digest_of(device: Device) -> str:
    return digest(device.kind, device.zone, device.name, device.model)


def retired_configured(book: Book) -> Iterator[Asset]:
    """What is retired and configured all the same: it is driven and relied on, and nobody inspects it any more."""
    for name in book.campus.devices:
        asset = book.assets.get(name)
        if asset is not None and asset.state == "retired":
            yield asset


def retired_heard(book: Book) -> Iterator[Asset]:
    """What is retired and heard all the same."""
    for name, up in book.heard.items():
        asset = book.assets.get(name)
        if up and asset is not None and asset.state == "retired":
            yield asset


def exchanged(book: Book) -> Iterator[Asset]:
    """What is configured and in use, and says the serial number of another piece: nobody said that it was replaced."""
    for name in book.campus.devices:
        asset = book.assets.get(name)
        if name in book.other_pieces and asset is not None and asset.state != "retired":
            yield asset
