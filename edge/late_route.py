"""A route whose libraries are loaded only after the doors are armed; what it is told before, it tells once they are."""

import asyncio
from collections.abc import Callable

from drivers.base import Emit, checked_notice
from drivers.outputs.route import Lane, Route, Wording, lane, outdates
from rules.model.ids import OutputId
from rules.model.notices import Notice


class LateRoute:
    """Made in a thread: reading a library from a slow disk must not hold the loop."""

    def __init__(
        self, output: OutputId, load: Callable[[], Callable[[], Route]], begin: asyncio.Event
    ) -> None:
        """load: imports, in a thread, and gives what makes the route on the loop. begin: set when it may."""
        self.output = output
        self._load, self._begin = load, begin
        self._route: Route | None = None
        self._waiting: dict[Lane, tuple[Notice, Wording]] = {}

    def tell(self, notice: Notice, wording: Wording) -> None:
        """As `Route.tell`; of a lane the newest waits."""
        if self._route is not None:
            self._route.tell(notice, wording)
        else:
            second = notice.zone, True
            if second in self._waiting and outdates(notice, self._waiting[second][0]):
                del self._waiting[second]
            self._waiting[lane(notice)] = checked_notice(notice, self.output), wording

    async def run(self, emit: Emit) -> None:
        """As `Route.run`."""
        await self._begin.wait()
        if self._route is None:
            route = (await asyncio.to_thread(self._load))()
            for notice, wording in self._waiting.values():
                route.tell(notice, wording)
            self._route, self._waiting = route, {}
        await self._route.run(emit)
