"""A clock that was ahead and is set right: nothing is younger than nothing, escalates twice, waits for ever or stands wrongly."""

import pytest

from rules.book.fold import fold
from rules.book.ticket import MOST_TIMES
from rules.book.ticket_sweep import RULE
from rules.model.asset_facts import AssetTurned, FaultReported
from rules.model.facts import Entry, FlagRaised
from rules.model.ids import AssetId
from rules.model.ticket_asks import BeginUpkeep
from rules.model.ticket_facts import (
    TicketBatchTurned,
    TicketChanged,
    TicketEscalated,
    TicketNoted,
    TicketOpened,
)
from tests.rules.book.desk import DAY_US, HOUR_US, MINUTE_US, PERSON, Desk, of_kind

YEAR_US = 365 * DAY_US
LOCK = {"category": "lock", "asset": "a-101"}
CAMERA = ("camera_offline", "cam-1")


def set_right(desk: Desk, us: int) -> None:
    """The clock goes back, and something is recorded."""
    desk.later(-us)
    desk.flag("disk_low", "campus")


def test_a_ticket_opened_while_the_clock_was_ahead_ages_from_when_it_was_opened_and_escalates_once() -> None:
    desk = Desk()
    desk.later(YEAR_US)
    number = desk.open(**LOCK)
    desk.later(2 * DAY_US)
    desk.flag("door_stale", "east")
    set_right(desk, YEAR_US)
    ticket = desk.ticket(number)
    assert ticket.ahead
    assert ticket.opened_us <= desk.at_us
    assert ticket.age_us(desk.at_us) == 2 * DAY_US
    desk.sweep()
    desk.later(12 * DAY_US - 1)
    assert of_kind(desk.sweep(), TicketEscalated) == []
    desk.later(1)
    facts = desk.sweep()
    assert [one.age_us for one in of_kind(facts, TicketEscalated)] == [14 * DAY_US]
    assert [one.code for one in of_kind(facts, FlagRaised)] == ["lock_ticket_old"]
    # The year that the clock was ahead comes, and nothing is done again.
    desk.later(YEAR_US)
    again = [one for one in of_kind(desk.sweep(), TicketEscalated) if one.ticket == number]
    assert again == []


def test_a_step_that_was_reached_while_the_clock_was_ahead_is_not_done_again() -> None:
    desk = Desk()
    number = desk.open(**LOCK)
    desk.later(YEAR_US)
    assert {one.rule for one in of_kind(desk.sweep(), TicketEscalated)} == {"lock-old", "safety-unassigned"}
    set_right(desk, YEAR_US)
    assert desk.ticket(number).age_us(desk.at_us) == 0
    for _ in range(20):
        desk.later(DAY_US)
        assert of_kind(desk.sweep(), TicketEscalated) == []


def test_tickets_stand_in_the_order_in_which_they_were_opened_and_no_age_is_below_nothing() -> None:
    desk = Desk()
    first = desk.open()
    desk.later(YEAR_US)
    second = desk.open()
    desk.later(HOUR_US)
    third = desk.open()
    desk.later(HOUR_US)
    desk.change(third, "done", state="closed")
    set_right(desk, YEAR_US)
    desk.later(HOUR_US)
    fourth = desk.open()
    opened = [desk.ticket(one).opened_us for one in (first, second, fourth)]
    assert opened == sorted(opened)
    assert all(desk.ticket(one).age_us(desk.at_us) >= 0 for one in (first, second, third, fourth))
    desk.change(third, "it broke again", state="reopened")
    desk.change(third, "done", state="closed")
    assert desk.ticket(third).age_us(desk.at_us) >= 0
    desk.change(second, "done", state="closed")
    assert desk.ticket(second).age_us(desk.at_us) == 3 * HOUR_US


def test_a_flag_raised_while_the_clock_was_ahead_becomes_work_and_is_proposed_to_close_all_the_same() -> None:
    desk = Desk()
    desk.later(YEAR_US)
    desk.flag(*CAMERA)
    desk.later(10 * MINUTE_US)
    desk.flag("door_stale", "a-101")
    set_right(desk, YEAR_US)
    desk.later(20 * MINUTE_US)
    (opened,) = of_kind(desk.sweep(), TicketOpened)
    assert opened.key == "camera_offline:cam-1"
    desk.clear(*CAMERA)
    desk.later(DAY_US)
    facts = desk.sweep()
    assert [one.note for one in of_kind(facts, TicketNoted)] == ["recovered"]
    assert [dict(one.fields)["state"] for one in of_kind(facts, TicketChanged)] == ["proposed"]


def test_a_ticket_closed_while_the_clock_was_ahead_is_opened_again_by_a_flag_that_comes_back() -> None:
    desk = Desk()
    desk.later(YEAR_US)
    desk.flag("coil_differs", "east")
    (opened,) = of_kind(desk.sweep(), TicketOpened)
    desk.change(opened.ticket, "new board", state="closed")
    desk.clear("coil_differs", "east")
    set_right(desk, YEAR_US)
    desk.later(HOUR_US)
    desk.flag("coil_differs", "east")
    turned = of_kind(desk.sweep(), TicketChanged)
    assert [(one.ticket, dict(one.fields)["state"]) for one in turned] == [(opened.ticket, "reopened")]
    assert desk.ticket(opened.ticket).age_us(desk.at_us) >= 0


