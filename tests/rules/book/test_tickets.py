"""Tickets as persons work on them: opened, changed, noted, imported, numbered, put to rest."""

from typing import Any

import pytest

from rules.book.book import Asset
from rules.book.numbering import epoch_began
from rules.book.ticket_things import weight_of
from rules.model.asset_facts import Pairs
from rules.model.ids import Actor, AssetId
from rules.model.ticket_asks import (
    BeginUpkeep,
    ChangeTicket,
    EndUpkeep,
    ImportTickets,
    NoteTicket,
    OpenTicket,
)
from rules.model.ticket_facts import TicketChanged, TicketNoted, TicketOpened, UpkeepEnded
from tests.rules.book.desk import DAY_US, HOUR_US, START_US, Desk, of_kind

HASH = "cd" * 32
ROW: Pairs = (("title", "Printer"), ("category", "computer"))


def test_a_ticket_is_open_with_the_next_number_and_its_words_are_sealed() -> None:
    desk = Desk()
    assert desk.open(title="Screen", text="It is black", room="101", reporter="Ms Brown", zone="a") == 1
    (fact,) = desk.facts(TicketOpened)
    assert fact.fields == (("category", "computer"), ("weight", "normal"), ("zone", "a"))
    assert fact.texts == (("room", "101"), ("text", "It is black"), ("title", "Screen"))
    assert fact.persons == (("reporter", "Ms Brown"),)
    assert set(fact.SEALED) == {"texts", "persons"}
    assert desk.open() == 2
    assert desk.ticket(1).state == "open"


def test_a_template_begins_a_ticket_and_what_is_said_goes_before_it() -> None:
    desk = Desk()
    number = desk.open("lock-broken", asset="east", title="East door does not lock")
    (fact,) = desk.facts(TicketOpened)
    assert dict(fact.fields) == {"category": "lock", "weight": "safety", "asset": "east", "zone": "a"}
    assert dict(fact.texts)["title"] == "East door does not lock"
    assert desk.ticket(number).field("category") == "lock"
    assert desk.refused(OpenTicket((), "nothing"))[0] == "unknown_template"


def test_a_lock_ticket_on_a_door_weighs_safety_whoever_wrote_less() -> None:
    desk = Desk()
    number = desk.open(category="lock", weight="normal", asset="east")
    assert desk.ticket(number).field("weight") == "safety"
    elsewhere = desk.open(category="lock", weight="normal")
    assert desk.ticket(elsewhere).field("weight") == "normal"
    desk.change(elsewhere, asset="a-101")
    assert desk.ticket(elsewhere).field("weight") == "safety"
    desk.change(elsewhere, weight="normal")
    assert desk.ticket(elsewhere).field("weight") == "safety"


def test_a_ticket_on_safety_equipment_weighs_safety_and_one_of_an_unknown_category_too() -> None:
    desk = Desk()
    desk.book.assets[AssetId("aed-1")] = Asset(
        AssetId("aed-1"), {"class": "safety", "type": "aed", "zone": "b"}
    )
    assert desk.ticket(desk.open(asset="aed-1")).field("weight") == "safety"
    assert weight_of(desk.book, {"category": "of another pack"}) == "safety"
    assert weight_of(desk.book, {"category": "of another pack", "weight": "normal"}) == "normal"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"colour": "red"}, "unknown_field"),
        ({"before": "1"}, "unknown_field"),
        ({"category": "plumbing"}, "unknown_category"),
        ({"category": "lights out"}, "unknown_category"),
        ({"zone": "moon"}, "unknown_zone"),
        ({"asset": "nobody"}, "unknown_asset"),
        ({"weight": "heavy"}, "bad_value"),
        ({"due": "2026-02-30"}, "no_such_day"),
        ({"assigned": "Ms Brown"}, "bad_value"),
        ({"title": "two\nlines"}, "bad_value"),
        ({"text": "a\x1b[31m"}, "bad_value"),
        ({"title": ""}, "not_said"),
    ],
)
def test_what_may_not_be_said_is_refused_with_what_is_wrong(said: dict[str, str], code: str) -> None:
    desk = Desk()
    whole = {"title": "Screen", "category": "computer", **said}
    assert desk.refused(OpenTicket(tuple(whole.items())))[0] == code
    assert desk.entries == []


