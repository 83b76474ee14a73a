"""A route of the simulated campus: each notice goes out half a second later, and every third one not."""

import asyncio
from collections import deque
from typing import Final

from drivers.base import Emit, checked_notice
from drivers.clock import instant
from drivers.outputs.route import Wording
from rules.model.ids import OutputId
from rules.model.notices import Notice, NoticeEnded

TAKES_S: Final = 0.5


class PaperRoute:
    """Deterministic: by the notice's number alone."""

    def __init__(self, output: OutputId) -> None:
        self.output = output
        self._told: deque[Notice] = deque()
        self._some = asyncio.Event()

    def tell(self, notice: Notice, wording: Wording) -> None:
        """As `Route.tell`."""
        self._told.append(checked_notice(notice, self.output))
        self._some.set()

    async def run(self, emit: Emit) -> None:
        """As `Route.run`."""
        while True:
            await self._some.wait()
            self._some.clear()
            await asyncio.sleep(TAKES_S)
            while self._told:
                one = self._told.popleft()
                if one.id % 3:
                    emit(NoticeEnded(instant(), one.id, self.output, "sent", "", 1, 1))
                else:
                    emit(NoticeEnded(instant(), one.id, self.output, "failed", "unreachable", 0, 1))
