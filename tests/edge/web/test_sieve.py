"""The record without what is silent: what is hidden, and a numbering that shows no gap and keeps its order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.journal.stored import Stored
from edge.web.sieve import Sieve, told

EPOCH = "e" * 36


def event(seq: int, kind: str, data: dict[str, Any] | None = None, incident: str | None = None) -> Stored:
    return Stored(
        EPOCH, seq, "h", "i", "t", "b", 0, None, kind, "s", "a", incident, None, data or {}, {}, "p", {}, b""
    )


def opened(seq: int, name: str, *, silent: bool) -> Stored:
    return event(seq, "incident.opened/1", {"id": name, "silent": silent}, name)


SILENT = [
    event(1, "press.heard/1", {"response": "duress"}, "inc-1"),
    event(1, "start.asked/1", {"response": "duress"}, "inc-1"),
    opened(2, "inc-1", silent=True),
    event(3, "incident.note/1", {"id": "inc-1"}, "inc-1"),
    event(4, "incident.closed/1", {"id": "inc-1"}, "inc-1"),
    event(5, "press.unanswered/1", {"number": 4, "response": "duress"}),
    event(6, "flag.raised/1", {"code": "unanswered_press", "args": ["4", "too_old"]}),
    event(7, "press.answered/1", {"number": 4, "started": False}),
    event(8, "sealed.erased/1", {"seq": 3}),
]
SHOWN = [
    event(11, "press.heard/1", {"response": "lockdown"}, "inc-2"),
    opened(12, "inc-2", silent=False),
    event(13, "press.unanswered/1", {"number": 5, "response": "lockdown"}),
    event(14, "flag.raised/1", {"code": "unanswered_press", "args": ["5", "too_old"]}),
    event(15, "press.answered/1", {"number": 5, "started": False}),
    event(16, "flag.raised/1", {"code": "unanswered_press", "args": []}),
    event(17, "from.the.future/7", {}),
]


@pytest.mark.parametrize("one", SILENT, ids=lambda one: one.kind)
def test_what_tells_of_something_silent_is_hidden(one: Stored) -> None:
    sieve = Sieve()
    for each in SILENT:
        assert sieve.judge(each) is True
    assert sieve.hides(one.position)


@pytest.mark.parametrize("one", SHOWN, ids=lambda one: one.kind)
def test_what_is_not_silent_is_shown(one: Stored) -> None:
    sieve = Sieve()
    for each in SILENT:
        sieve.judge(each)
    for each in SHOWN:
        assert sieve.judge(each) is False
    assert not sieve.hides(one.position)


def test_what_was_judged_twice_is_counted_once() -> None:
    sieve = Sieve()
    sieve.load({EPOCH: [2]}, {"inc-1"}, {4})
    sieve.judge(opened(2, "inc-1", silent=True))
    assert sieve.shown_seq((EPOCH, 3)) == 2


@given(st.sets(st.integers(2, 60)), st.integers(1, 80))
def test_shown_events_are_numbered_without_a_gap_and_found_again(hidden: set[int], most: int) -> None:
    sieve = Sieve()
    sieve.load({EPOCH: sorted(hidden)}, (), ())
    shown = [seq for seq in range(1, most + 1) if seq not in hidden]

    numbers = [sieve.shown_seq((EPOCH, seq)) for seq in shown]

    assert numbers == list(range(1, len(shown) + 1))
    assert [sieve.true_seq(EPOCH, number) for number in numbers] == shown


def test_numbers_that_count_silent_ones_too_are_taken_out() -> None:
    waiting = event(13, "press.unanswered/1", {"number": 5, "response": "lockdown"})
    assert told(waiting, duress=False, seq=9)["data"]["number"] is None
    assert told(waiting, duress=False, seq=9)["seq"] == 9
    assert told(waiting, duress=True, seq=13)["data"]["number"] == 5
    flag = event(14, "flag.raised/1", {"code": "unanswered_press", "args": ["5", "too_old"]})
    assert told(flag, duress=False, seq=9)["data"]["args"] == []
    begun = event(1, "epoch.started/1", {"old_epoch": "x", "old_seq": 40, "old_hash": "y", "reason": "z"})
    assert told(begun, duress=False, seq=1)["data"] == {
        "old_epoch": "x", "old_seq": None, "old_hash": None, "reason": "z",
    }  # fmt: skip
