"""What the loop hands in to be remembered. The counterpart is `stored.Stored`: what is read back."""

from dataclasses import field

from edge.journal.canonical import JSON
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to be remembered, not yet numbered, sealed or hashed.

    at_utc_us, mono_us: microseconds since 1970, and of CLOCK_MONOTONIC, when it happened.
    kind: with its version, such as `door.verdict/1`. actor: an opaque id, never a name.
    because: a code and its arguments; put into words only when shown.
    data: integers, booleans, codes and plain strings; nothing personal, no foreign text.
    sealed: by field what is personal or foreign; only its salted commitment is hashed.
    The dicts must not be changed after the row was handed in: another thread reads them.
    """

    at_utc_us: int
    mono_us: int
    kind: str
    subject: str
    actor: str
    incident: str | None = None
    because: tuple[str, dict[str, JSON]] | None = None
    data: dict[str, JSON] = field(default_factory=dict)
    sealed: dict[str, JSON] = field(default_factory=dict)
