"""What may be said of an asset, and how it is written: one table, read by rules, forms, imports and the API's document."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Final, Literal

from rules.model.asset_facts import Pairs
from rules.model.values import dataclass

Where = Literal["field", "text", "person"]
LONGEST_CODE: Final = 64
LONGEST_TEXT: Final = 500
FIRST_YEAR: Final = 1950
LAST_YEAR: Final = 2200
NONE: Final = "none"
"""Said of a role or of an end of support: there is none, which is an answer; nothing said is none."""


@dataclass(frozen=True, slots=True)
class AssetField:
    """where: a field is a code, id, date or number of ours, in the open; texts and persons are sealed.

    form: how a value is to be written, for whoever wrote another. by: who says it, a person in a form or an import, or
    only the rule that it came of (`rules.book.lifecycle`, `audits`).
    """

    where: Where
    holds: Callable[[str], bool]
    form: str
    by: Literal["anybody", "rule"] = "anybody"


def is_slug(value: str) -> bool:
    """An id or a type: lower-case letters, digits, `-`, `.` and `_`, not one of the last three first but `_`."""
    return 0 < len(value) <= LONGEST_CODE and all(sign in _SLUG for sign in value) and value[0] not in "-."


def is_date(value: str) -> bool:
    """An ISO date, as it is written, of a year that a school can mean."""
    try:
        said = date.fromisoformat(value)
    except ValueError:
        return False
    return said.isoformat() == value and FIRST_YEAR <= said.year <= LAST_YEAR


def day_of(value: str) -> int:
    """The day of a date as it is written in a field, `date.toordinal`."""
    return date.fromisoformat(value).toordinal()


def date_of(day: int) -> str:
    """The other way."""
    return date.fromordinal(day).isoformat()


def is_text(value: str) -> bool:
    """Words of somebody's, on one line."""
    return 0 < len(value) <= LONGEST_TEXT and value.isprintable() and bool(value.strip())


def _date_or_none(value: str) -> bool:
    return value == NONE or is_date(value)


def _number(most: int) -> Callable[[str], bool]:
    def holds(value: str) -> bool:
        return value.isascii() and value.isdigit() and len(value) <= 13 and int(value) <= most

    return holds


def _year(value: str) -> bool:
    return len(value) == 4 and value.isascii() and value.isdigit() and FIRST_YEAR <= int(value) <= LAST_YEAR


def _one_of(*words: str) -> Callable[[str], bool]:
    return frozenset(words).__contains__


_SLUG: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-._")

CLASSES: Final = ("safety", "operational", "digital")
STATES: Final = ("ordered", "stock", "deployed", "repair", "lost", "retired")
DIGITAL: Final = ("licence", "certificate", "subscription", "contract", "identity", "policy")
"""Types of what is no thing; others may be written as well."""

FIELDS: Final[Mapping[str, AssetField]] = {
    "class": AssetField("field", _one_of(*CLASSES), "class"),
    "type": AssetField("field", is_slug, "slug"),
    "zone": AssetField("field", is_slug, "zone"),
    "state": AssetField("field", _one_of(*STATES), "state"),
    "role": AssetField("field", is_slug, "slug"),
    "supported_until": AssetField("field", _date_or_none, "date_or_none"),
    "purchased": AssetField("field", is_date, "date"),
    "cost_cents": AssetField("field", _number(10**12), "cents"),
    "warranty_until": AssetField("field", is_date, "date"),
    "replace_year": AssetField("field", _year, "year"),
    "life_years": AssetField("field", _number(100), "years"),
    "contract": AssetField("field", is_slug, "asset"),
    "quantity": AssetField("field", _number(1_000_000), "quantity"),
    "name": AssetField("text", is_text, "text"),
    "tag": AssetField("text", is_text, "text"),
    "serial": AssetField("text", is_text, "text"),
    "maker": AssetField("text", is_text, "text"),
    "model": AssetField("text", is_text, "text"),
    "room": AssetField("text", is_text, "text"),
    "order": AssetField("text", is_text, "text"),
    "supplier": AssetField("text", is_text, "text"),
    "note": AssetField("text", is_text, "text"),
    "responsible": AssetField("person", is_text, "text"),
    "holder": AssetField("person", is_text, "text", by="rule"),
    "commissioned_by": AssetField("person", is_text, "text", by="rule"),
    "issued": AssetField("field", is_date, "date", by="rule"),
    "due": AssetField("field", is_date, "date", by="rule"),
    "replaced": AssetField("field", is_date, "date", by="rule"),
    "replacements": AssetField("field", _number(1_000_000), "quantity", by="rule"),
    "recommission": AssetField("field", is_date, "date", by="rule"),
    "commissioned": AssetField("field", is_date, "date", by="rule"),
    "seen": AssetField("field", is_date, "date", by="rule"),
    "missed": AssetField("field", _number(10**9), "quantity", by="rule"),
    "unlisted": AssetField("field", _one_of("yes"), "slug", by="rule"),
}
"""What is known of a thing. role: what it is for in an emergency. tag: what is printed on it by whoever owned the list
before. contract: the asset that is its contract. missed: the round that did not find it. unlisted: the configuration named it
once and does no longer.
"""

OF_THE_PIECE: Final = (
    "serial",
    "purchased",
    "cost_cents",
    "order",
    "warranty_until",
    "supported_until",
    "life_years",
)
"""Known of one piece, and of no other that takes its place."""


def pairs(said: Mapping[str, str], where: Where) -> Pairs:
    """What is said that stands in one place, by name; of what is sealed only what has a value."""
    return tuple(
        sorted(
            (name, value)
            for name, value in said.items()
            if FIELDS[name].where == where and (value or where == "field")
        )
    )


def named(said: Iterable[str]) -> tuple[str, ...]:
    """The names of what is said and sealed."""
    return tuple(sorted(name for name in said if FIELDS[name].where != "field"))
