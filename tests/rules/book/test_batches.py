"""Imports count as a whole or not at all; what was erased is known no more; what retention would let go of is said again."""

from rules.book import assets, restating
from rules.book.batches import MOST_AT_ONCE, MOST_UNDER_WAY
from rules.book.book import Book, Campus
from rules.book.decide import decide
from rules.book.decision import Now
from rules.book.fold import forget
from rules.model.asset_asks import AddRows, BeginBatch, EndBatch, LinkAssets, ReturnAsset, SetMinimum
from rules.model.asset_facts import AssetBatchTurned, AssetLinked, AssetWritten, DeviceListed, StockMinimumSet
from rules.model.facts import Entry
from rules.model.ids import Actor, AssetId
from tests.rules.book.inventory import (
    AED,
    DAY_US,
    DEVICES,
    NOW,
    RADIO,
    ZONES,
    asked,
    book,
    configured,
    entered,
    refused,
    swept,
    told,
    written,
)

SHA = "ab" * 32
NAMED, NEW = AssetId("aed-gym"), (("class", "safety"), ("name", "AED"))
Row = tuple[AssetId | None, tuple[tuple[str, str], ...], bool]


def begun(rows: int) -> Book:
    made = written(book(), None, ("class", "operational"), ("note", "old"), ("name", "Radio"))
    asked(made, BeginBatch(SHA, rows))
    return made


def add(into: Book, *rows: Row) -> list[object]:
    return asked(into, AddRows(1, rows))


def test_rows_count_from_the_moment_in_which_all_of_them_do() -> None:
    made = begun(3)
    add(made, (None, NEW, True), (NAMED, NEW, True))
    add(made, (AED, (("class", "safety"), ("note", ""), ("state", "stock")), False))
    assert set(made.assets) == {AED}
    assert made.assets[AED].fields == {"class": "operational"}
    assert asked(made, EndBatch(1, True)) == [AssetBatchTurned(1, "taken", 3, SHA)]
    assert set(made.assets) == {AED, RADIO, NAMED}
    assert (made.assets[AED].fields, made.assets[AED].words) == (
        {"class": "safety", "state": "stock"},
        ("name",),
    )
    assert (not made.staged, not made.batches) == (True, True)


def test_what_a_list_says_is_with_somebody_is_issued_once_it_counts_and_is_taken_from_nobody() -> None:
    made = begun(1)
    add(made, (AED, (("state", "deployed"), ("holder", "Kim")), False))
    asked(made, EndBatch(1, True))
    assert (made.assets[AED].fields["issued"], "holder" in made.assets[AED].words) == ("2026-08-14", True)
    asked(made, BeginBatch(SHA, 1))
    assert refused(made, AddRows(2, ((AED, (("holder", "Lou"),), False),))) == "still_issued"
    assert refused(made, AddRows(2, ((None, (("type", "radio"), ("holder", "Lou")), True),))) == "bad_step"
    assert refused(made, AddRows(2, ((None, (*NEW, ("holder", "\t")), True),))) == "bad_value"
    asked(made, ReturnAsset(AED))
    assert made.assets[AED].state == "stock"


def test_an_import_that_is_let_go_leaves_nothing_and_its_numbers_are_given_to_nobody_else() -> None:
    made = begun(2)
    add(made, (None, NEW, True), (AED, (("note", "new"),), False))
    asked(made, EndBatch(1, False))
    assert made.assets[AED].words == ("name", "note")
    assert not made.staged
    assert refused(made, EndBatch(1, True)) == "import_over"
    written(made, None, ("name", "Next"))
    assert AssetId("asset-3") in made.assets


def test_an_import_whose_process_ended_is_abandoned_and_nobody_goes_on_with_it() -> None:
    made = begun(1)
    assert swept(made)[-1:] != [AssetBatchTurned(1, "abandoned", 1, SHA)]
    made.orphans = {1, 7}
    assert refused(made, AddRows(1, ((None, NEW, True),))) == "import_over"
    assert swept(made) == [AssetBatchTurned(1, "abandoned", 1, SHA)]
    assert swept(made) == []


def test_an_import_that_does_not_hold_what_it_said_is_not_taken() -> None:
    made = begun(2)
    add(made, (None, NEW, True))
    assert refused(made, EndBatch(1, True)) == "bad_import"


def test_one_bad_row_refuses_all_that_came_with_it_and_says_its_place() -> None:
    made = begun(3)
    good: Row = (None, NEW, True)
    for bad, code in (
        ((AssetId("../x"), NEW, True), "bad_asset_id"),
        ((NAMED, NEW, False), "unknown_asset"),
        ((AED, NEW, True), "asset_known"),
        ((AED, (("zone", "moon"),), False), "unknown_zone"),
    ):
        assert refused(made, AddRows(1, (good, bad))) == code
    add(made, (AED, (("zone", "a"),), False), (AED, (("class", "operational"),), False))
    assert refused(made, AddRows(1, (good, (AED, NEW, False)))) == "row_twice"
    assert refused(made, AddRows(1, (good,) * (MOST_AT_ONCE + 1))) == "bad_import"
    assert set(made.staged) == {(1, AED)}


