"""`verify-journal`: checks a whole store, link by link. Needs the directory to itself, or the daemon's own
store.

What holds is said in numbers, what does not in `Problem`s; nothing is repaired.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from edge.journal.chain import Head, Problem, check
from edge.journal.checkpoint import Checkpoint
from edge.journal.evidence import Ledger, Named, problems, unnamed
from edge.journal.faults import error_name
from edge.journal.places import Places
from edge.journal.reader import Reader
from edge.journal.spill import read_spill
from edge.journal.standalone_verifier import ed25519, raw_key
from edge.journal.store import Epoch, Store
from edge.journal.stored import Stored, stored
from edge.journal.witness import read_witness

_MOST_PROBLEMS: Final = 100
_PIECE: Final = 100
"""Events of one piece: 3 ms, in which a running daemon commits nothing."""
_PATIENCE: Final = 10
_PATIENCE_S: Final = 0.2
"""Between what is done to a file and the event that tells of it lie milliseconds; a slow disk makes them more."""


@dataclass(slots=True)
class Report:
    """What was looked at, up to `head`, and what does not hold. `spilled`: durable events that are not in the
    database yet.
    """

    campus: str
    epochs: int = 0
    events: int = 0
    opened: int = 0
    checkpoints: int = 0
    erased: int = 0
    spilled: int = 0
    head: Head | None = None
    problems: list[Problem] = field(default_factory=list)
    pictures: dict[str, Named] = field(default_factory=dict)
    """By name: the sealed files of pictures that have to be there."""
    pictures_read: bool = False
    unnamed: list[str] = field(default_factory=list)
    """Finished files that the record does not name."""

    @property
    def holds(self) -> bool:
        return not self.problems


def verify_directory(directory: Path) -> Report:
    """Verify a store that no daemon has open. Raises JournalInUse, JournalRefused."""
    with Reader.open(directory) as reader:
        return verify_store(reader.store, reader.places, reader.campus)


def verify_store(store: Store, places: Places, campus: str) -> Report:
    """Verify an open store: chain, columns, sealed values, checkpoints, the links between epochs, and the
    witness.
    """
    report = Report(campus)
    for _ in verifying(store, places, report):
        pass
    return report


def verifying(store: Store, places: Places, report: Report) -> Iterator[None]:
    """The same in pieces of 100 events, for a daemon that has other things to do in between."""
    report.epochs = len(store.epochs)
    report.head = store.head
    try:
        yield from _Pass(store, report).run()
        _witness(store, places, report)
    except sqlite3.Error as err:
        report.problems.append(Problem("database", None, None, f"the database gives up: {error_name(err)}"))


Read = Callable[[tuple[str, int] | None, int], Sequence[Stored]]


def look_at_pictures(folder: Path, report: Report, *, hashes: bool, read: Read | None = None) -> None:
    """Check the files of pictures that a record names, and add what does not hold to its report.

    hashes: read each of them whole. read: events of a running journal behind a position: what retention lets go
    meanwhile is no problem. May hang with its disk: in a thread. Raises what `read` raises.
    """
    report.pictures_read = hashes
    try:
        found = dict(islice(problems(folder, report.pictures.values(), hashes=hashes), _MOST_PROBLEMS))
        report.unnamed = unnamed(folder, report.pictures)
    except OSError as err:
        text = f"the folder of pictures cannot be read: {err.strerror}"
        report.problems.append(Problem("evidence", None, None, text))
        return
    if read is not None and (found or report.unnamed):
        _told_since(report, read, found)
    report.problems += found.values()


def _told_since(report: Report, read: Read, found: dict[Named, Problem]) -> None:
    """Leave out what events behind the report's head tell of: they follow what is done to the disk in a moment."""
    for _ in range(_PATIENCE):
        after = None if report.head is None else (report.head.epoch, report.head.seq)
        since = Ledger()
        while events := read(after, _PIECE):
            for event in events:
                since.note(event)
            after = events[-1].position
        for one in [one for one in found if (one.name, one.sha256) in since.deleted]:
            del found[one]
        report.unnamed = [one for one in report.unnamed if one not in since.standing]
        if not found and not report.unnamed:
            return
        time.sleep(_PATIENCE_S)


