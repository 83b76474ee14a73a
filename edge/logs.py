"""How the daemon logs: one line an event to standard error, where systemd's journal takes it; never a secret.

Who logs never waits: lines are written by a thread of their own, because whoever takes them may hang with its disk, and
from press to lock nothing waits for a log. What it cannot take in time is dropped and counted, and the count is logged.
"""

import atexit
import io
import logging
import queue
import sys
import threading
from typing import Final, TextIO, cast

import structlog

MOST_LINES: Final = 10_000
"""How many may wait: some megabytes, and hours of an ordinary day."""
LEAVE_S: Final = 1.0
"""At the end, how long for what still waits."""


class Unhurried(io.TextIOBase):
    """A text file written to by a thread. `write` and `flush` return at once; lines over `most` that wait are dropped."""

    def __init__(self, file: TextIO, most: int = MOST_LINES) -> None:
        self._file = file
        self._most = most
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._dropped = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()

    def write(self, text: str, /) -> int:
        if self._waiting.qsize() < self._most:
            self._waiting.put(text)
        else:
            self._dropped += 1
        return len(text)

    def leave(self, within_s: float = LEAVE_S) -> None:
        """Write what still waits, if that can be done so soon."""
        self._waiting.put(None)
        self._thread.join(within_s)

    def _run(self) -> None:
        while (text := self._waiting.get()) is not None:
            dropped, self._dropped = self._dropped, 0
            if dropped:
                text += f"level='warning' event='the log was not taken in time' lines_dropped={dropped}\n"
            try:
                self._file.write(text)
                self._file.flush()
            except (OSError, ValueError):
                self._dropped += dropped + 1  # nobody takes the log any more, or it is closed


def set_up() -> None:
    """Plain key=value lines; libraries' own warnings go the same way."""
    out = Unhurried(sys.stderr)
    atexit.register(out.leave)
    logging.basicConfig(level=logging.WARNING, stream=out, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", out)),
        cache_logger_on_first_use=True,
    )
