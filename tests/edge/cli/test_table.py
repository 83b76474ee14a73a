"""A table fits the terminal it is shown in: what has no room beside its row stands beneath it, and nothing is lost."""

import re

import pytest

from edge.cli.table import table

HEADER = ("door", "name", "verdict", "evidence", "why")
ROWS = [
    ("a-101", "Room 101", "not_latched", "bolt NOT thrown 0.1 s, closed 0.1 s", "The bolt did not throw. Lock it by key."),
    ("a-102", "Room 102", "pending", "", "It is on its way."),
]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 100, 150])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width: int) -> None:
    shown = table(HEADER, ROWS, width=width, indent="  ")
    assert max(len(line) for line in shown.splitlines()) <= width
    assert not {word for row in ROWS for cell in row for word in _words(cell)} - set(_words(shown))


def test_what_has_no_room_beside_its_row_stands_beneath_it_by_name() -> None:
    assert table(HEADER, ROWS, width=60).splitlines() == [
        "door   name      verdict",
        "a-101  Room 101  not_latched",
        "    evidence: bolt NOT thrown 0.1 s, closed 0.1 s; why: The",
        "    bolt did not throw. Lock it by key.",
        "a-102  Room 102  pending",
        "    why: It is on its way.",
    ]


def test_a_last_column_with_room_is_wrapped_in_its_place() -> None:
    assert table(("a", "why"), [("1", "the bolt did not throw")], width=24).splitlines() == [
        "a  why",
        "1  the bolt did not",
        "   throw",
    ]


def test_columns_of_numbers_end_at_the_right() -> None:
    assert table(("ms", "what"), [("5", "x"), ("1200.5", "y")]).splitlines() == [
        "    ms  what",
        "     5  x",
        "1200.5  y",
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"[\w.-]+", text)
