"""What may be said of an asset, and how it is written: one table, read by rules, forms, imports and the API's document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Where = Literal["field", "text", "person"]
LONGEST_CODE: Final = 64
LONGEST_TEXT: Final = 500


@dataclass(frozen=True, slots=True)
class AssetField:
    """where: a field is a code, id, date or number of ours, in the open; texts and persons are sealed."""

    where: Where
    holds: Callable[[str], bool]
    form: str
    """How a value is to be written, for whoever wrote another: a code of `edge/words.py`."""


def _slug(value: str) -> bool:
    return 0 < len(value) <= LONGEST_CODE and all(sign in _SLUG for sign in value) and value[0] not in "-."


def _date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _cents(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 12  # ten thousand millions


def _text(value: str) -> bool:
    return 0 < len(value) <= LONGEST_TEXT and value.isprintable()


def _one_of(*words: str) -> Callable[[str], bool]:
    return frozenset(words).__contains__


_SLUG: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")

CLASSES: Final = ("safety", "operational", "digital")
STATES: Final = ("ordered", "stock", "deployed", "repair", "lost", "retired")

FIELDS: Final[Mapping[str, AssetField]] = {
    "class": AssetField("field", _one_of(*CLASSES), "class"),
    "type": AssetField("field", _slug, "slug"),
    "zone": AssetField("field", _slug, "zone"),
    "state": AssetField("field", _one_of(*STATES), "state"),
    "role": AssetField("field", _slug, "slug"),
    "supported_until": AssetField("field", _date, "date"),
    "cost_cents": AssetField("field", _cents, "cents"),
    "name": AssetField("text", _text, "text"),
    "serial": AssetField("text", _text, "text"),
    "room": AssetField("text", _text, "text"),
    "note": AssetField("text", _text, "text"),
    "responsible": AssetField("person", _text, "text"),
}
"""What is known of a thing. role: what it is for in an emergency; `none` is an answer, nothing said is none."""
