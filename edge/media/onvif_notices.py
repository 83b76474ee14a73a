"""A camera's events become notices: what goes on, not every message about it, and never more than can be read."""

import asyncio
from collections.abc import Callable
from typing import Final

from drivers.cameras.onvif_model import CameraEvent, EventKind
from edge.media.messages import Notice
from rules.model.camera_facts import NoticeWhat

MOST_STATES: Final = 64
"""Rules, inputs and video sources that are told apart; what a camera names beyond is not heard."""
MOST_INPUTS: Final = 16
_WHAT: Final[dict[EventKind, NoticeWhat]] = {
    "motion": "motion",
    "tamper": "tamper",
    "digital_input": "input",
}
_Key = tuple[NoticeWhat, str]


class Notices:
    """Of one subscription. Motion and tampering are one state each, whichever rule says so; inputs are told one by one.

    settle_s: a subscription begins with the present state of each property (ONVIF Core, section 9.4). What it did not
    name by then does not go on; before, only what does go on is told. gap_s: the same thing is not told more often.
    """

    def __init__(self, camera: str, say: Callable[[Notice], None], settle_s: float, gap_s: float) -> None:
        self._camera, self._say, self._gap_s = camera, say, gap_s
        self._states: dict[tuple[EventKind, str, str], bool] = {}
        self._told: dict[_Key, bool] = {}
        self._told_at: dict[_Key, float] = {}
        self._settled = False
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.Handle | None = None
        self._soon = False
        self._settling = self._loop.call_later(settle_s, self._settle)

    def heard(self, event: CameraEvent) -> None:
        """One event; those of the same pull are told together."""
        key = (event.kind, event.topic, event.source)
        if key not in self._states and len(self._states) >= MOST_STATES:
            return
        self._states[key] = event.active
        self._wake()

    def end(self) -> None:
        """The subscription is over: what goes on is not known from now on, and nothing is told."""
        self._settling.cancel()
        if self._later is not None:
            self._later.cancel()

    def _settle(self) -> None:
        self._settled = True
        self._wake()

    def _wake(self) -> None:
        if self._soon:
            return
        if self._later is not None:
            # It waits for what was told not long ago: nothing else is to wait for that.
            self._later.cancel()
        self._soon, self._later = True, self._loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._soon, self._later = False, None
        now = self._loop.time()
        due: list[float] = []
        for key, active in self._now().items():
            if self._told.get(key) == active or not (active or self._settled):
                continue
            when = self._told_at.get(key, now - self._gap_s) + self._gap_s
            if when > now:
                due.append(when)
                continue
            self._told[key], self._told_at[key] = active, now
            self._say(Notice(self._camera, key[0], active, key[1]))
        if due:
            self._later = self._loop.call_at(min(due), self._tell)

    def _now(self) -> dict[_Key, bool]:
        found: dict[_Key, bool] = {("tamper", ""): False, ("motion", ""): False}
        inputs = 0
        for (kind, _, source), active in self._states.items():
            key = (_WHAT[kind], source if kind == "digital_input" else "")
            if kind == "digital_input" and key not in found:
                inputs += 1
                if inputs > MOST_INPUTS:
                    continue
            found[key] = found.get(key, False) or active
        return found
