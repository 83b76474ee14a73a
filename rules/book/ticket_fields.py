"""What may be said of a ticket, and how it is written: read by rules, forms, imports and the API's document."""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from rules.book.asset_fields import LONGEST_CODE, AssetField, is_date

Weight = Literal["safety", "urgent", "normal"]
WEIGHTS: Final[tuple[Weight, ...]] = get_args(Weight)
"""The heaviest first."""
TicketState = Literal["open", "progress", "waiting", "proposed", "closed", "reopened"]
STATES: Final[tuple[TicketState, ...]] = get_args(TicketState)
LONGEST_TITLE: Final = 200
LONGEST_WORDS: Final = 2_000

_WORK: Final = ("progress", "waiting", "proposed", "closed")
NEXT: Final[Mapping[str, tuple[str, ...]]] = {
    "open": _WORK,
    "reopened": _WORK,
    "progress": ("open", "waiting", "proposed", "closed"),
    "waiting": ("open", "progress", "proposed", "closed"),
    "proposed": ("open", "progress", "waiting", "closed"),
    "closed": ("reopened",),
}
"""Which states may follow which."""


def _visible(value: str) -> bool:
    return 0 < len(value) <= LONGEST_CODE and value.isascii() and value.isprintable() and " " not in value


def _number(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 15


def _line(value: str) -> bool:
    return 0 < len(value) <= LONGEST_TITLE and value.isprintable()


def words_hold(value: str) -> bool:
    """Text of somebody's: lines, without any other control character."""
    return 0 < len(value) <= LONGEST_WORDS and all(one.isprintable() or one in "\n\t" for one in value)


FIELDS: Final[Mapping[str, AssetField]] = {
    "category": AssetField("field", _visible, "category"),
    "weight": AssetField("field", frozenset(WEIGHTS).__contains__, "weight"),
    "state": AssetField("field", frozenset(STATES).__contains__, "ticket_state"),
    "asset": AssetField("field", _visible, "slug"),
    "zone": AssetField("field", _visible, "zone"),
    "assigned": AssetField("field", _visible, "assigned"),
    "due": AssetField("field", is_date, "date"),
    "before": AssetField("field", _number, "number"),
    "title": AssetField("text", _line, "line"),
    "text": AssetField("text", words_hold, "words"),
    "room": AssetField("text", _line, "line"),
    "reporter": AssetField("person", _line, "line"),
}
"""asset: a thing's id, a configured device's among them; so is a door. assigned: an actor (`account:…`) or `role:…`.
due: the day by which it is to be done. before: the number of the ticket on the same thing that went
before. reporter: who said so, where not who wrote it."""