def test_who_names_no_category_is_told_those_that_there_are() -> None:
    said = (("title", "Tap"), ("category", "plumbing"))
    assert Desk().refused(OpenTicket(said))[1]["known"] == "lock, camera, computer"


def test_a_ticket_needs_a_title_and_a_category_and_says_each_thing_once() -> None:
    desk = Desk()
    assert desk.refused(OpenTicket((("category", "lock"),))) == ("not_said", {"field": "title"})
    assert desk.refused(OpenTicket((("title", "Screen"),))) == ("not_said", {"field": "category"})
    assert desk.refused(OpenTicket((*ROW, *ROW)))[0] == "said_twice"
    number = desk.open()
    assert desk.refused(ChangeTicket(number, (("zone", "a"), ("zone", "b"))))[0] == "said_twice"
    assert desk.refused(ChangeTicket(99, ()))[0] == "unknown_ticket"


def test_a_change_says_only_what_is_another_and_texts_always() -> None:
    desk = Desk()
    number = desk.open(zone="a")
    desk.change(number, zone="a", assigned="account:3")
    desk.change(number, zone="a")
    desk.change(number, zone="", title="Screen")
    first, second = desk.facts(TicketChanged)
    assert (first.fields, first.texts) == ((("assigned", "account:3"),), ())
    assert (second.fields, second.texts) == ((("zone", ""),), (("title", "Screen"),))
    assert desk.ticket(number).field("zone") == ""


def test_states_follow_one_another_and_a_closed_ticket_can_only_be_reopened() -> None:
    desk = Desk()
    number = desk.open()
    for state in ("progress", "waiting", "proposed", "closed", "reopened", "progress", "open"):
        desk.change(number, state=state)
    assert desk.refused(ChangeTicket(number, (("state", "reopened"),))) == (
        "no_such_turn", {"from": "open", "to": "reopened"},
    )  # fmt: skip
    desk.change(number, state="closed")
    assert desk.refused(ChangeTicket(number, (("state", "open"),)))[0] == "no_such_turn"
    assert (list(desk.book.tickets), list(desk.book.closed)) == ([], [number])
    desk.change(number, state="reopened")
    assert (list(desk.book.tickets), list(desk.book.closed)) == ([number], [])


def test_a_ticket_that_weighs_safety_is_closed_with_what_was_done() -> None:
    desk = Desk()
    number = desk.open(category="lock", asset="east")
    close: Pairs = (("state", "closed"),)
    assert desk.refused(ChangeTicket(number, close)) == ("why_needed", {"ticket": number})
    # Taking its door away in the same breath does not make it lighter.
    assert (
        desk.refused(ChangeTicket(number, (*close, ("asset", ""), ("weight", "normal"))))[0] == "why_needed"
    )
    assert desk.refused(ChangeTicket(number, close, "\x00"))[0] == "bad_value"
    desk.change(number, "New latch fitted, tested ten times", state="closed")
    assert desk.facts(TicketChanged)[0].why == "New latch fitted, tested ten times"


def test_a_note_holds_words_time_parts_or_photos_and_something_of_them() -> None:
    desk = Desk()
    number = desk.open()
    desk.ask(NoteTicket(number, "New bulb", 15, (("bulb", "2"),), (HASH,)))
    (fact,) = desk.facts(TicketNoted)
    assert (fact.note, fact.minutes, fact.parts, fact.photos) == ("note", 15, (("bulb", "2"),), (HASH,))
    assert {"text", "parts", "photos"} == set(fact.SEALED)


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (NoteTicket(1), "nothing_noted"),
        (NoteTicket(1, "\x07"), "bad_value"),
        (NoteTicket(1, minutes=-1), "bad_minutes_spent"),
        (NoteTicket(1, minutes=100_000), "bad_minutes_spent"),
        (NoteTicket(1, parts=(("bulb", "two"),)), "bad_parts"),
        (NoteTicket(1, parts=(("", "1"),)), "bad_parts"),
        (NoteTicket(1, parts=(("bulb", "1"),) * 51), "bad_parts"),
        (NoteTicket(1, photos=("../x",)), "bad_photos"),
        (NoteTicket(1, photos=("G" * 64,)), "bad_photos"),
        (NoteTicket(1, photos=(HASH,) * 11), "bad_photos"),
        (NoteTicket(2, "x"), "unknown_ticket"),
    ],
)
def test_a_note_that_is_none_is_refused(note: NoteTicket, code: str) -> None:
    desk = Desk()
    desk.open()
    assert desk.refused(note)[0] == code


