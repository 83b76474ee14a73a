"""Keeps one stream read: tries again, falls back where our own engine cannot serve, says at once when pictures stop."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Final, NoReturn, Protocol

from drivers.backoff import Backoff
from drivers.cameras.pyav_engine import PyavEngine
from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.stream import (
    AccessUnit,
    Engine,
    EngineName,
    Sink,
    Source,
    StreamLost,
    Track,
    Transport,
    Unserved,
)
from edge.media.attempts import Attempts, Turn

LIMIT_US: Final = 2_000_000
"""Without a whole picture for so long the camera is lost."""
GRACE_US: Final = 4_000_000
"""A silent stream is kept open for so long after it was told lost: one that only paused is back at once."""
OPENING_US: Final = 12_000_000
"""The longest from the first packet out to `opened`: several answers, each within its own time."""
MALFORMED_IN_A_ROW: Final = 3
"""Streams that broke their standard, before the fallback gets its try."""
REFUSED_S: Final = 5.0
REFUSED_MOST_S: Final = 300.0
AGAIN_US: Final = 24 * 3_600 * 1_000_000
"""After so long on the fallback our own engine is tried again."""


class Owner(Protocol):
    """Who is told, on the loop's thread; must not block."""

    def up(self) -> None:
        """The first whole picture after the beginning, or after a loss."""

    def lost(self, code: str, detail: str) -> None:
        """No picture any more, or none yet: told once for each reason, not for each attempt. Codes: `StreamLost`."""

    def engine(self, engine: EngineName, reason: str) -> None:
        """Which engine reads from now on; reason: why it is not our own, empty where it is."""


