"""A ticket edited on both sides is the same ticket on both, whatever came first, and nothing of it is lost."""

import itertools
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.book.merge_pack import MergePack
from rules.book.merging import (
    SLACK_US,
    Forked,
    at_once,
    bounded,
    common,
    heard,
    issued,
    joined,
    later,
    merged,
    newest,
    ranges,
)
from rules.model.ticket_operations import Operation
from tests.rules.book.replicas import DAY_US, MINUTE_US, NOON_US, PACK, TICKET, Replica, blind, meet, sides

VALUES = {
    "state": ("open", "progress", "waiting", "proposed", "closed", "reopened"),
    "weight": ("safety", "urgent", "normal"),
    "assigned": ("", "account:1", "account:2", "role:technician"),
    "due": ("", "2026-09-01", "2026-10-01"),
    "title": ("Door", "Latch", "Lock"),
    "text": ("", "It squeaks", "It sticks"),
    "zone": ("", "a", "b"),
    "asset": ("", "east", "a-101"),
    "note": ("Seen", "Called"),
    "minutes": ("5", "20"),
    "part": ("1 x latch",),
    "photo": ("ab" * 32,),
    "acknowledged": ("",),
}
WHO = st.integers(0, 2)
SAY = st.tuples(
    st.just("say"), WHO, st.sampled_from([(name, value) for name, those in VALUES.items() for value in those])
)
HEAR = st.tuples(st.just("hear"), WHO, WHO)
PIECE = st.tuples(st.just("piece"), WHO, WHO, st.integers(1, 2**20))
WAIT = st.tuples(st.just("wait"), st.sampled_from([1, MINUTE_US, 30 * MINUTE_US, DAY_US, 30 * DAY_US]))
SKEWS = st.tuples(*[st.sampled_from([0, 2 * MINUTE_US, -20 * MINUTE_US, 14 * DAY_US, -14 * DAY_US])] * 3)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Replica], int]:
    """Three replicas that wrote while lines between them came and went, broke in the middle, and clocks were wrong."""
    skews = draw(SKEWS)
    replicas = [
        Replica("epoch-1", "campus", skews[0]),
        Replica("epoch-2", "campus", skews[1]),  # a box restored from its backup
        Replica("hub-1", "district", skews[2]),
    ]
    at_us = NOON_US
    for step in draw(st.lists(SAY | HEAR | PIECE | WAIT, max_size=40)):
        match step:
            case ("say", int(who), (str(name), str(value))):
                replicas[who].say(name, value, at_us)
            case ("hear", int(who), int(other)) if who != other:
                replicas[who].hear(replicas[other], at_us)
            case ("piece", int(who), int(other), int(bits)) if who != other:
                ids = sorted(one.id for one in replicas[other].known)
                some = frozenset(one for place, one in enumerate(ids) if bits >> (place % 20) & 1)
                replicas[who].hear(replicas[other], at_us, some)
            case ("wait", int(us)):
                at_us += us
            case _:
                pass
    return replicas, at_us


# --- whatever the order -----------------------------------------------------------------------


@settings(max_examples=300)
@given(stories())
def test_three_replicas_that_were_apart_are_one_ticket_again_however_they_meet(
    story: tuple[list[Replica], int],
) -> None:
    replicas, at_us = story
    found = set()
    for order in itertools.permutations(range(3)):
        copies = [replace(one) for one in replicas]
        # In pairs along a line first, so that what one wrote comes to another through the third.
        copies[order[1]].hear(copies[order[0]], at_us)
        copies[order[2]].hear(copies[order[1]], at_us)
        meet(*copies, at_us=at_us)
        assert copies[0].ticket == copies[1].ticket == copies[2].ticket
        found.add(frozenset((one.ticket, one.id) for one in copies[0].known))
    assert len(found) == 1


