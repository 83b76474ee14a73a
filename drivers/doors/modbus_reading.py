"""One round of reads of one controller, and what to do where the device has no address that was bridged."""

from collections.abc import Awaitable, Callable

import structlog

from drivers.base import Watch
from drivers.doors.modbus_pdu import (
    DEVICE_FAILURE,
    ILLEGAL_ADDRESS,
    ILLEGAL_VALUE,
    Identity,
    Read,
    Refusal,
    Values,
)
from drivers.doors.modbus_plan import Watched, narrower, pick, plan_reads
from drivers.doors.modbus_rounds import Round
from rules.model.ids import ControllerId, Space
from rules.model.values import dataclass

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Nothing:
    """No valid answer. `code`: `silent`, `reset`, `garbage`, `wrong_answer`, ...

    lost: the connection went before an answer could come; the same request may be sent again over a new one.
    """

    code: str
    lost: bool = False


Answer = Values | Refusal | Identity | Nothing

_CUT_EVERY = 20
INTERRUPTED = "interrupted"
NOT_SENT = "not_sent"
_TOO_MUCH = (ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE)
"""What boards say to a read of a point they lack, or of more points than they take at once."""
Ask = Callable[[Read], Awaitable[Answer]]
Readings = dict[tuple[Space, int], int]


def _sensors_first(points: Watched, most_gap: int) -> tuple[Read, ...]:
    """Bolts, positions and contacts before coils: a read-back proves nothing, and a command may come between."""
    return tuple(sorted(plan_reads(points, most_gap), key=lambda read: read.space == "coil"))


class Reading:
    """The reads of one controller. They start merged over small gaps and are cut where the device refuses."""

    def __init__(
        self, controller: ControllerId, watch: Watch, most_gap: int, readback_offset: int = 0
    ) -> None:
        """readback_offset: added to a coil's number to read it, never to write it."""
        self.changed = False
        """Whether the last round read anything else than the one before."""
        self._controller = controller
        self._most_gap = most_gap
        self._readback_offset = readback_offset
        self._points: dict[Round, Watched] = {
            "all": self._moved(watch.evidence | watch.fast, readback_offset),
            "close": frozenset(one for one in watch.evidence | watch.fast if one[0] != "coil"),
            "fast": self._moved(watch.fast, readback_offset),
        }
        self._reads: dict[Round, tuple[Read, ...]] = {}
        self._last: Readings = {}
        self._told = False
        self._refused: dict[Read, int] = {}
        self.start_over()

    def start_over(self) -> None:
        """Plan afresh: the controller may be another one since it was last reached."""
        self._refused = {}
        self._reads = {
            which: _sensors_first(points, self._most_gap) for which, points in self._points.items()
        }

    async def round(self, which: Round, ask: Ask, interrupted: Callable[[], bool]) -> Readings | Nothing:
        """Read every point of a round, one request after the other, so that a command waits for one at most.

        Points that the device refuses are missing from the result; and those not read yet where a command came
        between (`interrupted`). Nothing where any request got no answer.
        """
        found = await self._round(which, ask, interrupted)
        if isinstance(found, Nothing):
            return found
        self.changed = any(self._last.get(point) != value for point, value in found.items())
        self._last.update(found)
        return self._as_written(found)

    async def _round(self, which: Round, ask: Ask, interrupted: Callable[[], bool]) -> Readings | Nothing:
        points = self._points[which]
        found: Readings = {}
        kept: list[Read] = []
        for read in self._reads[which]:
            answer = await ask(read)
            if isinstance(answer, Refusal) and self._worth_cutting(read, answer):
                pieces = await self._cut(read, points, found, ask, interrupted)
                if isinstance(pieces, Nothing):
                    return found if pieces.code == INTERRUPTED else pieces
                kept.extend(pieces)
            elif isinstance(answer, Nothing):
                return found if answer.code == INTERRUPTED else answer
            else:
                kept.append(read)
                if isinstance(answer, Values):
                    found.update(pick(read, answer.values, points))
            if interrupted():
                return found
        self._reads[which] = tuple(kept)
        return found

    def _as_written(self, found: Readings) -> Readings:
        """By the numbers that the coils are written at."""
        if not self._readback_offset:
            return found
        return {
            (space, number - self._readback_offset if space == "coil" else number): value
            for (space, number), value in found.items()
        }

    def _worth_cutting(self, read: Read, refusal: Refusal) -> bool:
        """At the first refusal; where that was in vain, only now and then: many small reads starve the others."""
        times = self._refused.get(read, 0)
        self._refused[read] = times + 1
        return refusal.exception in _TOO_MUCH and times % _CUT_EVERY == 0

    @staticmethod
    def _moved(points: Watched, readback_offset: int) -> Watched:
        return frozenset(
            (space, number + readback_offset if space == "coil" else number) for space, number in points
        )

    async def _cut(
        self, read: Read, points: Watched, found: Readings, ask: Ask, interrupted: Callable[[], bool]
    ) -> tuple[Read, ...] | Nothing:
        """Smaller reads in the place of a refused one, kept only if the device answers any of them."""
        pieces = narrower(read, points)
        if pieces == (read,):
            return pieces
        answered = False
        kept: list[Read] = []
        for piece in pieces:
            answer = await ask(piece)
            if isinstance(answer, Nothing):
                return answer
            if isinstance(answer, Values):
                answered = True
                found.update(pick(piece, answer.values, points))
                kept.append(piece)
            elif isinstance(answer, Refusal) and answer.exception in _TOO_MUCH:
                smaller = await self._cut(piece, points, found, ask, interrupted)
                if isinstance(smaller, Nothing):
                    return smaller
                answered = answered or smaller != (piece,)
                kept.extend(smaller)
            else:
                kept.append(piece)
            if interrupted():
                return Nothing(INTERRUPTED)
        if answered and not self._told:
            self._told = True
            log.warning(
                "controller refuses an address inside a merged read; its points are read in smaller pieces",
                controller=self._controller,
                space=read.space,
                first=read.address,
                count=read.count,
            )
        return tuple(kept) if answered else (read,)
