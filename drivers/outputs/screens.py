"""Screens in rooms, served by the page: they show what this route took over. What they drew is told by the screens themselves."""

import asyncio

from drivers.base import Emit, checked_notice
from drivers.clock import instant
from drivers.outputs.route import Wording
from rules.model.ids import NoticeId, OutputId
from rules.model.notices import Notice, NoticeEnded


class Screens:
    """The route of one `screens` output. Belongs to the loop's thread."""

    def __init__(self, output: OutputId) -> None:
        self.output = output
        self._taken: asyncio.Queue[NoticeId] = asyncio.Queue()

    def tell(self, notice: Notice, wording: Wording) -> None:
        """See `Route.tell`. The page reads what holds from the record, and the words from its own catalogue."""
        self._taken.put_nowait(checked_notice(notice, self.output).id)

    async def run(self, emit: Emit) -> None:
        """See `Route.run`: sent, and no more than that until a screen says that it drew it."""
        while True:
            taken = await self._taken.get()
            emit(NoticeEnded(instant(), taken, self.output, "sent"))
