"""Rounds: what is looked for, what was seen, what is missing at the end; stock minimums; reports without a sign-in."""

from rules.book import audits
from rules.book.audits import MOST_ROUNDS
from rules.book.book import Book
from rules.book.faults import MOST_OF_ONE
from rules.model.asset_asks import (
    BeginAudit,
    EndAudit,
    ReportFault,
    SeeAsset,
    SetMinimum,
    SettleFault,
    TurnAsset,
)
from rules.model.asset_facts import AssetMissed, AssetSeen, AuditTurned, FaultReported, FaultSettled
from rules.model.ids import AssetId
from tests.rules.book.inventory import AED, ANSWERS, RADIO, asked, book, flags, refused, told, written


def stocked() -> Book:
    made = book()
    written(made, AED, ("class", "safety"), ("type", "aed"), *ANSWERS, new=True)
    written(made, RADIO, ("type", "radio"), ("zone", "campus"), new=True)
    written(made, AssetId("licence"), ("class", "digital"), ("zone", "a"), new=True)
    written(made, AssetId("gone"), ("state", "retired"), ("zone", "a"), new=True)
    return made


def test_a_round_looks_for_what_is_there_and_ends_with_what_nobody_saw() -> None:
    made = stocked()
    assert asked(made, BeginAudit()) == [AuditTurned(1, "begun", "", "", 2, 0)]
    assert asked(made, SeeAsset(RADIO)) == [AssetSeen(1, RADIO, "campus", "2026-08-14")]
    assert asked(made, SeeAsset(RADIO)) == []
    assert asked(made, EndAudit(1)) == [AssetMissed(1, AED), AuditTurned(1, "ended", "", "", 2, 1)]
    assert list(audits.missed(made)) == [(AED, "1")]
    assert flags(made) == {("asset_missed", AED): ("a", "1")}
    asked(made, SeeAsset(AED, "", "2026-08-10"))
    assert list(audits.missed(made)) == []
    assert made.assets[AED].fields["seen"] == "2026-08-10"
    assert refused(made, EndAudit(1)) == "unknown_round"


def test_a_round_of_a_zone_and_a_type_looks_for_no_other() -> None:
    made = stocked()
    asked(made, BeginAudit("a"))
    asked(made, BeginAudit("campus", "radio"))
    assert [one.expected for one in made.rounds.values()] == [1, 1]
    assert [one.round for one in asked(made, SeeAsset(AED))] == [1]
    assert asked(made, EndAudit(1)) == [AuditTurned(1, "ended", "a", "", 1, 0)]
    assert refused(made, BeginAudit("moon")) == "unknown_zone"
    assert refused(made, BeginAudit("a", "radio")) == "nothing_to_see"


def test_what_is_seen_elsewhere_is_said_to_be_there_and_counts_for_where_it_was() -> None:
    made = stocked()
    asked(made, BeginAudit("a"))
    seen, moved = asked(made, SeeAsset(AED, "campus"))
    assert (seen.round, seen.zone, moved.fields) == (1, "campus", (("zone", "campus"),))
    assert asked(made, EndAudit(1))[-1].missing == 0


def test_what_is_seen_without_a_round_is_kept_as_seen() -> None:
    made = stocked()
    assert asked(made, SeeAsset(AED)) == [AssetSeen(0, AED, "a", "2026-08-14")]
    assert refused(made, SeeAsset(AssetId("nobody"))) == "unknown_asset"
    assert refused(made, SeeAsset(AED, "", "2026-06-01")) == "bad_value"
    assert refused(made, SeeAsset(AED, "", "yesterday")) == "bad_value"


def test_a_round_that_ended_half_way_is_ended_again_without_repeating_anything() -> None:
    made = stocked()
    asked(made, BeginAudit())
    told(made, AssetMissed(1, AED))
    assert asked(made, EndAudit(1)) == [AssetMissed(1, RADIO), AuditTurned(1, "ended", "", "", 2, 2)]


def test_what_is_missed_is_no_more_once_somebody_says_what_became_of_it() -> None:
    made = stocked()
    told(made, AssetMissed(9, AED), AssetMissed(9, RADIO))
    asked(made, TurnAsset(AED, "lost", "stolen"))
    assert list(audits.missed(made)) == [(RADIO, "9")]
    told(made, AssetMissed(10, AED))
    assert list(audits.missed(made)) == [(RADIO, "9")]


def test_what_is_missed_and_no_safety_equipment_is_on_the_list_and_no_flag() -> None:
    assert flags(told(stocked(), AssetMissed(9, RADIO))) == {}


def test_only_so_many_rounds_are_under_way() -> None:
    made = stocked()
    for _ in range(MOST_ROUNDS):
        asked(made, BeginAudit())
    assert refused(made, BeginAudit()) == "too_many_rounds"


def test_what_was_seen_in_a_round_that_is_over_changes_no_round() -> None:
    made = told(stocked(), AssetSeen(7, AED, "a", "2026-08-14"))
    assert not made.rounds


def test_a_type_below_its_minimum_is_a_flag_until_there_are_enough() -> None:
    made = book()
    asked(made, SetMinimum("cr2450", 10))
    assert asked(made, SetMinimum("cr2450", 10)) == []
    assert flags(made) == {("stock_low", "stock:cr2450"): ("", "cr2450", "0", "10")}
    written(made, None, ("type", "cr2450"), ("state", "stock"), ("quantity", "9"))
    written(made, None, ("type", "cr2450"), ("state", "deployed"))
    assert flags(made) == {("stock_low", "stock:cr2450"): ("", "cr2450", "9", "10")}
    written(made, None, ("type", "cr2450"), ("state", "stock"))
    assert flags(made) == {}
    asked(made, SetMinimum("cr2450", 0))
    assert not made.minimums
    assert asked(made, SetMinimum("cr2450", 0)) == []


def test_a_minimum_is_a_number_of_a_type() -> None:
    assert refused(book(), SetMinimum("No type", 1)) == "bad_value"
    assert refused(book(), SetMinimum("radio", -1)) == "bad_value"


def test_a_report_without_a_sign_in_waits_until_somebody_looks_at_it() -> None:
    made = stocked()
    assert asked(made, ReportFault(AED, " its light blinks ", "Jo")) == [
        FaultReported(1, AED, "its light blinks", "Jo")
    ]
    asked(made, ReportFault(RADIO, "crackles"))
    assert flags(made) == {("fault_reported", AED): ("a",)}
    assert asked(made, SettleFault(1, "taken")) == [FaultSettled(1, AED, "taken", "")]
    assert refused(made, SettleFault(2, "dismissed")) == "no_reason"
    assert refused(made, SettleFault(2, "taken", "a\nb")) == "no_reason"
    asked(made, SettleFault(2, "dismissed", "was the battery"))
    assert flags(made) == {}
    assert refused(made, SettleFault(2, "taken")) == "unknown_report"


def test_reports_are_bounded_and_of_things_that_there_are() -> None:
    made = stocked()
    assert refused(made, ReportFault(AssetId("nobody"), "x")) == "unknown_label"
    for text, name in (("", ""), ("x" * 501, ""), ("a\nb", ""), ("x", "n" * 65)):
        assert refused(made, ReportFault(AED, text, name)) == "bad_report"
    for number in range(MOST_OF_ONE):
        asked(made, ReportFault(AED, f"broken {number}"))
    assert refused(made, ReportFault(AED, "broken again")) == "reported_already"


def test_a_report_of_what_is_gone_from_the_book_raises_nothing() -> None:
    assert flags(told(book(), FaultReported(1, AED, "x"))) == {}