@settings(max_examples=300)
@given(stories(), st.randoms(use_true_random=False))
def test_joining_is_associative_commutative_and_idempotent(
    story: tuple[list[Replica], int], lots: Random
) -> None:
    one, two, three = (each.known for each in story[0])
    assert joined(one, joined(two, three)) == joined(joined(one, two), three)
    assert joined(one, two) == joined(two, one)
    assert joined(one, one) == one
    whole = joined(one, two, three)
    assert joined(whole, one) == whole
    # And the fold does not ask in which order it is told.
    shuffled = list(whole)
    lots.shuffle(shuffled)
    assert merged(shuffled, PACK) == merged(whole, PACK) == merged([*shuffled, *whole - set(shuffled)], PACK)


@settings(max_examples=200)
@given(stories())
def test_nothing_that_anybody_wrote_is_lost_unless_somebody_who_had_read_it_wrote_anew(
    story: tuple[list[Replica], int],
) -> None:
    known = joined(*(one.known for one in story[0]))
    ticket = merged(known, PACK)
    assert {one.id for one in ticket.added} == {
        one.id for one in known if PACK.fields[one.field].rule == "all"
    }
    for one in known - set(ticket.added):
        held = ticket.fields[one.field]
        shown = {held.value, held.by.value, *(other.value for other in held.beside)}
        after = [other for other in known if other.field == one.field and later(other, one)]
        assert one.value in shown or after


@settings(max_examples=200)
@given(stories())
def test_a_ticket_is_closed_only_where_nobody_wrote_what_its_close_knew_nothing_of(
    story: tuple[list[Replica], int],
) -> None:
    known = joined(*(one.known for one in story[0]))
    ticket = merged(known, PACK)
    if ticket.value("state") == "closed":
        assert not ticket.conflict
        assert [one for one in known if at_once(ticket.fields["state"].by, one)] == []
    weights = newest(one for one in known if one.field == "weight")
    if weights:
        heaviest = min(VALUES["weight"].index(one.value) for one in weights)
        assert ticket.value("weight") == VALUES["weight"][heaviest]


@settings(max_examples=200)
@given(stories(), st.integers(0, 2**30))
def test_who_says_less_than_they_had_seen_closes_nothing_by_it(
    story: tuple[list[Replica], int], bits: int
) -> None:
    known = sorted(joined(*(one.known for one in story[0])), key=lambda one: one.id)
    less = [blind(one) if bits >> (place % 30) & 1 else one for place, one in enumerate(known)]
    if merged(less, PACK).value("state") == "closed":
        assert merged(known, PACK).value("state") == "closed"


# --- the rule of each field -------------------------------------------------------------------


def test_comments_of_both_sides_are_there_with_parts_time_photos_and_who_has_seen_it() -> None:
    campus, district = sides()
    for side in (campus, district):
        for name in ("note", "part", "photo", "acknowledged"):
            side.say(name, VALUES[name][0], NOON_US + MINUTE_US)
    campus.say("minutes", "20", NOON_US + MINUTE_US)
    district.say("minutes", "5", NOON_US + MINUTE_US)
    meet(campus, district, at_us=NOON_US + DAY_US)
    ticket = campus.ticket
    assert sorted(one.field for one in ticket.added) == sorted(
        ["note", "part", "photo", "acknowledged", "minutes"] * 2
    )
    assert (ticket.minutes, ticket.conflict, ticket.value("state")) == (25, False, "open")
    assert ticket.value("room") == ""


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        ("proposed", "progress", "progress"),
        ("progress", "waiting", "waiting"),
        ("waiting", "open", "open"),
        ("open", "reopened", "reopened"),
        ("progress", "of another version", "of another version"),
    ],
)
def test_the_state_further_from_done_wins_and_the_other_is_shown(one: str, other: str, holds: str) -> None:
    for first, second in ((one, other), (other, one)):
        campus, district = sides()
        campus.say("state", first, NOON_US + MINUTE_US)
        district.say("state", second, NOON_US + 2 * MINUTE_US)
        meet(campus, district, at_us=NOON_US + DAY_US)
        held = district.ticket.fields["state"]
        assert held.value == holds
        assert [each.value for each in held.beside] == [one if holds == other else other]
        assert not district.ticket.conflict


