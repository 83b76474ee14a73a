"""A small inventory for tests of its rules: facts go in as they would from the journal."""

from typing import Any

import pytest

from rules.book.asset_fields import day_of
from rules.book.assets import NAMED_BY, next_id
from rules.book.book import Book, Campus, Device
from rules.book.decide import decide
from rules.book.decision import Now, Refused
from rules.book.fold import fold
from rules.book.sweep import sweep
from rules.model.book_asks import BookAsk, WriteAsset
from rules.model.facts import Entry, Fact
from rules.model.ids import Actor, AssetId, ZoneId

PERSON = Actor("person:1")
UNTOUCHED = "devices_unknown"
DAY_US = 86_400_000_000
NOW = Now(1_786_708_800_000_000, day_of("2026-08-14"))
AED = AssetId("asset-1")
RADIO = AssetId("asset-2")
PLC, DOOR, CAMERA = AssetId("plc"), AssetId("a-101"), AssetId("cam-1")
ZONES = {ZoneId("campus"): (ZoneId("campus"),), ZoneId("a"): (ZoneId("a"), ZoneId("campus"))}
DEVICES = {
    PLC: Device(PLC, "controller", ZoneId("campus"), "", "wago-750"),
    DOOR: Device(DOOR, "door", ZoneId("a"), "Room 101", "", PLC),
    CAMERA: Device(CAMERA, "camera", ZoneId("a"), "Front", "axis"),
}
ANSWERS = (
    ("name", "AED"), ("zone", "a"), ("responsible", "Ms Brown"), ("role", "first-aid"), ("supported_until", "2026-08-14"),
)  # fmt: skip


def book(**campus: Any) -> Book:
    """An empty one; its campus has two zones and no devices unless they are given."""
    return Book(Campus("campus", zones=ZONES, **campus))


def configured() -> Book:
    """One whose three devices are listed, and counted as such of which nobody said anything."""
    made = book(devices=DEVICES)
    while list(sweep(made, NOW)):
        swept(made)
    return made


def entered(into: Book, *entries: Entry, at_us: int = NOW.utc_us) -> Book:
    for entry in entries:
        fold(into, at_us, entry)
    return into


def told(into: Book, *facts: Fact, at_us: int = NOW.utc_us) -> Book:
    return entered(into, *(Entry(one, "x", PERSON) for one in facts), at_us=at_us)


def asked(into: Book, ask: BookAsk, now: Now = NOW) -> list[Any]:
    """The facts that it makes, which are then in the book."""
    entries = decide(into, ask, PERSON, now)
    entered(into, *entries, at_us=now.utc_us)
    return [one.fact for one in entries]


def written(into: Book, asset: AssetId | None, *said: tuple[str, str], new: bool = False) -> Book:
    if asset is None and not {one for one, _value in said} & set(NAMED_BY):
        asset, new = next_id(into), True
    asked(into, WriteAsset(asset, said, new))
    return into


def refused(into: Book, ask: BookAsk, now: Now = NOW) -> str:
    with pytest.raises(Refused) as no:
        decide(into, ask, PERSON, now)
    return no.value.code


def swept(into: Book, now: Now = NOW) -> list[Any]:
    """The facts of a sweep, which are then in the book; but for the count of devices that nobody said anything of."""
    entries = list(sweep(into, now))
    entered(into, *entries, at_us=now.utc_us)
    return [one.fact for one in entries if getattr(one.fact, "code", "") != UNTOUCHED]


def flags(into: Book, now: Now = NOW) -> dict[tuple[str, str], tuple[str, ...]]:
    """What stands after a sweep, but for the same count."""
    swept(into, now)
    assert swept(into, now) == []
    return {key: one.args for key, one in into.flags.items() if key[0] != UNTOUCHED}


def untouched(into: Book) -> str:
    """How many configured devices nobody said anything of, by the campus's flag; `""`: none stands."""
    swept(into)
    standing = into.flags.get((UNTOUCHED, "campus"))
    return "" if standing is None else standing.args[1]
