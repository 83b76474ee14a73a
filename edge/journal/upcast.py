"""Older kinds of event, brought to the newest when read; what is stored and hashed never changes.

A released kind never changes. `door.verdict/2` comes with an entry `"door.verdict/1": function` here, which
gives the event as version 2 would have recorded it (`msgspec.structs.replace(event, kind=..., data=...)`).
"""

from collections.abc import Callable, Mapping
from typing import Final

from edge.journal.stored import Stored

UpCast = Callable[[Stored], Stored]

UPCASTS: Final[Mapping[str, UpCast]] = {}
_MOST_VERSIONS: Final = 32


def upcast(event: Stored, table: Mapping[str, UpCast] = UPCASTS) -> Stored:
    """The event in the newest version of its kind; a kind that the table does not know stays as it is."""
    for _ in range(_MOST_VERSIONS):
        step = table.get(event.kind)
        if step is None:
            return event
        event = step(event)
    raise RuntimeError(f"the up-casts of {event.kind} lead round in a circle")
