"""What may be said of assets, what is missing of them, and which flags that raises."""

from rules.book import assets
from rules.book.decide import decide
from rules.book.decision import Now
from rules.book.kinds import allowed
from rules.model.asset_asks import EditAssets
from rules.model.asset_facts import AssetBatchTurned, AssetWritten, DeviceListed
from rules.model.book_asks import WriteAsset
from rules.model.facts import Entry, FlagCleared, FlagRaised, NoteWritten
from rules.model.ids import AssetId, IncidentId, ZoneId
from tests.rules.book.inventory import (
    AED,
    ANSWERS,
    CAMERA,
    DEVICES,
    DOOR,
    NOW,
    PERSON,
    PLC,
    RADIO,
    asked,
    book,
    configured,
    entered,
    flags,
    refused,
    swept,
    told,
    untouched,
    written,
)  # fmt: skip


def test_a_new_asset_gets_the_next_number_and_a_change_says_only_what_is_another() -> None:
    made = written(book(), None, ("class", "safety"), ("zone", "a"), ("name", "AED"))
    (fact,) = asked(made, WriteAsset(AED, (("zone", "a"), ("class", "operational"))))
    assert fact == AssetWritten(AED, False, False, 0, (("class", "operational"),), ())
    assert asked(made, WriteAsset(AED, (("zone", "a"),))) == []
    written(made, None, ("name", "Radio"))
    assert list(made.assets) == [AED, RADIO]


def test_an_empty_value_takes_one_away_and_is_nothing_where_there_was_none() -> None:
    made = written(book(), None, ("zone", "a"), ("name", "AED"))
    written(made, AED, ("zone", ""), ("name", ""))
    assert (made.assets[AED].fields, made.assets[AED].words) == ({}, ())
    assert asked(made, WriteAsset(AED, (("zone", ""), ("name", "")))) == []


def test_each_configured_device_is_an_asset_before_anybody_says_anything_of_it() -> None:
    made = configured()
    door = made.assets[DOOR]
    assert set(made.assets) == {PLC, DOOR, CAMERA}
    assert door.fields == {"class": "safety", "type": "door", "state": "deployed", "zone": "a"}
    assert (door.words, made.assets[CAMERA].words) == (("name",), ("model", "name"))
    assert assets.missing(door) == ("responsible", "role", "supported_until")
    assert swept(made) == []


def test_devices_of_which_nobody_said_anything_are_one_flag_with_their_count_and_one_half_answered_its_own() -> (
    None
):
    made = configured()
    assert (flags(made), untouched(made)) == ({}, "3")
    written(made, DOOR, ("responsible", "Ms Brown"))
    assert flags(made) == {("asset_unknown", DOOR): ("a", "role,supported_until")}
    assert untouched(made) == "2"
    for device in (PLC, CAMERA):
        written(made, device, ("responsible", "Ms Brown"))
    assert untouched(made) == ""


def test_what_the_configuration_says_of_a_device_is_said_there_alone() -> None:
    made = configured()
    for said in (("zone", "campus"), ("name", "Another")):
        assert refused(made, WriteAsset(DOOR, (said,))) == "from_configuration"
    assert refused(made, WriteAsset(CAMERA, (("model", "other"),))) == "from_configuration"
    written(made, DOOR, ("zone", "a"), ("name", "Room 101"), ("model", "mortise"), ("type", "classroom-door"))
    written(made, PLC, ("name", "Cabinet A"))
    assert made.assets[DOOR].fields["type"] == "classroom-door"
    assert (made.assets[PLC].words, made.assets[DOOR].words) == (("model", "name"), ("model", "name"))


def test_a_device_that_the_configuration_changes_is_told_of_again_and_one_that_it_drops_stays() -> None:
    made = configured()
    written(made, DOOR, ("note", "sticks in winter"))
    made.campus = book(devices={**DEVICES, CAMERA: DEVICES[DOOR]}).campus
    del made.campus.devices[CAMERA]  # type: ignore[attr-defined]
    assert swept(made) == [DeviceListed(CAMERA, "", ZoneId("a"))]
    camera = made.assets[CAMERA]
    assert (camera.device, camera.state, camera.words) == ("", "deployed", ("model", "name"))
    assert flags(made) == {
        ("device_unlisted", CAMERA): ("a",),
        ("asset_unknown", CAMERA): ("a", "responsible,role,supported_until"),
    }
    made.campus = book(devices=DEVICES).campus
    assert [one for one in swept(made) if isinstance(one, DeviceListed)] == [
        DeviceListed(CAMERA, "camera", ZoneId("a"), "Front", "axis")
    ]
    assert flags(made) == {}
    assert made.assets[DOOR].words == ("name", "note")


