"""What is a request and what is not, for any bytes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.control.requests import LONGEST, Answer, NotARequest, Press, Status, WalkTest, asked, parse
from rules.model.events import AnswerAsked, PressAsked
from rules.model.ids import Actor, RequestId
from tests.edge.campus import NOON

PRESS = {"do": "press", "button": "pb-101", "kind": "real"}


def line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode()


def test_a_press_names_its_kind() -> None:
    assert parse(line(PRESS)) == Press(button="pb-101", kind="real")


@pytest.mark.parametrize(
    "fields",
    [
        {"do": "press", "button": "pb-101"},
        {**PRESS, "kind": "surprise"},
        {**PRESS, "kind": True},
        {**PRESS, "extra": 1},
        {**PRESS, "button": ""},
        {**PRESS, "button": "x" * 129},
        {**PRESS, "button": "pb 101"},
        {**PRESS, "button": "pb-101\n"},
        {"do": "release", "doors": [], "reason": "x"},
        {"do": "release", "doors": ["a"] * 1_001, "reason": "x"},
        {"do": "release", "doors": ["a"]},
        {"do": "release", "doors": ["a"], "reason": ""},
        {"do": "lock", "doors": "a-101", "reason": "x"},
        {"do": "close", "reason": "two\nlines"},
        {"do": "close", "reason": "\x1b[2J"},
        {"do": "close", "reason": "x" * 2_001},
        {"do": "answer", "press": 0, "answer": "start"},
        {"do": "answer", "press": 1.5, "answer": "start"},
        {"do": "answer", "press": 1, "answer": "maybe"},
        {"do": "walk-test", "buttons": ["a"], "minutes": 10**30, "person": "x"},
        {"do": "selfdestruct"},
        {},
    ],
    ids=lambda fields: json.dumps(fields)[:50],
)
def test_a_request_that_is_not_whole_is_refused_with_its_reason(fields: dict[str, Any]) -> None:
    with pytest.raises(NotARequest) as refused:
        parse(line(fields))

    assert str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"null",
        b"[]",
        b'"status"',
        b"{" * 30_000,
        b'{"do": "close", "reason": ' + b"[" * 30_000,
        b'{"do":"status","do":"close"}x',
        b"\xff\xfe",
        b'{"do": "close", "reason": "\\ud800"}',
        b'{"do": "status", "watch": NaN}',
        b" " * (LONGEST + 1),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_bytes_that_are_no_request_are_refused(data: bytes) -> None:
    with pytest.raises(NotARequest):
        parse(data)


def test_names_in_any_script_and_long_reasons_pass() -> None:
    request = parse(
        line({"do": "walk-test", "buttons": ["pb-101"], "minutes": 5, "person": "نرگس Ødegård 👩‍🚒"})
    )

    assert isinstance(request, WalkTest)
    assert request.person == "نرگس Ødegård 👩‍🚒"


def test_minutes_out_of_range_are_left_to_the_rules_to_refuse() -> None:
    assert isinstance(
        parse(line({"do": "walk-test", "buttons": ["a"], "minutes": -5, "person": "x"})), WalkTest
    )


def test_the_event_is_stamped_and_numbered_by_the_appliance() -> None:
    event = asked(Answer(press=7, answer="dismiss", reason="a cleaner"))(
        NOON, RequestId(3), Actor("socket:0")
    )

    assert event == AnswerAsked(NOON, RequestId(3), Actor("socket:0"), 7, False, "a cleaner")


def test_a_press_without_a_gesture_asks_for_the_highest() -> None:
    event = asked(Press(button="pb-101", kind="exercise"))(NOON, RequestId(1), Actor("socket:0"))

    assert isinstance(event, PressAsked)
    assert event.gesture is None
    assert event.kind.word == "exercise"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except NotARequest as err:
        said = str(err)
        assert 0 < len(said) <= 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
VERBS = (
    "status",
    "press",
    "lock",
    "release",
    "answer",
    "close",
    "walk-test",
    "rows",
    "export",
    "verify-journal",
)
FIELDS = (
    *("watch", "button", "kind", "gesture", "doors", "reason", "press", "answer"),
    *("buttons", "minutes", "person", "rebuild", "incident", "redact"),
)


@given(st.sampled_from(VERBS), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_any_fields_of_any_verb_are_a_request_or_refused(verb: str, fields: dict[str, Any]) -> None:
    try:
        request = parse(json.dumps({**fields, "do": verb}).encode())
    except NotARequest:
        return
    if isinstance(request, Status):
        assert isinstance(request.watch, bool)
