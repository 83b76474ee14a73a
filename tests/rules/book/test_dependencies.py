"""What needs what: no circles; what a failure would take down, and what it does take down now."""

from rules.book.book import Book
from rules.book.decision import Now
from rules.book.dependencies import MOST_NEEDED, Taken, down, needs_of, takes_down
from rules.model.asset_asks import LinkAssets
from rules.model.facts import FlagCleared, FlagRaised
from rules.model.ids import AssetId
from tests.rules.book.inventory import (
    ANSWERS,
    CAMERA,
    DOOR,
    NOW,
    PLC,
    asked,
    book,
    configured,
    flags,
    refused,
    told,
    written,
)

SWITCH, UPS, LICENCE = AssetId("sw-1"), AssetId("ups-1"), AssetId("sip-licence")


def campus() -> Book:
    made = configured()
    for name, kind in ((SWITCH, "switch"), (UPS, "ups")):
        written(made, name, ("class", "operational"), ("type", kind), ("state", "deployed"), new=True)
    written(
        made, LICENCE, ("class", "digital"), ("type", "licence"), ("supported_until", "2026-08-14"), new=True
    )
    for asset, on, how in ((CAMERA, SWITCH, "network"), (SWITCH, UPS, "power"), (PLC, UPS, "power")):
        asked(made, LinkAssets(asset, on, how))  # type: ignore[arg-type]
    return made


def test_a_link_is_said_once_and_taken_away_once() -> None:
    made = configured()
    link = LinkAssets(DOOR, CAMERA, "carries")
    assert len(asked(made, link)) == 1
    assert asked(made, link) == []
    assert needs_of(made, DOOR) == ((PLC, "wired"), (CAMERA, "carries"))
    assert len(asked(made, LinkAssets(DOOR, CAMERA, "carries", stands=False))) == 1
    assert asked(made, LinkAssets(DOOR, CAMERA, "carries", stands=False)) == []
    assert needs_of(made, DOOR) == ((PLC, "wired"),)


def test_nothing_needs_itself_by_any_way_round_the_configurations_wires_too() -> None:
    made = campus()
    for asset, on in ((UPS, CAMERA), (UPS, DOOR), (PLC, DOOR), (DOOR, DOOR)):
        assert refused(made, LinkAssets(asset, on, "power")) == "circle"
    assert refused(made, LinkAssets(AssetId("nobody"), UPS, "power")) == "unknown_asset"
    assert refused(made, LinkAssets(UPS, AssetId("nobody"), "power")) == "unknown_asset"


def test_one_thing_needs_no_more_than_can_be_looked_at() -> None:
    made = book()
    for number in range(MOST_NEEDED + 2):
        written(made, AssetId(f"n-{number}"), ("zone", "a"), new=True)
    for number in range(MOST_NEEDED):
        asked(made, LinkAssets(AssetId("n-0"), AssetId(f"n-{number + 1}"), "power"))
    assert (
        refused(made, LinkAssets(AssetId("n-0"), AssetId(f"n-{MOST_NEEDED + 1}"), "power"))
        == "needs_too_much"
    )


def test_what_would_fall_with_it_is_named_before_the_nearest_first_and_each_once() -> None:
    made = campus()
    asked(made, LinkAssets(CAMERA, UPS, "power"))
    falls = takes_down(made, UPS)
    assert falls == (
        Taken(CAMERA, UPS, "power"),
        Taken(PLC, UPS, "power"),
        Taken(SWITCH, UPS, "power"),
        Taken(DOOR, PLC, "wired"),
    )


def test_a_switch_in_repair_takes_its_camera_down_and_the_flag_says_what_it_was() -> None:
    made = campus()
    assert flags(made) == {}
    written(made, SWITCH, ("state", "repair"))
    assert flags(made) == {("needs_down", CAMERA): ("a", SWITCH, "repair")}
    written(made, SWITCH, ("state", "deployed"))
    assert flags(made) == {}


def test_what_hangs_on_a_controller_alone_has_its_own_flags_and_what_is_said_beside_does_not() -> None:
    made = campus()
    told(made, FlagRaised("controller_down", PLC, ()))
    assert ("needs_down", DOOR) not in flags(made)
    asked(made, LinkAssets(CAMERA, DOOR, "carries"))
    assert flags(made)["needs_down", CAMERA] == ("a", PLC, "controller_down")
    told(made, FlagCleared("controller_down", PLC))
    assert flags(made) == {}


def test_a_fault_of_the_current_goes_through_a_controller_to_its_doors() -> None:
    made = campus()
    written(made, UPS, ("state", "lost"))
    standing = flags(made)
    assert {key[1] for key in standing} == {PLC, DOOR, CAMERA}
    assert standing["needs_down", DOOR] == ("a", UPS, "lost")


def test_a_licence_that_ran_out_takes_down_what_it_carries_and_a_device_without_support_works_on() -> None:
    made = campus()
    asked(made, LinkAssets(CAMERA, LICENCE, "licence"))
    assert flags(made) == {}
    after = Now(NOW.utc_us, NOW.day + 1)
    assert flags(made, after) == {("needs_down", CAMERA): ("a", LICENCE, "over")}
    written(made, SWITCH, ("supported_until", "2020-01-01"))
    assert SWITCH not in down(made, after)
    written(made, LICENCE, ("supported_until", "none"))
    assert flags(made, after) == {}


def test_what_is_in_stock_itself_is_taken_down_by_nothing() -> None:
    made = book()
    written(made, None, ("class", "safety"), ("state", "stock"), *ANSWERS)
    written(made, UPS, ("state", "repair"), new=True)
    asked(made, LinkAssets(AssetId("asset-1"), UPS, "power"))
    assert flags(made) == {}