def test_a_retired_device_that_is_dropped_leaves_no_question_behind() -> None:
    made = configured()
    written(made, CAMERA, ("state", "retired"))
    made.campus = book(devices={one: DEVICES[one] for one in (PLC, DOOR)}).campus
    assert flags(made) == {}


def test_what_may_not_be_said_is_refused_with_what_is_wrong() -> None:
    made = written(book(), AssetId("aed-gym"), ("name", "AED"), new=True)
    for said, code in (
        ((("colour", "red"),), "unknown_field"),
        ((("holder", "Mr Green"),), "not_said_here"),
        ((("name", "a"), ("name", "b")), "said_twice"),
        ((("supported_until", "2026-2-1"),), "bad_value"),
        ((("supported_until", "20260201"),), "bad_value"),
        ((("cost_cents", "1.5"),), "bad_value"),
        ((("life_years", "101"),), "bad_value"),
        ((("replace_year", "26"),), "bad_value"),
        ((("name", "a\nb"),), "bad_value"),
        ((("name", "  "),), "bad_value"),
        ((("zone", "moon"),), "unknown_zone"),
        ((("contract", "nothing"),), "unknown_asset"),
    ):
        assert refused(made, WriteAsset(None, said)) == code
    assert refused(made, WriteAsset(AssetId("nobody"), (("name", "a"),))) == "unknown_asset"
    assert refused(made, WriteAsset(None, (("zone", "a"), ("class", "operational")))) == "nameless"
    assert refused(made, WriteAsset(AssetId("aed-gym"), (("name", "a"),), new=True)) == "asset_known"
    assert refused(made, WriteAsset(AssetId("../x"), (("name", "a"),), new=True)) == "bad_asset_id"
    written(made, None, ("contract", "aed-gym"), ("supported_until", "none"), ("replace_year", "2031"))


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
    written(made, AED, ("supported_until", "none"))
    assert swept(made, after) == [FlagCleared("support_over", AED)]


def test_other_equipment_raises_no_flag_and_an_asset_that_is_gone_has_none() -> None:
    made = written(book(), None, ("class", "operational"))
    entered(made, Entry(FlagRaised("support_over", "gone", ("", "2020-01-01")), "gone", PERSON))
    assert swept(made) == [FlagCleared("support_over", "gone")]


def test_the_same_said_of_many_is_an_import_of_its_own_that_counts_at_once() -> None:
    made = written(written(book(), None, ("name", "AED")), None, ("name", "Radio"), ("role", "none"))
    facts = asked(made, EditAssets((AED, RADIO), (("role", "none"), ("zone", "a"))))
    assert [type(one) for one in facts] == [AssetBatchTurned, AssetWritten, AssetWritten, AssetBatchTurned]
    assert facts[2].fields == (("zone", "a"),)
    assert [made.assets[one].fields for one in (AED, RADIO)] == [{"role": "none", "zone": "a"}] * 2
    assert asked(made, EditAssets((AED, RADIO), (("role", "none"),))) == []


def test_an_edit_of_many_is_refused_as_a_whole() -> None:
    made = written(book(), None, ("name", "AED"))
    assert refused(made, EditAssets((AED, RADIO), (("role", "none"),))) == "unknown_asset"
    assert refused(made, EditAssets((AED, AED), (("role", "none"),))) == "bad_selection"
    assert refused(made, EditAssets((), (("role", "none"),))) == "bad_selection"
    assert refused(made, EditAssets((AED,), (("role", "No!"),))) == "bad_value"


def test_what_changed_is_told_once_and_what_was_loaded_is_no_change() -> None:
    made = written(book(), None, ("name", "AED"))
    assert made.assets.saved() == {AED}
    assert made.assets.saved() == set()
    made.assets.load(DOOR, made.assets[AED])
    assert made.assets.saved() == set()
    made.assets.drop(DOOR)
    made.assets.drop(DOOR)
    assert made.assets.saved() == {DOOR}


def test_the_book_enters_its_own_kinds_and_flags_and_nothing_else() -> None:
    line = AssetWritten(AED, True, False, 0, (), ())
    assert allowed(Entry(line, AED, PERSON))
    assert not allowed(Entry(line, AED, PERSON, IncidentId("inc-1")))
    assert allowed(Entry(FlagRaised("support_over", AED), AED, PERSON))
    assert not allowed(Entry(FlagCleared("controller_down", "plc"), "plc", PERSON))
    assert not allowed(Entry(NoteWritten(IncidentId("inc-1"), "x"), "x", PERSON))


def test_facts_that_are_none_of_the_books_change_nothing() -> None:
    made = told(book(), NoteWritten(IncidentId("inc-1"), "x"))
    assert not made.assets
    assert decide(made, WriteAsset(None, (("name", "AED"),)), PERSON, NOW) != ()
