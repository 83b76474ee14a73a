"""The configuration as JSON Schema 2020-12, for editors: `campus-edge schema` prints it.

Made from the same shapes that the collector walks. It knows forms, not meaning: references, contradictions and files
are `check`'s to see.
"""

from inspect import cleandoc
from typing import Any, Final

from edge.config.forms import FORMS
from edge.config.model import Config
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

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """One document; sections are under `$defs`, by the names of their classes."""
    defs: dict[str, Any] = {}
    root = _schema(shape_of(Config), defs)
    return {"$schema": DIALECT, "title": "campus-edge configuration", **root, "$defs": defs}


def _schema(shape: Shape, defs: dict[str, Any]) -> dict[str, Any]:
    match shape:
        case TextShape():
            return dict(FORMS[shape.form].schema)
        case FreeTextShape():
            return {"type": "string"}
        case BoolShape():
            return {"type": "boolean"}
        case WordShape():
            return {"enum": list(shape.values)}
        case NumberShape():
            bounds = {"minimum": shape.least, "maximum": shape.most}
            known = {name: bound for name, bound in bounds.items() if bound is not None}
            return {"type": "integer" if shape.whole else "number", **known}
        case ListShape():
            least = {"minItems": shape.least} if shape.least else {}
            return {"type": "array", "items": _schema(shape.item, defs), **least}
        case DictShape():
            keys, values = _schema(shape.key, defs), _schema(shape.value, defs)
            return {"type": "object", "propertyNames": keys, "additionalProperties": values}
        case TaggedShape():
            return {"oneOf": [_section(one, defs, word) for word, one in shape.sections.items()]}
        case EitherShape():
            options = [_schema(one, defs) for one in shape.scalars]
            return {"anyOf": [*options, *([_section(shape.section, defs)] if shape.section else [])]}
        case SectionShape():
            return _section(shape, defs)


def _section(shape: SectionShape, defs: dict[str, Any], word: str = "") -> dict[str, Any]:
    """A reference to the section's own entry under `$defs`, which is made when first met."""
    name = shape.cls.__name__
    if name not in defs:
        defs[name] = {}  # met again below itself, it is known
        tag = {shape.tag_key: {"const": word}} if shape.tag_key else {}
        properties = {key: _field(field, defs) for key, field in shape.fields.items()}
        required = [key for key, field in shape.fields.items() if field.required]
        defs[name] = {
            "description": cleandoc(shape.cls.__doc__ or ""),
            "type": "object",
            "properties": {**tag, **properties},
            "required": [*tag, *required],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}


def _field(field: FieldShape, defs: dict[str, Any]) -> dict[str, Any]:
    found = _schema(field.shape, defs)
    if field.description:
        found["description"] = field.description
    # Durations and on/off words have another form in the file than as values: their descriptions say the default.
    if isinstance(field.shape, NumberShape | WordShape | BoolShape) and field.default is not None:
        found["default"] = field.default
    return found
