"""Notices of one route on their way: each in a task of its own and within its time; for a zone the newest one alone."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from drivers.base import Emit
from drivers.clock import instant
from drivers.outputs.route import Lane, Wording, lane, outdates
from rules.model.ids import OutputId
from rules.model.notices import Notice, NoticeEnded, Outcome
from rules.model.values import dataclass

log = structlog.get_logger()

WITHIN_S: Final = 25.0
"""From `tell` to the end of a notice; a route has 30 s, and its end is to be taken in before they are over."""


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a notice, as in `NoticeEnded`."""

    outcome: Outcome
    code: str = ""
    told: int = 0
    of: int = 0


Deliver = Callable[[Notice, Wording, float], Awaitable[Said]]
"""Deliver one notice by a moment of `time.monotonic()`. Cancelled where a newer one has taken its place."""


class Deliveries:
    """Belongs to the loop's thread."""

    def __init__(self, output: OutputId, deliver: Deliver, within_s: float = WITHIN_S) -> None:
        self._output = output
        self._deliver = deliver
        self._within_s = within_s
        self._waiting: dict[Lane, tuple[Notice, Wording, float]] = {}
        self._some = asyncio.Event()

    def take(self, notice: Notice, wording: Wording) -> None:
        """Begin with it as soon as the loop comes to it; what waits or is on its way for the same zone is not sent further.

        A second channel's has a lane of its own: it ends with what it is about, and ends nothing.
        """
        second = notice.zone, True
        if second in self._waiting and outdates(notice, self._waiting[second][0]):
            del self._waiting[second]
        self._waiting[lane(notice)] = notice, wording, time.monotonic() + self._within_s
        self._some.set()

    async def run(self, emit: Emit) -> None:
        """Until cancelled."""
        tasks: dict[Lane, tuple[Notice, asyncio.Task[None]]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                await self._some.wait()
                self._some.clear()
                waiting, self._waiting = self._waiting, {}
                for its, (notice, wording, by) in waiting.items():
                    for other, (earlier, task) in tasks.items():
                        if other == its or (other[0] == its[0] and outdates(notice, earlier)):
                            task.cancel()
                    tasks[its] = notice, group.create_task(self._one(notice, wording, by, emit))

    async def _one(self, notice: Notice, wording: Wording, by: float, emit: Emit) -> None:
        try:
            said = await self._deliver(notice, wording, by)
        except Exception as bug:  # noqa: BLE001 - told as the end of this notice: the next one is to be delivered
            # By its type alone: a message or a traceback may hold an address.
            log.error("a route failed by a fault of its own", output=self._output, error=type(bug).__name__)
            said = Said("failed", "internal")
        emit(NoticeEnded(instant(), notice.id, self._output, said.outcome, said.code, said.told, said.of))
