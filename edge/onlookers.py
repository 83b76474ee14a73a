"""Tells whoever shows the live picture that it changed: soon, and together, behind the wire."""

import asyncio
from collections.abc import Callable
from typing import Final

from rules.state import State

SHOW_AFTER_S: Final = 0.01
"""Changes of one moment are shown together. Pages follow the wire: they wait for it themselves (`edge/web/courtesy.py`)."""


class Onlookers:
    """Belongs to the loop's thread."""

    def __init__(self) -> None:
        self._looking: dict[int, Callable[[], None]] = {}
        self._number = 0
        self._due: asyncio.TimerHandle | None = None

    def watch(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Have `changed` called on the loop soon after the picture changed; returns what ends it."""
        self._number += 1
        number = self._number
        self._looking[number] = changed
        return lambda: self._looking.pop(number, None) and None

    def note(self, before: State, after: State) -> None:
        """Something may have changed; cheap, and called after each event."""
        if self._due is None and self._looking and _shows(before, after):
            self._due = asyncio.get_running_loop().call_later(SHOW_AFTER_S, self._tell)

    def _tell(self) -> None:
        self._due = None
        for changed in tuple(self._looking.values()):
            changed()


def _shows(before: State, after: State) -> bool:
    """Whether a page may look other than before; cheap, and True too often rather than once too seldom."""
    was, now = before.live, after.live
    return (
        before.record is not after.record
        or was.doors is not now.doors
        or was.controllers is not now.controllers
        or was.buttons is not now.buttons
        or was.inputs is not now.inputs
        or was.cameras is not now.cameras
        or was.cameras_up is not now.cameras_up
    )
