"""Dated checks: due by the campus's calendar, overdue by themselves, signed by whoever may, never twice and never undone."""

from dataclasses import replace
from typing import Any

import pytest

from rules.book.asset_fields import date_of, day_of
from rules.book.inspection import dues
from rules.book.inspection_pack import Certified, Check, Choice, FormField, InspectionPack, Interval
from rules.book.ticket_pack import Opening
from rules.model.asset_asks import ReplaceAsset, TurnAsset, WriteAsset
from rules.model.facts import FlagCleared, FlagRaised
from rules.model.ids import AssetId
from rules.model.inspection_asks import ImportInspections, InspectionLine, SignInspection
from rules.model.inspection_facts import InspectionBatchTurned, InspectionSigned, InspectionsKept
from rules.model.ticket_facts import TicketOpened
from tests.rules.book.desk import DAY_US, HOUR_US, PACK, Desk, of_kind

AED = AssetId("aed-1")
YES = FormField("ready", "Ready?", "yes_no", ("yes",))
CHECKS = (
    Check(
        "aed-monthly", ("aed",), "AED", "practice", Interval(1, "months"), 7, "safety", ("technician",), "a source",
        (
            YES,
            FormField("pads_until", "Pads?", "date", expires=True),
            FormField("load", "Load", "number", unit="%", most=100, good=(30, 100), optional=True),
            FormField("gauge", "Gauge?", "choice", ("green",), (Choice("green", "green"), Choice("low", "low")), optional=True),
            FormField("note", "Else", "text", optional=True),
        ),
    ),
    Check(
        "aed-annual", ("aed",), "AED", "practice", Interval(1, "years"), 30, "normal", ("technician",), "a source",
        (YES,), certificate="aed",
    ),
    Check("button", ("button", "door"), "Button", "practice", Interval(30, "days"), 7, "safety", ("staff",), "x", (YES,)),
)  # fmt: skip
INSPECTIONS = InspectionPack(
    4,
    "cd" * 32,
    {one.id: one for one in CHECKS},
    (Certified("R. Ortiz", ("aed",), "2026-12-31", "77"), Certified("A. Other", ("lift",), "2030-01-01")),
)
ONLY_MONTHLY = InspectionPack(4, "cd" * 32, {"aed-monthly": CHECKS[0]})
GOOD = (("ready", "yes"), ("pads_until", "2028-01-31"))
SHA = "ef" * 32


def desk_of(pack: InspectionPack = ONLY_MONTHLY, **said: str) -> Desk:
    """2026-08-14, with one AED in use."""
    desk = Desk()
    desk.book.campus = replace(
        desk.book.campus,
        inspections=pack,
        tickets=replace(
            PACK,
            opens=(
                Opening("inspection-failed", "inspection_failed", 0, "computer", "safety"),
                Opening("inspection-overdue", "inspection_overdue", 0, "computer", "safety"),
            ),
        ),
    )
    desk.ask(
        WriteAsset(AED, tuple({"type": "aed", "zone": "a", "state": "deployed", **said}.items()), new=True)
    )
    desk.sweep()
    return desk


def signing(answers: Any = GOOD, **other: Any) -> SignInspection:
    said: dict[str, Any] = {"check": "aed-monthly", "person": "T. Okafor", "role": "technician", **other}
    return SignInspection(
        AED, said.pop("check"), tuple(answers), said.pop("person"), said.pop("role"), **said
    )


def states(desk: Desk, asset: AssetId = AED) -> dict[str, tuple[str, str]]:
    book = desk.book
    found = dues(book, book.assets[asset], book.campus.inspections.by_type(), desk.now)
    return {one.name: (one.state, date_of(one.until)) for one in found}


def flags(facts: list[Any]) -> list[tuple[str, ...]]:
    return [(one.code, *one.args) for one in of_kind(facts, FlagRaised)]


# --- when -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "unit", "day", "until"),
    [
        (30, "days", "2026-02-10", "2026-03-12"),
        (1, "months", "2026-01-31", "2026-02-28"),
        (1, "months", "2028-01-31", "2028-02-29"),
        (1, "months", "2026-12-15", "2027-01-15"),
        (12, "months", "2028-02-29", "2029-02-28"),
        (4, "years", "2028-02-29", "2032-02-29"),
        (12, "years", "2026-08-14", "2038-08-14"),
        (1, "days", "2026-03-08", "2026-03-09"),
        (1, "days", "2026-11-01", "2026-11-02"),
    ],
)
def test_an_interval_ends_by_the_calendar_over_months_leap_days_and_clock_changes(
    count: int, unit: Any, day: str, until: str
) -> None:
    assert date_of(Interval(count, unit).after(day_of(day))) == until


