"""What a configuration's text may hold, and what is refused before anything is understood."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config.yaml12 import (
    DEEPEST,
    LONGEST_BYTES,
    MOST_NODES,
    Mapping,
    Plain,
    compose,
    compose_beginning,
    plain_of,
    resolved,
)


def plain(text: str) -> object:
    root, problems = compose(text.encode(), "f.yaml")
    assert problems == []
    assert root is not None
    return plain_of(root)


def refused(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [problem.text() for problem in compose(data, "f.yaml")[1]]


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "yes",
        "on",
        "off",
        "y",
        "n",
        "2026-08-14",
        "12:30",
        "1_000",
        "0b1",
        "<<",
        "=",
        "1.2.3",
        "tRue",
        "- x",
    ],
)
def test_words_that_yaml_1_1_took_for_something_else_stay_text(word: str) -> None:
    if word == "- x":
        assert plain("key: '- x'") == {"key": "- x"}
        return
    assert plain(f"key: {word}") == {"key": word}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("0", 0), ("010", 10), ("-7", -7),
        ("+12175550100", 12175550100), ("0x1F", 31), ("0o17", 15), ("1.5", 1.5), (".5", 0.5), ("-1e3", -1000.0), ("1.", 1.0),
        (".inf", float("inf")), ("-.INF", float("-inf")),
    ],
)  # fmt: skip
def test_the_few_words_of_the_core_schema_are_values(written: str, value: object) -> None:
    found = plain(f"key: {written}")

    assert found == {"key": value}
    assert isinstance(found, dict)
    assert type(found["key"]) is type(value)


def test_quotes_make_text_of_anything() -> None:
    assert plain("{a: '1', b: \"true\", c: 'null'}") == {"a": "1", "b": "true", "c": "null"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: &x 2", 2, "anchor &x"),
        ("a: &x 1\nb: *x", 2, "alias *x"),
        ("a: 1\nb: !!str 2", 2, "tag"),
        ("a: !thing {b: 1}", 1, "tag"),
        ("a: 1\nb: 2\na: 3", 3, "given twice"),
        ("a: {b: 1,\n b: 2}", 2, "given twice"),
        ("a: 1\n2: b", 2, "is no text"),
        ("true: b", 1, "is no text"),
        ("? [a]\n: b", 1, "is no text"),
        ("a: 1\n---\nb: 2", 2, "second document"),
        ("%YAML 1.1\n---\na: 1", 1, "%YAML"),
        ("%TAG ! tag:x,2000:\n---\na: 1", 1, "%TAG"),
        ("a: 1\nb: [", 3, "did not find expected"),
        ("a: 1\n\tb: 2", 2, ""),
        ("a: b: c", 1, "not allowed"),
        ("a: \x07", 1, "character"),
        (b"a: 1\nb: \xff", 2, "UTF-8"),
        ("", 1, "is empty"),
        ("# nothing\n", 1, "is empty"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused_with_its_line(
    text: str | bytes, line: int, what: str
) -> None:
    told = refused(text)

    assert told
    assert any(one.startswith(f"f.yaml:{line}: yaml: ") and what in one and "; " in one for one in told), told


def test_everything_refused_is_told_at_once() -> None:
    assert len(refused("a: &x 1\nb: *x\nc: !t 2\na: 4\n5: 6")) == 5


def test_a_file_beyond_the_bound_is_not_even_parsed() -> None:
    assert "is longer than" in refused(b"#" * (LONGEST_BYTES + 1))[0]


def test_nesting_stops_at_its_bound_and_not_at_the_stack() -> None:
    assert compose(("[" * DEEPEST + "]" * DEEPEST).encode(), "f")[1] == []
    assert "nested deeper" in refused("[" * 100_000)[0]
    assert "nested deeper" in refused("- " * 100_000)[0]
    assert "nested deeper" in refused("{a: " * 100_000)[0]


@pytest.mark.parametrize("bomb", ["a,", "- a\n"], ids=["flow", "items"])
def test_a_file_of_millions_of_values_is_left_at_its_bound(bomb: str) -> None:
    text = ("[" if "," in bomb else "") + bomb * (LONGEST_BYTES // len(bomb) - 1)

    assert f"holds more than {MOST_NODES} values" in refused(text)[0]


def test_every_key_and_value_knows_its_line_and_column() -> None:
    root, _ = compose(b"a: 1\nb:\n  - {c: x,\n     d: y}\n", "f")

    assert isinstance(root, Mapping)
    assert (root.items["b"].line, root.items["b"].column) == (2, 1)
    items = root.items["b"].value
    assert (items.line, items.column) == (3, 3)
    inner = items.items[0]  # type: ignore[union-attr,index]
    assert isinstance(inner, Mapping)
    assert (inner.items["d"].line, inner.items["d"].column) == (4, 6)
    assert (inner.items["d"].value.line, inner.items["d"].value.column) == (4, 9)


def test_the_beginning_of_a_broken_file_can_still_be_read() -> None:
    root = compose_beginning(b"campus: {id: x}\nstore: {directory: /srv}\nzones: [a,, ]\n b: }")

    assert root is not None
    assert plain_of(root)["store"] == {"directory": "/srv"}  # type: ignore[index]


@given(st.binary(max_size=300))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_no_bytes_make_the_reader_raise(data: bytes) -> None:
    root, problems = compose(data, "f")

    assert root is not None or problems
    compose_beginning(data)


YAMLISH = st.lists(
    st.sampled_from(
        ["a", "b: ", "- ", "\n", "  ", "{", "}", "[", "]", ", ", ": ", "? ", "&x ", "*x", "!t ", "'", '"', "|", ">", "#", "---\n",
         "...\n", "%YAML 1.2\n", "true", "12", "~", "\t", "\ufeff", "\u2028", "é", "\\", "@", "`", "<<: "]
    ),
    max_size=40,
)  # fmt: skip


@given(YAMLISH)
@settings(max_examples=400, derandomize=True, deadline=None)
def test_no_heap_of_yaml_marks_makes_the_reader_raise(parts: list[str]) -> None:
    root, problems = compose("".join(parts).encode(), "f")

    assert root is not None or problems
    assert all(problem.line >= 1 for problem in problems)


@given(st.text(max_size=30))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_a_plain_word_is_never_lost(text: str) -> None:
    value: Plain = resolved(text)

    assert isinstance(value, str | int | float | bool | None)
    if isinstance(value, str):
        assert value == text
