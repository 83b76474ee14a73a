"""What is looked after beside the journal in a thread of its own: the room on its disk, and its last good copy.

It may hang with the disk: nobody waits for it.
"""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from edge.journal.core import Core
from edge.journal.faults import errno_name, error_name
from edge.journal.files import remove
from edge.journal.good_copy import PAUSE_S, GoodCopy, Interrupted, NotSound
from edge.journal.store import Store
from edge.journal.writer import JournalRefused

Ask = Callable[[Callable[[Core], Any]], Any]
"""Have the writer do something short, and wait for it; raises JournalRefused."""

_FIRST_S: Final = 1.0
_EVERY_S: Final = 5.0
_COPY_FIRST_S: Final = 60.0
_COPY_EVERY_S: Final = 60.0
_BUSY_S: Final = 1.0
"""So long after an event another one is likely."""
_BUSY_PAUSE_S: Final = 0.25


class Keeper:
    """The thread. `start` once the writer runs."""

    def __init__(self, core: Core, ask: Ask) -> None:
        self._core = core
        self._ask = ask
        self._ending = threading.Event()
        self._given = False
        self._wake = threading.Event()
        self._copy_at_s = time.monotonic() + _COPY_FIRST_S
        self._broken: tuple[str | None, int] | None = None
        self._copy = GoodCopy(
            core.places,
            core.campus,
            self._read,
            held=core.doubts.claim.held,
            allows=core.room.allows,
            pause=self._pause,
        )
        self._thread = threading.Thread(target=self._run, name="journal keeper", daemon=True)

    def start(self) -> None:
        # The last to go: everything that was offered before can be made again at once.
        self._core.room.offer("copy", self._give_up, self._take_up)
        self._thread.start()

    def hurry(self) -> None:
        """Bring the copy up to the journal now: something was erased."""
        self._copy_at_s = 0.0
        self._wake.set()

    def end(self) -> None:
        """Have it end soon; a copy that is being made is begun again at the next start."""
        self._ending.set()
        self._wake.set()

    def join(self, timeout_s: float) -> None:
        """Wait until it has ended: between two pieces, so that it takes long only where its disk hangs."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        wait_s = _FIRST_S
        while True:
            self._wake.wait(wait_s)
            self._wake.clear()
            wait_s = _EVERY_S
            if self._ending.is_set():
                return
            with contextlib.suppress(OSError):  # a disk that is gone is told by whoever writes on it
                self._core.doubts.right_disk()
                self._core.room.look()
                if self._given:
                    self._take_away()
                elif time.monotonic() >= self._copy_at_s:
                    self._copy_at_s = time.monotonic() + _COPY_EVERY_S
                    self._keep_copy()

    def _keep_copy(self) -> None:
        trouble = self._core.trouble
        try:
            self._copy.keep_up(time.time())
        except (Interrupted, JournalRefused):
            return
        except NotSound as err:
            trouble("copy_refused", True, (err.problem.code,))
            self._distrust(err.problem.epoch, err.problem.seq or 0)
        except sqlite3.Error as err:
            trouble("copy_refused", True, (error_name(err),))
        except OSError as err:
            trouble("copy_refused", True, (errno_name(err),))
        else:
            trouble("copy_refused", False, ())

    def _distrust(self, epoch: str | None, seq: int) -> None:
        """Have it settled what the database is worth: once, for what nothing can mend stays as it is."""
        if (epoch, seq) != self._broken:
            self._broken = epoch, seq
            with contextlib.suppress(JournalRefused):
                self._ask(lambda core: core.distrust("broken", seq))

    def _read(self, what: Callable[[Store], Any]) -> Any:
        def of_store(core: Core) -> Any:
            if core.store is None:
                raise JournalRefused("the journal's database cannot be opened")
            return what(core.store)

        return self._ask(of_store)

    def _pause(self) -> None:
        busy = time.monotonic() - self._core.stamped_at_s < _BUSY_S
        time.sleep(_BUSY_PAUSE_S if busy else PAUSE_S)
        if self._ending.is_set() or self._given or self._core.doubts.claim.wanted.is_set():
            raise Interrupted

    def _give_up(self) -> bool:
        self._given = self._core.places.copy.exists() or self._core.places.new_copy.exists()
        self._wake.set()
        return self._given

    def _take_up(self) -> None:
        self._given = False

    def _take_away(self) -> None:
        with self._core.doubts.claim.held:
            remove(self._core.places.new_copy)
            remove(self._core.places.copy)
