"""Points in time as integers, so that they replay and hash exactly."""

from rules.model.values import dataclass

MILLISECOND_US = 1_000
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment, stamped once, where the thing happened.

    `utc_us` is microseconds since 1970 by the wall clock: for people and for the record, it may jump.
    `mono_us` is microseconds of CLOCK_MONOTONIC: every duration inside the rules is counted with it.
    """

    utc_us: int
    mono_us: int

    def since(self, earlier: "Instant") -> int:
        """Microseconds that really passed from `earlier` to this moment (same boot of the machine)."""
        return self.mono_us - earlier.mono_us

    def plus(self, duration_us: int) -> "Instant":
        """The moment `duration_us` later."""
        return Instant(self.utc_us + duration_us, self.mono_us + duration_us)
