"""The synced file beside the journal that takes events while the database does not.

NDJSON, appended to; each line `{"event": hashed fields, "hash": hex, "sealed": [{"field", "salt",
"value"}]}`, in the chain's order. The chain runs on through it; once the database takes events again they are
folded in and the file is emptied. A line counts once the file was synced behind it; what was torn by a power
cut is no line, and neither is what lies behind a line that it does not follow: remains that were written over.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from edge.journal.canonical import MAX_BYTES, NotCanonical, canonical
from edge.journal.chain import ZEROS, Head, digest
from edge.journal.sealed import SealedValue
from edge.journal.seen import is_named
from edge.journal.stamp import Stamped
from edge.journal.witness import sync_directory

_MAX_LINE_BYTES: Final = 8 * MAX_BYTES
_BLOCK_BYTES: Final = 4_096


class Spill:
    """The file. Every method may raise OSError."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self.synced_bytes = sum(size for size, _ in _whole_lines(path))
        """How far the file is known to be whole and on disk."""

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file, and count its whole lines."""
        new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if new:
                sync_directory(path.parent)
            return cls(path, descriptor)
        except OSError:
            os.close(descriptor)
            raise

    @property
    def empty(self) -> bool:
        return self.synced_bytes == 0

    def write(self, events: Sequence[Stamped]) -> None:
        """Append and sync. After an error nothing of it counts, and the next write goes over its remains."""
        lines = b"".join(_line(each) for each in events)
        written = 0
        while written < len(lines):
            written += os.pwrite(self._descriptor, lines[written:], self.synced_bytes + written)
        os.fdatasync(self._descriptor)
        self.synced_bytes += len(lines)

    def read(self) -> Iterator[Stamped]:
        """The events that count, in order."""
        left = self.synced_bytes
        for size, event in _whole_lines(self._path):
            left -= size
            if left < 0:
                return
            yield event

    def clear(self) -> None:
        """Forget the events: they are in the database."""
        os.ftruncate(self._descriptor, 0)
        os.fdatasync(self._descriptor)
        self.synced_bytes = 0

    def try_out(self) -> None:
        """Write and sync a block behind what counts, and take it away again."""
        os.pwrite(self._descriptor, bytes(_BLOCK_BYTES), self.synced_bytes)
        os.fdatasync(self._descriptor)
        os.ftruncate(self._descriptor, self.synced_bytes)

    def set_aside(self, name: str) -> None:
        """Keep the file under `name`, and begin an empty one."""
        self._path.rename(self._path.with_name(name))
        fresh = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        sync_directory(self._path.parent)
        os.close(self._descriptor)
        self._descriptor = fresh
        self.synced_bytes = 0

    def is_there(self) -> bool:
        """Whether the open file still has its name: one that was deleted takes everything and keeps nothing."""
        return is_named(self._path, self._descriptor)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def read_spill(path: Path) -> Iterator[Stamped]:
    """The whole lines of a spill that nobody has open. Raises OSError."""
    if path.exists():
        for _, event in _whole_lines(path):
            yield event


def _line(event: Stamped) -> bytes:
    sealed = b",".join(
        b'{"field":%b,"salt":"%b","value":%b}'
        % (canonical(each.field), each.salt.hex().encode("ascii"), each.value)
        for each in event.sealed
    )
    return b'{"event":%b,"hash":"%b","sealed":[%b]}\n' % (event.body, event.hash.encode("ascii"), sealed)


def _whole_lines(path: Path) -> Iterator[tuple[int, Stamped]]:
    """(bytes, event) of the lines up to the first that is torn, overlong, not what it says it is, or does not
    follow the one before.
    """
    before: Head | None = None
    with path.open("rb") as file:
        while True:
            line = file.readline(_MAX_LINE_BYTES)
            event = _event(line, before) if line.endswith(b"\n") else None
            if event is None:
                return
            yield len(line), event
            before = event.head


def _event(line: bytes, before: Head | None) -> Stamped | None:
    """The event on one line; None where the line does not hold together, or not with the one `before`."""
    try:
        fields = msgspec.json.decode(line)
        body = canonical(fields["event"])
        sealed = tuple(
            SealedValue(each["field"], bytes.fromhex(each["salt"]), canonical(each["value"]))
            for each in fields["sealed"]
        )
        event = Stamped(0, fields["event"]["epoch"], fields["event"]["seq"], fields["hash"], body, sealed)
        follows = before is None or (
            fields["event"]["prev"] == before.hash
            if event.epoch == before.epoch
            else event.seq == 1 and fields["event"]["prev"] == ZEROS
        )
    except (msgspec.DecodeError, NotCanonical, KeyError, TypeError, ValueError, RecursionError):
        return None
    return event if follows and digest(body) == event.hash else None
