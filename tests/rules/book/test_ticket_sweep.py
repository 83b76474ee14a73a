"""What becomes of tickets by themselves: by flags that stand, flap and go, and by age; each step exactly once."""

from dataclasses import replace

import pytest

from rules.book.book import Asset
from rules.book.fold import fold
from rules.book.sweep import sweep
from rules.book.ticket_pack import Opening
from rules.book.ticket_sweep import RULE
from rules.model.asset_asks import WriteAsset
from rules.model.facts import Entry, FlagCleared, FlagRaised, TelemetrySummed
from rules.model.ids import AssetId
from rules.model.ticket_asks import BeginUpkeep, ImportTickets
from rules.model.ticket_facts import (
    TicketChanged,
    TicketEscalated,
    TicketNoted,
    TicketOpened,
    UpkeepEnded,
)
from tests.rules.book.desk import DAY_US, HOUR_US, MINUTE_US, PACK, START_US, Desk, of_kind

OTHER = TelemetrySummed(1, 0, 0, 0, 0, 0)
CAMERA = ("camera_offline", "cam-1")
LOCK = {"category": "lock", "asset": "a-101"}


# --- by age -----------------------------------------------------------------------------------


def test_a_lock_ticket_of_fourteen_days_is_a_flag_of_its_door_until_it_is_closed() -> None:
    desk = Desk()
    number = desk.open(**LOCK)
    desk.later(14 * DAY_US - 1)
    assert of_kind(desk.sweep(), FlagRaised) == []
    desk.later(1)
    facts = desk.sweep()
    (step,) = of_kind(facts, TicketEscalated)
    assert (step.rule, step.version, step.pack, step.age_us) == ("lock-old", 3, PACK.sha256, 14 * DAY_US)
    assert of_kind(facts, FlagRaised) == [
        FlagRaised("lock_ticket_old", "a-101", ("a", str(number), "2026-08-14"))
    ]
    desk.later(30 * DAY_US)
    assert desk.sweep() == []
    desk.change(number, "New latch", state="closed")
    assert desk.sweep() == [FlagCleared("lock_ticket_old", "a-101")]


def test_an_exterior_door_does_not_wait_so_long() -> None:
    desk = Desk()
    desk.open(category="lock", asset="east")
    desk.later(3 * DAY_US)
    assert ("lock_ticket_old", "east") in {
        (one.code, one.subject) for one in of_kind(desk.sweep(), FlagRaised)
    }


def test_a_safety_ticket_that_is_nobodys_is_given_to_a_role_and_one_that_is_somebodys_stays() -> None:
    desk = Desk()
    nobodys, somebodys = desk.open(**LOCK), desk.open(**LOCK, assigned="account:3")
    desk.later(4 * HOUR_US)
    desk.sweep()
    assert desk.ticket(nobodys).field("assigned") == "role:administrator"
    assert desk.ticket(somebodys).field("assigned") == "account:3"


def test_weight_rises_with_age_and_never_falls() -> None:
    desk = Desk()
    number, heavy = desk.open(), desk.open(weight="safety")
    desk.later(60 * DAY_US)
    desk.sweep()
    assert (desk.ticket(number).field("weight"), desk.ticket(heavy).field("weight")) == ("urgent", "safety")


def test_a_box_that_was_off_for_months_catches_every_step_up_once_and_in_order_of_weight() -> None:
    desk = Desk()
    normal, lock = desk.open(), desk.open(category="lock", asset="east")
    desk.later(200 * DAY_US)
    steps = [(one.ticket, one.rule) for one in of_kind(desk.sweep(), TicketEscalated)]
    assert steps == [
        (lock, "lock-exterior-old"),
        (lock, "lock-old"),
        (lock, "safety-unassigned"),
        (normal, "normal-old"),
    ]
    desk.later(200 * DAY_US)
    assert of_kind(desk.sweep(), TicketEscalated) == []


def test_killed_at_every_point_each_step_happens_once() -> None:
    """After any number of its entries the book is gone, and what is left is found from the journal alone."""
    whole = aged()
    due = list(sweep(whole.book, whole.now))
    assert len(due) > 8
    expected = sorted(map(repr, whole.sweep()))
    for written in range(len(due) + 1):
        before = aged()
        before.enter(*due[:written])
        again = Desk()
        for at_us, entry in story(before):
            fold(again.book, at_us, entry)
        again.at_us = before.at_us
        rest = again.sweep()
        assert sorted(map(repr, [one.fact for one in due[:written]] + rest)) == expected


