"""Plays one stream of a camera for a few seconds, and says what came: codec, size, rate, key pictures, clock."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from drivers.cameras.pyav_engine import PyavEngine
from drivers.cameras.rtsp_client import RtspClient
from drivers.cameras.stream import (
    VIDEO_CLOCK,
    AccessUnit,
    AudioFrame,
    Engine,
    EngineName,
    SenderClock,
    Source,
    StreamLost,
    Track,
    Transport,
    Unserved,
)
from edge.doctor.finding import Finding

LONGEST_S: Final = 12.0
"""Smart codecs send a key picture in ten seconds, and two of them are needed to say how often."""
OPENING_S: Final = 8.0
LONG_GOP_S: Final = 4.5
FEW_FPS: Final = 5.0
_ENOUGH_TICKS: Final = 2 * VIDEO_CLOCK

DO: Final = {
    "unreachable": "see that it has power and a cable, that its address is right, and that this network reaches it",
    "refused": "its RTSP service is off, on another port, or takes no further watcher: look at its settings",
    "closed": "it hung up: it may take only so many watchers; end one, or raise its limit",
    "silent": "it takes connections and says nothing: start it again; if that repeats, renew its firmware",
    "unauthorized": "correct user and password in its credentials_file; after several tries it may lock the account",
    "not_found": "its path is wrong: its ONVIF answer or its firmware note has the right one",
    "answer": "look at its stream's settings; its own page may say more",
    "malformed": "what it sends is no RTSP that can be read: renew its firmware",
    "tls": "its certificate is not accepted: install one that is, or use rtsp on a network of its own",
    "ended": "it ended the stream by itself: look at its schedule and its limit of watchers",
    "engine": "the reader itself failed: run this again, and keep what it says",
}


@dataclass(slots=True)
class Played:
    """What came of one stream. fps and gop are 0 where too little came; skew_us None where the camera told no time."""

    url: str
    lost: str = ""
    """Why it does not play (`StreamLost.code`); empty: it plays."""
    detail: str = ""
    engine: EngineName = "own"
    transport: Transport | None = None
    codec: str = ""
    width: int = 0
    height: int = 0
    reordered: bool = False
    pictures: int = 0
    keys: int = 0
    missing: int = 0
    fps: float = 0.0
    gop: int = 0
    bit_rate: int = 0
    first_ms: int = 0
    """From the connection to the first picture that decodes."""
    skew_us: int | None = None
    findings: list[Finding] = field(default_factory=list)


class _Watched:
    """See `stream.Sink`."""

    def __init__(self, played: Played) -> None:
        self.played, self.enough = played, asyncio.Event()
        self.opened_at: float | None = None
        self._began = time.monotonic()
        self._first = self._last = self._since_key = self._bytes = 0

    def opened(self, engine: EngineName, transport: Transport, track: Track) -> None:
        self.played.engine, self.played.transport, self.played.codec = engine, transport, track.codec
        self.opened_at = time.monotonic()

    def unit(self, unit: AccessUnit) -> None:
        played, track = self.played, unit.track
        if not played.pictures:
            if not unit.key:
                return
            self._first = unit.rtp
            played.first_ms = round((time.monotonic() - self._began) * 1_000)
        elif unit.key:
            played.gop = max(played.gop, self._since_key)
        self._since_key = 1 if unit.key else self._since_key + 1
        played.pictures += 1
        played.keys += unit.key
        self._bytes += len(unit.data)
        self._last = max(self._last, unit.rtp)
        played.codec, played.width, played.height = track.codec, track.width, track.height
        played.reordered = played.reordered or track.reordered
        span = self._last - self._first
        if span > 0:
            played.fps = (played.pictures - 1) * VIDEO_CLOCK / span
            played.bit_rate = round(self._bytes * 8 * VIDEO_CLOCK / span)
        if played.keys > 1 and span >= _ENOUGH_TICKS and played.skew_us is not None:
            self.enough.set()

    def audio(self, frame: AudioFrame) -> None:
        """Never asked for."""

    def missing(self, packets: int) -> None:
        self.played.missing += packets

    def clock(self, report: SenderClock) -> None:
        if report.wall_us:
            self.played.skew_us = report.wall_us - time.time_ns() // 1_000


async def play(source: Source, longest_s: float = LONGEST_S) -> Played:
    """Never raises for what a camera does. Our own engine; the fallback where that cannot serve the stream."""
    played = Played(source.url)
    try:
        await _watch(RtspClient(source), played, longest_s)
    except Unserved as lost:
        what = f"our own reader cannot serve it ({lost}); the fallback reads it, at several times the cost"
        played.findings.append(
            Finding("notice", "fallback", what, "set it to H.264 or H.265 over RTP, as its note says")
        )
        try:
            await _watch(PyavEngine(source), played, longest_s)
        except StreamLost as worse:
            played.lost, played.detail = worse.code, worse.detail
    except StreamLost as lost:
        played.lost, played.detail = lost.code, lost.detail
    _judge(played)
    return played


async def _watch(engine: Engine, played: Played, longest_s: float) -> None:
    watched = _Watched(played)
    running = asyncio.create_task(engine.run(watched), name="stream being probed")
    enough = asyncio.create_task(watched.enough.wait(), name="enough seen")
    try:
        await asyncio.wait((running, enough), timeout=longest_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (running, enough):
            task.cancel()
        ended, _ = await asyncio.gather(running, enough, return_exceptions=True)
    if isinstance(ended, StreamLost):
        raise ended
    if isinstance(ended, Exception):
        raise StreamLost("engine", f"{type(ended).__name__}: {ended}")
    if not played.pictures:
        raise StreamLost("silent", "it says that it plays, and no picture came")


def _judge(played: Played) -> None:
    say = played.findings.append
    if played.lost:
        do = DO.get(played.lost, DO["answer"])
        detail = "".join(sign for sign in played.detail[:200] if sign.isprintable())
        say(
            Finding(
                "failed",
                played.lost,
                f"does not play: {played.lost}" + (f" ({detail})" if detail else ""),
                do,
            )
        )
        return
    if played.reordered:
        what = "sends B-frames: WebRTC cannot show them"
        say(
            Finding("notice", "b_frames", what, "switch B-frames off, or choose the Baseline or Main profile")
        )
    seconds = played.gop / played.fps if played.fps else 0.0
    if played.keys < 2 or seconds > LONG_GOP_S:
        often = (
            f"a key picture only every {seconds:.0f} s"
            if played.keys > 1
            else "a single key picture while watched"
        )
        do = "set its key-frame interval to 2 s and switch its smart codec off (its firmware note says where)"
        say(Finding("notice", "long_gop", often, do))
    if 0 < played.fps < FEW_FPS:
        say(
            Finding(
                "notice", "few_pictures", f"only {played.fps:.1f} pictures a second", "set it to 10 to 15"
            )
        )
    if played.missing:
        what = f"{played.missing} packets never came"
        say(Finding("notice", "missing", what, "look at the network between; use TCP"))
