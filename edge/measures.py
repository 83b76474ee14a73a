"""How long presses took: from the press to the last door written and the last one proven, by the ledger's own times.

Looked at with each tick, long after the permits have gone; the figures are those of the moments themselves.
"""

from collections.abc import Callable
from typing import Final

from rules.model.events import AnswerAsked, Event, PressAsked, PressHeard, Scanned, StartAsked, Ticked
from rules.model.ids import DoorId
from rules.model.moments import SECOND_US, Instant
from rules.model.values import dataclass
from rules.model.verdicts import SECURED
from rules.state import DoorOrder, State

TICK_US: Final = 100_000
GIVES_UP_US: Final = 60 * SECOND_US
ASKING: Final = PressHeard | PressAsked | StartAsked | AnswerAsked | Scanned
"""What may lock doors by a response; a wired press comes with a scan."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one press came to. Seconds, None: not all of its doors within a minute. doors: how many it ordered.

    unproven: how many were not proven locked by then.
    """

    doors: int
    written_s: float | None
    proven_s: float | None
    unproven: int


@dataclass(frozen=True, slots=True)
class _Open:
    at: Instant
    orders: dict[DoorId, DoorOrder]


class Measures:
    """Belongs to the loop's thread. `note` after each event; `told` is called with each measurement."""

    def __init__(self) -> None:
        self._open: _Open | None = None
        self._ticked: Instant | None = None
        self.told: Callable[[Measured], None] = _nobody
        self.lagged: Callable[[float], None] = _nobody
        """Called with each tick: seconds that it came late, which is how long the loop stood."""

    def note(self, event: Event, before: State, after: State) -> None:
        """One event was handled."""
        if isinstance(event, Ticked):
            if self._ticked is not None:
                self.lagged(max(0, event.at.since(self._ticked) - TICK_US) / SECOND_US)
            self._ticked = event.at
            if self._open is not None:
                self._look(self._open, after, event.at)
        elif after.record.orders is not before.record.orders and isinstance(event, ASKING):
            was = before.record.orders
            fresh = {
                door: order
                for door, order in after.record.orders.items()
                if order.word == "lock" and order.incident is not None and order is not was.get(door)
            }
            if fresh:
                self._open = _Open(event.at, fresh)

    def _look(self, one: _Open, state: State, now: Instant) -> None:
        written: list[int] = []
        proven: list[int] = []
        for door, order in one.orders.items():
            live = state.live.doors.get(door)
            if live is None or state.record.orders.get(door) is not order:
                continue
            if live.written is not None:
                written.append(live.written.since(one.at))
            if live.verdict.word in SECURED and live.verdict_at is not None:
                proven.append(live.verdict_at.since(one.at))
        doors = len(one.orders)
        ended = any(state.record.orders.get(door) is not order for door, order in one.orders.items())
        if len(proven) < doors and not ended and now.since(one.at) < GIVES_UP_US:
            return
        self._open = None
        self.told(Measured(doors, _last(written, doors), _last(proven, doors), doors - len(proven)))


def _last(times_us: list[int], doors: int) -> float | None:
    # A door that was locked already counts at once.
    return max(0, *times_us) / SECOND_US if len(times_us) == doors else None


def _nobody(measured: object) -> None:
    """Nobody keeps figures yet."""