class Reader:
    """One stream of one camera. `run` until cancelled."""

    def __init__(
        self,
        source: Source,
        sink: Sink,
        owner: Owner,
        attempts: Attempts,
        *,
        limit_us: int = LIMIT_US,
        own: Callable[[Source], Engine] = RtspClient,
        fallback: Callable[[Source], Engine] = PyavEngine,
        now_us: Callable[[], int] = lambda: time.monotonic_ns() // 1_000,
        engine: EngineName | None = None,
    ) -> None:
        """engine: None: our own, and the fallback where that cannot serve; else only the one that is named."""
        self.source = source
        self.playing: EngineName = engine or "own"
        self.reason = "configured" if engine == "pyav" else ""
        """Why the fallback reads, for the camera's page; empty while our own does."""
        self.is_up = False
        self._sink, self._owner, self._attempts = sink, owner, attempts
        self._limit_us = limit_us
        self._engines = {"own": own, "pyav": fallback}
        self._now_us = now_us
        self._fixed = engine is not None
        self._fell_at_us = 0
        self._malformed = 0
        self._failures = 0
        self._refused = 0
        self._told: set[str] = set()
        """Reasons since the last picture."""
        self._backoff = Backoff()
        self._last_us = 0
        """CLOCK_MONOTONIC of the newest whole picture, or of `opened` where none came yet."""
        self._turn: Turn | None = None
        self._task: asyncio.Task[None] | None = None
        self._ending: StreamLost | None = None
        self._watch: asyncio.TimerHandle | None = None

    @property
    def last_us(self) -> int:
        """CLOCK_MONOTONIC of the last whole picture of a stream that was up; 0: since then it is being opened anew."""
        return self._last_us

    async def run(self) -> NoReturn:
        """Until cancelled. Nothing a camera does ends it."""
        while True:
            await asyncio.sleep(max(self._backoff.pause_s(), self._unwelcome_s()))
            self._try_our_own_again()
            lost = await self._once()
            self._failures += 1
            self._fell(lost)
            self._tell_lost(lost.code, lost.detail)

    async def _once(self) -> StreamLost:
        """One attempt, and the stream if there is one. Returns what ended it."""
        async with self._attempts.turn(self._failures) as turn:
            self._turn = turn
            self._last_us = 0
            task = self._task = asyncio.create_task(
                self._engines[self.playing](self.source).run(_Watched(self)),
                name=f"camera {self.source.camera}",
            )
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(OPENING_US / 1e6, self._opening_took_too_long)
            self._ending = None
            try:
                await task
                return StreamLost("engine", "the engine ended")
            except StreamLost as lost:
                return lost
            except asyncio.CancelledError:
                ending = self._why_ended()
                if ending is not None and task.done() and not _cancelling():
                    return ending
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
                raise
            except Exception as bug:  # noqa: BLE001 - told as a condition of this camera
                return StreamLost("engine", f"{type(bug).__name__}: {bug}"[:200])
            finally:
                self._watch.cancel()
                self._turn = None

    # --- what the engine hands over ---

    def _opened(self, engine: EngineName, transport: Transport, track: Track) -> None:
        if self._turn is not None:
            self._turn.over()
        self._last_us = self._now_us()
        self._look_again(self._limit_us)
        self._sink.opened(engine, transport, track)
        self._owner.engine(engine, self.reason)

    def _unit(self, unit: AccessUnit) -> None:
        if unit.whole:
            self._last_us = unit.at_us
            if not self.is_up:
                self._rise()
        self._sink.unit(unit)

    def _rise(self) -> None:
        self.is_up = True
        self._told.clear()
        self._failures = self._malformed = self._refused = 0
        self._backoff.reset()
        self._owner.up()
        self._look_again(self._limit_us)

    # --- the watch ---

    def _look_again(self, in_us: int) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.get_running_loop().call_later(max(in_us, 1_000) / 1e6, self._look)

    def _look(self) -> None:
        """Only as often as the limit: while pictures come, the time of the next look moves on with them."""
        silent_us = self._now_us() - self._last_us
        if silent_us < self._limit_us:
            self._look_again(self._limit_us - silent_us)
            return
        self._tell_lost("silent", f"no whole picture for {silent_us / 1e6:.1f} s")
        if silent_us < self._limit_us + GRACE_US:
            self._look_again(self._limit_us + GRACE_US - silent_us)
        else:
            self._end(StreamLost("silent", f"no whole picture for {silent_us / 1e6:.1f} s"))

    def _opening_took_too_long(self) -> None:
        self._end(StreamLost("silent", f"it did not play within {OPENING_US / 1e6:g} s"))

    def _end(self, why: StreamLost) -> None:
        self._ending = why
        if self._task is not None:
            self._task.cancel()

    def _why_ended(self) -> StreamLost | None:
        return self._ending

    def _tell_lost(self, code: str, detail: str) -> None:
        self.is_up = False
        if code not in self._told:
            self._told.add(code)
            self._owner.lost(code, detail)

    # --- which engine ---

    def _fell(self, lost: StreamLost) -> None:
        """Whether it is the fallback's turn."""
        self._malformed = self._malformed + 1 if lost.code == "malformed" else 0
        self._refused = self._refused + 1 if lost.code == "unauthorized" or self._hopeless(lost) else 0
        if self._fixed or self.playing == "pyav":
            return
        if isinstance(lost, Unserved):
            self._fall(lost.detail)
        elif self._malformed >= MALFORMED_IN_A_ROW:
            self._fall(f"{self._malformed} times in a row: {lost.detail}")

    def _hopeless(self, lost: StreamLost) -> bool:
        return isinstance(lost, Unserved) and (self._fixed or self.playing == "pyav")

    def _unwelcome_s(self) -> float:
        """Before a camera is asked again that refused us: many lock an account after five wrong passwords."""
        if not self._refused:
            return 0.0
        return min(REFUSED_S * 3.0 ** min(self._refused - 1, 9), REFUSED_MOST_S)

    def _fall(self, reason: str) -> None:
        self.playing, self.reason, self._fell_at_us = "pyav", reason, self._now_us()
        self._malformed = 0
        self._owner.engine("pyav", reason)

    def _try_our_own_again(self) -> None:
        if not self._fixed and self.playing == "pyav" and self._now_us() - self._fell_at_us >= AGAIN_US:
            self.playing, self.reason = "own", ""


class _Watched:
    """The sink of an engine: through the reader to the owner's."""

    def __init__(self, reader: Reader) -> None:
        self.opened = reader._opened
        self.unit = reader._unit
        self.audio = reader._sink.audio
        self.missing = reader._sink.missing
        self.clock = reader._sink.clock


def _cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