def test_what_turned_now_and_then_while_the_clock_was_ahead_did_not_turn_often() -> None:
    desk = Desk()
    desk.later(YEAR_US)
    for _ in range(MOST_TIMES - 1):
        desk.flag(*CAMERA)
        desk.clear(*CAMERA)
        desk.later(DAY_US)
    set_right(desk, YEAR_US)
    desk.later(MINUTE_US)
    desk.flag(*CAMERA)
    assert of_kind(desk.sweep(), TicketOpened) == []
    desk.clear(*CAMERA)
    assert [one.code for one in of_kind(desk.sweep(), FlagRaised)] == []


def test_a_snooze_of_while_the_clock_was_ahead_ends_as_far_from_now_as_was_said() -> None:
    desk = Desk()
    desk.later(YEAR_US)
    number = desk.open(**LOCK)
    until_us = desk.at_us + 3 * DAY_US
    desk.ask(BeginUpkeep("snooze", "ticket", str(number), until_us, "waits for a part"))
    set_right(desk, YEAR_US)
    (rest,) = desk.book.upkeeps.values()
    assert rest.holds(desk.at_us)
    assert rest.until_us == desk.at_us + 3 * DAY_US
    # What is planned from a time ahead is not taken for it.
    begins_us = desk.at_us + 2 * DAY_US
    planned = BeginUpkeep("maintenance", "device", "cam-1", begins_us + DAY_US, "roof", begins_us)
    desk.ask(planned)
    desk.later(HOUR_US)
    desk.flag("door_stale", "east")
    set_right(desk, 30 * MINUTE_US)
    assert [one.from_us for one in desk.book.upkeeps.values() if one.what == "maintenance"] == [begins_us]


@pytest.mark.parametrize("us", [1, 59_000_000])
def test_a_clock_that_is_disciplined_moves_nothing(us: int) -> None:
    desk = Desk()
    number = desk.open()
    before = desk.ticket(number)
    desk.later(-us)
    desk.flag("disk_low", "campus")
    assert desk.ticket(number) == before
    assert before.age_us(desk.at_us) == 0
    assert desk.entries[0].actor != RULE


def test_a_clock_that_lost_its_battery_moves_nothing_and_ages_nothing_when_it_is_set_right() -> None:
    desk = Desk()
    desk.enter(Entry(FlagRaised("disk_low", "campus"), "campus", RULE))
    number = desk.open(**LOCK)
    desk.later(DAY_US)
    desk.flag("door_stale", "east")
    before = desk.ticket(number)
    desk.later(-26 * YEAR_US)
    desk.clear("door_stale", "east")
    assert desk.ticket(number) == before
    assert before.age_us(desk.at_us) == 0
    desk.later(26 * YEAR_US)
    desk.flag("door_stale", "east")
    assert desk.ticket(number).age_us(desk.at_us) == DAY_US
    assert [one for one in of_kind(desk.sweep(), TicketEscalated) if one.rule == "lock-old"] == []


def test_where_a_time_service_disciplined_the_clock_a_date_that_is_not_sure_moves_nothing() -> None:
    desk = Desk()
    raised = Entry(FlagRaised("disk_low", "campus"), "campus", RULE)
    fold(desk.book, desk.at_us, raised, sure=True)
    desk.later(2 * DAY_US)
    number = desk.open(**LOCK)
    before = desk.ticket(number)
    fold(desk.book, desk.at_us - DAY_US, raised)
    assert desk.ticket(number) == before
    fold(desk.book, desk.at_us - DAY_US, raised, sure=True)
    assert desk.ticket(number).ahead


def test_reports_imports_and_what_is_known_of_assets_are_of_when_they_were_as_well() -> None:
    desk = Desk()
    desk.later(YEAR_US)
    desk.enter(
        Entry(FaultReported(1, AssetId("cam-1"), "dark"), "cam-1", RULE),
        Entry(TicketBatchTurned(1, "begun", 2, "ab"), "ticket-batch-1", PERSON),
        Entry(AssetTurned(AssetId("cam-1"), "", "repair"), "cam-1", PERSON),
    )
    desk.later(HOUR_US)
    desk.flag("door_stale", "east")
    set_right(desk, YEAR_US)
    there_us = desk.at_us - HOUR_US
    assert [one.at_us for one in desk.book.faults.values()] == [there_us]
    assert [one.at_us for one in desk.book.ticket_batches.values()] == [there_us]
    assert desk.book.assets[AssetId("cam-1")].written_us == there_us
    # Nothing more is heard of the import: it is given up, and not in a year.
    assert of_kind(desk.sweep(), TicketBatchTurned) == [TicketBatchTurned(1, "abandoned", 2, "ab")]
    # Once more, with nothing of these that is still to come.
    desk.later(YEAR_US)
    desk.flag("coil_differs", "east")
    set_right(desk, YEAR_US)
    assert [one.at_us for one in desk.book.faults.values()] == [there_us]
