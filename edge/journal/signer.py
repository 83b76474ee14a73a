"""Signs where the database stands: the key, and when the next checkpoint is due."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.journal import checkpoint as signing
from edge.journal.chain import Head
from edge.journal.checkpoint import Checkpoint
from edge.journal.keys import KeyRefused, SigningKey, load_or_make
from edge.journal.stamp import Stamped
from edge.journal.store import Store
from edge.journal.stored import rfc3339


class Signer:
    """For the thread that holds the database. `trouble` is told what keeps checkpoints from being signed."""

    def __init__(
        self,
        directory: Path,
        campus: str,
        now: Callable[[], tuple[int, int]],
        trouble: Callable[[str, bool, tuple[str, ...]], None],
    ) -> None:
        self._directory = directory
        self._campus = campus
        self._now = now
        self._trouble = trouble
        self._key: SigningKey | None = None
        self._last: Head | None = None
        self._tried_at_s = time.monotonic()

    @property
    def due_at_s(self) -> float:
        """When the next checkpoint by time is due, by time.monotonic(): the first comes after a second."""
        return self._tried_at_s + (1.0 if self._last is None else signing.EVERY_S)

    def last_of(self, epoch: str) -> int:
        """The number that the newest checkpoint of `epoch` stands at; 0: there is none, or it is another epoch's."""
        return self._last.seq if self._last is not None and self._last.epoch == epoch else 0

    def adopt(self, store: Store) -> None:
        """Go on behind this database's last checkpoint."""
        self._last = None
        if store.head is not None:
            last = store.last_checkpoint(store.head.epoch)
            self._last = Head(store.head.epoch, last, "") if last else None

    def key(self, store: Store | None) -> SigningKey:
        """The signing key, made at first use. Raises KeyRefused, sqlite3.Error."""
        if self._key is None:
            key = load_or_make(self._directory)
            if store is not None and store.signed_by_others(key.id):
                self._trouble("signing_key_new", True, (key.id,))
            self._key = key
        return self._key

    def checkpoint(self, store: Store, *, last_of_epoch: bool = False) -> Checkpoint | None:
        """Sign where the database stands. None where it is empty. Raises KeyRefused, sqlite3.Error."""
        if store.head is None:
            return None
        made = signing.make(self.key(store), self._campus, store.head, rfc3339(self._now()[0]))
        store.keep_checkpoint(made, last_of_epoch=last_of_epoch)
        self.done(store.head)
        return made

    def upkeep(self, store: Store) -> None:
        """The checkpoint that is due by time. Raises KeyRefused, sqlite3.Error."""
        self._tried_at_s = time.monotonic()
        if self._last is None or store.head != self._last:
            self.checkpoint(store)

    def due(self, store: Store | None, chunk: Sequence[Stamped]) -> Checkpoint | None:
        """A checkpoint on the last event of `chunk`, where its thousand is full. Raises sqlite3.Error."""
        if chunk[-1].seq - self.last_of(chunk[-1].epoch) < signing.EVERY_EVENTS:
            return None
        try:
            return signing.make(self.key(store), self._campus, chunk[-1].head, rfc3339(self._now()[0]))
        except KeyRefused as err:
            self._trouble("signing_refused", True, (str(err),))
            return None

    def done(self, head: Head) -> None:
        """A checkpoint on `head` is in the database."""
        self._last = head
        self._tried_at_s = time.monotonic()
        self._trouble("signing_refused", False, ())
