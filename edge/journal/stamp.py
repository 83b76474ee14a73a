"""Numbers, salts, seals and hashes rows, one after the other: the moving end of the chain."""

import os
from dataclasses import replace

import msgspec

from edge.journal.canonical import JSON, NotCanonical, canonical, salvaged
from edge.journal.chain import ZEROS, Head, digest, event_of
from edge.journal.row import Row
from edge.journal.sealed import SALT_BYTES, SealedValue, seal
from edge.journal.stored import stored
from edge.journal.uuid7 import Uuid7
from rules.model.values import dataclass

_LAST_MOMENT_US = 253_402_300_799_999_999
"""The last microsecond of the year 9999."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """One event with its place in the chain, ready for any storage. `count` counts this run's, from 1."""

    count: int
    epoch: str
    seq: int
    hash: str
    body: bytes
    sealed: tuple[SealedValue, ...]

    @property
    def head(self) -> Head:
        return Head(self.epoch, self.seq, self.hash)


class Stamper:
    """Holds the head of the chain. For one thread at a time: the caller guards it."""

    def __init__(self, campus: str, boot: str, error_us: int | None, head: Head) -> None:
        self.head = head
        self.count = 0
        self.salvaged = 0
        self._campus = campus
        self._boot = boot
        self._error_us = error_us
        self._ids = Uuid7()

    def start_epoch(self, epoch: str) -> None:
        """The next row is number 1 of `epoch`."""
        self.head = Head(epoch, 0, ZEROS)

    def stamp(self, row: Row) -> Stamped:
        """The row as the chain's next event. Never raises: a row that cannot be hashed is salvaged, not
        lost.
        """
        try:
            body, sealed = self._hashable(row)
        except (NotCanonical, OverflowError, AttributeError, TypeError, ValueError):
            self.salvaged += 1
            body, sealed = self._hashable(_salvaged_row(row))
        self.count += 1
        self.head = Head(self.head.epoch, self.head.seq + 1, digest(body))
        return Stamped(self.count, self.head.epoch, self.head.seq, self.head.hash, body, sealed)

    def _hashable(self, row: Row) -> tuple[bytes, tuple[SealedValue, ...]]:
        sealed = tuple(seal(field, value, os.urandom(SALT_BYTES)) for field, value in row.sealed.items())
        event = event_of(
            row,
            self.head,
            campus=self._campus,
            event_id=self._ids.make(row.at_utc_us),
            boot=self._boot,
            error_us=self._error_us,
            sealed=sealed,
        )
        return canonical(event), sealed


def row_of(event: Stamped) -> Row:
    """The row again, for another place in a chain: of an event that no disk has taken. Raises ValueError."""
    read = stored(event.body, event.hash)
    sealed: dict[str, JSON] = {each.field: msgspec.json.decode(each.value) for each in event.sealed}
    return Row(
        read.at_us,
        read.monotonic_us,
        read.kind,
        read.subject,
        read.actor,
        read.incident,
        read.because,
        read.data,
        sealed,
    )


def _salvaged_row(row: Row) -> Row:
    """The row with every value brought into a form that can be hashed; foreign objects become short text."""
    data = salvaged(row.data)
    sealed = salvaged(row.sealed)
    because = None if row.because is None else (str(salvaged(row.because[0])), salvaged(row.because[1]))
    fitted: dict[str, JSON] = data if isinstance(data, dict) else {"was": data}
    clean = replace(
        row,
        at_utc_us=min(max(int(row.at_utc_us), 0), _LAST_MOMENT_US),
        mono_us=min(max(int(row.mono_us), 0), 2**53 - 1),
        kind=str(salvaged(row.kind)),
        subject=str(salvaged(row.subject)),
        actor=str(salvaged(row.actor)),
        incident=None if row.incident is None else str(salvaged(row.incident)),
        because=None if because is None or not isinstance(because[1], dict) else (because[0], because[1]),
        data={**fitted, "salvaged": True},
        sealed=sealed if isinstance(sealed, dict) else {"was": sealed},
    )
    try:
        canonical(clean.data)
        for value in clean.sealed.values():
            canonical(value)
        canonical(None if clean.because is None else clean.because[1])
        if len(canonical([clean.data, None if clean.because is None else clean.because[1]])) > 32 * 1024:
            raise NotCanonical("too large")
    except NotCanonical:
        clean = replace(clean, because=None, data={"salvaged": True, "withheld": True}, sealed={})
    return clean
