"""All that the journal says of one ticket, put together again from the book's tables: for a merge, and to show both versions.

Of words of the campus that the campus itself wrote anew since, the tables have only the newest. Nothing rests on the others:
whoever knew nothing of them knew nothing of the newer ones either, and those came later on the same line.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from edge import codec
from edge.book.ticket_tables import BEATEN
from edge.journal.stored import microseconds
from rules.book.ticket_operations import Told
from rules.model.ticket_facts import TicketFact

_EVENTS: Final = (
    "SELECT c.epoch, c.seq, c.at, c.actor, c.kind, c.data FROM changes c LEFT JOIN epochs e ON e.epoch = c.epoch "
    "WHERE c.owner = 'ticket' AND c.id = ? ORDER BY e.place, c.seq"
)
_WORDS: Final = (
    "SELECT epoch, seq, field, name, value FROM ticket_words WHERE number = ? AND field != '' ORDER BY id"
)


Line = dict[str, Any]
Lines = Callable[..., list[Line]]
"""`Database.lines`."""


class Story(Mapping[int, tuple[Told, ...]]):
    """`Book.told`. Every method may raise sqlite3.Error."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __getitem__(self, number: int) -> tuple[Told, ...]:
        return tuple(_told(self._lines, number))

    def __iter__(self) -> Iterator[int]:
        raise TypeError("it is on disk, and is not gone through")

    def __len__(self) -> int:
        raise TypeError("it is on disk, and is not counted")


def _told(lines: Lines, number: int) -> Iterator[Told]:
    words: dict[tuple[str, int], list[Line]] = {}
    for one in lines(_WORDS, number):
        words.setdefault((one["epoch"], one["seq"]), []).append(one)
    for row in lines(_EVENTS, str(number)):
        opened = _opened(words.get((row["epoch"], row["seq"]), []))
        try:
            entry = codec.entry(row["kind"], "", row["actor"], None, msgspec.json.decode(row["data"]), opened)
        except msgspec.ValidationError:
            continue  # as the fold: what does not hold what it should was not ours
        if entry is not None and isinstance(entry.fact, TicketFact):
            yield Told(row["epoch"], row["seq"], microseconds(row["at"]), row["actor"], entry.fact)


def _opened(words: list[Line]) -> dict[str, Any]:
    """The sealed fields of an event, as far as their words are kept."""
    found: dict[str, Any] = {}
    for one in words:
        field, name, value = one["field"], one["name"].removeprefix(BEATEN), one["value"]
        match field:
            case "texts" | "persons":
                found.setdefault(field, []).append([name, value])
            case "parts":
                count, _, part = value.partition(" x ")
                found.setdefault(field, []).append([part, count])
            case "photos":
                found.setdefault(field, []).append(value)
            case _:
                found[field] = value
    return found