def aged() -> Desk:
    desk = Desk()
    for _ in range(3):
        desk.open(category="lock", asset="east")
    desk.open()
    desk.flag(*CAMERA)
    desk.flag("coil_differs", "a-101")
    desk.clear("coil_differs", "a-101")
    desk.later(200 * DAY_US)
    return desk


def story(desk: Desk) -> list[tuple[int, Entry]]:
    """Its entries with their times: those before the gap, and those after."""
    opened = [one for one in desk.entries if one.actor != "rule"]
    return [(START_US, one) for one in opened] + [
        (desk.at_us, one) for one in desk.entries if one.actor == "rule"
    ]


def test_a_clock_that_is_set_back_by_months_takes_no_step_twice_and_none_ahead() -> None:
    desk = Desk()
    desk.open(**LOCK)
    desk.later(14 * DAY_US)
    desk.sweep()
    desk.later(-90 * DAY_US)
    desk.open(**LOCK)
    assert desk.sweep() == []
    desk.later(14 * DAY_US)
    rules = [(one.ticket, one.rule) for one in of_kind(desk.sweep(), TicketEscalated)]
    assert rules == [(2, "lock-old"), (2, "safety-unassigned")]


def test_time_that_is_snoozed_or_in_maintenance_does_not_count_and_is_not_counted_twice() -> None:
    desk = Desk()
    number = desk.open(**LOCK)
    desk.ask(BeginUpkeep("snooze", "ticket", str(number), START_US + 5 * DAY_US, "Part ordered"))
    desk.ask(BeginUpkeep("maintenance", "device", "plc", START_US + 4 * DAY_US, "Board changed"))
    desk.ask(BeginUpkeep("maintenance", "zone", "a", START_US + 6 * DAY_US, "Painters"))
    desk.ask(BeginUpkeep("maintenance", "zone", "b", START_US + 13 * DAY_US, "Elsewhere"))
    desk.later(20 * DAY_US - 1)
    assert "lock-old" not in [one.rule for one in of_kind(desk.sweep(), TicketEscalated)]
    desk.later(1)
    assert [one.rule for one in of_kind(desk.sweep(), TicketEscalated)] == ["lock-old"]


def test_a_reopened_ticket_goes_on_ageing_where_it_was_closed() -> None:
    desk = Desk()
    number = desk.open(**LOCK)
    desk.later(13 * DAY_US)
    desk.change(number, "Said to be done", state="closed")
    desk.later(100 * DAY_US)
    assert desk.ticket(number).age_us(desk.at_us) == 13 * DAY_US
    desk.change(number, state="reopened")
    desk.later(DAY_US)
    assert "lock-old" in [one.rule for one in of_kind(desk.sweep(), TicketEscalated)]


def test_a_flag_names_the_oldest_ticket_of_a_thing_and_a_ticket_of_no_thing_stands_for_itself() -> None:
    desk = Desk()
    first, second, alone = desk.open(**LOCK), desk.open(**LOCK), desk.open(category="lock")
    desk.later(14 * DAY_US)
    raised = {one.subject: one.args for one in of_kind(desk.sweep(), FlagRaised)}
    assert raised == {"a-101": ("a", "1", "2026-08-14"), "ticket-3": ("", "3", "2026-08-14")}
    desk.change(first, "Done", state="closed")
    assert desk.sweep() == [FlagRaised("lock_ticket_old", "a-101", ("a", "2", "2026-08-14"))]
    assert (second, alone) == (2, 3)


def test_an_import_that_is_old_is_escalated_when_it_counts_and_not_before() -> None:
    desk = Desk()
    desk.ask(ImportTickets(0, 1, "ab" * 32))
    row = (("title", "Latch"), *LOCK.items())
    desk.ask(ImportTickets(1, lines=((START_US - 20 * DAY_US, row),)))
    assert desk.sweep() == []
    desk.ask(ImportTickets(1, end="taken"))
    assert [one.rule for one in of_kind(desk.sweep(), TicketEscalated)] == ["lock-old", "safety-unassigned"]


