"""What state and time ask for: what should stand is compared with what stands, so that each step happens once.

After downtime, a crash or a rebuild the same comparison finds what is left to do.
"""

from collections.abc import Generator, Iterator

from rules.book import (
    assessments,
    assets,
    audits,
    batches,
    dependencies,
    devices,
    exterior,
    firmware,
    floorplans,
    inspection,
    inspection_evidence,
    inspections,
    restating,
    stock,
    ticket_sweep,
)
from rules.book.asset_fields import NONE, day_of
from rules.book.book import GONE, Asset, Book
from rules.book.decision import Now
from rules.book.kinds import FLAGS
from rules.book.ticket_sweep import A_STEP
from rules.book.ticket_things import zone_of
from rules.model.facts import Because, Entry, FlagCleared, FlagRaised
from rules.model.ids import Actor

RULE = Actor("rule")
BY_PERSONS = frozenset({"responsible", "role", "supported_until"})
"""Of the five questions those that no configuration answers."""
Flags = dict[tuple[str, str], tuple[str, ...]]


def sweep(book: Book, now: Now) -> Iterator[Entry]:
    """Every entry that is due now, the most urgent first."""
    return (one for one in paced(book, now) if one is not None)


def paced(book: Book, now: Now) -> Iterator[Entry | None]:
    """The same in small steps. None: here whoever runs it may do something else first, and go on where the book is the same
    then; else it begins anew.
    """
    flags = yield from wanted(book, now)
    yield from _turned(book, flags)
    yield from batches.abandoned(book)
    yield from devices.listed(book, restating.before_us(book, now))
    yield from restating.minimums(book, now)
    yield from floorplans.kept(book, now)
    yield from exterior.due(book, now)
    yield from inspection_evidence.walked(book, now)
    yield from inspections.given_up(book, now)
    yield from inspections.kept(book, now)
    yield from assessments.given_up(book, now)
    yield from ticket_sweep.steps(book, now)


def wanted(book: Book, now: Now) -> Generator[None, None, Flags]:
    """The book's flags that should stand now, with their arguments: first the zone. In steps, as `paced`."""
    flags: Flags = {}
    untouched = 0
    for place, asset in enumerate(book.assets.values()):
        if place % A_STEP == 0:
            yield
        if asset.is_safety and asset.state not in GONE:
            untouched += _of_safety(flags, asset, now)
    if untouched:
        flags["devices_unknown", book.campus.id] = ("", str(untouched))
    for asset in devices.retired_configured(book):
        flags["retired_configured", asset.id] = (zone_of(book, asset.id),)
    for asset in devices.retired_heard(book):
        flags["retired_heard", asset.id] = (zone_of(book, asset.id),)
    for asset in devices.exchanged(book):
        flags["other_piece", asset.id] = (zone_of(book, asset.id),)
    for kind, (there, least) in stock.low(book).items():
        flags["stock_low", f"stock:{kind}"] = ("", kind, str(there), str(least))
    yield
    for name, (cause, why) in dependencies.affected(book, now).items():
        flags["needs_down", name] = (zone_of(book, name), cause, why)
    yield
    reported = {fault.asset for fault in book.faults.values()}
    for name in reported:
        known = book.assets.get(name)
        if known is not None and known.is_safety:
            flags["fault_reported", name] = (zone_of(book, name),)
    for name, number in audits.missed(book):
        if book.assets[name].is_safety:
            flags["asset_missed", name] = (zone_of(book, name), number)
    for code, subject, args in firmware.flags(book.judgements, book.settled):
        flags[code, subject] = (zone_of(book, subject), *args)
    for code, args in firmware.bundle_flags(book.bundles, book.oldest_us, now.utc_us):
        flags[code, book.campus.id] = ("", *args)
    for code, subject, args in inspection.flags(book, now):
        flags[code, subject] = (zone_of(book, subject), *args)
    for door, args in exterior.flags(book, now):
        flags["sweep_unsigned", door] = args
    for level, args in floorplans.flags(book, now):
        flags["map_old", f"map:{level}"] = args
    yield
    of_tickets = yield from ticket_sweep.flags(book, now)
    return flags | of_tickets


def _of_safety(flags: Flags, asset: Asset, now: Now) -> bool:
    """Whether it is a configured device of which nobody said anything yet: one flag of the campus counts them."""
    zone = asset.fields.get("zone", "")
    lacking = assets.missing(asset)
    # On the first day there are a thousand: a flag for each would hide what else is wrong.
    untouched = bool(asset.device) and set(lacking) >= BY_PERSONS
    if lacking and not untouched:
        flags["asset_unknown", asset.id] = (zone, ",".join(lacking))
    until = asset.fields.get("supported_until", "")
    if until and until != NONE and day_of(until) < now.day:
        flags["support_over", asset.id] = (zone, until)
    if "recommission" in asset.fields:
        flags["recommission", asset.id] = (zone, asset.fields["recommission"])
    if "unlisted" in asset.fields:
        flags["device_unlisted", asset.id] = (zone,)
    return untouched


def _turned(book: Book, now: Flags) -> Iterator[Entry]:
    for key, args in now.items():
        standing = book.flags.get(key)
        if standing is None or standing.args != args:
            yield Entry(FlagRaised(*key, args), key[1], RULE, because=Because(key[0]))
    for key in list(book.flags):
        if key[0] in FLAGS and key not in now:
            yield Entry(FlagCleared(*key), key[1], RULE, because=Because(key[0]))