def test_an_interval_says_itself() -> None:
    assert (Interval(1, "months").text, Interval(6, "years").text) == ("1 month", "6 years")


def test_what_was_never_inspected_is_unknown_and_overdue_after_its_window() -> None:
    desk = desk_of()
    assert states(desk) == {"aed-monthly": ("never", "2026-08-21")}
    assert desk.sweep() == []
    desk.later(7 * DAY_US)
    assert desk.sweep() == []
    desk.later(DAY_US)
    assert flags(desk.sweep()) == [("inspection_overdue", "a", "aed-monthly", "2026-08-21")]


def test_one_that_passed_is_in_time_then_due_soon_then_a_flag_and_one_ticket_until_it_passes_again() -> None:
    desk = desk_of()
    desk.ask(signing())
    assert states(desk)["aed-monthly"] == ("good", "2026-09-14")
    desk.later(24 * DAY_US)
    assert (states(desk)["aed-monthly"], desk.sweep()) == (("soon", "2026-09-14"), [])
    desk.later(8 * DAY_US)
    facts = desk.sweep()
    assert flags(facts) == [("inspection_overdue", "a", "aed-monthly", "2026-09-14")]
    (ticket,) = of_kind(facts, TicketOpened)
    assert (ticket.key, dict(ticket.fields)["asset"]) == ("inspection_overdue:aed-1", "aed-1")
    desk.later(30 * DAY_US)
    assert of_kind(desk.sweep(), TicketOpened) == []
    desk.ask(signing())
    assert of_kind(desk.sweep(), FlagCleared) == [FlagCleared("inspection_overdue", "aed-1")]


def test_a_box_that_was_off_for_months_catches_up_once() -> None:
    desk = desk_of()
    desk.ask(signing())
    desk.later(200 * DAY_US)
    facts = desk.sweep()
    assert len(of_kind(facts, FlagRaised)) == len(of_kind(facts, TicketOpened)) == 1
    assert desk.sweep() == []


def test_what_runs_out_is_due_by_its_own_day() -> None:
    desk = desk_of()
    desk.ask(signing((("ready", "yes"), ("pads_until", "2026-08-20"))))
    assert states(desk)["aed-monthly.pads_until"] == ("soon", "2026-08-20")
    desk.later(7 * DAY_US)
    assert flags(desk.sweep()) == [("inspection_overdue", "a", "aed-monthly.pads_until", "2026-08-20")]
    desk.ask(signing())
    assert of_kind(desk.sweep(), FlagCleared) == [FlagCleared("inspection_overdue", "aed-1")]


def test_one_that_did_not_pass_is_a_flag_of_its_own_until_one_does() -> None:
    desk = desk_of()
    (entry,) = desk.ask(signing((*GOOD[1:], ("ready", "no"), ("note", "Beeps"))))
    fact = entry.fact
    assert isinstance(fact, InspectionSigned)
    assert (fact.result, fact.failed, fact.texts) == ("failed", ("ready",), (("note", "Beeps"),))
    assert (fact.inspection, fact.version, fact.pack, fact.day) == (1, 4, "cd" * 32, "2026-08-14")
    facts = desk.sweep()
    assert flags(facts) == [("inspection_failed", "a", "aed-monthly", "2026-08-14")]
    assert [one.key for one in of_kind(facts, TicketOpened)] == ["inspection_failed:aed-1"]
    desk.later(HOUR_US)
    desk.ask(signing())
    assert of_kind(desk.sweep(), FlagCleared) == [FlagCleared("inspection_failed", "aed-1")]


def test_any_number_of_checks_of_a_thing_are_one_flag_by_their_weight() -> None:
    desk = desk_of(INSPECTIONS)
    desk.later(200 * DAY_US)
    found = [one for one in flags(desk.sweep()) if one[2].startswith("aed")]
    assert found == [
        ("inspection_overdue", "a", "aed-monthly", "2026-08-21"),
        ("check_overdue", "a", "aed-annual", "2026-09-13"),
    ]


