"""Cameras visited by ONVIF, each at start, once a day and behind failures, and heard between visits."""

import asyncio
import re
from collections.abc import Callable
from typing import Final

import structlog

from drivers.cameras.onvif import OnvifCamera, OnvifFailed
from edge.media.messages import Notice, Visited
from edge.media.onvif_messages import AskedCamera, Look
from edge.media.onvif_notices import Notices
from edge.media.onvif_search import REFUSED_S, Search, Visit
from rules.model.values import dataclass

log = structlog.get_logger(__name__)

LARGEST: Final = 2**53
"""Integers of the record."""
LONGEST_ASSET: Final = 64
LONGEST_WORDS: Final = 96


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. spread: first visits are spread over it. first, most: pauses behind failures, doubled from one to the other.

    refused: behind a password that was not taken. day: between visits. settle, gap: see `Notices`.
    """

    spread: float = 60.0
    first: float = 30.0
    most: float = 3_600.0
    refused: float = REFUSED_S
    day: float = 86_400.0
    settle: float = 10.0
    gap: float = 1.0


USUAL: Final = Pace()


class Visits:
    """Belongs to one loop. say: told of what each visit brought, and of each notice."""

    def __init__(self, say: Callable[[Visited | Notice], None], pace: Pace = USUAL) -> None:
        self._say, self._pace = say, pace
        self._tasks: dict[AskedCamera, asyncio.Task[None]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._search: Search | None = None
        self._probes = 0

    def look(self, message: Look) -> None:
        """Ask these cameras; those that are as they were go on undisturbed."""
        if self._search is None or message.probes != self._probes:
            self._search, self._probes = Search(message.probes), message.probes
        for gone in [one for one in self._tasks if one not in message.cameras]:
            task = self._tasks.pop(gone)
            task.cancel()
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)
        new = [one for one in message.cameras if one not in self._tasks]
        for number, camera in enumerate(new):
            wait_s = number * min(1.0, self._pace.spread / len(new))
            self._tasks[camera] = asyncio.create_task(
                self._watch(camera, self._search, wait_s), name=f"onvif {camera.id}"
            )

    async def close(self) -> None:
        """Ask nobody any more."""
        tasks = [*self._tasks.values(), *self._leaving]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, camera: AskedCamera, search: Search, wait_s: float) -> None:
        await asyncio.sleep(wait_s)
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            code = await self._once(camera, search)
            lived = asyncio.get_running_loop().time() - began
            failures = 1 if lived > 2 * self._pace.first or not code else failures + 1
            if code:
                await asyncio.sleep(self._pause(code, failures))

    def _pause(self, code: str, failures: int) -> float:
        if code == "unauthorized":
            return self._pace.refused
        return min(self._pace.most, self._pace.first * 2.0 ** min(failures - 1, 20))

    async def _once(self, camera: AskedCamera, search: Search) -> str:
        """One visit, and all that is heard until the next; why that comes early, `""`: it does not."""
        try:
            visit = await search.visit(camera)
        except OnvifFailed as err:
            self._say(Visited(camera.id, err.code))
            return err.code
        except Exception as bug:  # noqa: BLE001 - one camera's strange words end no other's watch; told as its standing
            log.error("a visit by ONVIF failed", camera=camera.id, error=type(bug).__name__)
            self._say(Visited(camera.id, "failed"))
            return "failed"
        self._say(_visited(camera, visit))
        try:
            async with asyncio.timeout(self._pace.day):
                return await self._listen(camera, visit)
        except TimeoutError:
            return ""

    async def _listen(self, camera: AskedCamera, visit: Visit) -> str:
        if not visit.description.events:
            await asyncio.sleep(self._pace.day)
            return ""
        notices = Notices(camera.id, self._say, self._pace.settle, self._pace.gap)
        try:
            async with OnvifCamera(visit.device) as asked:
                await asked.events(notices.heard)
        except OnvifFailed as err:
            return err.code
        finally:
            notices.end()
        return "closed"


def _visited(camera: AskedCamera, visit: Visit) -> Visited:
    its, clock = visit.description.identity, visit.description.clock
    skew_us = None if clock is None or abs(clock.skew_us) > LARGEST else clock.skew_us
    return Visited(
        camera.id,
        "",
        asset(its.manufacturer),
        asset(its.model),
        asset(its.firmware),
        asset(its.hardware),
        its.serial.strip()[:LONGEST_ASSET],
        skew_us,
        visit.streams,
        _words(its.manufacturer, its.model, its.firmware, its.hardware),
    )


def asset(text: str) -> str:
    """Foreign text as a code that the record may hold open: letters, digits and ` ._-` of ASCII, 64 signs at most."""
    return re.sub(r"[^A-Za-z0-9 ._-]", "-", text.strip()[:LONGEST_ASSET])


def _words(*said: str) -> str:
    """What the camera said word by word, where a code of it says less; to be sealed."""
    if all(asset(one) == one for one in said):
        return ""
    return "\n".join(one[:LONGEST_WORDS] for one in said)
