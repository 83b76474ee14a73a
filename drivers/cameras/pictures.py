"""NAL units and fragments of them in, whole pictures out: what H.264 and H.265 have in common. Pure.

Source: RFC 6184 sections 5.1 (marker, time), 5.8 (FU); RFC 7798 sections 4.1, 4.4.3. A picture ends with the marker bit, or
where the time changes: some cameras never set the bit, and some set it on every NAL unit. Each fragment is copied once out
of the receive buffer and once into the picture.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from drivers.cameras.h264_sps import Shape
from drivers.cameras.malformed import Malformed
from drivers.cameras.rtp import Buffer
from drivers.cameras.stream import START_CODE, VIDEO_CLOCK, AccessUnit, Codec, Track

MOST_BYTES: Final = 8 * 1_048_576
"""Of one picture: a key picture of 4K at the highest rates is some 2 MiB."""
MOST_PARTS: Final = 32_768
MOST_SET: Final = 4_096
"""Bytes of a parameter set that is kept."""
MOST_SETS: Final = 16
MOST_BACK: Final = 5 * VIDEO_CLOCK
"""A picture shown further back is no reordering: the camera's clock was set."""
MOST_BARE: Final = 3
"""Key pictures in a row without any parameter set to decode them by."""

_WITH_HEADER: Final = tuple(START_CODE + bytes((one,)) for one in range(256))


