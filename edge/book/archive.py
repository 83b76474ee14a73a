"""What the rules know and seldom ask for, kept on disk: closed tickets, and the last one of each key."""

import sqlite3
from collections.abc import Iterator, MutableMapping
from typing import Any, Final, TypeVar

import msgspec

K = TypeVar("K", int, str)
V = TypeVar("V")
_GONE: Final = object()


class Archive(MutableMapping[K, V]):
    """A shelf of `shelf` that is read one at a time. What was changed is in memory until `save`."""

    def __init__(self, connection: sqlite3.Connection, name: str, kind: type[V]) -> None:
        self._connection = connection
        self._name = name
        self._value_of = msgspec.msgpack.Decoder(kind).decode
        self._changed: dict[K, Any] = {}

    def __getitem__(self, key: K) -> V:
        if key in self._changed:
            value = self._changed[key]
            if value is _GONE:
                raise KeyError(key)
            found: V = value
            return found
        query = "SELECT value FROM shelf WHERE shelf = ? AND key = ?"
        row = self._connection.execute(query, (self._name, _key(key))).fetchone()
        if row is None:
            raise KeyError(key)
        return self._value_of(row[0])

    def __setitem__(self, key: K, value: V) -> None:
        self._changed[key] = value

    def __delitem__(self, key: K) -> None:
        if key not in self:
            raise KeyError(key)
        self._changed[key] = _GONE

    def __iter__(self) -> Iterator[K]:
        raise TypeError("it is on disk, and is not gone through")

    def __len__(self) -> int:
        raise TypeError("it is on disk, and is not counted")

    def save(self) -> None:
        """Save what changed. The caller holds the transaction; raises sqlite3.Error."""
        gone = [(self._name, _key(key)) for key, value in self._changed.items() if value is _GONE]
        there = [
            (self._name, _key(key), msgspec.msgpack.encode(value))
            for key, value in self._changed.items()
            if value is not _GONE
        ]
        if gone:
            self._connection.executemany("DELETE FROM shelf WHERE shelf = ? AND key = ?", gone)
        if there:
            self._connection.executemany("INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)", there)
        self._changed.clear()


def _key(key: int | str) -> str:
    return msgspec.json.encode(key).decode()