def test_an_import_is_bounded_and_few_are_under_way() -> None:
    made = book()
    assert refused(made, BeginBatch(SHA, 0)) == "bad_import"
    assert refused(made, BeginBatch("short", 1)) == "bad_import"
    for _ in range(MOST_UNDER_WAY):
        asked(made, BeginBatch(SHA, 1))
    assert refused(made, BeginBatch(SHA, 1)) == "imports_under_way"


def test_a_configured_device_may_be_in_an_import_and_stays_one() -> None:
    made = configured()
    asked(made, BeginBatch(SHA, 1))
    add(made, (AssetId("plc"), (("responsible", "Ms Brown"),), False))
    asked(made, EndBatch(1, True))
    plc = made.assets[AssetId("plc")]
    assert (plc.device, plc.words) == ("controller", ("model", "responsible"))


def test_what_was_erased_is_known_no_more_also_of_an_import_under_way() -> None:
    made = begun(1)
    forget(made, "asset", AED, ("name",))
    forget(made, "asset", "nobody", ("name",))
    forget(made, "fault", "7", ("text",))
    assert made.assets[AED].words == ("note",)
    add(made, (AED, (("name", "Radio 7"), ("responsible", "Ms Brown")), False))
    forget(made, "staged:1", AED, ("responsible",))
    forget(made, "staged:1", "nobody", ("name",))
    asked(made, EndBatch(1, True))
    assert made.assets[AED].words == ("name", "note")


def test_what_is_read_anew_without_what_was_erased_comes_to_the_same() -> None:
    live = told(book(), AssetWritten(AED, True, False, 0, (), ("name",), (("name", "a"),)))
    told(live, AssetWritten(AED, False, False, 0, (), ("name",), (("name", "b"),)))
    forget(live, "asset", AED, ("name",))
    anew = told(book(), AssetWritten(AED, True, False, 0, (), ("name",), (("name", "a"),)))
    told(anew, AssetWritten(AED, False, False, 0, (), ("name",)))
    assert live.assets == anew.assets
    assert anew.assets[AED].words == ()


def kept(days: int) -> Book:
    made = Book(Campus("campus", DEVICES, ZONES, days * DAY_US))
    swept(made)
    written(made, None, ("class", "operational"), ("name", "Radio"), ("note", "old"))
    asked(made, LinkAssets(AED, AssetId("plc"), "power"))
    asked(made, SetMinimum("radio", 0))
    asked(made, SetMinimum("cr2450", 1))
    return made


WORDS = {
    AED: {"name": "Radio", "note": "old"},
    "a-101": {"name": "Room 101"},
    "cam-1": {"name": "Front", "model": "axis"},
    "plc": {"model": "wago-750"},
}


def restate(into: Book, now: Now) -> list[Entry]:
    entries = [
        one
        for asset in restating.due(into, now)
        for one in (
            Entry(assets.whole(asset, WORDS[asset.id]), asset.id, Actor("rule")),
            *restating.links(asset),
        )
    ]
    entered(into, *entries, at_us=now.utc_us)
    return entries


def known(of: Book) -> dict[str, object]:
    return {name: (one.fields, one.words, one.depends, one.device) for name, one in of.assets.items()}


def test_what_is_known_is_said_again_when_half_of_its_time_is_over_and_a_rebuild_from_that_alone_knows_it() -> (
    None
):
    made = kept(60)
    young, old = (Now(NOW.utc_us + days * DAY_US, NOW.day + days) for days in (29, 31))
    assert restating.due(made, young) == []
    before = known(made)
    entries = restate(made, old)
    facts = [one for one in swept(made, old) if isinstance(one, DeviceListed | StockMinimumSet)]
    assert len(facts) == len(DEVICES) + 1
    assert AssetLinked(AED, AssetId("plc"), "power", True) in [one.fact for one in entries]
    assert restating.due(made, old) == []
    assert [one for one in swept(made, old) if isinstance(one, DeviceListed | StockMinimumSet)] == []
    assert known(made) == before
    anew = Book(made.campus)
    entered(anew, *entries, at_us=old.utc_us)
    told(anew, *facts, at_us=old.utc_us)
    assert known(anew) == before
    assert anew.minimums == made.minimums


def test_where_everything_is_kept_nothing_is_said_again() -> None:
    made = configured()
    far = Now(NOW.utc_us + 40 * 365 * DAY_US, NOW.day + 40 * 365)
    assert restating.due(made, far) == []
    assert swept(made, far) == []


def test_an_import_of_an_asset_with_a_name_of_its_own_leaves_the_numbers_alone() -> None:
    made = begun(1)
    add(made, (NAMED, NEW, True))
    asked(made, EndBatch(1, True))
    assert decide(made, BeginBatch(SHA, 1), Actor("person:1"), NOW)[0].subject == "batch-2"
    assert made.numbers["asset"] == 1
