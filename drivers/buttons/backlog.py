"""Whether what arrives was held by the broker while we were away, and for how long at most. Pure.

After a connect everything held for us is delivered in order, and behind it a marker that we publish to
ourselves: what comes before the marker may have waited since our session was last known up.
"""

QUIET_US = 5_000_000
"""A broker that may not publish our marker back (its access list) is taken for empty after this silence."""
LONGEST_US = 30_000_000
"""And after this at the latest: presses that arrive live must not be called old for ever."""


class Backlog:
    """One connection's view.

    known_up_us: monotonic time of when our session was last known up; None unknown.
    nonce: this connection's marker; an older connection's marker may still be among the held messages.
    kept: whether the broker had kept our session (MQTT 3.1.1 section 3.2.2.2, Session Present): a new one holds
    nothing, so that what arrives in it was sent after we came.
    """

    def __init__(
        self, known_up_us: int | None, connected_us: int, nonce: bytes, *, kept: bool = True
    ) -> None:
        self._known_up_us = known_up_us
        self._connected_us = connected_us
        self._heard_us = connected_us
        self.nonce = nonce
        self.drained = not kept

    def waited_at_most_us(self, at_us: int) -> int | None:
        """The longest time a message that arrives now may have waited; 0 live, None unknown."""
        self._heard_us = at_us
        if self.drained:
            return 0
        return None if self._known_up_us is None else max(0, at_us - self._known_up_us)

    def marker(self, payload: bytes) -> None:
        """A marker came back."""
        if payload == self.nonce:
            self.drained = True

    def give_up(self, now_us: int, waiting: int) -> None:
        """Without a marker: drained once nothing came for a while and the broker's window cannot be full."""
        quiet = now_us - self._heard_us >= QUIET_US and waiting == 0
        if quiet or now_us - self._connected_us >= LONGEST_US:
            self.drained = True
