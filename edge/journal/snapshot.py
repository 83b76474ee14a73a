"""A snapshot of the loop's state, so that a restart folds only what came after. Never authoritative.

One file: a line of canonical JSON `{"epoch", "hash", "seq", "sha256", "v"}`, then the blob. It is dropped
where its checksum fails or the chain has another hash at that number.
"""

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from edge.journal.canonical import MAX_INTEGER, canonical
from edge.journal.chain import Head
from edge.journal.places import Places
from edge.journal.store import Store
from edge.journal.witness import sync_directory
from rules.model.values import dataclass

_MOST_BYTES: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`blob` is the state right after the event `head` stands on; its form is the caller's affair."""

    head: Head
    blob: bytes


def write_snapshot(path: Path, snapshot: Snapshot, before: Path | None = None) -> None:
    """Whole or not at all: written beside, synced, renamed, the directory synced. Raises OSError.

    before: where the one that lies there goes.
    """
    head = snapshot.head
    first = canonical(
        {
            "v": 1,
            "epoch": head.epoch,
            "seq": head.seq,
            "hash": head.hash,
            "sha256": hashlib.sha256(snapshot.blob).hexdigest(),
        }
    )
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        left = memoryview(first + b"\n" + snapshot.blob)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if before is not None:
        with contextlib.suppress(FileNotFoundError):
            path.rename(before)
    new.rename(path)
    sync_directory(path.parent)


def read_snapshot(path: Path) -> Snapshot | None:
    """The snapshot at `path`; None where there is none, or none that is whole."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        with path.open("rb") as file:
            fields = msgspec.json.decode(file.readline(4096))
            blob = file.read(_MOST_BYTES)
        if not (isinstance(fields["epoch"], str) and isinstance(fields["hash"], str)):
            return None
        if not (isinstance(fields["seq"], int) and 0 <= fields["seq"] <= MAX_INTEGER):
            return None
        if fields["v"] == 1 and hashlib.sha256(blob).hexdigest() == fields["sha256"]:
            return Snapshot(Head(fields["epoch"], fields["seq"], fields["hash"]), blob)
    return None


def newest_first(places: Places, store: Store) -> list[Snapshot]:
    """Those that lie in a store directory and that the chain bears out. Raises sqlite3.Error."""
    paths = (places.snapshot, places.snapshot_ahead, places.snapshot_before)
    found = [one for one in map(read_snapshot, paths) if one is not None]
    sound = [one for one in found if store.hash_at(one.head.epoch, one.head.seq) == one.head.hash]
    return sorted(sound, key=lambda one: store.place_of(one.head.epoch, one.head.seq) or 0, reverse=True)
