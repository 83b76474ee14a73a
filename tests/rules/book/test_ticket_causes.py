"""What a round did not find, and what somebody reported without a sign-in, becomes one ticket each, with or without a flag."""

from dataclasses import replace

from rules.book.ticket_causes import causes
from rules.book.ticket_pack import Category, Opening
from rules.model.asset_asks import BeginAudit, EndAudit, ReportFault, SeeAsset, SettleFault, WriteAsset
from rules.model.asset_facts import FaultReported, FaultSettled
from rules.model.facts import Entry, FlagCleared, FlagRaised
from rules.model.ids import Actor, AssetId
from rules.model.ticket_facts import TicketChanged, TicketNoted, TicketOpened
from tests.rules.book.desk import DAY_US, MINUTE_US, PACK, Desk, of_kind

AED, RADIO = AssetId("asset-1"), AssetId("asset-2")
OTHER = replace(
    PACK,
    categories={**PACK.categories, "other": Category("it", "normal", ("safety",))},
    opens=(
        *PACK.opens,
        Opening("asset-missed", "asset_missed", 0, "other", "normal"),
        Opening("fault-reported", "fault_reported", 0, "other", "normal"),
    ),
)


def stocked() -> Desk:
    """An AED, on which somebody's safety rests, and a radio, on which nobody's does."""
    desk = Desk(OTHER)
    for kind, type_ in (("safety", "aed"), ("operational", "radio")):
        said = (("name", type_), ("class", kind), ("type", type_), ("state", "deployed"), ("zone", "a"),
                ("responsible", "Ms Brown"), ("role", "none"), ("supported_until", "none"))  # fmt: skip
        desk.ask(WriteAsset(None, said))
    desk.sweep()
    desk.entries.clear()
    return desk


def audited(desk: Desk, number: int = 1) -> None:
    """A round in which nobody saw anything but doors."""
    for kind in ("aed", "radio"):
        desk.ask(BeginAudit("a", kind))
        desk.ask(EndAudit(number))
        number += 1
    desk.sweep()


def opened(desk: Desk) -> list[TicketOpened]:
    return desk.facts(TicketOpened)


def state(desk: Desk, number: int) -> str:
    return desk.ticket(number).state


def test_what_a_round_did_not_find_is_one_ticket_each_and_a_flag_only_where_safety_rests_on_it() -> None:
    desk = stocked()
    audited(desk)
    assert [(one.key, dict(one.fields)["asset"], dict(one.fields)["weight"]) for one in opened(desk)] == [
        ("asset_missed:asset-1", AED, "safety"),
        ("asset_missed:asset-2", RADIO, "normal"),
    ]
    assert [one.subject for one in desk.facts(FlagRaised)] == [AED]
    audited(desk, 3)  # missed again: the same tickets
    assert len(opened(desk)) == 2


def test_what_is_seen_again_proposes_to_close_and_what_weighs_nothing_closes_itself() -> None:
    desk = stocked()
    audited(desk)
    for asset in (AED, RADIO):
        desk.ask(SeeAsset(asset, "", ""))
    desk.later(15 * MINUTE_US)
    desk.sweep()
    assert (state(desk, 1), state(desk, 2)) == ("proposed", "proposed")
    assert [one.note for one in desk.facts(TicketNoted)] == ["recovered", "recovered"]
    desk.later(7 * DAY_US)
    desk.sweep()
    assert (state(desk, 1), state(desk, 2)) == ("proposed", "closed")


def test_a_ticket_closed_while_the_thing_is_not_found_is_open_again_and_one_given_up_as_lost_is_over() -> (
    None
):
    desk = stocked()
    audited(desk)
    desk.change(2, "nowhere", state="closed")
    desk.later(DAY_US)
    desk.sweep()
    assert state(desk, 2) == "reopened"
    desk.ask(WriteAsset(RADIO, (("state", "lost"),)))
    desk.later(15 * MINUTE_US)
    desk.sweep()
    assert state(desk, 2) == "proposed"


def test_a_report_without_a_sign_in_is_one_ticket_that_says_so_by_its_key() -> None:
    desk = stocked()
    desk.ask(ReportFault(RADIO, "crackles"), Actor("page:stranger"))
    desk.ask(ReportFault(RADIO, "still crackles"), Actor("page:stranger"))
    desk.ask(ReportFault(AED, "its light blinks"), Actor("page:stranger"))
    desk.sweep()
    assert [(one.key, one.rule) for one in opened(desk)] == [
        ("fault_reported:asset-2", "fault-reported"),
        ("fault_reported:asset-1", "fault-reported"),
    ]
    # Their words stand with the report, and are never the ticket's own.
    assert {one.texts for one in opened(desk)} == {()}
    assert causes(desk.book)["fault_reported", RADIO] == desk.at_us


def test_a_report_that_was_nothing_proposes_to_close_and_one_that_was_taken_on_is_to_be_mended() -> None:
    desk = stocked()
    for asset in (RADIO, AED):
        desk.ask(ReportFault(asset, "broken"))
    desk.ask(ReportFault(RADIO, "broken too"))
    desk.sweep()
    desk.ask(SettleFault(1, "dismissed", "it was the volume"))
    desk.ask(SettleFault(2, "taken"))
    desk.later(DAY_US)
    desk.sweep()
    assert state(desk, 1) == "open"  # another report of it waits
    desk.ask(SettleFault(3, "dismissed", "the same"))
    desk.later(15 * MINUTE_US)
    desk.sweep()
    assert (state(desk, 1), state(desk, 2)) == ("proposed", "open")
    assert [one.code for one in desk.facts(FlagCleared)] == ["fault_reported"]


def test_whoever_closes_the_ticket_has_looked_at_its_reports_and_a_later_report_opens_it_again() -> None:
    desk = stocked()
    desk.ask(ReportFault(RADIO, "broken"))
    desk.sweep()
    desk.later(MINUTE_US)
    desk.change(1, "New speaker", state="closed")
    assert FaultSettled(1, RADIO, "taken") in desk.sweep()
    assert desk.book.faults == {}
    desk.later(MINUTE_US)
    desk.ask(ReportFault(RADIO, "broken again"))
    facts = desk.sweep()
    assert of_kind(facts, TicketChanged) == [TicketChanged(1, "fault-reported", (("state", "reopened"),))]
    assert of_kind(facts, FaultSettled) == []


def test_what_came_of_a_thing_that_the_book_does_not_know_is_a_cause_all_the_same() -> None:
    desk = stocked()
    desk.enter(Entry(FaultReported(9, AssetId("gone"), "x"), "gone", Actor("page:stranger")))
    desk.book.signals.clear()
    desk.sweep()
    assert [one.key for one in opened(desk)] == ["fault_reported:gone"]


def test_a_thing_missed_before_this_was_counted_has_its_ticket_too() -> None:
    desk = stocked()
    desk.ask(BeginAudit("a", "radio"))
    desk.ask(EndAudit(1))
    desk.book.signals.clear()
    assert causes(desk.book) == {("asset_missed", RADIO): 0, ("devices_unknown", "campus"): desk.at_us}
    desk.sweep()
    assert [one.key for one in opened(desk)] == ["asset_missed:asset-2"]
