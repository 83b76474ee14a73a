"""Sound out of RTP, where a named person enabled it. Pure.

Source: RFC 3640 section 3.3.6 (AAC-hbr: sizes of 13 bits, indices of 3), RFC 3551 section 4.5.14 (G.711).
"""

import binascii
from collections.abc import Callable
from typing import Final

from drivers.cameras.rtp import Buffer
from drivers.cameras.sdp import Format
from drivers.cameras.stream import AudioCodec, AudioFrame

MOST_FRAMES: Final = 64
MOST_BYTES: Final = 16_384
AAC_SAMPLES: Final = 1_024
"""Of one AAC frame, which so many ticks of the clock last."""
_MODE: Final = {"sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}

Out = Callable[[AudioFrame], None]


class G711:
    """Each payload is one frame."""

    def __init__(self, codec: AudioCodec, clock: int, channels: int, out: Out) -> None:
        self._codec, self._clock, self._channels, self._out = codec, clock, channels, out

    def payload(self, data: Buffer, start: int, end: int, rtp: int, marker: bool, at_us: int) -> None:
        if end - start <= MOST_BYTES:
            self._out(
                AudioFrame(self._codec, bytes(data[start:end]), rtp, at_us, self._clock, self._channels)
            )

    def gap(self) -> None:
        """Frames stand for themselves."""


class Aac:
    """Whole frames behind a table of their sizes; or one frame in pieces, which the marker ends."""

    def __init__(self, clock: int, channels: int, config: bytes, out: Out) -> None:
        self._clock, self._channels, self._config, self._out = clock, channels, config, out
        self._piece = bytearray()
        self._due = 0

    def payload(self, data: Buffer, start: int, end: int, rtp: int, marker: bool, at_us: int) -> None:
        if end - start < 4:
            return
        bits = data[start] << 8 | data[start + 1]
        count = bits // 16
        place = start + 2 + 2 * count
        if bits % 16 or not 1 <= count <= MOST_FRAMES or place > end:
            self.gap()
            return
        sizes = [(data[at] << 8 | data[at + 1]) >> 3 for at in range(start + 2, place, 2)]
        if count == 1 and sizes[0] > end - place:
            self._pieces(data, place, end, sizes[0], rtp, at_us)
            return
        if count == 1 and self._piece:
            self._pieces(data, place, end, sizes[0], rtp, at_us)
            return
        for number, size in enumerate(sizes):
            if not 0 < size <= end - place:
                return
            self._say(bytes(data[place : place + size]), rtp + number * AAC_SAMPLES, at_us)
            place += size

    def gap(self) -> None:
        self._piece.clear()

    def _pieces(self, data: Buffer, place: int, end: int, size: int, rtp: int, at_us: int) -> None:
        if not self._piece or self._due != size:
            self._piece.clear()
            self._due = size
        self._piece += data[place:end]
        if len(self._piece) == size:
            self._say(bytes(self._piece), rtp, at_us)
        if len(self._piece) >= size:
            self._piece.clear()

    def _say(self, frame: bytes, rtp: int, at_us: int) -> None:
        self._out(AudioFrame("aac", frame, rtp, at_us, self._clock, self._channels, self._config))


def audio_of(form: Format, out: Out) -> G711 | Aac | None:
    """What reads this format; None where we do not."""
    if not 0 < form.clock <= 192_000 or not 1 <= form.channels <= 8:
        return None
    if form.name in ("PCMU", "PCMA"):
        return G711("pcmu" if form.name == "PCMU" else "pcma", form.clock, form.channels, out)
    if form.name != "MPEG4-GENERIC" or form.parameters.get("mode", "").lower() != "aac-hbr":
        return None
    if any(form.parameters.get(name, value) != value for name, value in _MODE.items()):
        return None
    try:
        config = binascii.unhexlify(form.parameters.get("config", ""))
    except (binascii.Error, ValueError):
        return None
    return Aac(form.clock, form.channels, config, out) if 2 <= len(config) <= 64 else None
