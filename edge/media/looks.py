"""Who is looked at when: sparse key pictures of all cameras, spread over time, within a stated budget of CPU."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from drivers.cameras.stream import AccessUnit
from edge.media.hub import Hub
from edge.media.looking import Look, NotSeen
from edge.media.picture import Judge, Judged, Measures
from edge.media.truth import LIVE_US

SUB_US: Final = 2_000_000
MAIN_US: Final = 10_000_000
"""A main stream costs ten times as much to decode: seldom, and at once when something is suspected.

A picture that seems frozen is looked at again as if it were a sub-stream, however seldom its looks are: what only comes
back, each time that somebody looks, is told from what stands, and what stands is found soon.
"""
AGAIN_US: Final = 250_000
"""How soon a stream is asked again that has no other key picture yet."""
BUDGET_US: Final = 1_000
"""CPU microseconds of the looking process for each camera and second, all cameras together."""
MOST_STRETCH: Final = 16.0
LEARNED: Final = 4
"""Looks after which it is known what one takes; until then it is the cheapest that was seen, behind the first."""

Changed = Callable[[str, Judged, Judged], None]
"""(camera, before, now), when the state is another."""


class Looker(Protocol):
    """The looking process."""

    async def look(self, unit: AccessUnit, samples: tuple[bytes, ...], references: tuple[bytes, ...]) -> Look:
        """Measure. Raises `NotSeen`."""


@dataclass(frozen=True, slots=True)
class Figures:
    """budget_us, planned_us: CPU a camera-second, allowed and wanted. stretch: 1 as long as it fits; else looks are so
    many times rarer, and that is said."""

    cameras: int
    budget_us: int
    planned_us: int
    stretch: float
    looks: int
    not_seen: int


@dataclass(slots=True)
class _Watched:
    camera: str
    hub: Hub
    judge: Judge
    every_us: int
    due_us: int
    predicted_share: Callable[[], float | None]
    changed: Changed
    cost_us: float = 0.0
    reckoned: int = 0
    samples: tuple[bytes, ...] = ()
    last: AccessUnit | None = field(default=None, repr=False)

    def reckon(self, cpu_us: int) -> None:
        """What a look took. A cold decoder's first picture counts for nothing, and one that others kept waiting for little."""
        self.reckoned += 1
        if self.reckoned <= LEARNED:
            self.cost_us = min(self.cost_us or cpu_us, float(cpu_us)) if self.reckoned > 1 else 0.0
        else:
            self.cost_us += (min(cpu_us, 2 * self.cost_us) - self.cost_us) / 8


class Looks:
    """All cameras. `watch` and `forget` at any time on the loop's thread; `run` looks until cancelled."""

    def __init__(self, looker: Looker, now_us: Callable[[], int], budget_us: int = BUDGET_US) -> None:
        self._looker, self._now_us, self._budget_us = looker, now_us, budget_us
        self._watched: dict[str, _Watched] = {}
        self._stirred = asyncio.Event()
        self._places = itertools.count()
        self._looks = self._not_seen = 0

    def watch(
        self,
        hub: Hub,
        judge: Judge,
        changed: Changed,
        *,
        main: bool,
        predicted_share: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Look at this stream from now on. main: it is no sub-stream, and looked at more seldom.

        predicted_share: the size of predicted pictures now, as a share of the usual (`Truth`).
        """
        every_us = MAIN_US if main else SUB_US
        # By the golden ratio: however many come, they are spread.
        due_us = self._now_us() + round(every_us * (next(self._places) * 0.618034 % 1))
        self._watched[hub.camera] = _Watched(
            hub.camera, hub, judge, every_us, due_us, predicted_share, changed
        )
        self._stirred.set()

    def forget(self, camera: str) -> None:
        """Look at it no more."""
        self._watched.pop(camera, None)

    def suspect(self, camera: str) -> None:
        """Look at it next: its pictures became oddly small, or a person asks."""
        if camera in self._watched:
            self._watched[camera].due_us = self._now_us()
            self._stirred.set()

    @property
    def figures(self) -> Figures:
        """For a page, and the condition that checks are rarer than they should be."""
        cameras = max(1, len(self._watched))
        return Figures(
            cameras=len(self._watched),
            budget_us=self._budget_us,
            planned_us=round(self._planned_us() / cameras),
            stretch=round(self._stretch(), 2),
            looks=self._looks,
            not_seen=self._not_seen,
        )

    async def run(self) -> None:
        """Look, one after the other."""
        while True:
            self._stirred.clear()
            watched = min(self._watched.values(), key=lambda one: one.due_us, default=None)
            now = self._now_us()
            if watched is None or watched.due_us > now:
                left_s = None if watched is None else (watched.due_us - now) / 1e6
                try:
                    async with asyncio.timeout(left_s):
                        await self._stirred.wait()
                except TimeoutError:
                    pass
                continue
            watched.due_us = now + round(watched.every_us * self._stretch())
            await self._one(watched)

    async def _one(self, watched: _Watched) -> None:
        hub, judge, now = watched.hub, watched.judge, self._now_us()
        before = judge.judged
        if not hub.gop or now - hub.last_at_us > LIVE_US:
            judge.not_seen(now)
            watched.last, watched.samples = None, ()
        elif hub.gop[0] is watched.last:
            watched.due_us = min(watched.due_us, now + AGAIN_US)
            return
        else:
            await self._look(watched, hub.gop[0])
        after = judge.judged
        if after.state != before.state:
            watched.changed(watched.camera, before, after)

    async def _look(self, watched: _Watched, unit: AccessUnit) -> None:
        judge = watched.judge
        same_bytes = watched.last is not None and watched.last.data == unit.data
        watched.last = unit
        try:
            look = await self._looker.look(unit, watched.samples, judge.compare_with)
        except NotSeen:
            self._not_seen += 1
            watched.samples = ()
            judge.not_seen(self._now_us())
            return
        self._looks += 1
        watched.samples = (*watched.samples[-1:], look.sample)
        seen = look.seen
        watched.reckon(seen.cpu_us)
        judge.look(
            Measures(
                at_us=unit.at_us,
                mean=seen.mean,
                deviation=seen.deviation,
                edges=seen.edges,
                changed=seen.changed,
                alike=seen.alike,
                detail=look.edges,
                same_bytes=same_bytes,
                predicted_share=watched.predicted_share(),
            )
        )
        if judge.suspects_frozen:
            watched.due_us = min(watched.due_us, self._now_us() + SUB_US)

    def _planned_us(self) -> float:
        return sum(one.cost_us * 1e6 / one.every_us for one in self._watched.values())

    def _stretch(self) -> float:
        allowed = self._budget_us * len(self._watched)
        return min(MOST_STRETCH, max(1.0, self._planned_us() / allowed)) if allowed else 1.0
