"""The ONVIF process as the camera process sees it: told whom to ask, and started anew when it hangs or ends."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from drivers.child import Child, Terms
from drivers.lines import line
from edge.media.messages import Beat, Notice, Open, Visited
from edge.media.onvif_messages import AskedCamera, Look, Up, up

log = structlog.get_logger(__name__)

LONGEST_UP: Final = 4_096
TERMS: Final = Terms("edge.media.onvif_process", up, LONGEST_UP, hung_ticks=100, start_ticks=300, most=400)
"""One answer may hold it for most of a second, and several may come at once: ten seconds without a word are hung."""
RESTART_S, RESTART_MOST_S = 0.5, 900.0
"""Nothing waits for it, and each start asks every camera anew, with passwords that some may have refused before."""
LIVED_S: Final = 600.0


class Onvif:
    """Belongs to the loop's thread. say: told what the daemon is to hear."""

    def __init__(self, say: Callable[[Visited | Notice], None]) -> None:
        self._say = say
        self._look = Look((), 3_702)
        self._names: frozenset[str] = frozenset()
        self._child: Child[Up] | None = None
        self._changed = asyncio.Event()
        self.restarts = 0
        """How often the process had to be started again."""

    @property
    def process_id(self) -> int | None:
        """The process that lives now, for supervision."""
        return None if self._child is None else self._child.process.pid

    def configure(self, opened: Open) -> None:
        """Ask whom the configuration names, by the passwords that it names."""
        asked = tuple(
            AskedCamera(one.id, one.url, one.sub_url, one.user, one.password)
            for one in opened.cameras
            if one.id in opened.onvif
        )
        for one in opened.cameras:
            if one.id not in opened.onvif:
                self._say(Visited(one.id, "off"))
        look = Look(asked, opened.probes)
        if look == self._look:
            return
        self._look, self._names = look, frozenset(one.id for one in asked)
        if self._child is not None:
            self._child.write(line(look))
        self._changed.set()

    async def run(self) -> None:
        """Keep the process up while there is a camera to be asked. Never returns."""
        pause_s = RESTART_S
        while True:
            if not self._look.cameras:
                self._changed.clear()
                await self._changed.wait()
                continue
            began_s = time.monotonic()
            why = await self._one_life()
            if not self._look.cameras:
                continue
            self.restarts += 1
            pause_s = RESTART_S if time.monotonic() - began_s > LIVED_S else min(2 * pause_s, RESTART_MOST_S)
            log.error("the ONVIF process ended and is started again", why=why)
            await asyncio.sleep(pause_s)

    async def _one_life(self) -> str:
        try:
            child = await Child.start(TERMS)
        except OSError as err:
            return f"it could not be started: {err.strerror}"
        child.write(line(self._look))
        self._child = child
        living = asyncio.ensure_future(child.watch(self._heard))
        idle = asyncio.ensure_future(self._nobody())
        try:
            await asyncio.wait((living, idle), return_when=asyncio.FIRST_COMPLETED)
            return living.result() if living.done() else "nobody is to be asked"
        finally:
            self._child = None
            for task in (living, idle):
                task.cancel()
            await asyncio.gather(living, idle, return_exceptions=True)
            await child.end()

    async def _nobody(self) -> None:
        while self._look.cameras:
            self._changed.clear()
            await self._changed.wait()

    def _heard(self, message: Up) -> None:
        if not isinstance(message, Beat) and message.camera in self._names:
            self._say(message)
