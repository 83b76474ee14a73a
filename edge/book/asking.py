"""The forms that all queries share."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from edge.book.messages import LIST_BYTES

Page = Annotated[int, Meta(ge=1, le=500)]
Word = Annotated[str, Meta(max_length=100)]
Said = Annotated[
    list[tuple[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=2_000)]]],
    Meta(max_length=64),
]
EVERYWHERE: Final = "1 = 1"


class NotThere(Exception):
    """There is nothing of that name."""


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What a query asks for."""


class One(Asked, frozen=True):
    """One thing by its id."""

    id: Word


def containing(text: str) -> str:
    """A pattern of LIKE, with `\\` as its escape, for what contains a text."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def fitting(items: Sequence[Any], most: int = LIST_BYTES) -> int:
    """How many of the first fit into so many bytes of JSON; one does always, where there is one."""
    for place, one in enumerate(items):
        most -= len(msgspec.json.encode(one))
        if most < 0 and place:
            return place
    return len(items)
