"""H.264 out of RTP. Pure.

Source: RFC 6184 sections 5.4 (packetization modes), 5.6 (single NAL unit), 5.7.1 (STAP-A), 5.8 (FU-A). The interleaved mode
(STAP-B, MTAP, FU-B) no camera was ever seen to send: it is refused, not misread.
"""

from typing import Final

from drivers.cameras.h264_sps import Shape, read_sps
from drivers.cameras.pictures import Pictures, with_header
from drivers.cameras.rtp import Buffer
from drivers.cameras.stream import Unserved

_STAP_A, _FU_A = 24, 28
_INTERLEAVED: Final = {25: "STAP-B", 26: "MTAP16", 27: "MTAP24", 29: "FU-B"}
IDR, SPS, PPS = 5, 7, 8


class H264(Pictures):
    """See `Pictures`."""

    codec = "h264"
    _SETS = (SPS, PPS)
    _SPS = SPS

    @staticmethod
    def _kind(nal: Buffer) -> int:
        return nal[0] & 0x1F if nal else 0

    @staticmethod
    def _shape(sps: bytes) -> Shape:
        return read_sps(sps)

    def _slice(self, kind: int) -> bool:
        return 1 <= kind <= IDR

    def _random_access(self, kind: int) -> bool:
        return kind == IDR

    @staticmethod
    def _is_first(nal: Buffer) -> bool:
        """first_mb_in_slice is 0: its code is a single set bit (section 7.3.3 of H.264)."""
        return len(nal) > 1 and nal[1] >= 0x80

    def payload(self, data: Buffer, start: int, end: int, rtp: int, marker: bool, at_us: int) -> None:
        """One payload, not empty. Raises `Unserved` for the interleaved mode, Malformed without any parameter set."""
        if rtp != self._rtp:
            self._time_changed(rtp)
        self._at_us = at_us
        kind = data[start] & 0x1F
        if kind == _FU_A:
            if end - start < 3:
                self._broken = True
            else:
                head = data[start + 1]
                if head & 0x1F == self._fragment and head < 0x80:
                    self._size += end - start
                    if self._grown(0):
                        self.parts.append(data[start + 2 : end])
                        if head & 0x40:
                            self._close()
                elif head >= 0x80:
                    header = with_header(data[start] & 0xE0 | head & 0x1F)
                    middle = bytes((data[start], head & 0x1F))
                    self._open(head & 0x1F, header, middle, data, start + 2, end, data[start + 2] >= 0x80)
                    if head & 0x40 and self._fragment >= 0:
                        self._close()
                else:
                    self._strayed(head & 0x1F)
        elif 1 <= kind < _STAP_A:
            self._nal(data, start, end)
        elif kind == _STAP_A:
            self._several(data, start + 1, end)
        elif kind in _INTERLEAVED:
            raise Unserved("engine", f"the interleaved packetization of H.264 ({_INTERLEAVED[kind]})")
        else:
            self._broken = True
        if marker:
            self._end()

    def _several(self, data: Buffer, place: int, end: int) -> None:
        while end - place >= 2:
            size = data[place] << 8 | data[place + 1]
            place += 2
            if size == 0 or size > end - place:
                self._broken = True
                return
            self._nal(data, place, place + size)
            place += size

    def _strayed(self, kind: int) -> None:
        """A fragment whose beginning never came."""
        self._broken, self._fragment, self.middle = True, -1, b""
        self._slices = self._slices or self._slice(kind)
        self._gap = False
