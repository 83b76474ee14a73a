"""One event as read back from the journal. The counterpart is `row.Row`: what was handed in."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from edge.journal.canonical import JSON

DAMAGED: Final = "event.damaged/1"
"""What stands for an event whose bytes can no longer be read; no such event is ever recorded."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


class _Clock(msgspec.Struct):
    boot: str
    monotonic_us: int
    error_us: int | None


class _Because(msgspec.Struct):
    code: str
    args: dict[str, Any]


class _Body(msgspec.Struct):
    """The hashed fields; what a later version may add is left in the bytes."""

    epoch: str
    seq: int
    id: str
    at: str
    clock: _Clock
    kind: str
    subject: str
    actor: str
    incident: str | None
    because: _Because | None
    data: dict[str, Any]
    sealed: dict[str, str]
    prev: str


_decode: Final = msgspec.json.Decoder(_Body).decode

PEOPLE_ONLY: Final = ("account.", "session.", "sign_in.", "token.")
"""Kinds whose personal text is for `people` alone."""


class Stored(msgspec.Struct, frozen=True):
    """One event, typed; `body` is the canonical JSON that was hashed, so that a kind nobody knows is still
    whole. A msgspec struct, for millions are made when a journal is followed from its beginning.

    opened: the sealed fields whose value is still there. boot, monotonic_us, error_us: its `clock`.
    """

    epoch: str
    seq: int
    hash: str
    id: str
    at: str
    boot: str
    monotonic_us: int
    error_us: int | None
    kind: str
    subject: str
    actor: str
    incident: str | None
    because: tuple[str, dict[str, JSON]] | None
    data: dict[str, JSON]
    sealed: dict[str, str]
    prev: str
    opened: Mapping[str, JSON]
    body: bytes

    @property
    def position(self) -> tuple[str, int]:
        """(epoch, seq): where it stands, for `read(after=...)`."""
        return self.epoch, self.seq

    @property
    def at_us(self) -> int:
        """Microseconds since 1970, UTC."""
        return microseconds(self.at)


def stored(body: bytes, digest: str, opened: Mapping[str, JSON] | None = None) -> Stored:
    """The event in `body`. Raises ValueError where the bytes hold no event."""
    try:
        read = _decode(body)
        if not body.isascii():
            body.decode()  # msgspec passes over what stands in members that are not asked for
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise ValueError(f"not an event: {err}") from None
    clock, because = read.clock, read.because
    return Stored(
        read.epoch, read.seq, digest, read.id, read.at, clock.boot, clock.monotonic_us, clock.error_us, read.kind,
        read.subject, read.actor, read.incident, None if because is None else (because.code, because.args), read.data,
        read.sealed, read.prev, {} if opened is None else opened, body,
    )  # fmt: skip


def damaged(body: bytes, digest: str, epoch: str, seq: int, prev: str) -> Stored:
    """Stands at (epoch, seq) for an event whose bytes cannot be read, so that whoever reads gets past it."""
    at = rfc3339(0)
    return Stored(
        epoch, seq, digest, "", at, "", 0, None, DAMAGED, "", "", None, None, {}, {}, prev, {}, body
    )


def rfc3339(utc_us: int) -> str:
    """RFC 3339, UTC, six digits of a second, `Z`. Raises OverflowError beyond the year 9999."""
    return (_EPOCH + utc_us * _MICROSECOND).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def microseconds(at: str) -> int:
    """The inverse of `rfc3339`. Raises ValueError."""
    return since_1970_us(datetime.fromisoformat(at))


def is_since_1970(at: str) -> bool:
    """Whether a time has microseconds that are not negative. Raises ValueError, and TypeError for a time without a zone."""
    return datetime.fromisoformat(at) >= _EPOCH


def since_1970_us(at: datetime) -> int:
    """Whole microseconds since 1970, UTC. Raises TypeError for a time without a zone."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