class _Pass:
    """One walk through a store."""

    def __init__(self, store: Store, report: Report) -> None:
        self.store = store
        self.report = report
        self.erased: set[tuple[str, int, str]] = set()
        self.closed: set[tuple[str, int, str]] = set()
        self.last: dict[str, Head] = {}
        self.pictures = Ledger()
        self.dropped = {each.epoch: each.last for each in store.segments() if each.dropped is not None}

    def run(self) -> Iterator[None]:
        place, end = 0, self._end()
        before: Head | None = None
        epochs = iter(self.store.epochs)
        epoch: Epoch | None = None
        following = next(epochs, None)
        # Up to where the journal stood: a running one would always be a little ahead.
        while len(self.report.problems) < _MOST_PROBLEMS and place < end:
            rows = self.store.raw_after(place, min(_PIECE, end - place))
            if not rows:
                break
            values: dict[int, dict[str, str]] = {}
            for at, sealed in self.store.sealed_between(rows[0][0], rows[-1][0]):
                values.setdefault(at, {})[sealed.field] = sealed.commitment()
            for place, digest, body in rows:
                while following is not None and place >= following.first_place:
                    epoch, following = following, next(epochs, None)
                    before = None
                event = self._event(place, digest, bytes(body), epoch, before)
                if event is not None:
                    self._sealed(event, values.pop(place, {}))
                    before = Head(event.epoch, event.seq, event.hash)
                    self.last[event.epoch] = before
            yield
        for epoch in self.store.epochs:
            yield from self._checkpoints(epoch)
        self.report.pictures = self.pictures.standing
        if self.closed - self.erased:
            self._erased_since(end)
        for which, seq, name in sorted(self.closed - self.erased):
            self._say(
                "sealed_missing", which, seq, f"the value of {name} is gone and no event tells of its erasing"
            )
        self.report.erased = len(self.closed & self.erased)

    def _event(
        self, place: int, digest: str, body: bytes, epoch: Epoch | None, before: Head | None
    ) -> Stored | None:
        try:
            event = stored(body, digest)
        except ValueError as err:
            self._say("form", None if epoch is None else epoch.epoch, None, f"place {place}: {err}")
            return None
        self.report.events += 1
        if epoch is None or event.epoch != epoch.epoch or event.seq != place - epoch.first_place + 1:
            self._say("place", event.epoch, event.seq, f"it does not belong at place {place}")
        problem = check(event, self.report.campus, before if before is not None else self._start(event))
        if problem is not None and event.seq <= self.dropped.get(event.epoch, 0):
            problem = None  # the rest of a segment that is being let go
        if problem is not None:
            self.report.problems.append(problem)
        if event.kind == "epoch.started/1":
            self._link(event)
        elif event.kind == "sealed.erased/1":
            self._erased(event)
        self.pictures.note(event)
        return event

    def _erased(self, event: Stored) -> None:
        match event.data:
            case {"epoch": str(epoch), "seq": int(seq), "field": str(name)}:
                self.erased.add((epoch, seq, name))

    def _erased_since(self, place: int) -> None:
        """What was erased while the walk was under way."""
        while events := self.store.after(place, _PIECE, newest_kinds=False):
            for event in events:
                if event.kind == "sealed.erased/1":
                    self._erased(event)
            place = self.store.place_of(*events[-1].position) or 0

    def _end(self) -> int:
        # By the rows themselves and not by the head: an event that was moved behind it must be seen.
        return self.store.bounds()[1]

    def _start(self, event: Stored) -> Head:
        """What an epoch's first kept event has to follow: nothing, or the checkpoint of the dropped
        segment.
        """
        dropped = self.dropped.get(event.epoch, 0)
        if event.seq <= 1 or dropped == 0:
            return Head(event.epoch, 0, "0" * 64)
        found = self.store.checkpoints(event.epoch, dropped, dropped)
        return Head(event.epoch, dropped, found[0].hash if found else "")

    def _link(self, event: Stored) -> None:
        """A new epoch names the old one's end: where that is here, it must be as named."""
        old = event.data.get("old_epoch")
        if isinstance(old, str) and old in self.last:
            last = self.last[old]
            if (event.data.get("old_seq"), event.data.get("old_hash")) != (last.seq, last.hash):
                self._say("epoch_link", event.epoch, event.seq, "it names another end of the epoch before")

    def _sealed(self, event: Stored, values: dict[str, str]) -> None:
        for name, commitment in event.sealed.items():
            if name not in values:
                self.closed.add((event.epoch, event.seq, name))
            elif values[name] != commitment:
                self._say("sealed", event.epoch, event.seq, f"the value of {name} is not what was sealed")
            else:
                self.report.opened += 1
        for name in values.keys() - event.sealed.keys():
            self._say("sealed", event.epoch, event.seq, f"a value {name} that was never sealed")

    def _checkpoints(self, epoch: Epoch) -> Iterator[None]:
        first = 0
        while found := self.store.checkpoints(epoch.epoch, first, 2**53, _PIECE):
            for each in found:
                self._checkpoint(each)
            first = found[-1].seq + 1
            yield

    def _checkpoint(self, made: Checkpoint) -> None:
        self.report.checkpoints += 1
        try:
            good = ed25519(raw_key(made.public_pem), made.signature, made.signed_bytes(self.report.campus))
        except ValueError:
            good = False
        if not good:
            self._say("signature", made.epoch, made.seq, "the signature of the checkpoint does not hold")
        there = self.store.hash_at(made.epoch, made.seq)
        if there != made.hash:
            self._say("checkpoint", made.epoch, made.seq, "the event that was signed here is not there")

    def _say(self, code: str, epoch: str | None, seq: int | None, text: str) -> None:
        self.report.problems.append(Problem(code, epoch, seq, text))


def _witness(store: Store, places: Places, report: Report) -> None:
    """The cut tail, which the chain itself cannot see."""
    head = store.head
    try:
        for event in read_spill(places.spill):
            if not store.holds(event.epoch, event.seq):
                report.spilled += 1
                head = event.head
        witnessed = read_witness(places.witness)
    except OSError as err:
        report.problems.append(
            Problem("witness", None, None, f"witness or spill cannot be read: {err.strerror}")
        )
        return
    if witnessed is None:
        report.problems.append(
            Problem("witness", None, None, "there is no head witness: a cut tail would not show")
        )
        return
    said = witnessed.head
    if head is None or (said.epoch == head.epoch and said.seq > head.seq):
        end = 0 if head is None else head.seq
        text = f"events are lost: the witness saw number {said.seq}, the journal ends at {end}"
        report.problems.append(Problem("tail", said.epoch, said.seq, text))
    elif (said.epoch, said.seq) == (head.epoch, head.seq):
        if said.hash != head.hash:
            report.problems.append(
                Problem("tail", said.epoch, said.seq, "the witness saw another event there")
            )
    elif said.epoch != head.epoch or store.holds(said.epoch, said.seq):
        there = store.hash_at(said.epoch, said.seq)
        if there is None and store.place_of(said.epoch, 1) is None:
            report.problems.append(
                Problem("tail", said.epoch, said.seq, "the witness knows an epoch that is not here")
            )
        elif there not in (None, said.hash):
            report.problems.append(
                Problem("tail", said.epoch, said.seq, "the witness saw another event there")
            )