# --- by a flag --------------------------------------------------------------------------------


def test_a_flag_that_stands_long_enough_opens_one_ticket_with_rule_and_version() -> None:
    desk = Desk()
    desk.flag(*CAMERA)
    desk.later(30 * MINUTE_US - 1)
    assert desk.sweep() == []
    desk.later(1)
    (fact,) = desk.sweep()
    assert (fact.ticket, fact.key) == (1, "camera_offline:cam-1")
    assert (fact.rule, fact.version, fact.pack) == ("camera-offline", 3, PACK.sha256)
    assert dict(fact.fields) == {"category": "camera", "weight": "urgent", "asset": "cam-1", "zone": "b"}
    desk.later(DAY_US)
    assert desk.sweep() == []


def test_a_hundred_flaps_in_an_hour_are_one_ticket_and_one_flag() -> None:
    desk = Desk()
    found = []
    for _ in range(100):
        desk.flag(*CAMERA)
        desk.later(6_000_000)
        found += desk.sweep()
        desk.clear(*CAMERA)
        desk.later(30_000_000)
        found += desk.sweep()
    assert [one.ticket for one in of_kind(found, TicketOpened)] == [1]
    assert of_kind(found, FlagRaised) == [FlagRaised("changes_often", "cam-1", ("b", "camera_offline"))]
    assert of_kind(found, TicketNoted) == of_kind(found, TicketChanged) == []
    desk.later(HOUR_US + 1)
    after = desk.sweep()
    assert of_kind(after, FlagCleared) == [FlagCleared("changes_often", "cam-1")]
    assert [one.note for one in of_kind(after, TicketNoted)] == ["recovered"]
    assert desk.ticket(1).state == "proposed"


def recovered(code: str = "camera_offline", subject: str = "cam-1") -> Desk:
    """A ticket by a flag that is gone again, proposed to be closed."""
    desk = Desk()
    desk.flag(code, subject)
    desk.later(HOUR_US)
    desk.sweep()
    desk.clear(code, subject)
    desk.later(15 * MINUTE_US)
    desk.sweep()
    assert desk.ticket(1).state == "proposed"
    return desk


def test_recovery_is_noted_once_and_a_person_who_goes_on_is_left_to_it() -> None:
    desk = recovered()
    desk.change(1, state="progress")
    desk.later(DAY_US)
    assert desk.sweep() == []


def test_a_flag_that_comes_back_takes_the_proposal_back() -> None:
    desk = recovered()
    desk.flag(*CAMERA)
    desk.later(29 * MINUTE_US)
    assert desk.sweep() == []
    desk.later(MINUTE_US)
    (fact,) = desk.sweep()
    assert (fact.ticket, fact.rule, fact.fields) == (1, "camera-offline", (("state", "open"),))
    desk.clear(*CAMERA)
    desk.later(15 * MINUTE_US)
    assert {type(one) for one in desk.sweep()} == {TicketChanged, TicketNoted}


def test_what_a_person_proposed_gets_its_evidence_and_is_not_closed_by_a_rule() -> None:
    desk = Desk()
    desk.flag(*CAMERA)
    desk.later(HOUR_US)
    desk.sweep()
    desk.change(1, state="proposed")
    desk.later(MINUTE_US)
    desk.clear(*CAMERA)
    desk.later(15 * MINUTE_US)
    assert [type(one) for one in desk.sweep()] == [TicketNoted]
    desk.later(30 * DAY_US)
    assert desk.sweep() == []


def test_what_did_not_come_back_is_closed_after_a_week_and_what_weighs_safety_never() -> None:
    camera, lock = recovered(), recovered("coil_differs", "a-101")
    for desk in (camera, lock):
        desk.later(7 * DAY_US - 1)
        assert of_kind(desk.sweep(), TicketChanged) == []
        desk.later(1)
    (closed,) = of_kind(camera.sweep(), TicketChanged)
    assert (closed.rule, closed.fields) == ("proposed_long", (("state", "closed"),))
    assert of_kind(lock.sweep(), TicketChanged) == []
    assert lock.ticket(1).state == "proposed"