def test_an_import_may_say_that_a_ticket_is_open() -> None:
    desk = Desk()
    desk.open(state="open")
    (fact,) = desk.facts(TicketOpened)
    assert "state" not in dict(fact.fields)


# --- numbers ----------------------------------------------------------------------------------


def test_a_new_epoch_skips_past_whatever_was_given_out_in_the_time_that_is_lost() -> None:
    desk = Desk()
    desk.open()
    backup_us = desk.at_us
    # The lost line went on for ten days at 200 a day: numbers up to 2001.
    epoch_began(desk.book, backup_us, backup_us + 10 * DAY_US)
    assert desk.open() == 1 + 200 + 2_000 + 1
    # The first epoch of all skips nothing.
    fresh = Desk()
    epoch_began(fresh.book, 0, START_US)
    assert fresh.open() == 1


def test_two_restores_of_the_same_backup_do_not_meet() -> None:
    first, second = Desk(), Desk()
    gap_us, lived_us = 94 * HOUR_US, 125 * HOUR_US
    epoch_began(first.book, START_US, START_US + gap_us)
    from_first = first.open()
    # The first line lives at 200 a day, is lost, and the same backup is restored once more.
    epoch_began(second.book, START_US, START_US + gap_us + lived_us)
    assert second.open() >= from_first + 200 * lived_us // DAY_US


def test_a_clock_that_was_set_back_still_skips_ahead() -> None:
    desk = Desk()
    epoch_began(desk.book, START_US, START_US - 9 * DAY_US)
    assert desk.open() == 201


# --- imports ----------------------------------------------------------------------------------


def begun(desk: Desk) -> int:
    (entry,) = desk.ask(ImportTickets(0, 2, HASH))
    return int(entry.subject.rpartition("-")[2])


def test_an_import_counts_as_a_whole_once_it_is_taken() -> None:
    desk = Desk()
    batch = begun(desk)
    opened_us = START_US - 20 * DAY_US
    desk.ask(ImportTickets(batch, lines=((opened_us, ROW), (0, (*ROW, ("state", "closed"))))))
    assert desk.book.ticket(1) is desk.book.ticket(2) is None
    assert desk.refused(ChangeTicket(1, (("zone", "a"),)))[0] == "unknown_ticket"
    assert desk.sweep() == []
    desk.ask(ImportTickets(batch, end="taken"))
    assert (desk.ticket(1).opened_us, desk.ticket(1).state, desk.ticket(2).state) == (
        opened_us,
        "open",
        "closed",
    )
    assert desk.refused(ImportTickets(batch, end="taken"))[0] == "unknown_import"
    assert desk.refused(ImportTickets(0, 2, HASH))[0] == "imported_before"


def test_an_import_that_is_given_up_leaves_nothing_open_and_its_numbers_are_not_given_again() -> None:
    desk = Desk()
    batch = begun(desk)
    desk.ask(ImportTickets(batch, lines=((0, ROW),), end="abandoned"))
    assert desk.book.tickets == {}
    assert desk.open() == 2