class Pictures:
    """Belongs to one stream; `H264` and `H265` read the payloads. `out` gets each picture.

    sets: parameter sets of the session description; those the camera sends in the stream take their place.
    """

    codec: Codec
    _SETS: tuple[int, ...]
    """Kinds of parameter sets, in the order a decoder wants them."""

    def __init__(self, sets: Iterable[bytes], out: Callable[[AccessUnit], None]) -> None:
        self._out = out
        self._known: dict[int, list[bytes]] = {kind: [] for kind in self._SETS}
        for one in sets:
            kind = self._kind(one)
            if one and kind in self._known and len(one) <= MOST_SET and len(self._known[kind]) < MOST_SETS:
                self._known[kind].append(bytes(one))
        self._seen_reordered = False
        self.track = self._read_track()
        self._bare = 0
        self._trusted = True
        """The marker bit ends a picture; until a slice of the same picture follows it."""
        self._ended: int | None = None
        """RTP time of the picture that the marker ended last."""
        self._shown: int | None = None
        self._rtp: int | None = None
        self._gap = False
        self._clear()

    def _clear(self) -> None:
        self.parts: list[Buffer] = []
        self._size = 0
        self._own: dict[int, list[bytes]] = {}
        """Parameter sets of this picture."""
        self._slices = self._key = self._broken = False
        self._fragment = -1
        """Kind of the NAL unit whose fragments come; -1: none is open."""
        self._fragment_at = 0
        self.middle = b""

    # --- what a codec says ---

    @staticmethod
    def _kind(nal: Buffer) -> int:
        raise NotImplementedError

    @staticmethod
    def _shape(sps: bytes) -> Shape:
        raise NotImplementedError

    _SPS: int

    def _slice(self, kind: int) -> bool:
        raise NotImplementedError

    def _random_access(self, kind: int) -> bool:
        raise NotImplementedError

    # --- Depacketizer ---

    def gap(self) -> None:
        """Packets are missing: the picture at hand has lost some of them, and the next may have."""
        if self.parts:
            self._broken = True
        self._gap = True
        self._fragment, self.middle = -1, b""

    def _time_changed(self, rtp: int) -> None:
        if self._slices:
            self._emit()
        self._rtp = rtp

    def picture(self, nals: Iterable[bytes], rtp: int, at_us: int, whole: bool) -> None:
        """A picture that somebody else put together. Raises Malformed as the packets of one would."""
        self._rtp, self._at_us = rtp, at_us
        self._broken = self._broken or not whole
        for nal in nals:
            self._nal(nal, 0, len(nal))
        if self._slices:
            self._emit()

    def ran(self, size: int, at_us: int) -> None:
        """See `rtp.Fragments`."""
        self._at_us = at_us
        self._size += size
        self._grown(0)

    # --- for the codecs ---

    def _begin(self, kind: int, first_slice: bool) -> None:
        """A NAL unit begins. `first_slice`: it is the first slice of its picture, where it is one at all."""
        if self._fragment >= 0:
            self._broken, self._fragment, self.middle = True, -1, b""  # the one before it never ended
        if not self._slice(kind):
            return
        key = self._random_access(kind)
        if not self._slices:
            if not first_slice:
                if self._rtp == self._ended and not self._gap:
                    self._trusted = False
                self._broken = True
            elif self._gap and not key:
                # What it refers to may be what was lost.
                self._broken = True
            self._gap = False
        elif self._gap:
            self._broken, self._gap = True, False
        self._slices = True
        self._key = self._key or key

    def _nal(self, data: Buffer, start: int, end: int) -> None:
        """A whole NAL unit."""
        nal = data[start:end]
        kind = self._kind(nal)
        self._begin(kind, self._is_first(nal))
        if self._grown(end - start):
            self.parts += (START_CODE, nal)
            if kind in self._known:
                self._keep(kind, bytes(nal))

    @staticmethod
    def _is_first(nal: Buffer) -> bool:
        raise NotImplementedError

    def _open(
        self, kind: int, header: bytes, middle: bytes, data: Buffer, start: int, end: int, first_slice: bool
    ) -> None:
        """The first fragment. header: of the NAL unit, with its start code. middle: see `rtp.Fragments`."""
        self._begin(kind, first_slice)
        self._fragment, self._fragment_at, self.middle = kind, len(self.parts), middle
        if self._grown(end - start):
            self.parts += (header, data[start:end])

    def _close(self) -> None:
        """The last fragment has been taken."""
        kind, self._fragment, self.middle = self._fragment, -1, b""
        if kind in self._known:
            self._keep(kind, b"".join(self.parts[self._fragment_at :])[len(START_CODE) :])

    def _grown(self, size: int) -> bool:
        self._size += size
        if self._size > MOST_BYTES or len(self.parts) >= MOST_PARTS:
            self._broken, self._fragment, self.middle = True, -1, b""
            return False
        return True

    def _end(self) -> None:
        """The marker bit: the picture is complete, unless nothing but parameter sets came of it yet."""
        if self._slices and self._trusted:
            self._ended = self._rtp
            self._emit()

    def _keep(self, kind: int, nal: bytes) -> None:
        own = self._own.setdefault(kind, [])
        if len(nal) <= MOST_SET and len(own) < MOST_SETS and nal not in own:
            own.append(nal)

    # --- a picture ---

    def _emit(self) -> None:
        if self._fragment >= 0:
            self._broken = True
        if (
            self._own
            and not self._broken
            and any(self._known[kind] != own for kind, own in self._own.items())
        ):
            self._known |= self._own
            self.track = self._read_track()
        rtp = self._rtp or 0
        back = self._shown - rtp if self._shown is not None else 0
        if 0 < back <= MOST_BACK and not self.track.reordered and not self._broken:
            # Shown earlier than one sent before it: pictures are reordered, whatever the parameter sets say.
            self._seen_reordered = True
            self.track = replace(self.track, reordered=True)
        self._shown = rtp
        key, parts = self._key, self.parts
        if key:
            if any(kind not in self._own for kind in self._SETS):
                if all(self._known[kind] for kind in self._SETS):
                    parts = [self.track.parameter_sets, *parts]
                    self._bare = 0
                else:
                    key = False
                    self._bare += 1
            else:
                self._bare = 0
        unit = AccessUnit(b"".join(parts), key, rtp, self._at_us, self.track, not self._broken)
        self._clear()
        if self._bare > MOST_BARE:
            raise Malformed("no parameter sets came, neither in the description nor in the stream")
        self._out(unit)

    _at_us = 0

    def _read_track(self) -> Track:
        sets = b"".join(START_CODE + one for kind in self._SETS for one in self._known[kind])
        for one in self._known[self._SPS][:1]:
            try:
                shape = self._shape(one)
            except Malformed:
                break
            reordered = bool(shape.reordered) or self._seen_reordered
            return Track(self.codec, sets, shape.width, shape.height, shape.profile_level, reordered)
        return Track(self.codec, sets, reordered=self._seen_reordered)


def with_header(first: int) -> bytes:
    """A start code and one byte behind it."""
    return _WITH_HEADER[first]