@pytest.mark.parametrize("name", ["note", "title", "weight", "assigned", "acknowledged"])
def test_a_close_that_knew_nothing_of_any_other_edit_leaves_the_ticket_open_as_a_conflict(name: str) -> None:
    for closer in (0, 1):
        pair = sides()
        pair[closer].say("state", "closed", NOON_US + MINUTE_US, "Done")
        pair[1 - closer].say(name, VALUES[name][0], NOON_US + 2 * MINUTE_US)
        meet(*pair, at_us=NOON_US + DAY_US)
        for side in pair:
            assert (side.ticket.value("state"), side.ticket.conflict) == ("open", True)
            assert [(one.value, one.why) for one in side.ticket.fields["state"].beside] == [
                ("closed", "Done")
            ]


def test_two_closes_that_knew_nothing_of_each_other_leave_it_open_too() -> None:
    campus, district = sides()
    campus.say("state", "progress", NOON_US + MINUTE_US)
    meet(campus, district, at_us=NOON_US + MINUTE_US)
    for side in (campus, district):
        side.say("state", "closed", NOON_US + 2 * MINUTE_US)
    meet(campus, district, at_us=NOON_US + DAY_US)
    assert (campus.ticket.value("state"), campus.ticket.conflict) == ("progress", True)
    assert [one.value for one in campus.ticket.fields["state"].beside] == ["closed", "closed"]


def test_a_ticket_that_was_proposed_to_close_is_open_once_its_close_does_not_count() -> None:
    campus, district = sides()
    campus.say("state", "proposed", NOON_US)
    meet(campus, district, at_us=NOON_US)
    district.say("state", "closed", NOON_US + MINUTE_US)
    campus.say("note", "It is broken again", NOON_US + MINUTE_US)
    meet(campus, district, at_us=NOON_US + DAY_US)
    assert (campus.ticket.value("state"), campus.ticket.conflict) == ("open", True)
    assert [one.value for one in campus.ticket.fields["state"].beside] == ["proposed", "closed"]


def test_a_ticket_of_which_only_a_contested_close_is_known_is_open() -> None:
    close = said("state", "closed")
    ticket = merged([close, said("note", "Wait", line="epoch-1")], PACK)
    assert (ticket.value("state"), ticket.conflict, ticket.fields["state"].beside) == ("open", True, (close,))


def test_who_has_seen_both_settles_a_conflict() -> None:
    campus, district = sides()
    campus.say("state", "closed", NOON_US)
    district.say("note", "Wait", NOON_US)
    meet(campus, district, at_us=NOON_US + MINUTE_US)
    district.say("note", "I look at it", NOON_US + 2 * MINUTE_US)
    meet(campus, district, at_us=NOON_US + 2 * MINUTE_US)
    assert campus.ticket.conflict  # words settle nothing
    campus.say("state", "closed", NOON_US + 3 * MINUTE_US)
    meet(campus, district, at_us=NOON_US + 3 * MINUTE_US)
    assert (district.ticket.value("state"), district.ticket.conflict) == ("closed", False)
    assert district.ticket.fields["state"].beside == ()


def test_a_close_by_somebody_who_had_seen_everything_holds() -> None:
    campus, district = sides()
    district.say("note", "Done", NOON_US)
    district.say("state", "closed", NOON_US)
    meet(campus, district, at_us=NOON_US)
    assert campus.ticket.value("state") == "closed"


def test_one_act_that_writes_and_closes_does_not_contest_itself() -> None:
    act = [said("note", "New latch", number=3), said("state", "closed", number=3)]
    assert merged(act, PACK).value("state") == "closed"


