"""The configuration's structs as shapes for the collector, made once from msgspec's type information."""

from functools import cache
from typing import Any, Final

from msgspec import NODEFAULT, Struct
from msgspec import inspect as types

from edge.config.fields import FORM, HOLDS, LEAST, MOST, REFERS
from edge.config.forms import duration_us
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class TextShape:
    """A text of one form. least, most: bounds of a duration as written, with their microseconds."""

    form: str
    refers: str = ""
    holds: str = ""
    least: tuple[str, int] | None = None
    most: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class NumberShape:
    whole: bool
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class WordShape:
    """One of a list of words, or of numbers."""

    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class BoolShape:
    pass


@dataclass(frozen=True, slots=True)
class FreeTextShape:
    """A text without a form; only beside numbers, as in a floor's name."""


@dataclass(frozen=True, slots=True)
class ListShape:
    item: "Shape"
    least: int


@dataclass(frozen=True, slots=True)
class DictShape:
    key: "TextShape | WordShape"
    value: "Shape"


@dataclass(frozen=True, slots=True)
class FieldShape:
    """default: what stands for the key where it is not written."""

    shape: "Shape"
    required: bool
    default: Any
    description: str


@dataclass(frozen=True, slots=True)
class SectionShape:
    """tag_key: the key by which this section was chosen, already read; empty for most."""

    cls: type[Struct]
    fields: dict[str, FieldShape]
    tag_key: str = ""


@dataclass(frozen=True, slots=True)
class TaggedShape:
    """One of several sections, chosen by the word of one key."""

    key: str
    sections: dict[str, SectionShape]


@dataclass(frozen=True, slots=True)
class EitherShape:
    """A scalar of one of these shapes, or a section."""

    scalars: tuple["Shape", ...]
    section: SectionShape | None


Shape = (
    TextShape
    | NumberShape
    | WordShape
    | BoolShape
    | FreeTextShape
    | ListShape
    | DictShape
    | SectionShape
    | TaggedShape
    | EitherShape
)
_LARGEST_NUMBER: Final = 2**31


@cache
def shape_of(cls: type[Struct]) -> SectionShape:
    """The shape of one section and of everything below it."""
    shape = _shape(types.type_info(cls))
    assert isinstance(shape, SectionShape)  # noqa: S101 - a Struct has no other shape
    return shape


def _shape(of: types.Type, extra: dict[str, Any] | None = None) -> Shape:
    match of:
        case types.Metadata():
            return _shape(of.type, of.extra)
        case types.StrType() | types.BoolType() if extra and FORM in extra:
            return _text(extra)
        case types.StrType():
            return FreeTextShape()
        case types.BoolType():
            return BoolShape()
        case types.IntType() if extra and FORM in extra:
            return _text(extra)
        case types.IntType():
            return NumberShape(True, _bound(of.ge, -_LARGEST_NUMBER), _bound(of.le, _LARGEST_NUMBER))
        case types.FloatType():
            return NumberShape(False, of.ge, of.le)
        case types.LiteralType():
            return WordShape(tuple(one for one in of.values if isinstance(one, str | int)))
        case types.VarTupleType():
            return ListShape(_shape(of.item_type), of.min_length or 0)
        case types.DictType():
            key = _shape(of.key_type)
            assert isinstance(key, TextShape | WordShape)  # noqa: S101 - our own model, seen at import
            return DictShape(key, _shape(of.value_type))
        case types.StructType():
            return _section(of)
        case types.UnionType():
            return _union(of, extra)
        case _:
            raise TypeError(f"no shape for {of}")


def _bound(said: float | None, default: int) -> float:
    return default if said is None else said


def _text(extra: dict[str, Any]) -> TextShape:
    bounds = {at: (extra[at], duration_us(extra[at])) for at in (LEAST, MOST) if at in extra}
    return TextShape(
        extra[FORM], extra.get(REFERS, ""), extra.get(HOLDS, ""), bounds.get(LEAST), bounds.get(MOST)
    )


def _section(of: types.StructType) -> SectionShape:
    fields = {}
    for one in of.fields:
        default: Any = one.default
        if one.default is NODEFAULT:
            default = one.default_factory() if one.default_factory is not NODEFAULT else None
        fields[one.name] = FieldShape(_shape(one.type), one.required, default, _description(one.type))
    return SectionShape(of.cls, fields, of.tag_field or "")


def _description(of: types.Type) -> str:
    if isinstance(of, types.Metadata):
        return str((of.extra_json_schema or {}).get("description", ""))
    if isinstance(of, types.UnionType):
        return next((said for said in map(_description, of.types) if said), "")
    return ""


def _union(of: types.UnionType, extra: dict[str, Any] | None) -> Shape:
    """None among the types only says that the key may be left out: an empty value is never one of ours."""
    if extra and FORM in extra:
        return _text(extra)
    options = [one for one in of.types if not isinstance(one, types.NoneType)]
    if len(options) == 1:
        return _shape(options[0])
    shapes = [_shape(one) for one in options]
    sections = [one for one in shapes if isinstance(one, SectionShape)]
    if len(sections) == len(shapes):
        tags = [str(one.tag) for one in options if isinstance(one, types.StructType)]
        return TaggedShape(sections[0].tag_key, dict(zip(tags, sections, strict=True)))
    return EitherShape(
        tuple(one for one in shapes if not isinstance(one, SectionShape)), sections[0] if sections else None
    )
