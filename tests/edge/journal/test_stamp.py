"""How a row becomes an event: every field of the contract, and no row lost for what a caller put into it."""

import hashlib
from dataclasses import replace
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.journal.chain import ZEROS, Head
from edge.journal.row import Row
from edge.journal.stamp import Stamper
from edge.journal.stored import microseconds, stored

EPOCH = "0b0f4b5e-8f0c-4d57-9a3c-0f7a5a2f7b11"
NOON_US = 1_786_622_400_123_456
PLAIN = Row(
    NOON_US, 42, "door.verdict/1", "a-101", "rule", "inc-1", ("lock", {"n": 1}), {"verdict": "secured"}
)

Foreign = st.recursive(
    st.none() | st.floats() | st.binary(max_size=4) | st.text(max_size=4) | st.integers(),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3),
    max_leaves=8,
)


def stamper() -> Stamper:
    return Stamper("lincoln-hs", "boot-1", None, Head(EPOCH, 0, ZEROS))


def test_an_event_has_exactly_the_fields_of_the_contract() -> None:
    event = stamper().stamp(PLAIN)

    fields = msgspec.json.decode(event.body)
    assert fields.pop("id")[14] == "7"
    assert fields == {
        "v": 1,
        "campus": "lincoln-hs",
        "epoch": EPOCH,
        "seq": 1,
        "at": "2026-08-13T12:00:00.123456Z",
        "clock": {"boot": "boot-1", "monotonic_us": 42, "error_us": None},
        "kind": "door.verdict/1",
        "subject": "a-101",
        "actor": "rule",
        "incident": "inc-1",
        "because": {"code": "lock", "args": {"n": 1}},
        "data": {"verdict": "secured"},
        "sealed": {},
        "prev": "0" * 64,
    }


def test_a_hash_is_the_sha_256_of_the_canonical_json_and_the_next_event_names_it() -> None:
    stamping = stamper()

    first, second = stamping.stamp(PLAIN), stamping.stamp(PLAIN)

    assert first.hash == hashlib.sha256(rfc8785.dumps(msgspec.json.decode(first.body))).hexdigest()
    assert msgspec.json.decode(second.body)["prev"] == first.hash
    assert (first.seq, second.seq) == (1, 2)


def test_a_sealed_field_is_a_commitment_over_salt_and_canonical_value() -> None:
    event = stamper().stamp(replace(PLAIN, sealed={"person": {"name": "Ada", "age": 7}}))

    opened = event.sealed[0]
    assert len(opened.salt) == 16
    assert opened.value == b'{"age":7,"name":"Ada"}'
    assert msgspec.json.decode(event.body)["sealed"] == {
        "person": hashlib.sha256(opened.salt + b'{"age":7,"name":"Ada"}').hexdigest()
    }
    assert b"Ada" not in event.body


def test_the_same_value_sealed_twice_gives_two_commitments() -> None:
    stamping = stamper()
    first, second = (stamping.stamp(replace(PLAIN, sealed={"person": "Ada"})) for _ in range(2))

    assert stored(first.body, first.hash).sealed != stored(second.body, second.hash).sealed


@pytest.mark.parametrize(
    "at_us", [-1, 0, 2**62, NOON_US], ids=["before 1970", "1970", "no calendar's", "noon"]
)
def test_a_time_that_no_calendar_has_costs_no_row(at_us: int) -> None:
    event = stamper().stamp(replace(PLAIN, at_utc_us=at_us))

    assert event.seq == 1
    assert microseconds(stored(event.body, event.hash).at) is not None


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    st.dictionaries(st.text(max_size=4), Foreign, max_size=4),
    st.dictionaries(st.text(max_size=4), Foreign, max_size=3),
)
def test_no_row_is_lost_for_what_its_fields_hold(data: dict[str, Any], sealed: dict[str, Any]) -> None:
    stamping = stamper()

    event = stamping.stamp(replace(PLAIN, data=data, sealed=sealed, because=("x", data)))

    assert event.seq == 1
    assert event.hash == hashlib.sha256(rfc8785.dumps(msgspec.json.decode(event.body))).hexdigest()
    assert stored(event.body, event.hash).kind == "door.verdict/1"


def test_a_row_too_large_to_be_kept_is_kept_without_its_data() -> None:
    event = stamper().stamp(replace(PLAIN, data={"text": "x" * 100_000}, sealed={"more": ["y" * 100_000]}))

    read = stored(event.body, event.hash)
    assert read.data["salvaged"] is True
    assert (read.kind, read.subject, read.incident) == ("door.verdict/1", "a-101", "inc-1")