@pytest.mark.parametrize(
    ("name", "campus_says", "district_says", "holds"),
    [
        ("weight", "safety", "normal", "safety"),
        ("weight", "normal", "urgent", "urgent"),
        ("weight", "", "normal", "normal"),
        ("weight", "of another version", "safety", "of another version"),
        ("assigned", "account:1", "account:2", "account:2"),
        ("assigned", "account:1", "", "account:1"),
        ("due", "2026-09-01", "2026-10-01", "2026-09-01"),
        ("due", "2026-10-01", "2026-09-01", "2026-09-01"),
        ("due", "", "2026-10-01", "2026-10-01"),
    ],
)
def test_the_graver_weight_the_district_s_choice_and_the_earlier_day_win_whatever_the_clock_says(
    name: str, campus_says: str, district_says: str, holds: str
) -> None:
    for campus_first in (True, False):
        campus, district = sides()
        campus.say(name, campus_says, NOON_US + (1 if campus_first else 2) * MINUTE_US)
        district.say(name, district_says, NOON_US + (2 if campus_first else 1) * MINUTE_US)
        meet(campus, district, at_us=NOON_US + DAY_US)
        held = campus.ticket.fields[name]
        assert held.value == holds
        assert {held.value, *(one.value for one in held.beside)} == {campus_says, district_says}


@pytest.mark.parametrize("name", ["title", "text", "category", "asset", "zone", "room", "reporter"])
def test_of_words_and_places_the_last_holds_and_the_other_is_kept_and_shown(name: str) -> None:
    for last in (0, 1):
        pair = sides()
        pair[1 - last].say(name, "first", NOON_US + MINUTE_US)
        pair[last].say(name, "last", NOON_US + 2 * MINUTE_US)
        meet(*pair, at_us=NOON_US + DAY_US)
        held = pair[0].ticket.fields[name]
        assert (held.value, [one.value for one in held.beside]) == ("last", ["first"])
        assert held.beside[0].actor == f"p-{pair[1 - last].line}"


def test_what_both_sides_wrote_alike_is_no_other_version() -> None:
    campus, district = sides()
    for side in (campus, district):
        side.say("title", "Latch", NOON_US)
    meet(campus, district, at_us=NOON_US)
    assert campus.ticket.fields["title"].beside == ()


def test_a_field_that_the_pack_does_not_name_is_none_of_a_ticket() -> None:
    assert merged([said("colour", "red")], PACK).fields == {}
    assert merged([said("title", "Door")], MergePack()).fields == {}


# --- clocks -----------------------------------------------------------------------------------


def test_who_had_seen_the_other_s_words_wins_whatever_their_clock_says() -> None:
    campus, district = sides(campus_ahead_us=14 * DAY_US)
    campus.say("title", "Wrong", NOON_US)
    meet(campus, district, at_us=NOON_US + MINUTE_US)
    district.say("title", "Right", NOON_US + 2 * MINUTE_US)
    meet(campus, district, at_us=NOON_US + 3 * MINUTE_US)
    assert campus.ticket.value("title") == district.ticket.value("title") == "Right"
    assert campus.ticket.fields["title"].beside == ()


@pytest.mark.parametrize("ahead_us", [14 * DAY_US, -14 * DAY_US, 4 * MINUTE_US])
def test_a_clock_that_is_days_off_neither_wins_nor_loses_by_it(ahead_us: int) -> None:
    for last in (0, 1):
        pair = sides(campus_ahead_us=ahead_us)
        pair[1 - last].say("title", "first", NOON_US)
        pair[last].say("title", "last", NOON_US + 20 * MINUTE_US)
        # What the campus hears is what counts (`rules.book.ticket_operations`).
        pair[0].hear(pair[1], NOON_US + DAY_US)
        assert pair[0].ticket.value("title") == "last"


def test_an_edit_that_waited_thirty_days_for_a_line_keeps_its_time() -> None:
    campus, district = sides()
    district.say("title", "Before the cut", NOON_US + MINUTE_US)
    campus.say("title", "Days later", NOON_US + 10 * DAY_US)
    campus.hear(district, NOON_US + 30 * DAY_US)
    assert campus.ticket.value("title") == "Days later"


def test_nothing_counts_as_made_more_than_five_minutes_after_it_was_heard() -> None:
    far = replace(said("title", "x"), hlc=(NOON_US + 365 * DAY_US, 0))
    assert heard(far, NOON_US).stamp_us == NOON_US + SLACK_US
    assert heard(far, NOON_US, NOON_US).counts_us == NOON_US + SLACK_US
    assert bounded(far, NOON_US).counts_us == NOON_US + SLACK_US
    # Once recorded it stands, whoever hears it next; and never as "nobody recorded any".
    again = heard(heard(far, NOON_US), NOON_US + DAY_US)
    assert again.stamp_us == NOON_US + SLACK_US
    assert heard(replace(far, hlc=(0, 0)), 0).stamp_us == 1


