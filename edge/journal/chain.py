"""The chain, pure: a row becomes a numbered, hashed event, and a run of events is checked link by link.

Contract section 6: `hash` is the lower-case hex SHA-256 of the RFC 8785 canonical JSON of exactly the fields
below, `prev` the hash before it, 64 zeros at an epoch's first.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from edge.journal.canonical import JSON, NotCanonical, canonical
from edge.journal.row import Row
from edge.journal.sealed import SealedValue
from edge.journal.stored import Stored, rfc3339
from rules.model.values import dataclass

VERSION: Final = 1
ZEROS: Final = "0" * 64
FIELDS: Final = frozenset(
    {
        "v",
        "campus",
        "epoch",
        "seq",
        "id",
        "at",
        "clock",
        "kind",
        "subject",
        "actor",
        "incident",
        "because",
        "data",
        "sealed",
        "prev",
    }
)


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain stands: its last event's number and hash; (epoch, 0, zeros) before the first."""

    epoch: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not hold. `code` to search for, `text` for a person."""

    code: str
    epoch: str | None
    seq: int | None
    text: str


def event_of(
    row: Row,
    head: Head,
    *,
    campus: str,
    event_id: str,
    boot: str,
    error_us: int | None,
    sealed: Iterable[SealedValue],
) -> dict[str, JSON]:
    """The hashed fields of the event that follows `head`. Raises OverflowError for a time no calendar has."""
    return {
        "v": VERSION,
        "campus": campus,
        "epoch": head.epoch,
        "seq": head.seq + 1,
        "id": event_id,
        "at": rfc3339(row.at_utc_us),
        "clock": {"boot": boot, "monotonic_us": row.mono_us, "error_us": error_us},
        "kind": row.kind,
        "subject": row.subject,
        "actor": row.actor,
        "incident": row.incident,
        "because": None if row.because is None else {"code": row.because[0], "args": row.because[1]},
        "data": row.data,
        "sealed": {each.field: each.commitment() for each in sealed},
        "prev": head.hash,
    }


def digest(body: bytes) -> str:
    """The hash of one event's canonical JSON."""
    return hashlib.sha256(body).hexdigest()


def check(event: Stored, campus: str, before: Head | None) -> Problem | None:
    """What is wrong with `event` where it should follow `before`; None: it holds.

    before: None where the event may stand anywhere (its own hash is still checked).
    """
    fault = _check_body(event, campus)
    if fault is None and before is not None:
        if event.epoch == before.epoch and event.seq != before.seq + 1:
            fault = "gap", f"number {event.seq} follows {before.seq}"
        elif event.epoch != before.epoch and event.seq != 1:
            fault = "gap", f"the epoch starts with number {event.seq}"
        elif event.prev != (before.hash if event.epoch == before.epoch else ZEROS):
            fault = "link", "it does not name the hash of the event before it"
    if fault is None:
        return None
    return Problem(fault[0], event.epoch, event.seq, fault[1])


def _check_body(event: Stored, campus: str) -> tuple[str, str] | None:
    if digest(event.body) != event.hash:
        return "hash", "its bytes do not give its hash: it was changed"
    fields = msgspec.json.decode(event.body)
    try:
        same = canonical(fields) == event.body
    except NotCanonical as err:
        return "form", f"not canonical JSON: {err}"
    if not same:
        return "form", "not in canonical form"
    if fields["v"] == VERSION and fields.keys() != FIELDS:
        return "form", "it has not exactly the fields of its version"
    if fields["campus"] != campus:
        return "campus", "it belongs to another campus"
    return None
