"""Makes the views again from the journal's events and shows whether they are equal to the live ones."""

import contextlib
from pathlib import Path
from typing import Final

from edge.journal.reader import Reader
from edge.journal.stored import Stored
from edge.views.database import NAME, DoesNotFollow, Views, remove
from edge.views.follower import Read
from edge.views.tables import DERIVED
from rules.model.values import dataclass

_FRESH: Final = "views.rebuilt.db"
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What came of it. differences: a line each, at most 20; rows: by table, of the views made again."""

    events: int
    rows: dict[str, int]
    differences: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not self.differences


def rebuild_directory(directory: Path) -> Rebuilt:
    """For a store that no daemon has open. The live views are first brought up to the journal's end.

    Where they differ (or are missing) the ones made again take their place. Raises JournalInUse,
    JournalRefused, sqlite3.Error, OSError.
    """
    with Reader.open(directory) as reader:
        dropped = any(each.dropped is not None for each in reader.store.segments())
        live = Views.open(directory / NAME)
        try:
            with contextlib.suppress(KeyError, DoesNotFollow):  # of another journal: the comparison shows it
                follow_all(live, reader.read)
            made = _compared(directory, live, reader.read, dropped=dropped, keep=True)
        finally:
            live.close()
        if not made.equal:
            remove(directory)
            (directory / _FRESH).rename(directory / NAME)
        remove(directory, _FRESH)
        return made


def rebuild_beside(directory: Path, live: Views, read: Read, *, dropped: bool = False) -> Rebuilt:
    """For a running daemon, in the views' own thread (`Follower.ask`): compares, and leaves the live ones
    alone.
    """
    return _compared(directory, live, read, dropped=dropped)


def _compared(directory: Path, live: Views, read: Read, *, dropped: bool, keep: bool = False) -> Rebuilt:
    remove(directory, _FRESH)
    fresh = Views.open(directory / _FRESH)
    try:
        events = follow_all(
            fresh, read, None if live.position is None else (live.position.epoch, live.position.seq)
        )
        differences: list[str] = []
        rows = {}
        for name in DERIVED:
            here, made = live.table(name), fresh.table(name)
            rows[name] = len(made)
            # What only dropped segments told of cannot be made again.
            missing = set() if dropped else here - made
            differences += [f"{name}: only in the live views: {row}" for row in sorted(missing, key=repr)]
            differences += [
                f"{name}: only in those made again: {row}" for row in sorted(made - here, key=repr)
            ]
        return Rebuilt(events, rows, tuple(differences[:_SHOWN]))
    finally:
        fresh.close()
        if not keep:
            remove(directory, _FRESH)


def follow_all(views: Views, read: Read, until: tuple[str, int] | None = None) -> int:
    """Follow to the journal's end, or to `until`; returns how many events that were. Raises as `read` and `Views.follow`."""
    count = 0
    after = None if views.position is None else (views.position.epoch, views.position.seq)
    while events := read(after, 50):
        cut: list[Stored] = []
        for event in events:
            cut.append(event)
            if event.position == until:
                break
        views.follow(cut, checked=count == 0)
        count += len(cut)
        after = cut[-1].position
        if after == until:
            break
    return count
