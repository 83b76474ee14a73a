"""One camera in the camera process: its streams read, watched and counted, its last half minute held, its picture judged."""

import asyncio
from collections.abc import Callable
from typing import Final

from drivers.cameras.stream import (
    AccessUnit,
    AudioFrame,
    EngineName,
    SenderClock,
    Source,
    Track,
    Transport,
)
from drivers.clock import instant
from edge.media.attempts import Attempts
from edge.media.clip_parts import Utc
from edge.media.hub import Hub
from edge.media.looks import SUB_US, Looks
from edge.media.messages import CameraSettings, Figures, Standing, StreamFigures, StreamName
from edge.media.picture import COLLAPSED, Judge, Judged
from edge.media.reader import Reader
from edge.media.ring import Budget, Ring
from edge.media.truth import Figures as Counted
from edge.media.truth import Moment, Truth
from rules.model.values import dataclass

LONGEST_DETAIL: Final = 300
TURN_S: Final = 0.5
"""A camera that flutters is told of twice a second at most; what it is in the end always."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all cameras of the process share. tell: called with a standing that is another."""

    attempts: Attempts
    budget: Budget
    looks: Looks
    utc: Utc
    tell: Callable[[Standing], None]


class Stream:
    """One stream of a camera: the engine's sink, and the reader's owner."""

    def __init__(
        self, settings: CameraSettings, name: StreamName, url: str, shared: Shared, turned: Callable[[], None]
    ) -> None:
        self.name = name
        self.hub = Hub(settings.id, name)
        self.truth = Truth(shared.utc)
        self.code, self.detail = "", ""
        """Why no picture comes; `""`: they come, or it was not tried yet."""
        self.seen_us: int | None = None
        """CLOCK_MONOTONIC of the last whole picture before it was lost; None: it is not, or never came."""
        self._came = False
        self.engine_name: EngineName = settings.engine
        self.engine_reason = ""
        self.connections = 0
        self.ring: Ring | None = None
        self.keyed: Callable[[], None] = lambda: None
        """Called behind each key picture."""
        self._turned = turned
        source = Source(
            settings.id,
            url,
            settings.user,
            settings.password,
            settings.transport,
            settings.ca or None,
            settings.audio and name == "main",
        )
        engine: EngineName | None = "pyav" if settings.engine == "pyav" else None
        self.reader = Reader(
            source, self, self, shared.attempts, limit_us=settings.lost_after_us, engine=engine
        )

    # --- the engine's sink ---

    def opened(self, engine: EngineName, transport: Transport, track: Track) -> None:
        self.connections += 1
        self.truth.opened(engine, transport, track)

    def unit(self, unit: AccessUnit) -> None:
        self.truth.unit(unit)
        self.hub.unit(unit)
        if unit.key and unit.whole:
            self.keyed()

    def audio(self, frame: AudioFrame) -> None:
        if self.ring is not None:
            self.ring.audio(frame)

    def missing(self, packets: int) -> None:
        self.truth.missing(packets)
        if self.ring is not None:
            self.ring.missing(packets)

    def clock(self, report: SenderClock) -> None:
        self.truth.clock(report)

    # --- the reader's owner ---

    def up(self) -> None:
        self.code = self.detail = ""
        self._came, self.seen_us = True, None
        self._turned()

    def lost(self, code: str, detail: str) -> None:
        self.code, self.detail = code[:64], detail[:LONGEST_DETAIL]
        if self._came and self.seen_us is None:
            self.seen_us = self.reader.last_us or None
        self.truth.lost(code)
        self.hub.broken()
        self._turned()

    def engine(self, engine: EngineName, reason: str) -> None:
        self.engine_name, self.engine_reason = engine, reason[:LONGEST_DETAIL]
        self._turned()


