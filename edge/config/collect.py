"""Walks a file's nodes beside the model's shapes and reports every problem at once, each with its line.

What is sound is built; an item with a bad key is left out of what the later checks see, so that one slip
neither hides the problems of other items nor makes up new ones.
"""

import difflib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from edge.config.forms import FORMS, Wrong
from edge.config.model import Config
from edge.config.problems import Problem, quoted
from edge.config.shapes import (
    BoolShape,
    DictShape,
    EitherShape,
    FieldShape,
    FreeTextShape,
    ListShape,
    NumberShape,
    SectionShape,
    Shape,
    TaggedShape,
    TextShape,
    WordShape,
    shape_of,
)
from edge.config.yaml12 import Broken, Mapping, Node, Scalar, Sequence

MOST_ITEMS: Final = 5_000
"""Of one list. No campus has more doors; it bounds what the later checks compare with one another."""
_BAD: Final = object()
"""Stands for a value that had a problem, which is reported already."""
_OF_A_RECORD: Final = re.compile(
    r"doors\[(?!\d+\])[^]]+\]\.(?:kind|hardware\.[a-z_.]+|(?:lock\.locked|bolt\.thrown|position\.closed)_when)",
    re.ASCII,
)
"""Keys with few words, which the hardware truth table asks for. An item that goes by number cannot be found again."""
_PLAIN_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_STAND_IN: Final[dict[str, object]] = {
    "name": "?",
    "text": "?",
    "duration": 1_000_000,
    "date": "1970-01-01",
    "hours": "00:00-00:01",
    "time_of_day": "00:00",
    "phone": "+10000000",
}
"""Texts on which no other rule hangs: a slip in one need not take its whole item out of the later checks."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key, or an item of a list, begins. Both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A key that names something: kind is `zone`, `controller`, `door` or `camera`."""

    path: str
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class FileKey:
    """A key that names a file. `holds` as in `fields.Holds`."""

    path: str
    name: str
    holds: str


@dataclass(slots=True)
class Collected:
    """What one file says. `config` holds only sound items.

    hurt: the top-level keys below which something was left out.
    ids: every id as written, sound or not, by path.
    unsure: keys of doors whose word is none of theirs, and what it may have meant. The first stands in, so that
        what is wrong whatever it was is told at once with it.
    """

    config: Config | None = None
    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)
    files: list[FileKey] = field(default_factory=list)
    ids: list[tuple[str, str]] = field(default_factory=list)
    hurt: set[str] = field(default_factory=set)
    unsure: dict[str, tuple[object, ...]] = field(default_factory=dict)