@pytest.mark.parametrize(("hours", "new"), [(71, False), (73, True)])
def test_what_comes_back_within_three_days_of_the_close_is_the_same_ticket(hours: int, new: bool) -> None:
    desk = recovered()
    desk.change(1, state="closed")
    desk.later(hours * HOUR_US)
    desk.flag(*CAMERA)
    desk.later(30 * MINUTE_US)
    (fact,) = desk.sweep()
    if new:
        assert isinstance(fact, TicketOpened)
        assert (fact.ticket, dict(fact.fields)["before"]) == (2, "1")
    else:
        assert (fact.ticket, fact.fields) == (1, (("state", "reopened"),))
    assert desk.sweep() == []


def test_a_ticket_that_is_closed_while_its_flag_stands_is_reopened_after_a_day() -> None:
    desk = Desk()
    desk.flag(*CAMERA)
    desk.later(HOUR_US)
    desk.sweep()
    desk.change(1, state="closed")
    desk.later(DAY_US - 1)
    assert desk.sweep() == []
    desk.later(1)
    (fact,) = desk.sweep()
    assert (fact.ticket, fact.fields) == (1, (("state", "reopened"),))


def test_a_device_in_maintenance_opens_no_ticket_until_its_end() -> None:
    desk = Desk()
    desk.ask(BeginUpkeep("maintenance", "zone", "b", START_US + 2 * HOUR_US, "Cable changed"))
    desk.flag(*CAMERA)
    desk.later(2 * HOUR_US - 1)
    assert desk.sweep() == []
    desk.later(1)
    assert [one.ticket for one in of_kind(desk.sweep(), TicketOpened)] == [1]


def test_a_ticket_of_a_thing_is_of_its_own_category_and_ages_as_one() -> None:
    opening = Opening("retired-heard", "retired_heard", 0, "computer", "safety", of_thing=True)
    things = {"door": "lock", "camera": "camera", "ups": "computer"}
    desk = Desk(replace(PACK, opens=(*PACK.opens, opening), things=things))
    desk.ask(WriteAsset(AssetId("ups-1"), (("type", "ups"),), new=True))
    for subject in ("east", "cam-1", "ups-1", "plc", "b"):
        desk.flag("retired_heard", subject)
    opened = {
        one.key.partition(":")[2]: dict(one.fields)["category"] for one in of_kind(desk.sweep(), TicketOpened)
    }
    assert opened == {
        "east": "lock",
        "cam-1": "camera",
        "ups-1": "computer",
        "plc": "computer",
        "b": "computer",
    }
    desk.later(3 * DAY_US)
    assert "lock-exterior-old" in {one.rule for one in of_kind(desk.sweep(), TicketEscalated)}


def test_a_flag_of_an_asset_a_zone_or_the_box_opens_a_ticket_where_it_is() -> None:
    desk = Desk()
    desk.book.assets[AssetId("asset-1")] = Asset(AssetId("asset-1"), {"zone": "b", "class": "operational"})
    for subject in ("asset-1", "a", "nobody"):
        desk.flag("camera_offline", subject)
    desk.flag("loop_slow", "cam-1")
    desk.later(HOUR_US)
    fields = [dict(one.fields) for one in of_kind(desk.sweep(), TicketOpened)]
    assert [(one.get("asset"), one.get("zone")) for one in fields] == [
        ("asset-1", "b"),
        (None, "a"),
        (None, None),
    ]


def test_facts_about_a_ticket_that_nobody_knows_change_nothing() -> None:
    desk = Desk()
    said = (
        TicketChanged(9, "", (("state", "closed"),)),
        TicketNoted(9, "recovered", "", 0),
        TicketEscalated(9, "lock-old", 1, "", 0, "", ""),
        UpkeepEnded(9, "over"),
    )
    desk.enter(*(Entry(one, "ticket-9", RULE) for one in said))
    desk.enter(Entry(FlagCleared("camera_offline", "cam-1"), "cam-1", RULE), Entry(OTHER, "x", RULE))
    assert set(desk.book.signals) == {("devices_unknown", "campus")}
    assert (desk.book.tickets, desk.book.closed, desk.book.upkeeps) == ({}, {}, {})
