"""When a session has run out: after an hour unused or a day in all, never in a live incident, and never by a clock's jump.

NIST SP 800-63B-4 section 2.2.3 (AAL2): reauthentication after 24 hours, or one hour of inactivity.
"""

from typing import Final

from edge.people.book import Session
from rules.model.moments import Instant

IDLE_US: Final = 3_600 * 1_000_000
ABSOLUTE_US: Final = 24 * 3_600 * 1_000_000
GONE_US: Final = 30 * ABSOLUTE_US
"""So long after its opening a session that ran out may still start a response; then its cookie opens nothing."""
MOST_OF_ONE: Final = 20
"""Sessions of one account; the one unused for longest goes when another opens."""


def ran_out(session: Session, now: Instant, boot: str, live_since: Instant | None) -> bool:
    """Whether only starting and acknowledging is left to it.

    boot: of `now`. live_since: when the incident began that is live, for then the clock of sessions stands still.
    """
    if live_since is not None:
        # By the wall clock: neither moment need be of this boot, and both were written down when they happened.
        unused = live_since.utc_us - session.seen_utc_us
        return unused > IDLE_US or live_since.utc_us - session.opened_utc_us > ABSOLUTE_US
    opened = elapsed_us(session.boot, session.opened_utc_us, session.opened_mono_us, now, boot)
    seen = elapsed_us(session.boot, session.seen_utc_us, session.seen_mono_us, now, boot)
    # A wall clock that went back over a restart says nothing about age: sign in again.
    return opened < 0 or seen > IDLE_US or opened > ABSOLUTE_US


def elapsed_us(boot_then: str, utc_us: int, mono_us: int, now: Instant, boot: str) -> int:
    """Microseconds since a moment: by the clock that nobody sets within one boot, else by the wall clock."""
    return now.mono_us - mono_us if boot_then == boot else now.utc_us - utc_us
