"""What the book makes of an edit of the district: taken in once by the rules of merging, or refused whole with a code."""

from dataclasses import replace

from rules.book.merges import IN_WORDS
from rules.book.merging import SLACK_US, merged
from rules.book.ticket_operations import operations
from rules.model.ticket_asks import MergeTicket
from rules.model.ticket_facts import TicketChanged, TicketMerged, TicketNoted
from tests.rules.book.desk import DAY_US, HOUR_US, MINUTE_US, START_US, Desk
from tests.rules.book.district import District, rig
from tests.rules.book.replicas import PACK

HASH = "cd" * 32
CLOSE = "closed"


# --- taken in ---------------------------------------------------------------------------------


def test_an_edit_that_had_seen_everything_holds_and_the_event_says_what_it_replaced() -> None:
    desk, hub, number = rig(zone="a")
    (fact,) = hub.say(number, "zone", "b")
    assert isinstance(fact, TicketMerged)
    assert (fact.field, fact.value, fact.was, fact.outcome) == ("zone", "b", "a", "taken")
    assert (fact.fields, fact.beside, fact.conflict) == ((("zone", "b"),), (), False)
    assert (fact.version, fact.pack) == (PACK.version, PACK.sha256)
    # It had seen what the campus said at that very moment, so it counts as behind it.
    assert (fact.heard_us, fact.stamp_us) == (desk.at_us, desk.at_us + 1)
    assert desk.entries[-1].actor == "district:ana"
    assert desk.ticket(number).field("zone") == "b"


def test_words_of_the_district_are_sealed_and_codes_are_not() -> None:
    _, hub, number = rig()
    (title,) = hub.say(number, "title", "Projector lamp")
    (assigned,) = hub.say(number, "assigned", "district:ben")
    assert (title.value, title.words, title.was) == ("", "Projector lamp", "")
    assert (assigned.value, assigned.words) == ("district:ben", "")
    assert set(TicketMerged.SEALED) == {"words", "why"}
    assert {"title", "text", "room", "reporter", "note", "part", "photo"} == IN_WORDS


def test_what_came_before_is_taken_in_once_also_with_its_words_erased_since() -> None:
    desk, hub, number = rig()
    note, zone = hub.op(number, "note", "Lamp ordered"), hub.op(number, "zone", "b")
    assert len(hub.send(note)) == len(hub.send(zone)) == 1
    assert hub.send(note) == hub.send(zone) == ()
    place = next(at for at, one in enumerate(desk.told[number]) if isinstance(one.fact, TicketMerged))
    told = desk.told[number][place]
    assert isinstance(told.fact, TicketMerged)
    desk.told[number][place] = replace(told, fact=replace(told.fact, words=""))
    assert hub.send(note) == ()
    assert desk.refused(MergeTicket(replace(zone, value="a"))) == ("said_otherwise", {"ticket": number})
    assert desk.refused(MergeTicket(replace(note, actor="ben")))[0] == "said_otherwise"


def test_whatever_is_added_is_added_and_changes_nothing_else() -> None:
    desk, hub, number = rig()
    desk.note(number, "Looked at it")
    for name, value in (
        ("note", "Lamp ordered"), ("minutes", "20"), ("part", "2 x lamp"), ("photo", HASH), ("acknowledged", ""),
    ):  # fmt: skip
        (fact,) = hub.say(number, name, value)
        assert (fact.outcome, fact.was, fact.fields, fact.beside) == ("added", "", (), ())
    ticket = merged(operations("campus-1", desk.told[number]), PACK)
    assert [one.field for one in ticket.added] == ["note", "note", "minutes", "part", "photo", "acknowledged"]
    assert desk.ticket(number).state == "open"


def test_words_written_at_once_are_both_there_and_the_event_names_the_other() -> None:
    desk, hub, number = rig()
    desk.later(HOUR_US)
    late = hub.op(number, "title", "Lamp")
    desk.later(HOUR_US)
    desk.change(number, title="Projector")
    desk.later(HOUR_US)
    ((kept,), (taken,)) = (hub.send(late), hub.send(hub.op(number, "title", "Lamp of room 7")))
    assert isinstance(kept.fact, TicketMerged)
    assert isinstance(taken.fact, TicketMerged)
    assert (kept.fact.outcome, taken.fact.outcome) == ("kept", "taken")
    assert kept.fact.beside == taken.fact.beside == (f"epoch-1:{desk.told[number][1].seq}:title:0",)


def test_a_close_on_campus_of_which_the_district_knew_nothing_is_open_again_as_a_conflict() -> None:
    desk, hub, number = rig()
    desk.change(number, state="progress")
    desk.change(number, state=CLOSE)
    closed = desk.told[number][-1].seq
    (fact,) = hub.say(number, "note", "It happens in room 8 too")
    assert (fact.outcome, fact.conflict) == ("added", True)
    assert (fact.fields, fact.beside) == ((("state", "progress"),), (f"epoch-1:{closed}:state:0",))
    ticket = desk.ticket(number)
    assert (ticket.state, ticket.conflict, ticket.since_us) == ("progress", True, desk.at_us)
    # What the campus says of its state then has seen both, also where it says the one that it has.
    since_us = ticket.turned_us
    desk.later(HOUR_US)
    desk.change(number, state="progress")
    assert (desk.ticket(number).conflict, desk.ticket(number).turned_us) == (False, since_us)
    assert not merged(operations("campus-1", desk.told[number]), PACK).conflict
    entries = len(desk.entries)
    desk.change(number, state="progress")  # and once it is settled that is nothing new
    assert len(desk.entries) == entries
    desk.change(number, state="waiting")
    desk.change(number, state=CLOSE)
    hub.hear()
    (fact,) = hub.say(number, "note", "Thank you")
    assert not fact.conflict
    assert desk.ticket(number).closed