class Camera:
    """Belongs to the loop's thread; `close` ends it."""

    def __init__(self, settings: CameraSettings, before_us: int, judge: Judge, shared: Shared) -> None:
        self.settings = settings
        self.judge = judge
        self._shared = shared
        self.main = Stream(settings, "main", settings.url, shared, self._turned)
        self.sub = (
            Stream(settings, "sub", settings.sub_url, shared, lambda: None) if settings.sub_url else None
        )
        self.ring = Ring(before_us / 1e6, shared.budget)
        self.main.ring = self.ring
        self._detach = self.main.hub.attach(self.ring)
        self._told: Standing | None = None
        self._later: asyncio.TimerHandle | None = None
        self._closed = self._lost = False
        looked = self.sub or self.main
        shared.looks.watch(
            looked.hub,
            judge,
            self._judged,
            main=self.sub is None,
            predicted_share=lambda: looked.truth.predicted_share,
        )
        looked.keyed = lambda: self._grew_small(looked.truth)
        self._suspected_us = 0
        self._tasks = [
            asyncio.create_task(stream.reader.run(), name=f"camera {settings.id} {stream.name}")
            for stream in self.streams
        ]

    @property
    def streams(self) -> tuple[Stream, ...]:
        return (self.main,) if self.sub is None else (self.main, self.sub)

    def stream(self, name: StreamName) -> Stream | None:
        """The named stream, where there is one."""
        return self.main if name == "main" else self.sub

    async def close(self) -> None:
        """Take leave of the camera. From now on nothing more is told of it: another may have its name."""
        if self._closed:
            return
        self._closed = True
        if self._later is not None:
            self._later.cancel()
        self._shared.looks.forget(self.settings.id)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._detach()
        self.ring.close()

    @property
    def standing(self) -> Standing:
        """As it is now."""
        main = self.main
        return Standing(
            self.settings.id,
            main.reader.is_up,
            main.code,
            self.judge.judged.state,
            main.engine_name,
            _code_of(main.engine_name, main.engine_reason),
            main.detail or main.engine_reason,
            self._blind_since_us(),
        )

    def _blind_since_us(self) -> int | None:
        if not self.main.reader.is_up:
            return self.main.seen_us
        judged = self.judge.judged
        return None if judged.state in ("ok", "unknown") else judged.began_us

    def figures(self, now_us: int) -> Figures:
        """What is counted. now_us: CLOCK_MONOTONIC."""
        looked_us = self.judge.looked_at_us
        return Figures(
            self.settings.id,
            _counted(self.main, now_us, self._shared.utc),
            None if self.sub is None else _counted(self.sub, now_us, self._shared.utc),
            self.ring.held_us,
            self.ring.held_bytes,
            None if looked_us is None else self._shared.utc(looked_us).utc_us,
        )

    def learn(self) -> None:
        """A person says that what it sees from now on is right."""
        self.judge.learn()
        self._shared.looks.suspect(self.settings.id)
        self._turned()

    def _grew_small(self, truth: Truth) -> None:
        """An encoder whose predicted pictures shrink to nothing is fed the same picture: that is looked at now."""
        share, now_us = truth.predicted_share, instant().mono_us
        if share is not None and share < COLLAPSED and now_us - self._suspected_us >= SUB_US:
            self._suspected_us = now_us
            self._shared.looks.suspect(self.settings.id)

    def _judged(self, camera: str, before: Judged, now: Judged) -> None:
        self._turned()

    def _turned(self) -> None:
        if self._closed:
            return
        if self._later is not None and self._is_first_loss():
            self._later.cancel()
            self._later, self._lost = None, True
        if self._later is None:
            # At once, for who is lost is told within a tenth of a second; the next one not before its time.
            self._say()
            self._later = asyncio.get_running_loop().call_later(TURN_S, self._may_say)

    def _is_first_loss(self) -> bool:
        """Of this half second: a camera that is lost just after it came is told as soon as any other."""
        told = self._told
        return not self._lost and told is not None and told.up and not self.standing.up

    def _may_say(self) -> None:
        self._later, self._lost = None, False
        if self.standing != self._told:
            self._turned()

    def _say(self) -> None:
        standing = self.standing
        if standing != self._told and (standing.up or standing.code):
            self._told = standing
            self._shared.tell(standing)


def _code_of(engine: EngineName, reason: str) -> str:
    if engine == "own":
        return ""
    return "configured" if reason == "configured" else "not_served"


def _counted(stream: Stream, now_us: int, utc: Utc) -> StreamFigures:
    its: Counted = stream.truth.figures(now_us)
    track = its.track
    return StreamFigures(
        up=stream.reader.is_up,
        codec="" if track is None else track.codec,
        width=0 if track is None else track.width,
        height=0 if track is None else track.height,
        transport=its.transport or "",
        engine=its.engine or stream.engine_name,
        engine_detail=stream.engine_reason,
        first_us=_utc(its.first),
        last_us=_utc(its.last),
        age_us=its.age_us,
        last_rtp=None if its.last is None else its.last.rtp,
        fps_milli=None if its.fps is None else round(its.fps * 1_000),
        bits_a_second=its.bit_rate,
        key_us=its.key_interval_us,
        gaps=its.gaps,
        gap_at_us=None if its.gap is None else utc(its.gap.began_us).utc_us,
        missing=its.missing,
        skew_us=its.skew_us,
        reordered=its.reordered,
        connections=stream.connections,
    )


def _utc(moment: Moment | None) -> int | None:
    return None if moment is None else moment.utc.utc_us
