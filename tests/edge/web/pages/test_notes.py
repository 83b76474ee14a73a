"""Firmware notes as blocks for a template: nothing of one is lost, and nothing of one is markup."""

import re

from edge.config.notes import NOTES
from edge.web.pages.notes import Block, blocks, body, doubts, spans


def words(block: Block) -> str:
    lines = [
        block.get("spans", []),
        *block.get("items", []),
        *(cell for row in block.get("rows", []) for cell in row),
    ]
    return " ".join(text for line in lines for _kind, text in line)


def _letters(text: str) -> str:
    """Without the numbers of a list, which a browser counts itself."""
    return re.sub(r"^\d{1,2}\.|[^a-z]", "", text, flags=re.MULTILINE | re.IGNORECASE)


def test_all_that_a_note_says_is_shown() -> None:
    for file in NOTES.glob("*.md"):
        text = body(file.read_text(encoding="utf-8"))
        assert text, file.name
        assert "identity:" not in text, file.name
        shown = " ".join(words(one) for one in blocks(text))
        assert _letters(shown) == _letters(text), file.name


def test_what_stands_in_no_source_is_said_to_be_not_verified() -> None:
    assert spans("NTP *(from knowledge)* and *so*") == [
        ("text", "NTP "),
        ("doubt", "(from knowledge)"),
        ("text", " and "),
        ("em", "so"),
    ]
    marked = {
        file.stem: doubts(blocks(body(text)))
        for file in NOTES.glob("*.md")
        if "from knowledge" in (text := file.read_text(encoding="utf-8"))
    }
    assert marked
    assert all(marked.values()), marked


def test_marks_become_kinds_and_what_is_no_mark_stays_as_it_is() -> None:
    assert spans("a `b*c` **d** *e* 2 * 3 <b>") == [
        ("text", "a "),
        ("code", "b*c"),
        ("text", " "),
        ("strong", "d"),
        ("text", " "),
        ("em", "e"),
        ("text", " 2 * 3 <b>"),
    ]
    found = blocks("# T\n\n- a\n  b\n- c\n\n1. x\n2. y\n\n| h | i |\n|---|---|\n| 1 | 2 |\nplain\nline")
    assert [one["kind"] for one in found] == ["title", "list", "numbers", "table", "text"]
    assert found[1]["items"] == [[("text", "a b")], [("text", "c")]]
    assert len(found[3]["rows"]) == 2
