"""How much of what cameras say of themselves becomes events: one that flutters is told of later, and as it is by then."""

import asyncio
from collections.abc import Callable
from typing import Final

from edge.camera_news import Allowance
from edge.media.messages import Notice, Visited

AT_ONCE: Final = 20
"""Words of one camera that are told as fast as they come; then one a second."""
A_SECOND: Final = 1.0
MOST_HELD: Final = 64
"""Of one camera: rules, inputs and its visit. The ONVIF process names fewer."""

Said = Visited | Notice
_Key = tuple[str, str]


class Words:
    """Of each thing that waits only the newest is kept. Belongs to the loop's thread. tell: called with what is told."""

    def __init__(self, tell: Callable[[Said], None]) -> None:
        self._tell = tell
        self._held: dict[str, dict[_Key, Said]] = {}
        self._allowed: dict[str, Allowance] = {}
        self._timer: asyncio.TimerHandle | None = None

    def heard(self, said: Said) -> None:
        """A camera says so from now on."""
        held = self._held.setdefault(said.camera, {})
        key = ("", "") if isinstance(said, Visited) else (said.what, said.source)
        allowed = self._allowed.get(said.camera)
        if allowed is None:
            allowed = self._allowed[said.camera] = Allowance(AT_ONCE, A_SECOND)
        # What waits goes first, so that nothing is told after what came later.
        if (not held or (len(held) == 1 and key in held)) and allowed.take():
            held.pop(key, None)
            self._tell(said)
            return
        if key in held or len(held) < MOST_HELD:
            held[key] = said
        self._wait()

    def keep(self, cameras: frozenset[str]) -> None:
        """These are the cameras now."""
        for name in [one for one in self._allowed if one not in cameras]:
            del self._allowed[name]
            self._held.pop(name, None)

    def forget(self) -> None:
        """The process is away: with it went what it said."""
        self._held.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(1 / A_SECOND, self._again)

    def _again(self) -> None:
        self._timer = None
        for name, held in self._held.items():
            while held and self._allowed[name].take():
                self._tell(held.pop(next(iter(held))))
        if any(self._held.values()):
            self._wait()
