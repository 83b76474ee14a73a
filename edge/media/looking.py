"""The looking process as the camera process sees it: asked one thing at a time, and started anew when it does not answer.

Start at `Looking.serve`. A key picture goes down, measures or a JPEG come back. What the process says is bounded and
checked: foreign pictures may have taken it over.
"""

import asyncio
import itertools
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog

from drivers.cameras.stream import AccessUnit
from drivers.lines import Unreadable
from edge.media.asked_child import AskedChild
from edge.media.looking_messages import (
    EDGES,
    LONGEST_BODY,
    LONGEST_SAMPLE,
    MOST_REFERENCES,
    MOST_SAMPLES,
    Down,
    Failed,
    Jpeg,
    LookAt,
    Made,
    Seen,
    Up,
    head,
    up,
)

log = structlog.get_logger()

ANSWER_S: Final = 3.0
"""A 4K picture takes a tenth of a second; the first answer of a process that just starts on a small board two."""
PATIENCE_MOST: Final = 8
"""Times that, for the first answer of a process whose forerunners gave none: on a box that is busy beyond measure each
would else be ended before it had begun, and no picture ever looked at."""
MOST_WAITING: Final = 160
"""Stills of all cameras of a campus at a press, and the looks beside them."""
RESTART_S, RESTART_MOST_S = 0.05, 5.0
"""Pause before it is started again, doubled while it fails at once."""


class NotSeen(Exception):
    """No answer.

    `code`: `undecodable`, `too_large`, `hung`, `died`, `nonsense`, `busy`, `stopped`; of `still`: `none`, `stale`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen in a key picture; edges and sample are handed back at the next look."""

    seen: Seen
    edges: bytes
    sample: bytes


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG, and when its picture came (CLOCK_MONOTONIC)."""

    jpeg: bytes
    width: int
    height: int
    at_us: int


@dataclass(order=True, slots=True)
class _Asked:
    rank: int
    number: int
    message: Down = field(compare=False)
    body: tuple[bytes, ...] = field(compare=False)
    answered: "asyncio.Future[tuple[Up, bytes]]" = field(compare=False)


class Looking:
    """One process for all cameras. Belongs to the loop's thread; `serve` keeps it until cancelled."""

    def __init__(self, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s
        self._waiting: asyncio.PriorityQueue[_Asked] = asyncio.PriorityQueue(MOST_WAITING)
        self._numbers = itertools.count(1)
        self.restarts = 0
        """How often the process had to be started again."""
        self.cpu_us = 0
        """CPU that its answers took."""
        self.process_id: int | None = None

    async def look(
        self, unit: AccessUnit, samples: tuple[bytes, ...] = (), references: tuple[bytes, ...] = ()
    ) -> Look:
        """Measure a key picture. samples: of the two looks before; references: edges to compare with, at most nine.

        Raises `NotSeen`.
        """
        given = references[:MOST_REFERENCES]
        # Of a stream that changed its size there is nothing to compare with.
        alike = tuple(one for one in samples[-MOST_SAMPLES:] if len(one) == len(samples[-1]))
        message = LookAt(
            id=next(self._numbers),
            codec=unit.track.codec,
            picture=len(unit.data),
            sample=len(alike[-1]) if alike else 0,
            samples=len(alike),
            references=len(given),
        )
        said, body = await self._ask(message, (unit.data, *alike, *given), rank=1)
        if not isinstance(said, Seen) or len(said.alike) != len(given):
            raise NotSeen(said.code if isinstance(said, Failed) else "nonsense")
        return Look(said, body[:EDGES], body[EDGES:])

    async def jpeg(self, unit: AccessUnit, width: int = 0) -> Picture:
        """A key picture as JPEG, so wide at most (pixels; 0: as it is). Goes before looks. Raises `NotSeen`."""
        said, body = await self._ask(Jpeg(next(self._numbers), unit.track.codec, width), (unit.data,), rank=0)
        if not isinstance(said, Made):
            raise NotSeen(said.code if isinstance(said, Failed) else "nonsense")
        return Picture(body, said.width, said.height, unit.at_us)

    async def serve(self) -> None:
        """Keep the process, started anew whenever it has to be. Never returns."""
        pause_s, patience = RESTART_S, 1
        try:
            while True:
                answered, why = await self._one_life(patience * self._answer_s)
                self.restarts += 1
                pause_s = RESTART_S if answered else min(2 * pause_s, RESTART_MOST_S)
                patience = 1 if answered else min(2 * patience, PATIENCE_MOST)
                log.error("the looking process ended and is started again", why=why)
                await asyncio.sleep(pause_s)
        finally:
            while not self._waiting.empty():
                _settle(self._waiting.get_nowait(), "stopped")

    async def _ask(self, message: Down, body: tuple[bytes, ...], rank: int) -> tuple[Up, bytes]:
        if sum(map(len, body)) > LONGEST_BODY:
            raise NotSeen("too_large")
        asked = _Asked(rank, message.id, message, body, asyncio.get_running_loop().create_future())
        try:
            self._waiting.put_nowait(asked)
        except asyncio.QueueFull:
            raise NotSeen("busy") from None
        return await asked.answered

    async def _one_life(self, first_s: float) -> tuple[bool, str]:
        """Serve until it ends or has to be ended; whether it answered anything, and why it ended.

        first_s: the longest that its first answer may take.
        """
        answered = False
        try:
            child = await AskedChild.start("edge.media.looking_process")
        except OSError as err:
            return False, f"it could not be started: {err.strerror}"
        self.process_id = child.process.pid
        try:
            while True:
                asked = await self._waiting.get()
                if asked.answered.done():
                    continue  # nobody waits for it any more
                try:
                    async with asyncio.timeout(self._answer_s if answered else first_s):
                        said, body = await _answer(child, asked)
                    self.cpu_us += said.cpu_us
                except TimeoutError:
                    _settle(asked, "hung")
                    return answered, "it hung"
                except Unreadable as err:
                    _settle(asked, "nonsense")
                    return answered, f"it spoke nonsense: {err}"
                except (OSError, EOFError):
                    _settle(asked, "died")
                    return answered, "it died"
                except BaseException:
                    _settle(asked, "stopped")
                    raise
                answered = True
                if not asked.answered.done():
                    asked.answered.set_result((said, body))
        finally:
            self.process_id = None
            await child.end()


def _settle(asked: _Asked, code: str) -> None:
    if not asked.answered.done():
        asked.answered.set_exception(NotSeen(code))


async def _answer(child: AskedChild, asked: _Asked) -> tuple[Up, bytes]:
    """Raises OSError, EOFError, `Unreadable`."""
    text, body = await child.ask(partial(head, asked.message), asked.body)
    said = up(text)
    if said.id != asked.message.id:
        raise Unreadable("the answer to another question")
    if isinstance(said, Seen) and not EDGES + 4 <= len(body) <= EDGES + LONGEST_SAMPLE:
        raise Unreadable("measures of another length")
    return said, body