def test_a_configured_device_owes_what_its_kind_does_and_a_check_that_is_off_nothing() -> None:
    desk = desk_of(INSPECTIONS)
    assert states(desk, AssetId("east")) == {"button": ("never", "2026-08-21")}
    off = {**INSPECTIONS.checks, "button": replace(CHECKS[2], off="None here")}
    desk.book.campus = replace(desk.book.campus, inspections=replace(INSPECTIONS, checks=off))
    assert states(desk, AssetId("east")) == {}
    assert desk.refused(SignInspection(AssetId("east"), "button", (), "x", "staff"))[0] == "check_off"


@pytest.mark.parametrize("state", ["stock", "repair", "retired", "lost"])
def test_what_is_not_in_use_owes_nothing(state: Any) -> None:
    desk = desk_of()
    desk.later(10 * DAY_US)
    desk.sweep()
    desk.ask(TurnAsset(AED, state))
    assert states(desk) == {}
    assert FlagCleared("inspection_overdue", "aed-1") in desk.sweep()


def test_what_is_put_to_use_owes_from_then_on_and_what_was_moved_as_before() -> None:
    desk = desk_of(state="stock")
    desk.later(100 * DAY_US)
    desk.ask(TurnAsset(AED, "deployed"))
    assert states(desk)["aed-monthly"] == ("never", "2026-11-29")
    desk.later(DAY_US)
    desk.ask(TurnAsset(AED, "deployed"))
    assert states(desk)["aed-monthly"] == ("never", "2026-11-29")


def test_another_piece_owes_anew_and_what_was_done_before_it_is_not_its_own() -> None:
    desk = desk_of()
    desk.ask(signing())
    desk.later(3 * DAY_US)
    desk.ask(ReplaceAsset(AED, "serial-2"))
    assert states(desk) == {"aed-monthly": ("never", "2026-08-24")}
    assert desk.refused(signing(day="2026-08-15"))[0] == "before_replaced"


# --- who and what -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (signing(role="staff"), "not_to_sign"),
        (signing(person=" "), "bad_value"),
        (signing(key="a b"), "bad_value"),
        (signing(day="2026-08-16"), "bad_value"),
        (signing(day="2026-06-14"), "bad_value"),
        (signing(day="soon"), "bad_value"),
        (signing(reason="For nothing"), "bad_value"),
        (signing(check="lift"), "unknown_check"),
        (signing(check="button"), "no_such_check"),
        (signing(check="aed-annual", answers=GOOD[:1], person="T. Okafor"), "not_certified"),
        (signing(check="aed-annual", answers=GOOD[:1], person="A. Other"), "not_certified"),
        (signing((*GOOD, GOOD[0])), "said_twice"),
        (signing((*GOOD, ("colour", "red"))), "unknown_answer"),
        (signing(GOOD[:1]), "not_answered"),
        (signing((GOOD[0], ("pads_until", "soon"))), "bad_answer"),
        (signing((GOOD[1], ("ready", "maybe"))), "bad_answer"),
        (signing((*GOOD, ("load", "101"))), "bad_answer"),
        (signing((*GOOD, ("load", "1e2"))), "bad_answer"),
        (signing((*GOOD, ("gauge", "blue"))), "bad_answer"),
        (signing((*GOOD, ("note", "a\nb"))), "bad_answer"),
        (signing(corrects=9, reason="Wrong"), "unknown_inspection"),
        (SignInspection(AssetId("none"), "aed-monthly", GOOD, "x", "technician"), "unknown_asset"),
    ],
)
def test_what_may_not_be_signed_is_refused(asked: SignInspection, code: str) -> None:
    assert desk_of(INSPECTIONS).refused(asked)[0] == code


def test_what_is_retired_is_not_signed_for() -> None:
    desk = desk_of()
    desk.ask(TurnAsset(AED, "retired"))
    assert desk.refused(signing())[0] == "owes_nothing"


def test_a_certificate_counts_by_name_until_its_last_day() -> None:
    desk = desk_of(INSPECTIONS)
    (entry,) = desk.ask(signing(check="aed-annual", answers=GOOD[:1], person="r. ortiz"))
    assert isinstance(entry.fact, InspectionSigned)
    assert entry.fact.certificate == "aed 77"
    desk.later(140 * DAY_US)
    assert (
        desk.refused(signing(check="aed-annual", answers=GOOD[:1], person="R. Ortiz"))[0] == "not_certified"
    )


