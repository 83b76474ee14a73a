"""One inbox with two lanes: the reflex first, the routine only when the reflex lane is empty. Both are bounded.

What is shed, in this order, and never anything else: statuses of a button that a newer one of the same button
follows; unreadable messages; then the oldest status. In the reflex lane: a scan that a newer scan of the same
controller follows, once more than `SCANS_BEFORE_MERGING` wait. Never a press, never an outcome, never a person's, nor
what the camera process or the book says, which is bounded at its socket.
"""

import collections
from typing import Final

from rules.model.book_events import BookDecided
from rules.model.camera_events import (
    CameraClockTold,
    CameraLooked,
    CameraSaid,
    CamerasTurned,
    CameraTold,
    CameraVisited,
    EvidenceGone,
    EvidenceTold,
)
from rules.model.device_facts import ControllerIdentified
from rules.model.events import (
    ConditionChanged,
    Event,
    MessageRefused,
    NetworkTold,
    Scanned,
    StatusHeard,
)

ROUTINE_MOST: Final = 10_000
SCANS_BEFORE_MERGING: Final = 400
"""Two full rounds of the largest campus measured (50 boards at 2 Hz and 20 Hz); a healthy loop holds a few."""


class Inbox:
    """Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._reflex: collections.deque[Event] = collections.deque()
        self._routine: collections.deque[Event] = collections.deque()
        self.shed = 0
        """Events let go of since start."""

    def __len__(self) -> int:
        return len(self._reflex) + len(self._routine)

    @property
    def lanes(self) -> tuple[int, int]:
        """(waiting in the reflex lane, waiting in the routine lane)."""
        return len(self._reflex), len(self._routine)

    def put(self, event: Event) -> None:
        """Hand in one event; never blocks, never raises."""
        match event:
            case (
                StatusHeard()
                | MessageRefused()
                | ConditionChanged()
                | NetworkTold()
                | CameraTold()
                | CamerasTurned()
                | EvidenceTold()
                | EvidenceGone()
                | CameraLooked()
                | CameraVisited()
                | CameraSaid()
                | CameraClockTold()
                | BookDecided()
                | ControllerIdentified()
            ):
                if len(self._routine) >= ROUTINE_MOST and not self._made_room(event):
                    self.shed += 1
                    return
                self._routine.append(event)
            case Scanned() if len(self._reflex) > SCANS_BEFORE_MERGING:
                self._merge(event)
            case _:
                self._reflex.append(event)

    def take(self) -> Event | None:
        """The next event: the reflex lane's oldest, else the routine lane's, else None."""
        if self._reflex:
            return self._reflex.popleft()
        return self._routine.popleft() if self._routine else None

    def _merge(self, scan: Scanned) -> None:
        """Let a newer scan of a controller stand for one that still waits and read the same points."""
        for index in range(len(self._reflex) - 1, -1, -1):
            waiting = self._reflex[index]
            if (
                isinstance(waiting, Scanned)
                and waiting.controller == scan.controller
                and waiting.values.keys() == scan.values.keys()
            ):
                self._reflex[index] = scan
                self.shed += 1
                return
        self._reflex.append(scan)

    def _made_room(self, event: Event) -> bool:
        """Free one place in a full routine lane for `event`; False: `event` itself is what is let go."""
        if isinstance(event, MessageRefused) and event.delivery is None:
            return False
        for index, waiting in enumerate(self._routine):
            if isinstance(waiting, StatusHeard) or (
                isinstance(waiting, MessageRefused) and waiting.delivery is None
            ):
                del self._routine[index]
                self.shed += 1
                return True
        return not isinstance(event, StatusHeard)
