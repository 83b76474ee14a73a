"""What needs what: said by persons, and of a device's controller by the configuration; what a failure takes down with it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from rules.book.asset_fields import NONE, day_of
from rules.book.book import Asset, Book
from rules.book.decision import Now, Refused
from rules.book.steps import ASKED
from rules.model.asset_asks import LinkAssets
from rules.model.asset_facts import AssetLinked
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId
from rules.model.values import dataclass

WIRED: Final = "wired"
"""How a device needs its controller: by the configuration."""
MOST_NEEDED: Final = 20
"""By one asset."""
DOWN_FLAGS: Final = frozenset(
    {
        "controller_down",
        "camera_offline",
        "button_silent",
        "button_silent_wired",
        "button_said_offline",
        "child_down",
    }
)
"""Flags whose subject does not do its work now."""
DOWN_STATES: Final = frozenset({"repair", "lost", "retired", "ordered", "stock"})
Needs = Mapping[AssetId, tuple[tuple[AssetId, str], ...]]


@dataclass(frozen=True, slots=True)
class Taken:
    """Something that a failure takes down: by what it needs directly, and how."""

    asset: AssetId
    by: AssetId
    how: str


def link(book: Book, asked: LinkAssets, actor: Actor) -> Iterator[Entry]:
    """Say that one needs another, or no longer. Raises Refused, for a circle too."""
    known, other = book.assets.get(asked.asset), book.assets.get(asked.on)
    for name, one in ((asked.asset, known), (asked.on, other)):
        if one is None:
            raise Refused("unknown_asset", ("asset", name[:64]))
    stands = known is not None and (asked.on, asked.how) in known.depends
    if stands == asked.stands:
        return
    if asked.stands:
        if known is not None and len(known.depends) >= MOST_NEEDED:
            raise Refused("needs_too_much", ("most", MOST_NEEDED))
        if asked.asset == asked.on or any(one.asset == asked.on for one in takes_down(book, asked.asset)):
            raise Refused("circle", ("asset", asked.asset), ("on", asked.on))
    yield Entry(
        AssetLinked(asked.asset, asked.on, asked.how, asked.stands), asked.asset, actor, because=ASKED
    )


def needs_of(book: Book, asset: AssetId) -> tuple[tuple[AssetId, str], ...]:
    """What an asset needs directly, and how."""
    device, known = book.campus.devices.get(asset), book.assets.get(asset)
    wired = ((device.of, WIRED),) if device is not None and device.of is not None else ()
    return (*wired, *(() if known is None else known.depends))


def needed_by(book: Book) -> Needs:
    """The other way round, of everything that something needs."""
    found: dict[AssetId, list[tuple[AssetId, str]]] = {}
    for device in book.campus.devices.values():
        if device.of is not None:
            found.setdefault(device.of, []).append((device.id, WIRED))
    for asset in book.assets.values():
        for on, how in asset.depends:
            found.setdefault(on, []).append((asset.id, how))
    return {one: tuple(sorted(others)) for one, others in found.items()}


def takes_down(book: Book, asset: AssetId, needed: Needs | None = None) -> tuple[Taken, ...]:
    """What stops with an asset, the nearest first; each once. A thing that needs two of a kind is named with either."""
    by = needed_by(book) if needed is None else needed
    found: dict[AssetId, Taken] = {}
    ring = [asset]
    while ring:
        further: list[AssetId] = []
        for one in ring:
            for other, how in by.get(one, ()):
                if other not in found and other != asset:
                    found[other] = Taken(other, one, how)
                    further.append(other)
        ring = further
    return tuple(found.values())


def down(book: Book, now: Now, of: Collection[AssetId] | None = None) -> dict[AssetId, str]:
    """What does not do its work now, with why: a flag's code, a state, or `over`. of: among these; None: of all."""
    found = {
        AssetId(subject): code
        for code, subject in book.flags
        if code in DOWN_FLAGS and (of is None or subject in of)
    }
    for name in book.assets if of is None else of:
        asset = book.assets.get(name)
        if asset is not None and (why := _why_down(asset, now)):
            found.setdefault(name, why)
    return found


def _why_down(asset: Asset, now: Now) -> str:
    if asset.state in DOWN_STATES:
        return asset.state
    until = asset.fields.get("supported_until", "")
    # A licence, a certificate or a subscription that ran out does nothing any more; a device without support works on.
    digital = asset.fields.get("class") == "digital" and until not in ("", NONE)
    return "over" if digital and day_of(until) < now.day else ""


def affected(book: Book, now: Now) -> dict[AssetId, tuple[AssetId, str]]:
    """Safety equipment that something takes down now by what persons said it needs: with the cause, and why that is down.

    What hangs on a controller alone is told by its own flags already.
    """
    needed = needed_by(book)
    found: dict[AssetId, tuple[AssetId, str]] = {}
    causes = down(book, now, needed)
    for cause in sorted(causes):
        through: set[AssetId] = set()
        for taken in takes_down(book, cause, needed):
            if taken.how != WIRED or taken.by in through:
                through.add(taken.asset)
            known = book.assets.get(taken.asset)
            if (
                taken.asset in through
                and known is not None
                and known.is_safety
                and known.state in ("", "deployed")
            ):
                found.setdefault(taken.asset, (cause, causes[cause]))
    return found
