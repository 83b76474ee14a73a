"""What is true of one stream: whether it plays, how old its picture is, how many come, what was lost, what time it keeps.

A few additions a picture; everything else is computed when it is asked for. Belongs to the loop's thread.
"""

from typing import Final

from drivers.cameras.stream import VIDEO_CLOCK, AccessUnit, EngineName, SenderClock, Track, Transport
from edge.media.clip_parts import Utc
from edge.media.sealing import Stamp
from rules.model.values import dataclass

LIVE_US: Final = 2_000_000
"""Nothing older is called live, anywhere."""
WINDOW_S: Final = 10
"""Pictures and bytes are counted over so many whole seconds."""
DRIFT_US: Final = 30_000_000
"""A clock is compared over at least so long: arrival jitters by tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a picture came: by the wall clock, by CLOCK_MONOTONIC and by the camera's RTP time."""

    utc: Stamp
    mono_us: int
    rtp: int


@dataclass(frozen=True, slots=True)
class Gap:
    """From the last whole picture to the next key picture, CLOCK_MONOTONIC. ended_us: None while it lasts."""

    began_us: int
    ended_us: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One stream, now. None: not known.

    age_us: since the newest picture came. fps: pictures of distinct RTP times a second. bit_rate: bits a second.
    key_interval_us: between the last two key pictures, or since the last where that is longer. missing: packets, since
    the beginning. skew_us: the camera's clock before ours, by its last sender report; drift_ppm: how much faster its
    RTP time runs than our clock. predicted_bytes: a picture that is no key picture, in the last whole group; usual_bytes:
    over a long time. lost: why it does not play, a code of `StreamLost`; empty: it does, or it was never tried.
    """

    connected: bool
    live: bool
    lost: str
    engine: EngineName | None
    transport: Transport | None
    track: Track | None
    first: Moment | None
    last: Moment | None
    age_us: int | None
    fps: float | None
    bit_rate: int | None
    key_interval_us: int | None
    gaps: int
    gap: Gap | None
    missing: int
    reordered: bool
    skew_us: int | None
    drift_ppm: float | None
    predicted_bytes: int | None
    usual_bytes: int | None
    pictures: int


class Truth:
    """Attach it to the engine's sink: `opened`, `unit`, `missing`, `clock`, and `lost` when the stream is."""

    def __init__(self, utc: Utc) -> None:
        self._utc = utc
        self._connected, self._lost = False, ""
        self._engine: EngineName | None = None
        self._transport: Transport | None = None
        self._track: Track | None = None
        self._first: tuple[int, int] | None = None
        self._last: tuple[int, int] | None = None
        self._pictures = self._missing = 0
        # Counts of the second that runs, and of those before it: [second, pictures, bytes].
        self._second, self._count, self._bytes = 0, 0, 0
        self._seconds: list[tuple[int, int, int]] = []
        self._since_second = 0
        self._key_us = 0
        self._key_interval_us: int | None = None
        self._gaps = 0
        self._gap: Gap | None = None
        self._reordered = False
        self._predicted = [0, 0]
        self._predicted_bytes: int | None = None
        self._usual_bytes: float | None = None
        self._report: SenderClock | None = None
        self._anchor: tuple[int, int] | None = None

    def opened(self, engine: EngineName, transport: Transport, track: Track) -> None:
        """The camera said that it plays."""
        self._connected, self._lost = True, ""
        self._engine, self._transport, self._track = engine, transport, track
        self._report = self._anchor = None

    def lost(self, code: str) -> None:
        """The stream is gone, or could not be had."""
        if self._connected:
            self._begin_gap()
        self._connected, self._lost = False, code
        self._seconds, self._count, self._bytes, self._since_second = [], 0, 0, 0

    def unit(self, unit: AccessUnit) -> None:
        """A picture, whole or not."""
        at_us, rtp = unit.at_us, unit.rtp
        if not unit.whole:
            self._begin_gap()
            return
        size = len(unit.data)
        second = at_us // 1_000_000
        if second != self._second:
            self._next_second(second)
        last = self._last
        if last is None or rtp != last[1]:
            self._count += 1
        if last is not None and rtp < last[1] and not unit.key and last[1] - rtp < VIDEO_CLOCK:
            self._reordered = True
        self._bytes += size
        self._pictures += 1
        self._last = (at_us, rtp)
        if unit.key:
            self._key(unit)
        else:
            self._predicted[0] += size
            self._predicted[1] += 1

    def missing(self, packets: int) -> None:
        """So many packets never came."""
        self._missing += packets

    def clock(self, report: SenderClock) -> None:
        """What the camera believes the time to be."""
        self._report = report

    def age_us(self, now_us: int) -> int | None:
        """How long ago the newest picture came; None: none did."""
        return max(0, now_us - self._last[0]) if self._last is not None else None

    @property
    def predicted_share(self) -> float | None:
        """The size of a predicted picture in the last whole group, as a share of the usual; None: not known."""
        now, usual = self._predicted_bytes, self._usual_bytes
        return now / usual if now is not None and usual else None

    def figures(self, now_us: int) -> Figures:
        """All of it. now_us: CLOCK_MONOTONIC."""
        age_us = self.age_us(now_us)
        fps, bit_rate = self._rates(now_us)
        key_interval_us = self._key_interval_us
        if key_interval_us is not None and self._connected:
            key_interval_us = max(key_interval_us, now_us - self._key_us)
        return Figures(
            connected=self._connected,
            live=self._connected and age_us is not None and age_us <= LIVE_US,
            lost=self._lost,
            engine=self._engine,
            transport=self._transport,
            track=self._track,
            first=self._moment(self._first),
            last=self._moment(self._last),
            age_us=age_us,
            fps=fps,
            bit_rate=bit_rate,
            key_interval_us=key_interval_us,
            gaps=self._gaps,
            gap=self._gap,
            missing=self._missing,
            reordered=self._reordered or (self._track is not None and self._track.reordered),
            skew_us=self._skew_us(),
            drift_ppm=self._drift_ppm(),
            predicted_bytes=self._predicted_bytes,
            usual_bytes=round(self._usual_bytes) if self._usual_bytes is not None else None,
            pictures=self._pictures,
        )

    def _key(self, unit: AccessUnit) -> None:
        at_us = unit.at_us
        self._track = unit.track
        if self._first is None:
            self._first = (at_us, unit.rtp)
        if self._anchor is None or unit.rtp < self._anchor[1]:
            self._anchor = (at_us, unit.rtp)
        if self._gap is not None and self._gap.ended_us is None:
            self._gap = Gap(self._gap.began_us, at_us)
        elif self._key_us:
            # Over a gap it says nothing of the camera.
            self._key_interval_us = at_us - self._key_us
        self._key_us = at_us
        total, count = self._predicted
        if count:
            self._predicted_bytes = total // count
            usual = self._usual_bytes
            self._usual_bytes = total / count if usual is None else usual + (total / count - usual) / 50
        self._predicted = [0, 0]

    def _begin_gap(self) -> None:
        if self._gap is not None and self._gap.ended_us is None:
            return
        if self._last is None:
            return  # nothing was there that could break off
        self._gaps += 1
        self._gap = Gap(self._last[0], None)

    def _next_second(self, second: int) -> None:
        # The first second is not whole, and counts for nothing.
        if self._since_second:
            self._seconds.append((self._second, self._count, self._bytes))
            del self._seconds[:-WINDOW_S]
        else:
            self._since_second = second + 1
        self._second, self._count, self._bytes = second, 0, 0

    def _rates(self, now_us: int) -> tuple[float | None, int | None]:
        running = now_us // 1_000_000
        since = max(self._since_second, running - WINDOW_S)
        whole = running - since
        if not self._since_second or whole <= 0:
            return None, None
        seconds = [*self._seconds, (self._second, self._count, self._bytes)]
        counted = [one for one in seconds if since <= one[0] < running]
        return (
            round(sum(count for _, count, _ in counted) / whole, 2),
            8 * sum(size for _, _, size in counted) // whole,
        )

    def _skew_us(self) -> int | None:
        if self._report is None:
            return None
        return self._report.wall_us - self._utc(self._report.at_us).utc_us

    def _drift_ppm(self) -> float | None:
        if self._anchor is None or self._last is None or self._last[0] - self._anchor[0] < DRIFT_US:
            return None
        ours_us = self._last[0] - self._anchor[0]
        theirs_us = (self._last[1] - self._anchor[1]) * 1_000_000 / VIDEO_CLOCK
        return round((theirs_us - ours_us) / ours_us * 1e6, 1)

    def _moment(self, at: tuple[int, int] | None) -> Moment | None:
        return Moment(self._utc(at[0]), *at) if at is not None else None