def test_an_import_whose_sender_went_away_is_given_up_after_an_hour() -> None:
    desk = Desk()
    batch = begun(desk)
    desk.ask(ImportTickets(batch, lines=((0, ROW),)))
    desk.later(HOUR_US - 1)
    assert desk.sweep() == []
    desk.later(1)
    (fact,) = desk.sweep()
    assert (fact.batch, fact.state) == (batch, "abandoned")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (ImportTickets(0, 0, HASH), "bad_import"),
        (ImportTickets(0, 1_000_000, HASH), "bad_import"),
        (ImportTickets(0, 2, "no hash"), "bad_import"),
        (ImportTickets(7), "unknown_import"),
        (ImportTickets(1, lines=((0, ROW),) * 41), "bad_import"),
        (ImportTickets(1, lines=((START_US + 1, ROW),)), "bad_value"),
        (ImportTickets(1, lines=((0, ROW), (0, (("title", "x"),)))), "not_said"),
    ],
)
def test_a_piece_of_an_import_that_may_not_be_is_refused_whole(asked: ImportTickets, code: str) -> None:
    desk = Desk()
    begun(desk)
    assert desk.refused(asked)[0] == code
    assert desk.book.tickets == {}


# --- what is put to rest ----------------------------------------------------------------------


def test_whatever_rests_has_an_owner_a_reason_and_an_end_that_comes_by_itself() -> None:
    desk = Desk()
    desk.ask(BeginUpkeep("maintenance", "zone", "a", START_US + DAY_US, "Painters"))
    assert desk.book.upkeeps[1].owner == "account:7"
    desk.later(DAY_US - 1)
    assert desk.sweep() == []
    desk.later(1)
    assert desk.sweep() == [UpkeepEnded(1, "over")]
    assert desk.refused(EndUpkeep(1))[0] == "unknown_upkeep"


def test_a_rest_is_ended_by_a_person_before_its_time() -> None:
    desk = Desk()
    desk.ask(BeginUpkeep("maintenance", "device", "cam-1", START_US + DAY_US, "Cleaned", owner="account:9"))
    desk.later(HOUR_US)
    desk.ask(EndUpkeep(1))
    assert desk.book.upkeeps[1].span == (START_US, START_US + HOUR_US)
    assert desk.refused(EndUpkeep(2))[0] == "unknown_upkeep"
    assert of_kind(desk.sweep(), UpkeepEnded) == []


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"reason": " "}, "no_reason_said"),
        ({"owner": "Ms Brown"}, "bad_value"),
        ({"until_us": START_US}, "bad_rest"),
        ({"until_us": START_US + 8 * DAY_US}, "bad_rest"),
        ({"from_us": START_US - 1}, "bad_rest"),
        ({"from_us": START_US + 100 * DAY_US, "until_us": START_US + 101 * DAY_US}, "bad_rest"),
        ({"subject": "2"}, "unknown_subject"),
        ({"subject": "01"}, "unknown_subject"),
        ({"subject": "one"}, "unknown_subject"),
        ({"of": "zone", "subject": "a"}, "unknown_subject"),
        ({"what": "maintenance"}, "unknown_subject"),
        ({"what": "maintenance", "of": "zone", "subject": "moon"}, "unknown_subject"),
        ({"what": "maintenance", "of": "device", "subject": "nobody"}, "unknown_subject"),
    ],
)
def test_a_rest_that_may_not_be_is_refused(other: dict[str, Any], code: str) -> None:
    desk = Desk()
    desk.open()
    said = {
        "what": "snooze",
        "of": "ticket",
        "subject": "1",
        "until_us": START_US + DAY_US,
        "reason": "Part ordered",
    }
    assert desk.refused(BeginUpkeep(**{**said, **other}))[0] == code


def test_a_closed_ticket_is_not_snoozed() -> None:
    desk = Desk()
    number = desk.open()
    desk.change(number, state="closed")
    asked = BeginUpkeep("snooze", "ticket", str(number), START_US + DAY_US, "Part ordered")
    assert desk.refused(asked)[0] == "unknown_subject"


def test_rests_of_more_than_a_year_ago_are_forgotten() -> None:
    desk = Desk()
    desk.ask(BeginUpkeep("maintenance", "zone", "a", START_US + DAY_US, "Painters"), Actor("account:1"))
    desk.later(402 * DAY_US)
    desk.ask(BeginUpkeep("maintenance", "zone", "b", desk.at_us + DAY_US, "Painters"))
    assert list(desk.book.upkeeps) == [2]
