"""Makes the views again from the journal's events and shows whether they are equal to the live ones."""

import contextlib
from collections.abc import Iterator
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
_PIECE: Final = 500
"""A running daemon's journal gives less at once (`Journal.read_blocking`)."""
_AT_ONCE: Final = 2_000
"""Events of one transaction."""


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
                follow_all(live, reader.read_sealed)
            made = _compared(directory, live, reader.read_sealed, dropped=dropped, keep=True)
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
    with views.hasty():
        count = 0
        for events in _pieces(views, read, until):
            views.follow(events, checked=count == 0)
            count += len(events)
        return count


def _pieces(views: Views, read: Read, until: tuple[str, int] | None) -> Iterator[list[Stored]]:
    """What is not followed yet, by the transaction."""
    after = None if views.position is None else (views.position.epoch, views.position.seq)
    held: list[Stored] = []
    while events := read(after, _PIECE):
        ends = 0 if until is None else _place_of(until, events)
        held += events[:ends] if ends else events
        after = held[-1].position
        if len(held) >= _AT_ONCE or ends:
            yield held
            held = []
        if ends:
            return
    if held:
        yield held


def _place_of(until: tuple[str, int], events: list[Stored]) -> int:
    """Which of them, from 1, it is; 0: none."""
    epoch, seq = until
    return next((place for place, one in enumerate(events, 1) if one.seq == seq and one.epoch == epoch), 0)
