"""What a ticket is about: where it is, what kind of thing, how much it weighs there, and what rests meanwhile."""

from collections.abc import Iterator, Mapping
from typing import cast

from rules.book.book import Book
from rules.book.ticket import Span, Ticket, Upkeep
from rules.book.ticket_fields import WEIGHTS, Weight
from rules.model.ids import AssetId, ZoneId


def zone_of(book: Book, subject: str) -> str:
    """Where an asset is: where the configuration says, else where somebody did; `""`: not known."""
    device = book.campus.devices.get(AssetId(subject))
    if device is not None:
        return device.zone
    asset = book.assets.get(AssetId(subject))
    return "" if asset is None else asset.fields.get("zone", "")


def zone_of_ticket(book: Book, fields: Mapping[str, str]) -> str:
    """What it says itself, else where its asset is."""
    return fields.get("zone", "") or zone_of(book, fields.get("asset", ""))


def things_of(book: Book, subject: str) -> frozenset[str]:
    """The words under which the pack may mean an asset: kinds of device and door, its type and class."""
    device = book.campus.devices.get(AssetId(subject))
    asset = book.assets.get(AssetId(subject))
    words = [] if device is None else [device.kind, device.door]
    if asset is not None:
        words += [asset.fields.get("type", ""), asset.fields.get("class", "")]
    return frozenset(words) - {""}


def category_of(book: Book, subject: str, otherwise: str) -> str:
    """What a ticket about an asset is, by its kind as a device, else by its type."""
    device = book.campus.devices.get(AssetId(subject))
    asset = book.assets.get(AssetId(subject))
    kind = "" if device is None else device.kind
    own = "" if asset is None else asset.fields.get("type", "")
    things = book.campus.tickets.things
    return things.get(kind) or things.get(own) or otherwise


def weight_of(book: Book, fields: Mapping[str, str]) -> Weight:
    """What a ticket weighs: what is said, or its category's; `safety` on a thing that makes it so, whoever said less."""
    category = book.campus.tickets.categories.get(fields.get("category", ""))
    if category is None:
        return cast("Weight", fields.get("weight") or "safety")  # of another pack: unknown is never good
    said = fields.get("weight") or category.weight
    if things_of(book, fields.get("asset", "")) & frozenset(category.safety_on):
        return WEIGHTS[0]
    return cast("Weight", said)


def rests_of(book: Book, ticket: Ticket) -> Iterator[Span]:
    """The times that do not count: its own snoozes, maintenance of its device, of what that hangs on, and of its zone."""
    if not book.upkeeps:
        return
    number, asset = str(ticket.number), ticket.field("asset")
    zone = zone_of_ticket(book, ticket.fields)
    for one in book.upkeeps.values():
        if (one.of == "ticket" and one.subject == number) or covers(book, one, asset, zone):
            yield one.span


def in_maintenance(book: Book, asset: str, zone: str, now_us: int) -> bool:
    """Whether somebody works there now."""
    return any(one.holds(now_us) and covers(book, one, asset, zone) for one in book.upkeeps.values())


def covers(book: Book, upkeep: Upkeep, asset: str, zone: str) -> bool:
    """Whether maintenance is of this device, of the controller that it hangs on, or of a zone around it."""
    if upkeep.of == "device":
        device = book.campus.devices.get(AssetId(asset))
        return bool(asset) and upkeep.subject in (asset, None if device is None else device.of)
    return upkeep.of == "zone" and ZoneId(upkeep.subject) in book.campus.zones.get(ZoneId(zone), ())
