"""What is read of one reader, and when: rounds of osdp_ISTAT and osdp_OSTAT. Pure; times in microseconds."""

from dataclasses import dataclass, field

from drivers.doors.osdp_messages import Reader

AFTER_COMMAND_US, AFTER_COMMAND_EVERY_US = 3_000_000, 100_000
"""How long, and how often, a reader is read after a command: bolts travel 150 to 400 ms."""
REFUSED_US, REFUSED_MOST_US = 1_000_000, 30_000_000
"""A refused query costs the channel (libosdp gives it up on any NAK): ask again later, and later still."""
_NEVER = 1 << 62

Found = tuple[int, bytes | None, bytes | None]
"""When the first query of the round left, the inputs, the outputs."""


@dataclass(slots=True, eq=False)
class Query:
    """One kind of status query. `backoff_us` is not 0 while the reader refuses it."""

    outputs: bool
    allowed_us: int = 0
    backoff_us: int = 0


@dataclass(slots=True)
class _Round:
    left: list[Query]
    started_us: int | None = None
    values: dict[bool, bytes] = field(default_factory=dict)


class Rounds:
    """Evidence rounds ask for all there is, fast rounds for inputs only. A command begins a new round."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._inputs, self._outputs = Query(False), Query(True)
        self._evidence_us = 0 if reader.every_us else _NEVER
        self._fast_us = 0 if reader.fast_us else _NEVER
        self._soon_until_us = 0
        self._round: _Round | None = None

    def due(self) -> int:
        """When there is something to ask."""
        if self._round is not None and self._round.left:
            return 0
        return min(self._evidence_us, self._fast_us)

    def next(self, now: int) -> Query | None:
        """The query to ask now, if any."""
        if self._round is None or not self._round.left:
            self._round = self._begin(now)
        if self._round is not None and self._round.left:
            return self._round.left.pop(0)
        return None

    def answered(self, query: Query, started_us: int, values: bytes) -> None:
        """The reader reported."""
        query.backoff_us = 0
        if self._round is not None:
            if self._round.started_us is None:
                self._round.started_us = started_us
            self._round.values[query.outputs] = values

    def refused(self, query: Query, now: int) -> None:
        """The reader said no."""
        query.backoff_us = min(max(REFUSED_US, 2 * query.backoff_us), REFUSED_MOST_US)
        query.allowed_us = now + query.backoff_us

    def finished(self) -> Found | None:
        """What the round found, once nothing is left to ask."""
        done = self._round
        if done is None or done.left:
            return None
        self._round = None
        if done.started_us is None:
            return None
        return done.started_us, done.values.get(False), done.values.get(True)

    def commanded(self, now: int) -> None:
        """A command left: what was being read could not prove it, and for a while the bolt moves."""
        self._soon_until_us = now + AFTER_COMMAND_US
        self.abandon()
        self.at_once(now)

    def at_once(self, now: int) -> None:
        """Let the next evidence round begin now."""
        if self._reader.every_us:
            self._evidence_us = now

    def abandon(self) -> None:
        """Forget the round under way."""
        self._round = None

    def _begin(self, now: int) -> _Round | None:
        if now >= self._evidence_us:
            soon = AFTER_COMMAND_EVERY_US if now < self._soon_until_us else self._reader.every_us
            self._evidence_us = now + min(soon, self._reader.every_us)
            self._fast_us = now + self._reader.fast_us if self._reader.fast_us else _NEVER
            wanted = ((self._reader.inputs, self._inputs), (self._reader.outputs, self._outputs))
            return _Round([query for asked, query in wanted if asked and now >= query.allowed_us])
        if now >= self._fast_us:
            self._fast_us = now + self._reader.fast_us
            return _Round([self._inputs])
        return None
