"""A firmware note for people: its Markdown as blocks and spans that a template escapes. Only what our notes use. Pure."""

import re
from collections.abc import Iterator
from typing import Any, Final

Block = dict[str, Any]
Span = tuple[str, str]
"""(kind, text): kind is `text`, `code`, `strong`, `em`, or `doubt` for what nobody found in a source."""

MOST_LINES: Final = 2_000
_SPAN: Final = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*")
_ITEM: Final = re.compile(r"(?:([-*])|\d{1,3}\.) +(.*)")
_RULE: Final = re.compile(r"\|?[ |:-]+\|?")
_KINDS: Final = ("code", "strong", "em")
DOUBTS: Final = ("from knowledge", "not found", "not searched", "seen by others")
"""Words by which a note says that a fact stands in no source."""


def body(text: str) -> str:
    """What a note says to people: all behind its front matter."""
    text = text.replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return text
    return text[4:].partition("\n---\n")[2]


def blocks(text: str) -> list[Block]:
    """kind: `title`, `heading`, `text` (each with spans), `list` and `numbers` (items: spans each), `table` (rows of cells)."""
    return list(_blocks(text.split("\n")[:MOST_LINES]))


def spans(text: str) -> list[Span]:
    """A line taken apart; what is no mark of ours stays as it is."""
    found: list[Span] = []
    at = 0
    for match in _SPAN.finditer(text):
        if match.start() > at:
            found.append(("text", text[at : match.start()]))
        kind, words = _KINDS[(match.lastindex or 1) - 1], match[match.lastindex or 1]
        found.append(("doubt" if kind == "em" and any(one in words for one in DOUBTS) else kind, words))
        at = match.end()
    if at < len(text):
        found.append(("text", text[at:]))
    return found


def doubts(parts: list[Block]) -> int:
    """How many facts of a note stand in no source."""
    lines = [
        line
        for one in parts
        for line in (
            one.get("spans", []),
            *one.get("items", []),
            *(cell for row in one.get("rows", []) for cell in row),
        )
    ]
    return sum(kind == "doubt" for line in lines for kind, _words in line)


def _blocks(lines: list[str]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            at += 1
        elif line.startswith("#"):
            kind = "title" if line.startswith("# ") else "heading"
            yield {"kind": kind, "spans": spans(line.lstrip("#").strip())}
            at += 1
        elif line.startswith("|"):
            end = _end(lines, at, lambda one: one.startswith("|"))
            rows = [_cells(one) for one in lines[at:end] if not _RULE.fullmatch(one.strip())]
            yield {"kind": "table", "rows": [row for row in rows if any(row)]}
            at = end
        elif item := _ITEM.fullmatch(line):
            end = _end(lines, at, bool)
            yield {"kind": "list" if item[1] else "numbers", "items": _items(lines[at:end])}
            at = end
        else:
            end = max(at + 1, _end(lines, at, lambda one: bool(one) and not one.startswith(("#", "|"))))
            yield {"kind": "text", "spans": spans(" ".join(one.strip() for one in lines[at:end]))}
            at = end


def _end(lines: list[str], at: int, of: Any) -> int:
    """Behind the last line from `at` on that is of it."""
    while at < len(lines) and of(lines[at].strip()):
        at += 1
    return at


def _items(lines: list[str]) -> list[list[Span]]:
    """A line that begins no item goes on with the one before."""
    found: list[str] = []
    for line in lines:
        item = _ITEM.fullmatch(line.strip())
        if item is not None:
            found.append(item[2])
        else:
            found[-1] += f" {line.strip()}"
    return [spans(one) for one in found]


def _cells(line: str) -> list[list[Span]]:
    return [spans(one.strip()) for one in line.strip().strip("|").split("|")]
