"""One inbox with two lanes: the reflex first, the routine only when the reflex lane is empty. Both are bounded.

What is shed, in this order, and never anything else: statuses of a button that a newer one of the same button
follows; unreadable messages; then the oldest status. In the reflex lane: a scan that a newer scan of the same
controller follows, once more than `SCANS_BEFORE_MERGING` wait. Never a press, never an outcome, never a person's, nor
what the camera process or the book says, which is bounded at its socket.
"""

import collections
from typing import Final

from rules.model.alerts import ReportRefused, SourceReported
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
from rules.model.district_facts import DirectiveEnded
from rules.model.events import (
    ConditionChanged,
    Event,
    MessageRefused,
    NetworkTold,
    Scanned,
    StatusHeard,
)
from rules.model.screens import ScreenDrew

ROUTINE_MOST: Final = 10_000
SCANS_BEFORE_MERGING: Final = 400
"""Two full rounds of the largest campus measured (50 boards at 2 Hz and 20 Hz); a healthy loop holds a few."""


class _Place:
    """Of a scan in the lane; a newer one may take it."""

    __slots__ = ("scan",)

    def __init__(self, scan: Scanned) -> None:
        self.scan = scan


class Inbox:
    """Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._reflex: collections.deque[Event | _Place] = collections.deque()
        self._newest: dict[tuple[object, ...], _Place] = {}
        """Of each controller's points, the place of the newest scan that waits: found at once, however many wait."""
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
                | DirectiveEnded()
                | ControllerIdentified()
                | ScreenDrew()
                | ReportRefused()
                | SourceReported()
            ):
                if len(self._routine) >= ROUTINE_MOST and not self._made_room(event):
                    self.shed += 1
                    return
                self._routine.append(event)
            case Scanned():
                self._put_scan(event)
            case _:
                self._reflex.append(event)

    def take(self) -> Event | None:
        """The next event: the reflex lane's oldest, else the routine lane's, else None."""
        if not self._reflex:
            return self._routine.popleft() if self._routine else None
        taken = self._reflex.popleft()
        if not isinstance(taken, _Place):
            return taken
        points = _points(taken.scan)
        if self._newest.get(points) is taken:
            del self._newest[points]
        return taken.scan

    def _put_scan(self, scan: Scanned) -> None:
        """Where too many wait, let it stand for the newest one of the same points."""
        points = _points(scan)
        if len(self._reflex) > SCANS_BEFORE_MERGING and (waiting := self._newest.get(points)) is not None:
            waiting.scan = scan
            self.shed += 1
            return
        place = self._newest[points] = _Place(scan)
        self._reflex.append(place)

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


def _points(scan: Scanned) -> tuple[object, ...]:
    """What was read. A driver names its points in one order."""
    return (scan.controller, *scan.values)
