"""The book's rules: what may be said of assets, what is missing of them, and which flags that raises."""

from typing import Any

import pytest

from rules.book import assets
from rules.book.book import Book, Campus, Device
from rules.book.decide import decide
from rules.book.decision import Now, Refused
from rules.book.fold import fold
from rules.book.kinds import allowed
from rules.book.sweep import sweep
from rules.model.asset_facts import AssetBatchTurned, AssetWritten
from rules.model.book_asks import WriteAsset
from rules.model.facts import Entry, FlagCleared, FlagRaised, NoteWritten
from rules.model.ids import Actor, AssetId, IncidentId, ZoneId

PERSON = Actor("person:1")
NOW = Now(1_786_708_800_000_000, assets.day_of("2026-08-14"))
AED = AssetId("asset-1")
DOOR = AssetId("a-101")
ANSWERS = (
    ("name", "AED"), ("zone", "a"), ("responsible", "Ms Brown"), ("role", "first-aid"), ("supported_until", "2026-08-14"),
)  # fmt: skip


def book() -> Book:
    zones = {ZoneId("campus"): (ZoneId("campus"),), ZoneId("a"): (ZoneId("a"), ZoneId("campus"))}
    return Book(Campus("campus", {DOOR: Device(DOOR, "door", ZoneId("a"))}, zones))


def entered(into: Book, *entries: Entry, at_us: int = NOW.utc_us) -> Book:
    for entry in entries:
        fold(into, at_us, entry)
    return into


def written(into: Book, asset: AssetId | None, *said: tuple[str, str], new: bool = False) -> Book:
    return entered(into, *decide(into, WriteAsset(asset, said, new), PERSON, NOW))


def refused(into: Book, asset: AssetId | None, *said: tuple[str, str], new: bool = False) -> str:
    with pytest.raises(Refused) as no:
        decide(into, WriteAsset(asset, said, new), PERSON, NOW)
    return no.value.code


def swept(into: Book, now: Now = NOW) -> list[Any]:
    """The facts of a sweep, which are then in the book."""
    entries = list(sweep(into, now))
    entered(into, *entries)
    return [one.fact for one in entries]


def test_a_new_asset_gets_the_next_number_and_a_change_says_only_what_is_another() -> None:
    made = written(book(), None, ("class", "safety"), ("zone", "a"), ("name", "AED"))
    (entry,) = decide(made, WriteAsset(AED, (("zone", "a"), ("class", "operational"))), PERSON, NOW)
    assert entry.fact == AssetWritten(AED, new=False, batch=0, fields=(("class", "operational"),))
    assert decide(made, WriteAsset(AED, (("zone", "a"),)), PERSON, NOW) == ()
    written(made, None, ("name", "Radio"))
    assert list(made.assets) == [AED, "asset-2"]


def test_an_empty_value_takes_one_away() -> None:
    made = written(book(), None, ("zone", "a"), ("name", "AED"))
    written(made, AED, ("zone", ""), ("name", ""))
    assert (made.assets[AED].fields, made.assets[AED].texts) == ({}, ())


def test_a_configured_device_is_an_asset_before_anybody_says_anything_of_it() -> None:
    made = written(book(), DOOR, ("class", "safety"))
    assert assets.missing(made, made.assets[DOOR]) == ("responsible", "role", "supported_until")
    (flag,) = swept(made)
    assert (flag.subject, flag.args[0]) == (DOOR, "a")


def test_what_may_not_be_said_is_refused_with_what_is_wrong() -> None:
    made = written(book(), AssetId("aed-gym"), ("name", "AED"), new=True)
    assert refused(made, None, ("colour", "red")) == "unknown_field"
    assert refused(made, None, ("name", "a"), ("name", "b")) == "said_twice"
    assert refused(made, None, ("supported_until", "2026-2-1")) == "bad_value"
    assert refused(made, None, ("supported_until", "20260201")) == "bad_value"
    assert refused(made, None, ("cost_cents", "1.5")) == "bad_value"
    assert refused(made, None, ("name", "a\nb")) == "bad_value"
    assert refused(made, None, ("zone", "moon")) == "unknown_zone"
    assert refused(made, AssetId("nobody"), ("name", "a")) == "unknown_asset"
    assert refused(made, AssetId("aed-gym"), ("name", "a"), new=True) == "asset_known"
    assert refused(made, AssetId("../x"), ("name", "a"), new=True) == "bad_asset_id"


def test_safety_equipment_with_open_questions_is_one_flag_that_says_which_and_goes_with_the_last() -> None:
    made = written(book(), None, ("class", "safety"), ("zone", "a"))
    assert swept(made) == [FlagRaised("asset_unknown", AED, ("a", "name,responsible,role,supported_until"))]
    assert swept(made) == []
    written(made, AED, ("name", "AED"))
    assert swept(made) == [FlagRaised("asset_unknown", AED, ("a", "responsible,role,supported_until"))]
    written(made, AED, *ANSWERS)
    assert swept(made) == [FlagCleared("asset_unknown", AED)]


def test_support_is_over_on_the_day_after_its_last() -> None:
    made = written(book(), None, ("class", "safety"), *ANSWERS)
    assert swept(made) == []
    after = Now(NOW.utc_us, NOW.day + 1)
    assert swept(made, after) == [FlagRaised("support_over", AED, ("a", "2026-08-14"))]
    assert swept(made, after) == []
    written(made, AED, ("state", "retired"))
    assert swept(made, after) == [FlagCleared("support_over", AED)]


def test_other_equipment_raises_no_flag_and_an_asset_that_is_gone_has_no_zone() -> None:
    made = written(book(), None, ("class", "operational"))
    entered(made, Entry(FlagRaised("support_over", "gone", ("", "2020-01-01")), "gone", PERSON))
    assert swept(made) == [FlagCleared("support_over", "gone")]


@pytest.mark.parametrize(("state", "counts"), [("begun", False), ("taken", True), ("abandoned", False)])
def test_an_import_counts_as_a_whole_or_not_at_all(state: Any, counts: bool) -> None:
    made = book()
    line = AssetWritten(AED, new=True, batch=1, fields=(("class", "safety"),))
    begun = AssetBatchTurned(1, "begun", 1, "ab" * 32)
    entered(made, *(Entry(one, "x", PERSON) for one in (begun, line)))
    if state != "begun":
        entered(made, Entry(AssetBatchTurned(1, state, 1, "ab" * 32), "x", PERSON))
    known = made.assets.get(AED)
    assert (known is not None and made.counts(known)) is counts
    assert bool(swept(made)) is counts
    assert made.numbers["batch"] == 1


def test_what_changed_is_told_once_and_what_was_loaded_is_no_change() -> None:
    made = written(book(), None, ("name", "AED"))
    assert made.assets.saved() == {AED}
    assert made.assets.saved() == set()
    made.assets.load(DOOR, made.assets[AED])
    assert made.assets.saved() == set()
    del made.assets[DOOR]
    assert made.assets.saved() == {DOOR}


def test_the_book_enters_its_own_kinds_and_flags_and_nothing_else() -> None:
    line = AssetWritten(AED, new=True, batch=0, fields=())
    assert allowed(Entry(line, AED, PERSON))
    assert not allowed(Entry(line, AED, PERSON, IncidentId("inc-1")))
    assert allowed(Entry(FlagRaised("support_over", AED), AED, PERSON))
    assert not allowed(Entry(FlagCleared("controller_down", "plc"), "plc", PERSON))
    assert not allowed(Entry(NoteWritten(IncidentId("inc-1"), "x"), "x", PERSON))
