"""Who writes the head witness behind each commit, with what the loop last said of itself."""

import collections
import threading
from collections.abc import Callable
from typing import Final

from edge.journal.canonical import JSON
from edge.journal.chain import Head
from edge.journal.faults import errno_name
from edge.journal.places import Places
from edge.journal.witness import Witness

_PATIENCE_S: Final = 0.2


class Bearing:
    """The witness, for whichever thread has just brought something to disk."""

    def __init__(
        self,
        places: Places,
        right_disk: Callable[[], None],
        trouble: Callable[[str, bool, tuple[str, ...]], None],
    ) -> None:
        self.witness: Witness | None = None
        self.said: dict[str, JSON] = {}
        self._places = places
        self._right_disk = right_disk
        self._trouble = trouble
        self._heads: collections.deque[tuple[int, dict[str, JSON]]] = collections.deque()
        self._lock = threading.Lock()

    def say(self, count: int, said: dict[str, JSON]) -> None:
        """What a start must know once the row with this count is durable. The caller holds the baton."""
        self._heads.append((count, said))

    def durable(self, count: int) -> None:
        """Everything up to this count is. The caller holds the baton."""
        while self._heads and self._heads[0][0] <= count:
            self.said = self._heads.popleft()[1]

    def write(self, head: Head) -> None:
        """Bear witness of this event."""
        if not self._lock.acquire(timeout=_PATIENCE_S):
            return  # another thread hangs in it
        try:
            if self.witness is not None and not self.witness.is_there():
                self.witness.close()
                self.witness = None
            if self.witness is None:
                self._right_disk()
                self.witness = Witness.open(self._places.witness)
            self.witness.write(head, self.said)
            self._trouble("witness_refused", False, ())
        except OSError as err:
            self.close()
            self._trouble("witness_refused", True, (errno_name(err),))
        finally:
            self._lock.release()

    def close(self) -> None:
        if self.witness is not None:
            self.witness.close()
            self.witness = None
