"""The paging process as the daemon sees it: one for all outputs, watched, started again, and told anew what has to be said.

Nothing here ever waits for it.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Final, Protocol

import structlog

from drivers.child import Child, Terms
from drivers.lines import line
from drivers.outputs.paging_messages import LONGEST_UP, Beat, Close, Down, Said, Up, up

log = structlog.get_logger(__name__)

TERMS: Final = Terms(
    "drivers.outputs.paging_process", up, LONGEST_UP, hung_ticks=10, most=500, unsent=1_048_576
)
"""It beats every 100 ms. One that stood still for a second has let a word of a page go by, and is started again."""
RESTART_S, RESTART_MOST_S = 0.05, 0.4
"""Pause before it is started again, doubled while it does not live for `LIVED_S`."""
LIVED_S: Final = 5.0


class Speaker(Protocol):
    """What one output has the process do."""

    @property
    def output(self) -> str:
        """Its id."""

    def all(self) -> Iterable[Down]:
        """All that a process which was just started has to be told, the newest page last."""

    def said(self, message: Said) -> None:
        """A round left, or did not."""


class PagingBus:
    """Each output serves it while it runs; the last to leave ends the process."""

    def __init__(self, terms: Terms[Up] = TERMS) -> None:
        self._terms = terms
        self.restarts = 0
        """How often the process had to be started again."""
        self._speakers: dict[str, Speaker] = {}
        self._task: asyncio.Task[None] | None = None
        self._child: Child[Up] | None = None

    @property
    def process_id(self) -> int | None:
        """The process that lives now, for supervision."""
        return self._child.process.pid if self._child is not None else None

    async def serve(self, speaker: Speaker) -> None:
        """Keep the process up, for this output too, until cancelled. Raises ValueError for an output that is served."""
        if speaker.output in self._speakers:
            raise ValueError(f"two loudspeaker outputs {speaker.output}")
        self._speakers[speaker.output] = speaker
        if self._task is None:
            self._task = asyncio.create_task(self._keep(), name="paging process")
        else:
            self.write(*speaker.all())
        task = self._task
        try:
            await asyncio.shield(task)
        finally:
            del self._speakers[speaker.output]
            self.write(Close(speaker.output))
            if not self._speakers:
                self._task = None
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def write(self, *messages: Down) -> None:
        """Tell the process, where it lives; where not, it is told everything once it does."""
        if self._child is not None:
            self._child.write(b"".join(map(line, messages)))

    def _heard(self, message: Up) -> None:
        match message:
            case Said():
                if message.output in self._speakers:
                    self._speakers[message.output].said(message)
            case Beat():
                pass

    async def _keep(self) -> None:
        pause_s = RESTART_S
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            why = await self._one_life()
            self.restarts += 1
            lived = loop.time() - began > LIVED_S
            pause_s = RESTART_S if lived else min(2 * pause_s, RESTART_MOST_S)
            if lived or self.restarts == 1:
                log.error(
                    "the process that pages ended and is started again; what has to be said is said anew",
                    why=why,
                )
            await asyncio.sleep(pause_s)

    async def _one_life(self) -> str:
        """Start the process, serve it until it ends or has to be ended, and say why."""
        try:
            child = await Child.start(self._terms)
        except OSError as err:
            return f"it could not be started: {err.strerror}"
        try:
            self._child = child
            for speaker in self._speakers.values():
                self.write(*speaker.all())
            return await child.watch(self._heard)
        finally:
            self._child = None
            await child.end()
