"""Whether a controller answers, told once on each change."""

import asyncio
from collections.abc import Callable

import structlog

from drivers.clock import instant
from rules.model.events import ControllerChanged
from rules.model.ids import ControllerId
from rules.model.moments import SECOND_US

log = structlog.get_logger()


class Presence:
    """Turns answers and failures into `ControllerChanged`.

    grace_s: how long a lost connection may take to return. turned: told of each change as well.
    """

    def __init__(
        self, controller: ControllerId, grace_s: float, turned: Callable[[bool], None] | None = None
    ) -> None:
        self._turned = turned
        self._controller = controller
        self._grace_s = grace_s
        self._up: bool | None = None
        self._since = instant()
        self._timer: asyncio.TimerHandle | None = None
        self.emit: Callable[[ControllerChanged], None] | None = None

    @property
    def up(self) -> bool:
        return self._up is True

    def answered(self) -> None:
        """A valid answer came."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._up is not True:
            self._tell(True, "up", "")

    def failed(self, code: str, detail: str) -> None:
        """It cannot be reached, or does not answer, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._up is not False:
            self._tell(False, code, detail)

    def lost(self, code: str, detail: str) -> None:
        """The connection is gone; a failure unless an answer comes within the grace."""
        if self._up is not False and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._grace_s, self._expire, code, detail)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.emit = None

    def _expire(self, code: str, detail: str) -> None:
        self._timer = None
        self.failed(code, detail)

    def _tell(self, up: bool, code: str, detail: str) -> None:
        at = instant()
        lasted_s = at.since(self._since) // SECOND_US
        first = self._up is None
        self._up, self._since = up, at
        if self._turned is not None:
            self._turned(up)
        if up:
            log.info("controller answers", controller=self._controller, away_s=None if first else lasted_s)
        else:
            log.warning(
                "controller does not answer; others are not affected; check its power, cable and address",
                controller=self._controller,
                code=code,
                detail=detail,
            )
        if self.emit is not None:
            self.emit(ControllerChanged(at, self._controller, up, code, detail))