def collect(root: Node, file: str) -> Collected:
    """The configuration that the nodes hold, with everything that is wrong with their form. Never raises."""
    walker = _Walker(file)
    config = walker.read(shape_of(Config), root, "", Place(root.line, root.column))
    walker.found.config = config if isinstance(config, Config) else None
    return walker.found


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` for a word that is close to a known one, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


class _Walker:
    def __init__(self, file: str) -> None:
        self.file = file
        self.found = Collected()

    def read(self, shape: Shape, node: Node, path: str, at: Place) -> Any:
        match shape:
            case _ if isinstance(node, Broken):
                return _BAD
            case TextShape():
                return self._text(shape, node, path, at)
            case SectionShape():
                return self._section(shape, node, path, at)
            case NumberShape():
                return self._number(shape, node, path, at)
            case WordShape():
                return self._word(shape, node, path, at)
            case BoolShape():
                return self._bool(node, path, at)
            case ListShape():
                return self._list(shape, node, path, at)
            case TaggedShape():
                return self._tagged(shape, node, path, at)
            case EitherShape():
                return self._either(shape, node, path, at)
            case DictShape():
                return self._dict(shape, node, path, at)
            case FreeTextShape():
                return self._text(TextShape("name"), node, path, at)

    def _text(self, shape: TextShape, node: Node, path: str, at: Place) -> Any:
        if not isinstance(node, Scalar):
            return self._wrong(path, at, f"is {_kind(node)}, not a text", "write one value after the colon")
        if not isinstance(node.value, str):
            return self._not_text(shape, node, path, at)
        try:
            value = FORMS[shape.form].read(node.value)
        except Wrong as wrong:
            told = self._wrong(path, at, wrong.what, wrong.do, shape.form)
            return self._unsure(path, shape) if shape.form == "on_off" else told
        if shape.least and isinstance(value, int) and value < shape.least[1]:
            return self._wrong(
                path, at, f"{node.value} is too short", f"the least is {shape.least[0]}", shape.form
            )
        if shape.most and isinstance(value, int) and value > shape.most[1]:
            return self._wrong(
                path, at, f"{node.value} is too long", f"the most is {shape.most[0]}", shape.form
            )
        if shape.refers:
            self.found.references.append(Reference(path, shape.refers, node.value))
        if shape.holds:
            self.found.files.append(FileKey(path, node.value, shape.holds))
        return value

    def _not_text(self, shape: TextShape, node: Scalar, path: str, at: Place) -> Any:
        if node.value is None:
            return self._empty(path, at)
        if shape.form in ("duration", "silence"):
            do = f"write it with a unit, such as {node.source}s or {node.source}ms"
            return self._wrong(path, at, f"{quoted(node.source)} has no unit", do, shape.form)
        if shape.form == "on_off":
            self._wrong(path, at, f"{quoted(node.source)} is neither on nor off", "write on or off")
            return self._unsure(path, shape)
        do = f'put it in quotes: "{node.source}"'
        return self._wrong(path, at, f"{quoted(node.source)} is a {_kind(node)}, not a text", do, shape.form)

    def _number(self, shape: NumberShape, node: Node, path: str, at: Place) -> Any:
        value = node.value if isinstance(node, Scalar) else _BAD
        if value is None:
            return self._empty(path, at)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole and not (isinstance(value, float) and not shape.whole and math.isfinite(value)):
            said = quoted(node.source) if isinstance(node, Scalar) else _kind(node)
            wanted = "a whole number" if shape.whole else "a number"
            return self._wrong(path, at, f"{said} is not {wanted}", f"write {wanted}{_bounds(shape)}")
        assert isinstance(value, int | float)  # noqa: S101 - seen above; for the type checker
        if (shape.least is not None and value < shape.least) or (
            shape.most is not None and value > shape.most
        ):
            return self._wrong(
                path, at, f"{quoted(str(value))} is out of range", f"write a number{_bounds(shape)}"
            )
        return value if shape.whole else float(value)

    def _word(self, shape: WordShape, node: Node, path: str, at: Place) -> Any:
        value = node.value if isinstance(node, Scalar) else _BAD
        if value is None:
            return self._empty(path, at)
        if type(value) in (str, int) and value in shape.values:
            return value
        said = quoted(node.source) if isinstance(node, Scalar) else _kind(node)
        near = nearest(node.source, map(str, shape.values)) if isinstance(node, Scalar) else ""
        listed = ", ".join(map(str, sorted(shape.values, key=lambda one: (isinstance(one, str), one))))
        self._wrong(path, at, f"{said} is not one of its words", near or f"write one of: {listed}")
        return self._unsure(path, shape)

    def _bool(self, node: Node, path: str, at: Place) -> Any:
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        if isinstance(node, Scalar) and node.value is None:
            return self._empty(path, at)
        said = quoted(node.source) if isinstance(node, Scalar) else _kind(node)
        self._wrong(path, at, f"{said} is neither true nor false", "write true or false")
        return self._unsure(path, BoolShape())

    def _list(self, shape: ListShape, node: Node, path: str, at: Place) -> Any:
        if isinstance(node, Scalar) and node.value is None:
            return self._empty(path, at, "write [] or remove the key")
        if not isinstance(node, Sequence):
            return self._wrong(
                path, at, f"is {_kind(node)}, not a list", "begin each item with a hyphen, or use [ ]"
            )
        if len(node.items) < shape.least:
            return self._wrong(path, at, "is an empty list", f"name at least {shape.least}")
        if len(node.items) > MOST_ITEMS:
            return self._wrong(path, at, f"has {len(node.items)} items", f"the most is {MOST_ITEMS}")
        items: list[Any] = []
        seen: set[str] = set()
        for index, item in enumerate(node.items):
            here = f"{path}[{_id_of(item, seen) or index}]"
            place = Place(item.line, item.column)
            self.found.places[here] = place
            value = self.read(shape.item, item, here, place)
            if value is _BAD:
                self.found.hurt.add(path.partition(".")[0].partition("[")[0])
            else:
                items.append(value)
        return tuple(items)

    def _dict(self, shape: DictShape, node: Node, path: str, at: Place) -> Any:
        if not isinstance(node, Mapping):
            if isinstance(node, Scalar) and node.value is None:
                return self._empty(path, at)
            return self._wrong(
                path, at, f"is {_kind(node)}, not keys with values", "write key: value below it"
            )
        values: dict[Any, Any] = {}
        bad = False
        for key, entry in node.items.items():
            here, place = f"{path}.{_shown(key)}", Place(entry.line, entry.column)
            self.found.places[here] = place
            name = self.read(shape.key, Scalar(key, key, entry.line, entry.column), here, place)
            value = self.read(shape.value, entry.value, here, place)
            bad = bad or name is _BAD or value is _BAD
            values[name] = value
        return _BAD if bad else values

    def _tagged(self, shape: TaggedShape, node: Node, path: str, at: Place) -> Any:
        if not isinstance(node, Mapping):
            return self._not_section(node, path, at)
        entry = node.items.get(shape.key)
        if entry is None:
            do = f"add {shape.key}: one of {', '.join(shape.sections)}"
            self._missing(path, at, shape.key, do)
            self._note_id(node, path)
            return _BAD
        where = f"{path}.{shape.key}"
        self.found.places[where] = Place(entry.line, entry.column)
        word = self.read(WordShape(tuple(shape.sections)), entry.value, where, self.found.places[where])
        if word is _BAD:
            self._note_id(node, path)
            return _BAD
        return self._section(shape.sections[word], node, path, at)

    def _either(self, shape: EitherShape, node: Node, path: str, at: Place) -> Any:
        if isinstance(node, Mapping) and shape.section is not None:
            return self._section(shape.section, node, path, at)
        if isinstance(node, Scalar):
            # 1.5 where a whole number or a name may stand was meant as a name.
            named = any(isinstance(one, FreeTextShape) for one in shape.scalars)
            numbers = int if named else int | float
            wanted = NumberShape if isinstance(node.value, numbers) else (WordShape, FreeTextShape, TextShape)
            for one in shape.scalars:
                if isinstance(one, wanted):
                    return self.read(one, node, path, at)
        return self.read(shape.scalars[0], node, path, at)

    def _section(self, shape: SectionShape, node: Node, path: str, at: Place) -> Any:
        if not isinstance(node, Mapping):
            return self._not_section(node, path, at)
        self._note_id(node, path)
        prefix = f"{path}." if path else ""
        values: dict[str, Any] = {}
        bad = False
        for key, entry in node.items.items():
            place = Place(entry.line, entry.column)
            known = shape.fields.get(key)
            if known is None:
                if key != shape.tag_key:
                    self._unknown(key, shape, prefix + _shown(key), place)
                continue
            here = prefix + key
            self.found.places[here] = place
            value = self.read(known.shape, entry.value, here, place)
            if value is not _BAD:
                values[key] = value
            elif path or known.required:
                bad = True
            else:
                self.found.hurt.add(key)
        for key, known in shape.fields.items():
            if known.required and key not in node.items:
                bad = self._absent(values, key, known, path, at) or bad
        return _BAD if bad else shape.cls(**values)

    def _absent(self, values: dict[str, Any], key: str, known: FieldShape, path: str, at: Place) -> bool:
        """Report a missing key; True where nothing can stand in for it."""
        self._missing(path, at, key, f"add {key}: {known.description}" if known.description else f"add {key}")
        if isinstance(known.shape, TextShape) and known.shape.form in _STAND_IN:
            values[key] = _STAND_IN[known.shape.form]
            return False
        value = self._unsure(f"{path}.{key}", known.shape)
        if value is _BAD:
            return True
        values[key] = value
        return False

    def _unsure(self, path: str, shape: Shape) -> object:
        """A stand-in for a word of a door that is told already, with all that it may have meant."""
        meant: tuple[object, ...] = (True, False)
        if isinstance(shape, WordShape):
            meant = shape.values
        elif not isinstance(shape, BoolShape) and not (
            isinstance(shape, TextShape) and shape.form == "on_off"
        ):
            return _BAD
        if not _OF_A_RECORD.fullmatch(path):
            return _BAD
        self.found.unsure[path] = meant
        return meant[0]

    def _note_id(self, node: Mapping, path: str) -> None:
        entry = node.items.get("id")
        if entry is not None and isinstance(entry.value, Scalar) and isinstance(entry.value.value, str):
            here = f"{path}.id"
            self.found.places[here] = Place(entry.line, entry.column)
            self.found.ids.append((here, entry.value.value))

    def _not_section(self, node: Node, path: str, at: Place) -> object:
        if isinstance(node, Scalar) and node.value is None:
            return self._empty(path, at)
        what = f"is {_kind(node)}, not keys with values"
        return self._wrong(path or "yaml", at, what, "write key: value below it, or use { }")

    def _unknown(self, key: str, shape: SectionShape, path: str, at: Place) -> None:
        known = [*shape.fields, shape.tag_key] if shape.tag_key else list(shape.fields)
        do = nearest(key, known) or f"remove it; known here: {', '.join(known)}"
        self._wrong(path, at, "unknown key", do)

    def _missing(self, path: str, at: Place, key: str, do: str) -> None:
        self._wrong(f"{path}.{key}" if path else key, at, "missing key", do.rstrip("."))

    def _empty(self, path: str, at: Place, do: str = "write a value or remove the key") -> object:
        return self._wrong(path or "yaml", at, "is empty", do)

    def _wrong(self, path: str, at: Place, what: str, do: str, form: str = "") -> object:
        self.found.problems.append(Problem(self.file, at.line, path, what, do, column=at.column))
        return _STAND_IN.get(form, _BAD)


def _id_of(item: Node, seen: set[str]) -> str:
    """The id by which a path names an item: plain, and the first of its kind; else it goes by number."""
    entry = item.items.get("id") if isinstance(item, Mapping) else None
    name = entry.value.value if entry is not None and isinstance(entry.value, Scalar) else None
    if not isinstance(name, str) or name in seen or not _PLAIN_KEY.fullmatch(name):
        return ""
    seen.add(name)
    return name


def _shown(key: str) -> str:
    """A foreign key as part of a path: short, printable, without what would look like structure."""
    return key if _PLAIN_KEY.fullmatch(key) else quoted(key)


def _kind(node: Node) -> str:
    match node:
        case Mapping():
            return "keys with values"
        case Sequence():
            return "a list"
        case Scalar(value=bool()):
            return "true-or-false word"
        case Scalar(value=int() | float()):
            return "number"
        case _:
            return "a single value"


def _bounds(shape: NumberShape) -> str:
    if shape.least is None or shape.most is None:
        return ""
    return f" from {shape.least:.10g} to {shape.most:.10g}"
