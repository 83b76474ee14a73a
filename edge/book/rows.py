"""What every noun's tables are made of: histories, and words that are kept by the event that said them, to be erased with it."""

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec

from edge.journal.canonical import JSON
from edge.journal.stored import Stored


def change(connection: sqlite3.Connection, event: Stored, owner: str, name: str) -> None:
    """Note an event in the history of a thing."""
    connection.execute(
        "INSERT OR IGNORE INTO changes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (owner, name, event.epoch, event.seq, event.at, event.actor, event.kind, text_of(event.data)),
    )


def say(
    connection: sqlite3.Connection,
    event: Stored,
    owner: str,
    name: str,
    field: str,
    said: Iterable[tuple[str, JSON]],
    *,
    empty: bool = False,
) -> None:
    """Keep the words that a sealed field holds, each by its name. empty: an empty one too."""
    rows = [
        (owner, name, word, value, event.epoch, event.seq, field)
        for word, value in said
        if isinstance(value, str) and (value or empty)
    ]
    connection.executemany("INSERT OR REPLACE INTO texts VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def say_one(
    connection: sqlite3.Connection, event: Stored, owner: str, name: str, field: str, value: JSON
) -> None:
    """Keep the words of a sealed field that holds one text, by the field's name."""
    say(connection, event, owner, name, field, [(field, value)])


def say_words(connection: sqlite3.Connection, event: Stored, *fields: str) -> None:
    """Keep the words of an event itself, for histories: by the event's place."""
    for field in fields:
        say(
            connection, event, "said", f"{event.epoch}:{event.seq}", field, [(field, event.opened.get(field))]
        )


def unsay(connection: sqlite3.Connection, owner: str, name: str, words: Iterable[str]) -> None:
    """Take words of a thing away."""
    connection.executemany(
        "DELETE FROM texts WHERE owner = ? AND id = ? AND name = ?", [(owner, name, one) for one in words]
    )


def pairs(value: JSON) -> list[tuple[str, JSON]]:
    """(name, value) pairs of a fact as they come back from the journal."""
    listed = value if isinstance(value, list) else []
    return [(str(one[0]), one[1]) for one in listed if isinstance(one, list) and len(one) == 2]


def number(data: dict[str, JSON], name: str) -> int:
    """A whole number of a fact; 0: there is none."""
    value = data.get(name)
    return value if isinstance(value, int) else 0


def text_of(value: Any) -> str:
    """JSON."""
    return msgspec.json.encode(value, order="sorted").decode()
