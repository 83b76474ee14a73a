"""Photos beside a signature, and a press in a walk-test in its place: counted once, named, and never over a person's no."""

from dataclasses import replace
from typing import Any

import pytest

from rules.book.asset_fields import date_of
from rules.book.book import Device
from rules.book.inspection import dues
from rules.book.inspection_evidence import MOST_PHOTOS
from rules.book.inspection_pack import Check, FormField, InspectionPack, Interval
from rules.model.asset_asks import ReplaceAsset, TurnAsset
from rules.model.facts import Entry, PressRecorded
from rules.model.ids import Actor, AssetId, ButtonId, PressId, ZoneId
from rules.model.inspection_asks import PhotographInspection, SignInspection
from rules.model.inspection_facts import InspectionPhotographed, InspectionSigned
from tests.rules.book.desk import DAY_US, HOUR_US, Desk, of_kind

BUTTON = AssetId("pb-1")
CHECK = Check(
    "panic-button-monthly", ("button",), "Panic button", "practice", Interval(1, "months"), 7, "safety",
    ("technician",), "a source", (FormField("response", "Did it?", "yes_no", ("yes",)),), walk_test=True,
)  # fmt: skip
PHOTO = "ab" * 32


def desk_of(check: Check = CHECK) -> Desk:
    """2026-08-14, with one button."""
    desk = Desk()
    devices = {**desk.book.campus.devices, BUTTON: Device(BUTTON, "button", ZoneId("a"))}
    pack = InspectionPack(4, "cd" * 32, {check.id: check})
    desk.book.campus = replace(desk.book.campus, devices=devices, inspections=pack)
    desk.sweep()
    return desk


def press(desk: Desk, number: int = 1, **other: Any) -> None:
    said: dict[str, Any] = {"standing": "test", "path": "mqtt", "age_us": 120_000, **other}
    fact = PressRecorded(
        ButtonId(BUTTON), PressId(f"press-{number}"), said["standing"], said["path"], "single", "lockdown",
        ZoneId("a"), "test", None, said["age_us"], "single",
    )  # fmt: skip
    desk.enter(Entry(fact, BUTTON, Actor("device:pb-1")))


def signed(desk: Desk) -> list[InspectionSigned]:
    return of_kind(desk.sweep(), InspectionSigned)


def sign(response: str) -> SignInspection:
    return SignInspection(BUTTON, CHECK.id, (("response", response),), "T. Okafor", "technician")


def test_a_press_that_a_walk_test_heard_counts_once_a_day_and_names_itself() -> None:
    desk = desk_of()
    press(desk)
    (one,) = signed(desk)
    assert (one.asset, one.check, one.result, one.day, one.version) == (
        BUTTON, CHECK.id, "passed", "2026-08-14", 4,
    )  # fmt: skip
    assert one.evidence == (("press", "press-1"), ("at_us", str(desk.at_us)), ("age_ms", "120"))
    assert (one.person, one.fields, desk.entries[-1].actor) == ("", (), "rule")
    assert [(due.state, date_of(due.until)) for due in dues_of(desk)] == [("good", "2026-09-14")]
    press(desk, 2)
    assert signed(desk) == []
    desk.later(DAY_US)
    assert signed(desk) == []
    press(desk, 3, age_us=None)
    (next_one,) = signed(desk)
    assert (next_one.inspection, next_one.day, len(next_one.evidence)) == (2, "2026-08-15", 2)


def dues_of(desk: Desk) -> list[Any]:
    book = desk.book
    return list(dues(book, book.assets[BUTTON], book.campus.inspections.by_type(), desk.now))


@pytest.mark.parametrize(
    "other",
    [{"standing": "acted"}, {"standing": "joined"}, {"path": "api"}],
    ids=["acted", "joined", "no device"],
)
def test_what_no_walk_test_heard_of_the_button_itself_counts_for_nothing(other: dict[str, Any]) -> None:
    desk = desk_of()
    press(desk, **other)
    assert signed(desk) == []


def test_what_a_person_found_wrong_stays_until_a_person_signs_that_it_is_right() -> None:
    desk = desk_of()
    desk.ask(sign("no"))
    desk.later(DAY_US)
    press(desk)
    assert signed(desk) == []
    desk.ask(sign("yes"))
    desk.later(DAY_US)
    press(desk, 2)
    assert len(signed(desk)) == 1


def test_a_press_of_which_a_self_test_says_that_nothing_would_come_counts_for_nothing_until_it_does() -> None:
    desk = desk_of()
    desk.flag("link_not_proven", f"decision:{BUTTON}")
    press(desk)
    assert signed(desk) == []
    desk.clear("link_not_proven", f"decision:{BUTTON}")
    assert len(signed(desk)) == 1


def test_of_another_piece_or_one_that_is_gone_or_long_ago_nothing_counts() -> None:
    desk = desk_of()
    press(desk)
    desk.later(HOUR_US)
    desk.ask(ReplaceAsset(BUTTON, "serial-2"))
    assert signed(desk) == []

    gone = desk_of()
    press(gone)
    gone.ask(TurnAsset(BUTTON, "retired"))
    assert signed(gone) == []

    late = desk_of()
    press(late)
    late.later(61 * DAY_US)
    assert signed(late) == []


def test_a_check_that_does_not_say_so_or_is_off_takes_no_walk_test() -> None:
    for check in (replace(CHECK, walk_test=False), replace(CHECK, off="not here")):
        desk = desk_of(check)
        press(desk)
        assert signed(desk) == []
    desk = desk_of()
    desk.book.campus = replace(desk.book.campus, devices={})
    press(desk)
    assert signed(desk) == []


def test_photos_are_added_to_what_was_signed_and_only_so_many() -> None:
    desk = desk_of()
    desk.ask(sign("yes"))
    (entry,) = desk.ask(PhotographInspection(1, (PHOTO,)))
    assert (entry.subject, entry.fact) == (BUTTON, InspectionPhotographed(1, 1, (PHOTO,)))
    assert desk.refused(PhotographInspection(2, (PHOTO,)))[0] == "unknown_inspection"
    assert desk.refused(PhotographInspection(1, ()))[0] == "bad_photos"
    assert desk.refused(PhotographInspection(1, ("x",)))[0] == "bad_photos"
    assert desk.refused(PhotographInspection(1, (PHOTO,) * MOST_PHOTOS))[0] == "photos_full"
    desk.enter(Entry(InspectionPhotographed(9, 1, (PHOTO,)), BUTTON, Actor("person:1")))
    assert 9 not in desk.book.filed
