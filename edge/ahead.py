"""Before an update: the journal folded by the release that is to start next, beside the one that runs.

A snapshot counts only for the code that folded it (`edge.folding`), and folding millions of events takes minutes, in
which nothing would be armed. So the new release folds them ahead; its start folds what came after. While a daemon has the
journal open, its last good copy is read, which follows it from minute to minute.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge import codec, recovery
from edge.journal.bites import Bites
from edge.journal.chain import Head
from edge.journal.places import Places
from edge.journal.snapshot import Snapshot, write_snapshot
from rules.model.values import dataclass

EVERY: Final = 100_000

Told = Callable[[int], None]
"""Gets how many events are folded, every `EVERY` of them."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was folded. from_copy: read beside a running daemon. head: None where the journal is empty."""

    events: int
    head: Head | None
    from_copy: bool


def fold_ahead(directory: Path, told: Told = lambda _: None) -> Ahead:
    """Fold the journal of a store and leave the result for the next start.

    Raises JournalRefused where there is nothing to read (a running daemon makes its first copy a minute after its
    start), OSError where the result cannot be written.
    """
    journal = Bites(Places(directory))
    snapshot, record = recovery.basis(journal.snapshots())
    head, count = None if snapshot is None else snapshot.head, 0
    for stored in journal.events(None if head is None else (head.epoch, head.seq)):
        record = recovery.folded(record, stored)
        head, count = Head(stored.epoch, stored.seq, stored.hash), count + 1
        if count % EVERY == 0:
            told(count)
    if head is not None:
        made = journal.places.snapshot_ahead
        write_snapshot(made, Snapshot(head, codec.record_bytes(record)))
        _for_the_daemon(made)
    return Ahead(count, head, journal.from_copy)


def _for_the_daemon(path: Path) -> None:
    """Root prepares what another user reads."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
