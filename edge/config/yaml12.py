"""YAML 1.2 to a tree of nodes that know their line: libyaml's C parser, and the core schema's few words.

`no`, `on`, dates, `12:30` and `1_000` stay text (YAML 1.2.2, section 10.3.2). Everything by which two readers
could understand one file differently is refused: anchors, aliases, tags, double keys, keys that are no text.
"""

import re
from dataclasses import dataclass, field
from typing import Final

import yaml

from edge.config.problems import Problem, quoted

if not yaml.__with_libyaml__:  # pragma: no cover - every wheel and Debian's package have it
    raise ImportError("PyYAML was built without libyaml: install its wheel, or python3-yaml of Debian")

LONGEST_BYTES: Final = 2 * 1024 * 1024
DEEPEST: Final = 32
MOST_NODES: Final = 200_000
"""A campus of 200 doors has some 8,000 nodes."""
_LONGEST_NUMBER = 20

_INT = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OCTAL = re.compile(r"0o[0-7]+", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: Final[dict[str, "bool | float | None"]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_MAY_BE_MORE: Final = frozenset("+-.0123456789~nNtTfF")
"""What a plain scalar that is no text begins with."""
Plain = str | int | float | bool | None


@dataclass(slots=True)
class Scalar:
    """A value without parts. `source`: its text as written, for messages. Lines and columns from 1."""

    value: Plain
    source: str
    line: int
    column: int


@dataclass(slots=True)
class Sequence:
    items: list["Node"]
    line: int
    column: int


@dataclass(slots=True)
class Entry:
    """A key's own place, and its value."""

    line: int
    column: int
    value: "Node"


@dataclass(slots=True)
class Mapping:
    items: dict[str, Entry]
    line: int
    column: int


@dataclass(slots=True)
class Broken:
    """Stands where something was refused, so that it is not complained of twice."""

    line: int
    column: int


Node = Scalar | Sequence | Mapping | Broken


def compose(data: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """The file as a tree, and everything refused in it. None where it could not be read to its end.

    Bounded: `LONGEST_BYTES`, `DEEPEST` and `MOST_NODES`; never raises.
    """
    composer = _Composer(file)
    if not _fed(composer, data):
        return None, composer.problems
    if composer.root is None:
        composer.refuse(1, 1, "is empty", "start from config/campus.example.yaml")
    return composer.root, composer.problems


def compose_beginning(data: bytes) -> Mapping | None:
    """The top-level keys up to where a broken file breaks, for what must be found in it all the same."""
    composer = _Composer("")
    _fed(composer, data)
    root = composer.root or composer.outermost()
    return root if isinstance(root, Mapping) else None


def _fed(composer: "_Composer", data: bytes) -> bool:
    """Whether the parser came to the end of the file; else the last problem says why not."""
    if len(data) > LONGEST_BYTES:
        composer.refuse(1, 1, f"is longer than {LONGEST_BYTES} bytes", "one file is one campus")
        return False
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as err:
        composer.refuse(data.count(b"\n", 0, err.start) + 1, 1, "is not UTF-8 text", "save it as UTF-8")
        return False
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            composer.take(event)
    except _Stop:
        return False
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        what = " ".join(part for part in (err.context, err.problem) if part) or "is not YAML"
        do = "mend the syntax: brackets, quotes, a space after each colon, equal indentation without tabs"
        composer.refuse(line, column, what, do)
        return False
    except yaml.reader.ReaderError as err:
        line = text.count("\n", 0, err.position) + 1
        composer.refuse(line, 1, "holds a character that no text has", "remove the control character")
        return False
    return True


def plain_of(node: Node) -> object:
    """The tree as dicts, lists and scalars; what was refused becomes None."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain_of(item) for item in node.items]
        case Mapping():
            return {key: plain_of(entry.value) for key, entry in node.items.items()}
        case Broken():
            return None


def resolved(text: str) -> Plain:
    """A plain scalar by the core schema. A number of more than 20 digits stays text."""
    if text and text[0] not in _MAY_BE_MORE:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    if _INT.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEX.fullmatch(text):
        return int(text[2:], 16)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Stop(Exception):
    """A bound was passed: reading on helps nobody."""


@dataclass(slots=True)
class _Open:
    """A collection that is being filled; `key` waits for its value, `skip` for the value of a refused key."""

    node: Sequence | Mapping
    key: tuple[str, int, int] | None = None
    skip: bool = False


@dataclass(slots=True)
class _Composer:
    """Takes the parser's events one by one: no recursion, so that depth costs no stack."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    root: Node | None = None
    _open: list[_Open] = field(default_factory=list)
    _documents: int = 0
    _nodes: int = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(
            event, yaml.ScalarEvent
        ):  # nine events of ten, so first, and without a call more than needed
            mark = event.start_mark
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
            value: Plain = resolved(event.value) if event.implicit[0] else event.value
            if (event.anchor is not None or event.tag is not None) and self._marked(event, line, column):
                self._place(Broken(line, column))
            else:
                self._place(Scalar(value, event.value, line, column))
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._start(event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            self._place(self._open.pop().node)
        elif isinstance(event, yaml.AliasEvent):
            line, column = _place_of(event)
            self.refuse(line, column, f"alias *{event.anchor}", "write the value out")
            self._place(Broken(line, column))
        elif isinstance(event, yaml.DocumentStartEvent):
            self._document(event)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        line, column = _place_of(event)
        self._documents += 1
        if self._documents > 1:
            self.refuse(
                line, column, "a second document begins here", "keep one document; remove the line ---"
            )
            raise _Stop
        version = getattr(event, "version", None)
        if version is not None and version != (1, 2):
            self.refuse(line, column, "%YAML directive", "remove it: this file is read as YAML 1.2")
        if getattr(event, "tags", None):
            self.refuse(line, column, "%TAG directive", "remove it: no tags are used here")

    def _start(self, event: "yaml.SequenceStartEvent | yaml.MappingStartEvent") -> None:
        line, column = _place_of(event)
        self._marked(event, line, column)
        if len(self._open) >= DEEPEST:
            self.refuse(line, column, f"nested deeper than {DEEPEST} levels", "no key of ours lies that deep")
            raise _Stop
        if isinstance(event, yaml.SequenceStartEvent):
            self._open.append(_Open(Sequence([], line, column)))
        else:
            self._open.append(_Open(Mapping({}, line, column)))

    def _marked(self, event: "yaml.ScalarEvent | yaml.CollectionStartEvent", line: int, column: int) -> bool:
        if event.anchor is not None:
            self.refuse(line, column, f"anchor &{event.anchor}", "remove it: aliases are not used here")
        if event.tag is not None:
            self.refuse(
                line, column, f"tag {quoted(event.tag)}", "remove it: the key alone says what the value is"
            )
        return event.tag is not None

    def _place(self, node: Node) -> None:
        """Put a finished node where it belongs: root, list item, key or value."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            self.refuse(
                node.line, node.column, f"holds more than {MOST_NODES} values", "one file is one campus"
            )
            raise _Stop
        if not self._open:
            self.root = node
            return
        into = self._open[-1]
        inner = into.node
        if isinstance(inner, Sequence):
            inner.items.append(node)
        elif into.key is not None:
            name, line, column = into.key
            inner.items[name] = Entry(line, column, node)
            into.key = None
        elif into.skip:
            into.skip = False
        else:
            self._key(into, inner, node)

    def _key(self, into: _Open, mapping: Mapping, node: Node) -> None:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            if not isinstance(node, Broken):
                what = (
                    f"key {quoted(node.source)} is no text"
                    if isinstance(node, Scalar)
                    else "a key that is no text"
                )
                self.refuse(node.line, node.column, what, "write a word, or put it in quotes")
            into.skip = True
            return
        if node.value in mapping.items:
            first = mapping.items[node.value].line
            self.refuse(
                node.line,
                node.column,
                f"key {quoted(node.value)} is given twice",
                f"keep one: the first is on line {first}",
            )
            into.skip = True
            return
        into.key = (node.value, node.line, node.column)

    def refuse(self, line: int, column: int, what: str, do: str) -> None:
        self.problems.append(Problem(self.file, line, "yaml", what, do, column=column))

    def outermost(self) -> Node | None:
        """The collection that everything read so far lies in, where it was not closed."""
        return self._open[0].node if self._open else None


def _place_of(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
