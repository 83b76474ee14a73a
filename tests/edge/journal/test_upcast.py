"""Older kinds of event are read in their newest form; what was hashed stays as it was."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from edge.journal.chain import ZEROS, Head
from edge.journal.row import Row
from edge.journal.stamp import Stamper
from edge.journal.stored import Stored, stored
from edge.journal.upcast import UpCast, upcast


def event() -> Stored:
    made = Stamper("c", "boot", None, Head("e", 0, ZEROS)).stamp(
        Row(0, 0, "door.moved/1", "a-101", "x", data={"up": 1})
    )
    return stored(made.body, made.hash)


def second(old: Stored) -> Stored:
    return replace(old, kind="door.moved/2", data={"open": old.data["up"] == 1})


def third(old: Stored) -> Stored:
    return replace(old, kind="door.moved/3", data={**old.data, "by": "unknown"})


TABLE: Mapping[str, UpCast] = {"door.moved/1": second, "door.moved/2": third}


def test_an_older_kind_is_read_in_its_newest_version() -> None:
    read = upcast(event(), TABLE)

    assert (read.kind, read.data) == ("door.moved/3", {"open": True, "by": "unknown"})


def test_what_was_hashed_stays_as_it_was() -> None:
    old = event()

    assert upcast(old, TABLE).body == old.body
    assert upcast(old, TABLE).hash == old.hash


def test_a_kind_without_an_up_cast_stays_as_it_is() -> None:
    old = event()

    assert upcast(old) == old


def test_up_casts_that_lead_round_in_a_circle_are_a_bug_that_is_named() -> None:
    with pytest.raises(RuntimeError, match="circle"):
        upcast(event(), {"door.moved/1": lambda old: old})
