"""A message of our own that goes to the broker and comes back over the session that hears presses: the way is whole."""

import asyncio
import secrets
from collections.abc import Callable

ANSWER_WITHIN_S = 5.0
"""As long as the broker may take for what it takes milliseconds for; a press behind a storm waits as long."""
Told = Callable[[str], None]


class RoundTrip:
    """Belongs to the loop's thread. `topic` is under `campus/edge/`, which no button has and only the daemon may write."""

    def __init__(self, campus: str) -> None:
        self.topic = f"campus/edge/{campus}/selftest"
        self._waiting: dict[bytes, tuple[Told, asyncio.TimerHandle]] = {}

    def begin(self, told: Told) -> bytes:
        """What is to be published, once. `told` gets `""` when it came back, `no_answer` where it did not in time."""
        nonce = secrets.token_hex(16).encode()
        timer = asyncio.get_running_loop().call_later(ANSWER_WITHIN_S, self._end, nonce, "no_answer")
        self._waiting[nonce] = told, timer
        return nonce

    def heard(self, payload: bytes) -> None:
        """Something came on the topic. What the broker had kept from an earlier connection is nobody's."""
        self._end(payload, "")

    def _end(self, nonce: bytes, code: str) -> None:
        told, timer = self._waiting.pop(nonce, (None, None))
        if told is not None and timer is not None:
            timer.cancel()
            told(code)
