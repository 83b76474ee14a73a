"""When a session has run out: some time unused or in all, never in a live incident, and never by a clock's jump.

A session that may open doors or change accounts has NIST SP 800-63B-4's limits (section 2.2.3, AAL2: an hour unused, 24
hours in all). One that may only look, start and note lasts a school day unused and a week in all: on the worst day a
teacher's phone must show the incident and not a sign-in (risk analysis for OWASP ASVS 5.0 V7.1.1).
"""

from typing import Final

from edge.people.book import Session
from rules.model.moments import Instant
from rules.model.values import dataclass
from rules.rights import Right, RightsTable, Role

HOUR_US: Final = 3_600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Microseconds since the last use, and since it was opened."""

    idle_us: int
    absolute_us: int


STRICT: Final = Limits(HOUR_US, 24 * HOUR_US)
LONG: Final = Limits(12 * HOUR_US, 7 * 24 * HOUR_US)
OPENING: Final[tuple[Right, ...]] = ("release", "close", "people", "configure")
"""The rights that open something; a role that has one of them has the strict limits."""
GONE_US: Final = 30 * 24 * HOUR_US
"""So long after its opening a session that ran out may still start a response; then its cookie opens nothing."""
MOST_OF_ONE: Final = 20
"""Sessions of one account; the one unused for longest goes when another opens."""


def limits_of(rights: RightsTable, role: Role) -> Limits:
    """The limits of a role's sessions."""
    return STRICT if any(rights.may(role, one) for one in OPENING) else LONG


def ran_out(session: Session, limits: Limits, now: Instant, boot: str, live_since: Instant | None) -> bool:
    """Whether only starting and acknowledging is left to it.

    boot: of `now`. live_since: when the incident began that is live, for then the clock of sessions stands still.
    """
    if live_since is not None:
        if session.boot == boot and _used_since(session, now, live_since):
            return False
        # By the wall clock: neither moment need be of this boot, and both were written down when they happened.
        opened = live_since.utc_us - session.opened_utc_us
        return live_since.utc_us - session.seen_utc_us > limits.idle_us or opened > limits.absolute_us
    opened = elapsed_us(session.boot, session.opened_utc_us, session.opened_mono_us, now, boot)
    seen = elapsed_us(session.boot, session.seen_utc_us, session.seen_mono_us, now, boot)
    # A wall clock that went back over a restart says nothing about age: sign in again.
    return opened < 0 or seen > limits.idle_us or opened > limits.absolute_us


def _used_since(session: Session, now: Instant, live_since: Instant) -> bool:
    """Whether a session of this boot was opened or used in the incident, by the clock that nobody sets.

    After a reboot the wall clock may be days behind the incident: then everybody who signs in would have run out at once.
    An incident that is ahead of this boot's clock began before it; one that is ahead of the wall clock shows that this went
    back since, and then no wall time says how long a session was unused before the incident.
    """
    return (
        live_since.mono_us > now.mono_us
        or live_since.utc_us > now.utc_us
        or session.seen_mono_us >= live_since.mono_us
    )


def elapsed_us(boot_then: str, utc_us: int, mono_us: int, now: Instant, boot: str) -> int:
    """Microseconds since a moment: by the clock that nobody sets within one boot, else by the wall clock."""
    return now.mono_us - mono_us if boot_then == boot else now.utc_us - utc_us