@pytest.mark.parametrize(
    ("answer", "failed"),
    [(("load", "29.5"), "load"), (("gauge", "low"), "gauge"), (("pads_until", "2026-08-13"), "pads_until")],
)
def test_a_number_out_of_its_bounds_a_bad_choice_and_what_ran_out_do_not_pass(
    answer: tuple[str, str], failed: str
) -> None:
    desk = desk_of()
    (entry,) = desk.ask(signing(dict((*GOOD, answer)).items()))
    assert isinstance(entry.fact, InspectionSigned)
    assert (entry.fact.result, entry.fact.failed) == ("failed", (failed,))
    assert desk_of().ask(signing((*GOOD, ("load", "30"), ("gauge", "green"))))[0].fact.result == "passed"  # type: ignore[union-attr]


def test_what_a_phone_sends_twice_is_signed_once_on_the_day_on_which_it_was_done() -> None:
    desk = desk_of()
    desk.later(10 * DAY_US)
    (entry,) = desk.ask(signing(day="2026-08-20", key="k-1"))
    assert isinstance(entry.fact, InspectionSigned)
    assert entry.fact.day == "2026-08-20"
    assert desk.ask(signing(day="2026-08-20", key="k-1")) == ()
    # Its clock may be a day ahead.
    assert desk.ask(signing(day="2026-08-25"))[0].fact.day == "2026-08-24"  # type: ignore[union-attr]


def test_a_correction_takes_the_place_of_the_one_before_which_stays_in_the_record() -> None:
    desk = desk_of()
    desk.ask(signing())
    assert desk.refused(signing(corrects=1))[0] == "no_reason"
    (entry,) = desk.ask(signing((GOOD[1], ("ready", "no")), corrects=1, reason="It was the other one"))
    assert isinstance(entry.fact, InspectionSigned)
    assert (entry.fact.inspection, entry.fact.corrects) == (2, 1)
    assert states(desk)["aed-monthly"][0] == "failed"
    assert desk.refused(signing(corrects=1, reason="Again")) == (
        "corrected_already",
        {"inspection": 1, "by": 2},
    )
    assert desk.book.filed[1].corrected_by == 2


def test_correcting_the_last_brings_the_one_before_it_back() -> None:
    desk = desk_of()
    for _ in range(9):
        desk.ask(signing())
        desk.later(DAY_US)
    assert len(desk.book.inspected[AED].signed) == 6
    for _ in range(7):
        desk.ask(signing((GOOD[1], ("ready", "no"))))
    assert [one.day for one in desk.book.inspected[AED].signed if one.passed] == [day_of("2026-08-22")]


# --- from elsewhere ---------------------------------------------------------------------------


def line(at: int, **other: Any) -> InspectionLine:
    said: dict[str, Any] = {
        "asset": AED,
        "check": "aed-monthly",
        "day": "2026-08-01",
        "result": "passed",
        **other,
    }
    return InspectionLine(at, **said)


def test_an_import_counts_once_it_is_whole_and_the_same_file_once_more_changes_nothing() -> None:
    desk = desk_of()
    desk.ask(ImportInspections(0, 2, SHA))
    lines = (
        line(2, expires=(("pads_until", "2027-01-01"),), person="Ms Brown", note="Was well"),
        line(3, day="2026-07-01"),
    )
    desk.ask(ImportInspections(1, lines=lines))
    assert states(desk)["aed-monthly"][0] == "never"
    desk.ask(ImportInspections(1, end="taken"))
    assert states(desk) == {
        "aed-monthly": ("good", "2026-09-01"),
        "aed-monthly.pads_until": ("good", "2027-01-01"),
    }
    desk.ask(ImportInspections(0, 2, SHA))
    assert [one.fact for one in desk.ask(ImportInspections(2, lines=lines, end="taken"))] == [
        InspectionBatchTurned(2, "taken", 2, SHA)
    ]


def test_an_export_of_ours_that_is_taken_in_again_changes_nothing() -> None:
    desk = desk_of()
    desk.ask(signing())
    desk.ask(ImportInspections(0, 1, SHA))
    assert desk.ask(ImportInspections(1, lines=(line(2, day="2026-08-14", number=1),))) == ()
    assert len(desk.ask(ImportInspections(1, lines=(line(3, number=9),)))) == 1
    # Another box's number 1 is another inspection, whatever it is of.
    assert len(desk.ask(ImportInspections(1, lines=(line(4, day="2026-08-02", number=1),)))) == 1
    desk.ask(TurnAsset(AED, "retired"))
    assert desk.ask(ImportInspections(1, lines=(line(2, day="2026-08-14", number=1),))) == ()


