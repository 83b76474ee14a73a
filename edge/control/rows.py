"""Events of the journal as they travel over the socket and as `incident list` and `show` read them."""

from typing import Any, Final

from edge.journal.stored import Stored

OF_ANY_INCIDENT: Final = frozenset(
    {
        "incident.opened/1",
        "incident.raised/1",
        "response.changed/1",
        "exercise.played/1",
        "incident.joined/1",
        "zone.response/1",
        "incident.closed/1",
    }
)
"""Kinds that tell which incidents there are, and in which zones."""


def row(event: Stored) -> dict[str, Any]:
    """One event, its sealed fields only as far as they are still open."""
    return {
        "epoch": event.epoch,
        "seq": event.seq,
        "id": event.id,
        "at": event.at,
        "boot": event.boot,
        "monotonic_us": event.monotonic_us,
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "incident": event.incident,
        "because": None if event.because is None else {"code": event.because[0], "args": event.because[1]},
        "data": event.data,
        "opened": dict(event.opened),
    }


def wanted(event: Stored, incident: str | None) -> bool:
    """Whether `Desk.rows(incident)` has this event."""
    return event.incident == incident if incident is not None else event.kind in OF_ANY_INCIDENT
