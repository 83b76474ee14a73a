"""The life of an asset: which steps may follow, replacement under the same id, issue and return, what is retired and heard."""

from dataclasses import replace

import pytest

from rules.book.decision import Now
from rules.book.fold import fold
from rules.book.steps import MAY_FOLLOW
from rules.model.asset_asks import CommissionAsset, IssueAsset, ReplaceAsset, ReturnAsset, TurnAsset
from rules.model.asset_facts import AssetIssued, AssetReplaced, AssetTurned, AssetWritten
from rules.model.book_asks import WriteAsset
from rules.model.camera_facts import CameraTurned
from rules.model.facts import ButtonTurned, ControllerTurned, Entry, InputTurned, PressRecorded
from rules.model.ids import AssetId, ButtonId, CameraId, ControllerId, InputId, PressId, ZoneId
from tests.rules.book.inventory import (
    AED,
    ANSWERS,
    CAMERA,
    DEVICES,
    DOOR,
    NOW,
    PERSON,
    PLC,
    asked,
    book,
    configured,
    flags,
    refused,
    told,
    written,
)  # fmt: skip

STILL_CONFIGURED = {("retired_configured", PLC): ("campus",)}
LATER = Now(NOW.utc_us + 86_400_000_000, NOW.day + 1)


def test_each_state_is_followed_by_those_that_may_and_by_no_other() -> None:
    for was, may in MAY_FOLLOW.items():
        for state in MAY_FOLLOW:
            made = written(book(), None, *((("state", was),) if was else ()))
            ask = WriteAsset(AED, (("state", state),))
            if state == was or state in may:
                asked(made, ask)
                assert made.assets[AED].state == state
            else:
                assert refused(made, ask) == "bad_step"


def test_a_step_is_an_event_of_its_own_with_a_reason_and_what_changes_with_it() -> None:
    made = written(book(), None, ("state", "stock"), ("zone", "a"))
    facts = asked(made, TurnAsset(AED, "deployed", "new wing", (("zone", "campus"), ("state", "lost"))))
    assert facts[0] == AssetTurned(AED, "stock", "deployed", "new wing")
    assert facts[1].fields == (("zone", "campus"),)
    (again,) = asked(made, TurnAsset(AED, "deployed", "", ()))
    assert (again.was, again.state) == ("deployed", "deployed")
    assert refused(made, TurnAsset(AED, "ordered")) == "bad_step"
    assert refused(made, TurnAsset(AssetId("nobody"), "stock")) == "unknown_asset"
    assert refused(made, TurnAsset(AED, "stock", "a\nb")) == "bad_value"


def test_what_was_retired_comes_back_by_way_of_stock_and_with_a_reason() -> None:
    made = written(book(), None, ("state", "retired"))
    assert refused(made, TurnAsset(AED, "deployed", "found a use")) == "bad_step"
    assert refused(made, TurnAsset(AED, "stock")) == "no_reason"
    asked(made, TurnAsset(AED, "stock", "retired by mistake"))
    assert made.assets[AED].state == "stock"


def test_a_replaced_device_keeps_its_id_and_asks_to_be_commissioned_again_until_somebody_says_so_by_name() -> (
    None
):
    made = configured()
    written(made, DOOR, *((one, value) for one, value in ANSWERS if one not in ("name", "zone")))
    written(made, DOOR, ("serial", "old"), ("cost_cents", "100"), ("order", "PO 1"), ("note", "sticks"))
    assert flags(made) == {}
    facts = asked(made, ReplaceAsset(DOOR, "new-1", "broken", (("supported_until", "2031-01-01"),)))
    assert facts[0] == AssetReplaced(DOOR, 1, "2026-08-14", "new-1", "broken")
    door = made.assets[DOOR]
    assert door.words == ("name", "note", "responsible", "serial")
    assert "cost_cents" not in door.fields
    assert flags(made) == {("recommission", DOOR): ("a", "2026-08-14")}
    assert refused(made, CommissionAsset(DOOR, "Kim Lee", "2026-08-13"), LATER) == "before_replaced"
    assert refused(made, CommissionAsset(DOOR, "Kim Lee", "2026-08-15")) == "bad_value"
    assert refused(made, CommissionAsset(DOOR, "Kim Lee", "today")) == "bad_value"
    assert refused(made, CommissionAsset(DOOR, " ", "2026-08-14")) == "bad_value"
    asked(made, CommissionAsset(DOOR, "Kim Lee", "2026-08-14"))
    assert flags(made) == {}
    assert made.assets[DOOR].fields["commissioned"] == "2026-08-14"
    assert "commissioned_by" in made.assets[DOOR].words
    asked(made, ReplaceAsset(DOOR, "new-2"))
    assert made.assets[DOOR].fields["replacements"] == "2"
    assert "commissioned_by" not in made.assets[DOOR].words


def test_a_new_piece_needs_a_serial_number_and_no_state() -> None:
    made = configured()
    assert refused(made, ReplaceAsset(DOOR, "")) == "bad_value"
    assert refused(made, ReplaceAsset(DOOR, "x", "", (("state", "repair"),))) == "said_twice"
    assert refused(made, ReplaceAsset(DOOR, "x", "", (("zone", "moon"),))) == "unknown_zone"
    written(made, DOOR, ("state", "retired"))
    assert refused(made, ReplaceAsset(DOOR, "x")) == "bad_step"


def test_what_is_no_safety_equipment_is_replaced_without_being_commissioned() -> None:
    made = written(book(), None, ("class", "operational"), ("state", "deployed"))
    assert asked(made, ReplaceAsset(AED, "s-2")) == [AssetReplaced(AED, 1, "2026-08-14", "s-2", "")]
    assert "recommission" not in made.assets[AED].fields
    asked(made, CommissionAsset(AED, "Kim Lee", "2026-08-14"))


