"""What is looked after beside the journal, every few seconds in a thread of its own: the room on its disk.

It may hang with the disk: nobody waits for it.
"""

import contextlib
import threading
from typing import Final

from edge.journal.room import Room

_FIRST_S: Final = 1.0
_EVERY_S: Final = 5.0


class Keeper:
    """The thread."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Have it end; a round that is under way ends first."""
        self._ending.set()

    def join(self, timeout_s: float) -> None:
        """Wait until it has ended, where it was started."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = _FIRST_S
        while not self._ending.wait(wait_s):
            wait_s = _EVERY_S
            with contextlib.suppress(OSError):  # a disk that is gone is told by whoever writes on it
                self._room.look()
