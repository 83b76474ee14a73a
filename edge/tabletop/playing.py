"""Where a film stands: played at a speed, stopped by hand, and by itself at each question for the table. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

Speed = Literal[1, 5, 20]
SPEEDS: Final[tuple[Speed, ...]] = get_args(Speed)


@dataclass(frozen=True, slots=True)
class Playing:
    """at_ms: where it stood at `since_us` (CLOCK_MONOTONIC). speed 0: it stands still.

    stops: where it stops by itself, in order; length_ms: its end.
    """

    stops: tuple[int, ...]
    length_ms: int
    at_ms: int = 0
    speed: int = 0
    since_us: int = 0

    def position(self, now_us: int) -> int:
        """Milliseconds since its first moment."""
        gone = max(0, now_us - self.since_us) * self.speed // 1_000
        return min(self.at_ms + gone, self._until()) if self.speed else self.at_ms

    def going(self, now_us: int) -> bool:
        """Whether it moves."""
        return bool(self.speed) and self.position(now_us) < self._until()

    def play(self, speed: Speed, now_us: int) -> "Playing":
        """On from where it stands, to the next question."""
        return replace(self, at_ms=self.position(now_us), speed=speed, since_us=now_us)

    def pause(self, now_us: int) -> "Playing":
        """Stand still."""
        return replace(self, at_ms=self.position(now_us), speed=0, since_us=now_us)

    def seek(self, at_ms: int, now_us: int) -> "Playing":
        """Stand still there."""
        return replace(self, at_ms=max(0, min(at_ms, self.length_ms)), speed=0, since_us=now_us)

    def step(self, moments: Sequence[int], now_us: int) -> "Playing":
        """Stand still at the next moment at which anything happens."""
        here = self.position(now_us)
        return self.seek(next((one for one in moments if one > here), self.length_ms), now_us)

    def _until(self) -> int:
        return next((one for one in self.stops if one > self.at_ms), self.length_ms)
