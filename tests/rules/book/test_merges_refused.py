"""Which edits of the district are refused whole, and what it may not do though it is well said."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.book.book import Asset
from rules.book.decision import Refused
from rules.book.merges import MOST_OPERATIONS
from rules.book.merging import merged
from rules.book.ticket_operations import Told, operations
from rules.model.facts import Entry, IncidentClosed
from rules.model.ids import Actor, AssetId
from rules.model.ticket_asks import MergeTicket
from rules.model.ticket_facts import TicketMerged
from rules.model.ticket_operations import Operation
from tests.rules.book.desk import Desk
from tests.rules.book.district import District, in_live, rig
from tests.rules.book.replicas import PACK

HASH = "cd" * 32
CLOSE = "closed"


# --- refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("colour", "red", "unknown_field"),
        ("before", "1", "unknown_field"),
        ("escalated", "lock-old", "unknown_field"),
        ("state", "gone", "bad_value"),
        ("state", "", "not_said"),
        ("weight", "", "not_said"),
        ("title", "", "not_said"),
        ("title", "two\nlines", "bad_value"),
        ("title", "x" * 201, "bad_value"),
        ("text", "a\x1b[31m", "bad_value"),
        ("due", "soon", "no_such_day"),
        ("assigned", "Ms Brown", "bad_value"),
        ("zone", "moon", "unknown_zone"),
        ("asset", "nobody", "unknown_asset"),
        ("category", "plumbing", "unknown_category"),
        ("note", "", "bad_value"),
        ("note", "x" * 2_001, "bad_value"),
        ("minutes", "0", "bad_value"),
        ("minutes", "-5", "bad_value"),
        ("minutes", "5000", "bad_value"),
        ("part", "lamp", "bad_value"),
        ("part", "two x lamp", "bad_value"),
        ("part", "2 x ", "bad_value"),
        ("photo", "../x", "bad_value"),
        ("acknowledged", "yes", "bad_value"),
    ],
)
def test_what_may_not_be_said_is_refused_whole(name: str, value: str, code: str) -> None:
    desk, hub, number = rig()
    entries = len(desk.entries)
    assert desk.refused(MergeTicket(hub.op(number, name, value)))[0] == code
    assert len(desk.entries) == entries


@pytest.mark.parametrize(
    ("other", "part"),
    [
        ({"site": "campus"}, "site"),
        ({"line": ""}, "line"),
        ({"line": "x" * 65}, "line"),
        ({"line": "hub 1"}, "line"),
        ({"line": "epoch-1"}, "line"),
        ({"line": "epoch-0"}, "line"),
        ({"number": 0}, "number"),
        ({"number": 2**53 + 1}, "number"),
        ({"place": -1}, "place"),
        ({"place": 100}, "place"),
        ({"actor": ""}, "actor"),
        ({"actor": "ana@example.org"}, "actor"),
        ({"actor": "x" * 49}, "actor"),
        ({"hlc": (-1, 0)}, "hlc"),
        ({"hlc": (2**60, 0)}, "hlc"),
        ({"seen": (("b", 1, 1), ("a", 1, 1))}, "seen"),
        ({"seen": (("a", 1, 4), ("a", 3, 9))}, "seen"),
        ({"seen": (("a", 3, 1),)}, "seen"),
        ({"seen": (("a", -1, 1),)}, "seen"),
        ({"seen": (("a", 1, 2**60),)}, "seen"),
        ({"seen": (("two words", 1, 2),)}, "seen"),
        ({"seen": tuple((f"l{place:02}", 1, 1) for place in range(65))}, "seen"),
        ({"why": "Because"}, "why"),
    ],
)
def test_nonsense_is_refused_with_the_part_that_is_none(other: dict[str, Any], part: str) -> None:
    desk, hub, number = rig()
    # A ticket that the epoch before this one told of.
    desk.told[number].insert(0, replace(desk.told[number][0], epoch="epoch-0", seq=9))
    assert desk.refused(MergeTicket(hub.op(number, "note", "x", **other))) == (
        "bad_operation",
        {"part": part},
    )


def test_a_reason_goes_with_a_state_and_is_words() -> None:
    desk, hub, number = rig()
    (fact,) = hub.say(number, "state", CLOSE, why="Lamp changed")
    assert fact.why == "Lamp changed"
    assert desk.refused(MergeTicket(hub.op(number, "state", "open", why="\x00"))) == (
        "bad_operation", {"part": "why"},
    )  # fmt: skip


def test_nonsense_about_the_hub_s_own_clock_is_refused_too() -> None:
    desk, hub, number = rig()
    assert desk.refused(MergeTicket(hub.op(number, "note", "x"), -1)) == ("bad_operation", {"part": "hlc"})


@pytest.mark.parametrize(
    ("ticket", "code"),
    [
        ("lincoln-1", "another_campus"), ("1", "another_campus"), ("campus-9", "unknown_ticket"),
        ("campus-01", "unknown_ticket"), ("campus-x", "unknown_ticket"), ("campus-", "unknown_ticket"),
    ],
)  # fmt: skip
def test_a_ticket_of_another_campus_or_of_none_is_refused(ticket: str, code: str) -> None:
    desk, hub, number = rig()
    assert desk.refused(MergeTicket(hub.op(number, "note", "x", ticket=ticket)))[0] == code


WORDS = st.text(max_size=12) | st.sampled_from(
    ["", "campus-1", "hub-1", "epoch-1", "closed", "safety", "east", "5", "2 x latch", HASH]
)
NUMBERS = st.integers(-(2**70), 2**70) | st.integers(0, 9)
WILD = st.builds(
    Operation,
    st.sampled_from(["campus-1", "campus-2", "other-1", "campus-", "campus-\u0661"]) | WORDS,
    st.sampled_from(["campus", "district"]),
    WORDS,
    NUMBERS,
    st.sampled_from([*PACK.fields, "colour"]),
    WORDS,
    st.lists(st.tuples(WORDS, NUMBERS, NUMBERS), max_size=3).map(tuple),
    WORDS,
    st.tuples(NUMBERS, NUMBERS),
    NUMBERS,
    WORDS,
    NUMBERS,
)


@settings(max_examples=500)
@given(st.lists(WILD, min_size=1, max_size=4), NUMBERS)
def test_whatever_is_sent_is_taken_in_or_refused_with_a_code_and_the_book_stays_whole(
    sent: list[Operation], sent_us: int
) -> None:
    desk, _, number = rig(category="lock", asset="east")
    for one in sent:
        before = len(desk.entries), desk.ticket(number)
        try:
            desk.ask(MergeTicket(one, sent_us))
        except Refused:
            assert (len(desk.entries), desk.ticket(number)) == before
    ticket = merged(operations("campus-1", desk.told[number]), PACK)
    assert (desk.ticket(number).state, desk.ticket(number).field("weight")) == (
        ticket.value("state"), "safety",
    )  # fmt: skip


def test_a_ticket_takes_a_thousand_edits_of_the_district_and_no_more() -> None:
    desk, hub, number = rig()
    (entry,) = hub.send(hub.op(number, "note", "x"))
    told = desk.told[number][-1]
    assert isinstance(entry.fact, TicketMerged)
    desk.told[number] += [
        Told(told.epoch, told.seq, told.at_us, told.actor, replace(entry.fact, number=place))
        for place in range(2, MOST_OPERATIONS + 1)
    ]
    more = hub.op(number, "note", "y", number=5_000)
    assert desk.refused(MergeTicket(more))[0] == "too_many_operations"


def test_nobody_has_seen_what_this_journal_has_not_said_yet() -> None:
    """Else an edit could claim to have seen every close to come, and stand beside each of them for ever."""
    desk, hub, number = rig()
    seen = (("epoch-1", 1, 2**53), ("hub-1", 1, 2**53), ("lost-epoch", 1, 900))
    (fact,) = hub.say(number, "note", "x", seen=seen)
    head = desk.book.head[1] - 1
    assert fact.seen == (("epoch-1", 1, head), ("lost-epoch", 1, 900))
    desk.change(number, state=CLOSE)
    assert desk.ticket(number).closed
    hub.hear()
    (fact,) = hub.say(number, "note", "y", seen=(("epoch-1", 2**50, 2**53),))
    assert (fact.seen, fact.conflict) == ((), True)


# --- safety, and a live incident --------------------------------------------------------------


def test_the_district_makes_nothing_lighter_that_weighs_safety_and_closes_it_with_the_reason_alone() -> None:
    desk, hub, number = rig(category="lock", asset="east")
    assert desk.refused(MergeTicket(hub.op(number, "weight", "normal"))) == (
        "safety_kept",
        {"ticket": number},
    )
    assert desk.refused(MergeTicket(hub.op(number, "state", CLOSE))) == ("why_needed", {"ticket": number})
    # Lighter by what it had seen, but the campus has made it graver since: the graver holds, and both are shown.
    other = desk.open()
    hub.hear()
    desk.change(other, weight="safety")
    (fact,) = hub.say(other, "weight", "urgent")
    assert (fact.outcome, fact.fields) == ("kept", ())
    assert desk.ticket(other).field("weight") == "safety"
    hub.hear()
    hub.say(number, "state", CLOSE, why="New latch, tested ten times")
    assert desk.ticket(number).closed


def test_what_became_safety_by_its_thing_is_not_closed_without_the_reason_either() -> None:
    desk = Desk()
    desk.book.assets[AssetId("kit-1")] = Asset(AssetId("kit-1"), {})
    number, hub = desk.open(asset="kit-1"), District(desk)
    desk.book.assets[AssetId("kit-1")] = Asset(AssetId("kit-1"), {"class": "safety"})
    assert desk.ticket(number).field("weight") == "normal"
    assert desk.refused(MergeTicket(hub.op(number, "state", CLOSE)))[0] == "why_needed"


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", CLOSE), ("state", "proposed"), ("state", "progress"), ("weight", "normal"), ("asset", "cam-1"), ("zone", "b"),
        ("category", "camera"), ("title", "x"), ("text", ""), ("assigned", ""), ("due", ""), ("due", "2026-12-01"),
    ],
)  # fmt: skip
def test_while_an_incident_is_live_the_district_takes_nothing_from_sight(
    name: str, value: str, silent: bool
) -> None:
    desk, hub, number = rig(category="lock", weight="urgent", due="2026-11-01", assigned="account:1")
    made = hub.op(number, name, value)
    assert desk.refused(MergeTicket(made, live=True))[0] == "not_now"  # the daemon knows before the book does
    incident = in_live(desk, silent=silent)
    assert desk.refused(MergeTicket(made)) == ("not_now", {"ticket": number})
    desk.enter(Entry(IncidentClosed(incident, "real", ""), "campus", Actor("x")))
    assert hub.send(made)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("note", "Police are told"), ("minutes", "5"), ("acknowledged", ""), ("weight", "safety"), ("weight", "urgent"),
        ("due", "2026-10-01"), ("due", "2026-11-01"), ("state", "open"),
    ],
)  # fmt: skip
def test_while_an_incident_is_live_the_district_may_add_and_hurry(name: str, value: str) -> None:
    desk, hub, number = rig(category="lock", weight="urgent", due="2026-11-01")
    in_live(desk)
    assert hub.say(number, name, value)


def test_while_an_incident_is_live_a_closed_ticket_is_opened_again_and_a_day_is_set() -> None:
    desk, hub, number = rig()
    desk.change(number, state=CLOSE)
    hub.hear()
    in_live(desk)
    hub.say(number, "state", "reopened")
    hub.say(number, "due", "2026-11-01")
    assert (desk.ticket(number).state, desk.ticket(number).field("due")) == ("reopened", "2026-11-01")
