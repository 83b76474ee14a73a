"""Canonical JSON: what the journal hashes has one form, and it is that of RFC 8785."""

import enum
from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.journal.canonical import MAX_BYTES, MAX_DEPTH, NotCanonical, canonical, salvaged

KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS
TREES = st.recursive(
    LEAVES, lambda each: st.lists(each, max_size=4) | st.dictionaries(KEYS, each, max_size=4), max_leaves=12
)
ANYTHING = st.recursive(
    LEAVES | st.floats() | st.binary(max_size=4) | st.integers() | st.text(max_size=6),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=4) | st.integers(), each, max_size=3)
    ),
    max_leaves=10,
)


class Colour(enum.StrEnum):
    RED = "red"


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(TREES)
def test_its_bytes_are_those_of_an_independent_rfc_8785(tree: Any) -> None:
    assert canonical(tree) == rfc8785.dumps(tree)


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        {"é": 1},
        {1: "x"},
        "\ud800",
        (1,),
        b"x",
        Colour.RED,
        datetime(2026, 1, 1, tzinfo=UTC),
        {"a": [{"b": 0.5}]},
        "x" * MAX_BYTES,
    ],
    ids=[
        "float",
        "not a number",
        "too large",
        "too small",
        "key outside ASCII",
        "key that is no text",
        "lone surrogate",
        "tuple",
        "bytes",
        "enum",
        "date",
        "float far inside",
        "longer than an event may be",
    ],
)
def test_what_has_no_single_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_what_is_nested_too_deep_is_refused() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH + 1):
        deep = [deep]

    with pytest.raises(NotCanonical):
        canonical(deep)


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(ANYTHING)
def test_whatever_is_salvaged_has_a_form(value: Any) -> None:
    assert canonical(salvaged(value), max_bytes=10**6) == rfc8785.dumps(salvaged(value))


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(st.dictionaries(KEYS.filter(lambda key: len(key) < 8), LEAVES, max_size=4))
def test_salvaging_changes_nothing_that_needs_none(value: Any) -> None:
    plain = {key: each for key, each in value.items() if not isinstance(each, str) or each.isascii()}

    assert salvaged(plain) == plain