def test_an_import_that_is_let_go_or_forgotten_never_counts() -> None:
    desk = desk_of()
    for _ in range(2):
        desk.ask(ImportInspections(0, 1, SHA))
        desk.ask(ImportInspections(desk.book.numbers["inspection_batch"], lines=(line(2),)))
    desk.ask(ImportInspections(1, end="abandoned"))
    assert of_kind(desk.sweep(), InspectionBatchTurned) == []
    desk.later(HOUR_US)
    assert of_kind(desk.sweep(), InspectionBatchTurned) == [InspectionBatchTurned(2, "abandoned", 1, SHA)]
    assert states(desk)["aed-monthly"][0] == "never"
    assert desk.refused(ImportInspections(2, lines=(line(2),)))[0] == "unknown_import"


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"asset": "none"}, "unknown_asset"),
        ({"check": "lift"}, "unknown_check"),
        ({"day": "2026-08-15"}, "bad_value"),
        ({"day": "1989-08-15"}, "bad_value"),
        ({"person": "a\tb"}, "bad_value"),
        ({"note": "a\tb"}, "bad_value"),
        ({"expires": (("ready", "2026-08-15"),)}, "unknown_answer"),
        ({"expires": (("pads_until", "soon"),)}, "bad_answer"),
    ],
)
def test_a_line_that_may_not_be_refuses_its_piece(bad: dict[str, Any], code: str) -> None:
    desk = desk_of()
    desk.ask(ImportInspections(0, 1, SHA))
    assert desk.refused(ImportInspections(1, lines=(line(2, **bad),)))[0] == code


def test_a_line_of_a_piece_before_and_an_import_without_bounds_are_refused() -> None:
    desk = desk_of()
    desk.ask(ReplaceAsset(AED, "serial-2"))
    desk.ask(ImportInspections(0, 1, SHA))
    assert desk.refused(ImportInspections(1, lines=(line(2),)))[0] == "before_replaced"
    assert desk.refused(ImportInspections(1, lines=(line(2),) * 41))[0] == "bad_import"
    assert desk.refused(ImportInspections(0, 0, SHA))[0] == "bad_import"


# --- retention --------------------------------------------------------------------------------


def test_what_counts_is_said_again_before_retention_lets_go_of_it_and_a_rebuild_knows_it() -> None:
    desk = desk_of()
    desk.ask(signing(key="k-1"))
    desk.book.campus = replace(desk.book.campus, kept_us=40 * DAY_US)
    assert of_kind(desk.sweep(), InspectionsKept) == []
    desk.later(21 * DAY_US)
    (kept,) = of_kind(desk.sweep(), InspectionsKept)
    assert [one[:4] for one in kept.signed] == [(1, "aed-monthly", "2026-08-14", "passed")]
    assert of_kind(desk.sweep(), InspectionsKept) == []

    again = Desk()
    again.book.campus, again.at_us = desk.book.campus, desk.at_us
    again.enter(*[one for one in desk.entries if isinstance(one.fact, InspectionsKept)])
    assert again.book.inspected == {}  # of what is not there nothing is kept
    again.ask(WriteAsset(AED, (("type", "aed"), ("state", "deployed")), new=True))
    again.enter(*[one for one in desk.entries if isinstance(one.fact, InspectionsKept)])
    assert states(again) == states(desk)
    assert again.book.assets[AED].since_us == desk.book.assets[AED].since_us
    assert again.ask(signing())[0].fact.inspection == 2  # type: ignore[union-attr]


def test_what_was_never_inspected_is_said_again_too_some_at_once() -> None:
    desk = desk_of()
    for number in range(45):
        desk.ask(WriteAsset(AssetId(f"more-{number}"), (("type", "aed"), ("state", "deployed")), new=True))
    desk.book.campus = replace(desk.book.campus, kept_us=40 * DAY_US)
    desk.later(21 * DAY_US)
    assert len(of_kind(desk.sweep(), InspectionsKept)) == 46
    assert states(desk)["aed-monthly"] == ("overdue", "2026-08-21")
