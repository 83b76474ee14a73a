"""When each picture of a clip is decoded and shown: by RTP time while the stream lasts, by arrival over a gap. Pure."""

from bisect import insort
from collections.abc import Sequence
from typing import Final

from drivers.cameras.stream import VIDEO_CLOCK, AccessUnit

DEEPEST: Final = 16
"""Pictures that may be shown before one that was sent earlier (14496-10 A.3.1: the largest DPB)."""
USUAL_DEPTH: Final = 2
"""Where the parameter sets say that pictures come in another order and none was seen yet."""
STALL_US: Final = 2_000_000
"""RTP time and arrival may be so far apart over a gap (a network that stood) and are still one stream."""
JUMP_US: Final = 5_000_000
"""RTP time that runs ahead of arrival by more has been set anew."""
BACK_US: Final = 1_000_000
"""RTP time that falls back by more has been set anew; less is another order of showing."""
_FRAME: Final = VIDEO_CLOCK // 25


def ticks(duration_us: int) -> int:
    """Microseconds as ticks of the video's clock."""
    return duration_us * VIDEO_CLOCK // 1_000_000


def reorder_depth(units: Sequence[AccessUnit]) -> int:
    """How many pictures sent before one are shown after it, at most, in this piece of the stream."""
    deepest = 0
    recent: list[int] = []
    for unit in units:
        if unit.key:
            recent = []
        deepest = max(deepest, sum(rtp > unit.rtp for rtp in recent))
        recent = [*recent[1 - DEEPEST :], unit.rtp]
    return deepest


class Timeline:
    """Places pictures in the order of their sending. dts rises strictly; dts <= pts as long as `depth` is true."""

    def __init__(self, depth: int) -> None:
        self._depth = depth
        self._offset: int | None = None
        self._shown: list[int] = []
        self._dts = -1
        self._newest = 0
        """The latest pts so far."""
        self._newest_at_us = 0
        self.began_us = 0
        """CLOCK_MONOTONIC at which the first picture arrived."""
        self.anchored_anew = 0
        """How often the arrival clock had to say where the next picture stands."""

    def place(self, unit: AccessUnit, *, after_break: bool) -> tuple[int, int]:
        """(dts, pts) in ticks of the video's clock, from the clip's begin."""
        if self._offset is None:
            self.began_us = unit.at_us
            self._offset = self._depth * _FRAME - unit.rtp
            self._restart(unit.rtp + self._offset)
        else:
            gone = ticks(unit.at_us - self._newest_at_us)
            ahead = unit.rtp + self._offset - self._newest
            if not _believable(ahead, gone, after_break=after_break):
                self._offset = self._newest + max(gone, 1) - unit.rtp
                self.anchored_anew += 1
                after_break = True
            if after_break:
                self._restart(unit.rtp + self._offset)
        pts = unit.rtp + self._offset
        if pts >= self._newest:
            self._newest, self._newest_at_us = pts, unit.at_us
        insort(self._shown, pts)
        self._dts = max(self._dts + 1, self._shown.pop(0))
        return self._dts, pts

    def sound(self, at_us: int) -> int:
        """Where what arrived at this moment stands, in ticks of the video's clock."""
        return self._newest + ticks(at_us - self._newest_at_us)

    def _restart(self, pts: int) -> None:
        self._shown = [pts - ahead * _FRAME for ahead in range(self._depth, 0, -1)]


def _believable(ahead: int, gone: int, *, after_break: bool) -> bool:
    """Whether RTP time that lies so far ahead of the newest picture goes on with it, when so much time has gone."""
    if after_break:
        return ahead > 0 and abs(ahead - gone) <= ticks(STALL_US)
    return -ticks(BACK_US) <= ahead <= gone + ticks(JUMP_US)
