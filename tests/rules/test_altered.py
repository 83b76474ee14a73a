"""A state is altered as the standard library would, and never into one that it could not be."""

from dataclasses import fields, replace

import pytest

from rules.altered import altered
from rules.model.moments import Instant
from rules.state import DoorLive, Live, Record

THEN = Instant(1, 1)


def test_what_is_altered_is_what_the_standard_library_makes_and_leaves_the_old_one_alone() -> None:
    record, live = Record(number=3), Live(started=THEN, boot="b", now=THEN)
    later = Instant(2, 2)
    assert altered(record, number=4, last_unanswered=1) == replace(record, number=4, last_unanswered=1)
    assert altered(live, now=later) == replace(live, now=later)
    assert (record, live.now) == (Record(number=3), THEN)
    assert set(vars(altered(live, now=later))) == {field.name for field in fields(Live)}


def test_a_field_that_there_is_not_is_a_bug_of_ours() -> None:
    with pytest.raises(TypeError, match="Record has no zone"):
        altered(Record(), zone=1)


def test_a_value_with_slots_is_altered_the_same_way() -> None:
    door = DoorLive(tries=2, held="fire")

    assert altered(door, tries=3, written=THEN) == replace(door, tries=3, written=THEN)
    assert door == DoorLive(tries=2, held="fire")
    with pytest.raises(TypeError, match="DoorLive has no colour"):
        altered(door, colour=1)