def test_what_is_issued_is_with_a_person_until_it_is_returned() -> None:
    made = written(book(), None, ("type", "radio"), ("state", "stock"))
    turned, issued = asked(made, IssueAsset(AED, "Mr Green", "2026-09-01"))
    assert (turned.state, issued) == ("deployed", AssetIssued(AED, "2026-08-14", "2026-09-01", "Mr Green"))
    assert made.assets[AED].words == ("holder",)
    assert refused(made, IssueAsset(AED, "Ms Brown")) == "still_issued"
    assert refused(made, TurnAsset(AED, "stock")) == "still_issued"
    asked(made, TurnAsset(AED, "lost"))
    asked(made, ReturnAsset(AED, "found in a drawer"))
    assert (made.assets[AED].fields, made.assets[AED].words) == ({"state": "stock", "type": "radio"}, ())
    assert refused(made, ReturnAsset(AED)) == "not_issued"
    asked(made, TurnAsset(AED, "deployed"))
    assert len(asked(made, IssueAsset(AED, "Mr Green"))) == 1


def test_what_is_not_there_is_not_issued_and_no_day_is_past() -> None:
    made = written(book(), None, ("state", "repair"))
    assert refused(made, IssueAsset(AED, "Mr Green")) == "bad_step"
    asked(made, TurnAsset(AED, "stock"))
    assert refused(made, IssueAsset(AED, "Mr Green", "2026-08-13")) == "bad_value"
    assert refused(made, IssueAsset(AED, "Mr Green", "soon")) == "bad_value"


def test_what_is_returned_from_repair_stays_in_repair() -> None:
    made = told(written(book(), None, ("state", "repair")), AssetIssued(AED, "2026-08-14", "", "Mr Green"))
    asked(made, ReturnAsset(AED))
    assert made.assets[AED].state == "repair"


def press(button: AssetId, path: str) -> PressRecorded:
    return PressRecorded(
        ButtonId(button),
        PressId("p"),
        "test",
        path,
        "single",
        "lockdown",
        ZoneId("a"),
        "real",
        None,
        None,
        "",
    )


@pytest.mark.parametrize(
    ("heard", "away"),
    [
        (
            ControllerTurned(ControllerId("plc"), True, "up", ""),
            ControllerTurned(ControllerId("plc"), False, "x", ""),
        ),
        (ButtonTurned(ButtonId("plc"), "heard"), ButtonTurned(ButtonId("plc"), "silent")),
        (
            CameraTurned(CameraId("plc"), True, "up", "", "", ""),
            CameraTurned(CameraId("plc"), False, "x", "", "", ""),
        ),
        (InputTurned(InputId("plc"), "quiet"), InputTurned(InputId("plc"), "unsure")),
        (press(PLC, "mqtt"), ButtonTurned(ButtonId("plc"), "silent")),
    ],
    ids=lambda one: one.KIND,
)
def test_a_retired_device_that_is_heard_again_is_a_flag_until_it_is_silent(
    heard: object, away: object
) -> None:
    made = configured()
    written(made, PLC, ("state", "retired"))
    assert flags(made) == STILL_CONFIGURED
    told(made, heard, heard)  # type: ignore[arg-type]
    assert flags(made) == {**STILL_CONFIGURED, ("retired_heard", PLC): ("campus",)}
    told(made, away)  # type: ignore[arg-type]
    assert flags(made) == STILL_CONFIGURED


def test_a_retired_device_that_is_never_heard_is_a_flag_while_it_is_configured_or_until_it_is_back() -> None:
    made = configured()
    written(made, DOOR, ("state", "retired"))
    assert flags(made) == {("retired_configured", DOOR): ("a",)}
    asked(made, TurnAsset(DOOR, "stock", "retired by mistake"))
    assert flags(made) == {}
    written(made, CAMERA, ("state", "retired"))
    assert flags(made) == {("retired_configured", CAMERA): ("a",)}
    made.campus = replace(made.campus, devices={one: DEVICES[one] for one in (PLC, DOOR)})
    assert flags(made) == {}


def test_a_press_by_a_person_and_a_device_that_is_no_asset_are_nothing_heard() -> None:
    made = configured()
    written(made, PLC, ("state", "retired"))
    told(made, press(PLC, "page"), press(AssetId("stranger"), "wired"))
    assert flags(made) == STILL_CONFIGURED


def test_facts_of_an_asset_whose_beginning_is_gone_are_kept() -> None:
    made = book()
    fold(made, 5, Entry(AssetTurned(AED, "stock", "deployed"), AED, PERSON))
    assert made.assets[AED].fields == {"state": "deployed"}
    fold(made, 6, Entry(AssetWritten(AED, True, False, 0, (("zone", "a"),), ()), AED, PERSON))
    assert made.assets[AED].fields == {"zone": "a"}
    assert made.assets[AED].stated_us == 6


def test_a_camera_is_replaced_where_it_hangs() -> None:
    made = configured()
    asked(made, ReplaceAsset(CAMERA, "s-9", "", (("note", "blue cable"),)))
    assert made.assets[CAMERA].words == ("model", "name", "note", "serial")


def test_a_device_that_says_another_serial_number_is_a_flag_unless_it_is_retired_or_none_of_ours() -> None:
    made = configured()
    made.other_pieces = frozenset({PLC, AssetId("nowhere")})
    assert ("other_piece", PLC) in flags(made)
    told(made, AssetTurned(PLC, "", "retired"))
    assert not [one for one in flags(made) if one[0] == "other_piece"]
