"""Rounds in which each thing is looked for: begun with a scope, seen one by one, ended with what nobody saw."""

from collections.abc import Iterator
from typing import Final

from rules.book import assets
from rules.book.asset_fields import date_of, day_of, is_date
from rules.book.book import GONE, Asset, Book, Round
from rules.book.decision import Now, Refused
from rules.book.steps import ASKED
from rules.model.asset_asks import BeginAudit, EndAudit, SeeAsset
from rules.model.asset_facts import AssetMissed, AssetSeen, AuditTurned
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId

MOST_ROUNDS: Final = 20
"""Under way at once."""
OLDEST_DAYS: Final = 60
"""How long what was seen without a network may have waited on a phone."""


def begin(book: Book, asked: BeginAudit, actor: Actor) -> Iterator[Entry]:
    """Begin a round. Raises Refused."""
    if asked.zone and asked.zone not in book.campus.zones:
        raise Refused("unknown_zone", ("zone", asked.zone[:64]))
    if len(book.rounds) >= MOST_ROUNDS:
        raise Refused("too_many_rounds", ("most", MOST_ROUNDS))
    expected = sum(1 for _ in _scope(book, asked.zone, asked.type))
    if not expected:
        raise Refused("nothing_to_see")
    number = book.numbers.get("round", 0) + 1
    fact = AuditTurned(number, "begun", asked.zone, asked.type, expected, 0)
    yield Entry(fact, f"round-{number}", actor, because=ASKED)


def see(book: Book, asked: SeeAsset, actor: Actor, now: Now) -> Iterator[Entry]:
    """It is here: counted in every round that looks for it; in another zone than was said, that is said too."""
    known = book.assets.get(asked.asset)
    if known is None:
        raise Refused("unknown_asset", ("asset", asked.asset[:64]))
    day = asked.day or date_of(now.day)
    # A phone's clock may be a day ahead of the campus's.
    if not is_date(day) or not now.day - OLDEST_DAYS <= day_of(day) <= now.day + 1:
        raise Refused("bad_value", ("field", "day"), ("form", "date_past"), ("value", day[:64]))
    said = {}
    if asked.zone:
        said = assets.checked(book, (("zone", asked.zone),), known)
    zone = asked.zone or known.fields.get("zone", "")
    rounds = [
        number
        for number, one in sorted(book.rounds.items())
        if _looked_for(known, book.within(one.zone), one.type)
    ]
    for number in rounds or [0]:
        if number == 0 or known.id not in book.rounds[number].seen:
            yield Entry(
                AssetSeen(number, known.id, zone, min(day, date_of(now.day))), known.id, actor, because=ASKED
            )
    moved = assets.written(known.id, known, said)
    if moved is not None:
        yield Entry(moved, known.id, actor, because=ASKED)


def end(book: Book, asked: EndAudit, actor: Actor) -> Iterator[Entry]:
    """End a round: each that nobody saw is missed, and the round's own end comes last. Raises Refused."""
    audit = book.rounds.get(asked.round)
    if audit is None:
        raise Refused("unknown_round", ("round", asked.round))
    lacking = unseen(book, audit)
    for asset in lacking:
        if asset.fields.get("missed") != str(asked.round):
            yield Entry(AssetMissed(asked.round, asset.id), asset.id, actor, because=ASKED)
    fact = AuditTurned(asked.round, "ended", audit.zone, audit.type, audit.expected, len(lacking))
    yield Entry(fact, f"round-{asked.round}", actor, because=ASKED)


def unseen(book: Book, audit: Round) -> list[Asset]:
    """What a round looks for and nobody saw yet."""
    return [one for one in _scope(book, audit.zone, audit.type) if one.id not in audit.seen]


def missed(book: Book) -> Iterator[tuple[AssetId, str]]:
    """What the last round that looked for it did not find, and nobody saw since: (asset, the round's number).

    Here tickets are to follow: one stands for each as long as it is named here.
    """
    for asset in book.assets.values():
        number = asset.fields.get("missed")
        if number is not None and asset.state not in ("retired", "lost"):
            yield asset.id, number


def _scope(book: Book, zone: str, kind: str) -> Iterator[Asset]:
    zones = book.within(zone)
    return (one for one in book.assets.values() if _looked_for(one, zones, kind))


def _looked_for(asset: Asset, zones: frozenset[str] | None, kind: str) -> bool:
    """By the zone that was said before: what is seen elsewhere was looked for there."""
    fields = asset.fields
    is_thing = fields.get("class") != "digital" and asset.state not in GONE
    return is_thing and asset.lies_in(zones) and kind in ("", fields.get("type"))
