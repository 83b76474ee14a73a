"""The head witness: where the journal stood, kept outside the database, because a chain cannot see a cut
tail.

One preallocated file of two slots, written in turn and each with its checksum, so that a torn write leaves
the other. A slot is: magic, generation (u64), length (u32), SHA-256 of generation, length and payload,
payload: canonical JSON `{"epoch", "hash", "head", "seq"}`. `head` is what the loop wants to know again after
a loss.
"""

import contextlib
import hashlib
import os
import struct
from pathlib import Path
from typing import Final, Self

import msgspec

from edge.journal.canonical import JSON, NotCanonical, canonical, salvaged
from edge.journal.chain import Head
from edge.journal.seen import is_named
from rules.model.values import dataclass

_SLOT_BYTES: Final = 256 * 1024
"""2,000 zones or doors at 100 bytes each still fit."""
_MAGIC: Final = b"CEWITNS1"
_HEADER: Final = struct.Struct(">8sQI32s")


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What the witness says: the last durable event, and the loop's head at it."""

    head: Head
    said: dict[str, JSON]


class Witness:
    """The file. Every method may raise OSError; `write` syncs before it returns."""

    def __init__(
        self, path: Path, descriptor: int, generation: int, last: Witnessed | None, made: bool
    ) -> None:
        self._path = path
        self._descriptor = descriptor
        self._generation = generation
        self.last = last
        self.made = made

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file. `made` tells that it was missing; `last` is None where no slot is whole."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            made = os.fstat(descriptor).st_size < 2 * _SLOT_BYTES
            if made:
                _fill_up(descriptor, path)
            generation, last = _newest(descriptor)
        except OSError:
            os.close(descriptor)
            raise
        return cls(path, descriptor, generation, last, made and last is None)

    def write(self, head: Head, said: dict[str, JSON]) -> None:
        """Replace the older slot and sync."""
        slot = _slot(self._generation + 1, head, said)
        os.pwrite(self._descriptor, slot, ((self._generation + 1) % 2) * _SLOT_BYTES)
        os.fdatasync(self._descriptor)
        self._generation += 1
        self.last = Witnessed(head, said)

    def is_there(self) -> bool:
        """Whether the open file still has its name: one that was deleted takes everything and keeps nothing."""
        return is_named(self._path, self._descriptor)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


def read_witness(path: Path) -> Witnessed | None:
    """What the witness at `path` says; None where there is none, or none that is whole. Raises OSError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return _newest(descriptor)[1]
    finally:
        os.close(descriptor)


def _fill_up(descriptor: int, path: Path) -> None:
    # Zeros and not only posix_fallocate: the first write into an unwritten extent changes metadata, and may
    # fail.
    size = os.fstat(descriptor).st_size
    os.pwrite(descriptor, bytes(2 * _SLOT_BYTES - size), size)
    os.fsync(descriptor)
    sync_directory(path.parent)


def _slot(generation: int, head: Head, said: dict[str, JSON]) -> bytes:
    where: dict[str, JSON] = {"epoch": head.epoch, "seq": head.seq, "hash": head.hash}
    room = _SLOT_BYTES - _HEADER.size
    try:
        payload = canonical({**where, "head": said}, max_bytes=room)
    except NotCanonical:
        fitted = salvaged(said)
        try:
            payload = canonical({**where, "head": fitted}, max_bytes=room)
        except NotCanonical:
            payload = canonical({**where, "head": {"withheld": True}})
    return _HEADER.pack(_MAGIC, generation, len(payload), _checksum(generation, payload)) + payload


def _checksum(generation: int, payload: bytes) -> bytes:
    return hashlib.sha256(struct.pack(">QI", generation, len(payload)) + payload).digest()


def _newest(descriptor: int) -> tuple[int, Witnessed | None]:
    found: tuple[int, Witnessed | None] = (0, None)
    for start in (0, _SLOT_BYTES):
        header = os.pread(descriptor, _HEADER.size, start)
        if len(header) < _HEADER.size:
            continue
        magic, generation, length, checksum = _HEADER.unpack(header)
        if magic != _MAGIC or length > _SLOT_BYTES - _HEADER.size or generation <= found[0]:
            continue
        payload = os.pread(descriptor, length, start + _HEADER.size)
        if len(payload) == length and _checksum(generation, payload) == checksum:
            fields = msgspec.json.decode(payload)
            found = (
                generation,
                Witnessed(Head(fields["epoch"], fields["seq"], fields["hash"]), fields["head"]),
            )
    return found


def sync_directory(directory: Path) -> None:
    """Make a creation or a renaming in `directory` last. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