def test_what_somebody_had_seen_counts_as_before_what_they_wrote() -> None:
    first = heard(said("title", "first", line="epoch-1", number=4), NOON_US + MINUTE_US)
    second = replace(said("title", "second"), seen=(("epoch-1", 1, 4),), hlc=(NOON_US - DAY_US, 0))
    assert heard(second, NOON_US, 0, [first]).stamp_us == first.counts_us + 1


def test_a_new_edit_s_clock_is_behind_all_that_was_seen_but_hands_no_wrong_clock_on() -> None:
    assert issued(NOON_US, []) == (NOON_US, 0)
    near = replace(said("note", "x"), hlc=(NOON_US + MINUTE_US, 2))
    assert issued(NOON_US, [near, said("note", "y")]) == (NOON_US + MINUTE_US, 3)
    far = replace(near, hlc=(NOON_US + DAY_US, 0))
    assert issued(NOON_US, [far])[0] == NOON_US + SLACK_US


def test_where_two_heard_it_first_the_earlier_time_counts() -> None:
    one = said("title", "x")
    first, second = (
        replace(one, stamp_us=NOON_US),
        replace(one, stamp_us=NOON_US + 1, seen=(("epoch-1", 1, 3),)),
    )
    assert joined([first], [second], [one]) == {replace(one, stamp_us=NOON_US)}
    # And only what both took it for having seen.
    assert joined([second], [first], [one]) == {replace(one, stamp_us=NOON_US)}


# --- what was seen ----------------------------------------------------------------------------


def test_ranges_are_in_order_and_apart_and_what_two_have_in_common_is_in_both() -> None:
    assert ranges([("b", 1, 1), ("a", 4, 6), ("a", 1, 3), ("a", 9, 9), ("a", 2, 5)]) == (
        ("a", 1, 6), ("a", 9, 9), ("b", 1, 1),
    )  # fmt: skip
    assert common((("a", 1, 6), ("b", 1, 2)), (("a", 5, 9), ("c", 1, 2))) == (("a", 5, 6),)


def test_an_operation_that_was_refused_leaves_a_gap_and_what_came_behind_it_is_seen_all_the_same() -> None:
    """Where only a highest number were told, the campus's close would be contested for ever, or the gap be taken for seen."""
    third, fourth = said("note", "x", number=3), said("note", "y", number=4)
    close = replace(
        said("state", "closed", line="epoch-1", number=9),
        site="campus",
        seen=(("hub-1", 1, 2), ("hub-1", 4, 4)),
    )
    assert merged([fourth, close], PACK).value("state") == "closed"
    assert merged([third, fourth, close], PACK).conflict


def test_hostile_claims_to_have_seen_each_other_count_for_neither() -> None:
    one = replace(said("title", "one"), seen=(("hub-2", 1, 9),))
    other = replace(said("title", "other", line="hub-2"), seen=(("hub-1", 1, 9),))
    third = replace(said("title", "third", line="hub-3"), seen=())
    assert at_once(one, other)
    assert {each.value for each in newest([one, other, third])} == {"one", "other", "third"}
    # And in a circle of three all are kept.
    ring = [
        replace(said("title", str(place), line=f"l{place}"), seen=((f"l{(place + 1) % 3}", 1, 9),))
        for place in range(3)
    ]
    assert len(newest(ring)) == 3


def test_one_id_with_two_contents_is_for_a_person() -> None:
    with pytest.raises(Forked, match="campus-7 hub-1:1:title:0"):
        joined([said("title", "one")], [said("title", "other")])


def said(name: str, value: str, line: str = "hub-1", number: int = 1) -> Operation:
    return Operation(TICKET, "district", line, number, name, value, (), "p1", (NOON_US, 0))