def test_a_close_by_the_district_that_knew_nothing_of_the_campus_s_note_does_not_count() -> None:
    desk, hub, number = rig()
    desk.note(number, "Still dark")
    noted = desk.told[number][-1].seq
    (fact,) = hub.say(number, "state", CLOSE)
    assert (fact.outcome, fact.conflict, fact.fields) == ("kept", True, ())
    assert fact.beside == (f"epoch-1:{noted}:note:0",)
    assert (desk.ticket(number).state, desk.ticket(number).conflict) == ("open", True)
    hub.hear()
    (fact,) = hub.say(number, "state", CLOSE)
    assert (fact.outcome, fact.conflict, fact.was) == ("taken", False, "open")
    assert desk.ticket(number).closed


def test_an_event_of_a_ticket_that_nobody_knows_changes_nothing() -> None:
    desk, hub, number = rig()
    (entry,) = hub.send(hub.op(number, "zone", "b"))
    assert isinstance(entry.fact, TicketMerged)
    desk.enter(replace(entry, fact=replace(entry.fact, ticket=99)))
    assert desk.book.ticket(99) is None


def test_a_rule_proposes_nothing_to_close_while_a_conflict_stands() -> None:
    desk = Desk()
    desk.flag("camera_offline", "cam-1")
    desk.later(HOUR_US)
    desk.sweep()
    hub = District(desk)
    desk.change(1, state="closed")
    hub.say(1, "note", "Dark again")
    desk.clear("camera_offline", "cam-1")
    desk.later(HOUR_US)
    facts = desk.sweep()
    assert [one.note for one in facts if isinstance(one, TicketNoted)] == ["recovered"]
    assert (desk.ticket(1).state, desk.ticket(1).conflict) == ("open", True)


def test_a_ticket_given_another_thing_weighs_what_that_thing_makes_it_weigh() -> None:
    desk, hub, number = rig(category="lock", weight="normal")
    merge, rule = hub.say(number, "asset", "east")
    assert merge.fields == (("asset", "east"),)
    assert isinstance(rule, TicketChanged)
    assert (rule.rule, rule.fields) == ("weight_of_thing", (("weight", "safety"),))
    assert desk.ticket(number).field("weight") == "safety"


def test_a_day_is_set_on_both_sides_and_the_earlier_holds() -> None:
    desk, hub, number = rig()
    desk.change(number, due="2026-09-20")
    hub.say(number, "due", "2026-09-10")
    assert desk.ticket(number).field("due") == "2026-09-10"
    hub.hear()
    hub.say(number, "due", "")
    assert desk.ticket(number).field("due") == ""


# --- clocks -----------------------------------------------------------------------------------


def test_an_edit_by_a_clock_that_is_ahead_counts_five_minutes_from_now_at_most() -> None:
    desk, hub, number = rig()
    ((ahead,), (known,)) = (
        hub.send(hub.op(number, "title", "x", hlc=(desk.at_us + DAY_US, 0))),
        hub.send(hub.op(number, "note", "y", hlc=(desk.at_us + DAY_US - MINUTE_US, 0)), desk.at_us + DAY_US),
    )
    assert isinstance(ahead.fact, TicketMerged)
    assert isinstance(known.fact, TicketMerged)
    assert ahead.fact.stamp_us == desk.at_us + SLACK_US
    # Where the hub says what its clock shows, it is held against ours; and no edit counts as before what it had seen.
    assert known.fact.stamp_us == ahead.fact.stamp_us + 1


def test_a_campus_clock_that_had_been_weeks_ahead_does_not_win_on_once_it_is_right() -> None:
    desk, hub, number = rig()
    desk.at_us += 14 * DAY_US
    desk.change(number, title="By the wrong clock")
    desk.at_us = START_US + HOUR_US
    (first,) = hub.say(number, "title", "By the right clock")
    desk.at_us += HOUR_US
    (second,) = hub.say(number, "title", "And later")
    assert (first.outcome, second.outcome) == ("kept", "taken")


def test_what_is_decided_is_what_the_journal_folds_to_also_where_both_clocks_were_ahead() -> None:
    desk, hub, number = rig()
    desk.at_us += 14 * DAY_US
    desk.change(number, zone="a")
    desk.at_us = START_US + HOUR_US
    (entry,) = hub.send(hub.op(number, "zone", "b", hlc=(desk.at_us + 28 * DAY_US, 0)))
    assert isinstance(entry.fact, TicketMerged)
    # Both count as five minutes from now, and then the one that says it is later holds.
    assert entry.fact.outcome == "taken"
    ticket = merged(operations("campus-1", desk.told[number]), PACK)
    assert ticket.value("zone") == desk.ticket(number).field("zone") == "b"
