"""H.265 out of RTP. Pure.

Source: RFC 7798 sections 4.4.1 (single NAL unit), 4.4.2 (aggregation), 4.4.3 (fragmentation), 4.4.4 (PACI). Decoding order
numbers (sprop-max-don-diff above 0) are refused where the description announces them.
"""

from drivers.cameras.h264_sps import Shape
from drivers.cameras.h265_sps import read_sps
from drivers.cameras.pictures import Pictures, with_header
from drivers.cameras.rtp import Buffer

_AP, _FU = 48, 49
VPS, SPS, PPS = 32, 33, 34
_FIRST_IRAP, _LAST_IRAP, _LAST_SLICE = 16, 23, 31


class H265(Pictures):
    """See `Pictures`."""

    codec = "h265"
    _SETS = (VPS, SPS, PPS)
    _SPS = SPS

    @staticmethod
    def _kind(nal: Buffer) -> int:
        return nal[0] >> 1 & 0x3F if nal else 63

    @staticmethod
    def _shape(sps: bytes) -> Shape:
        return read_sps(sps)

    def _slice(self, kind: int) -> bool:
        return 0 <= kind <= _LAST_SLICE

    def _random_access(self, kind: int) -> bool:
        return _FIRST_IRAP <= kind <= _LAST_IRAP

    @staticmethod
    def _is_first(nal: Buffer) -> bool:
        """first_slice_segment_in_pic_flag (section 7.3.6.1 of H.265)."""
        return len(nal) > 2 and nal[2] >= 0x80

    def payload(self, data: Buffer, start: int, end: int, rtp: int, marker: bool, at_us: int) -> None:
        """One payload, not empty. Raises Malformed where no parameter set ever comes."""
        if rtp != self._rtp:
            self._time_changed(rtp)
        self._at_us = at_us
        kind = data[start] >> 1 & 0x3F
        if end - start < 3:
            self._broken = True
        elif kind == _FU:
            head = data[start + 2]
            if end - start < 4:
                self._broken = True
            elif head & 0x3F == self._fragment and head < 0x80:
                self._size += end - start
                if self._grown(0):
                    self.parts.append(data[start + 3 : end])
                    if head & 0x40:
                        self._close()
            elif head >= 0x80:
                header = with_header(data[start] & 0x81 | (head & 0x3F) << 1) + data[start + 1 : start + 2]
                middle = bytes((data[start], data[start + 1], head & 0x3F))
                self._open(head & 0x3F, bytes(header), middle, data, start + 3, end, data[start + 3] >= 0x80)
                if head & 0x40 and self._fragment >= 0:
                    self._close()
            else:
                self._strayed(head & 0x3F)
        elif kind < _AP:
            self._nal(data, start, end)
        elif kind == _AP:
            self._several(data, start + 2, end)
        else:
            self._broken = True  # PACI and what is reserved
        if marker:
            self._end()

    def _several(self, data: Buffer, place: int, end: int) -> None:
        while end - place >= 2:
            size = data[place] << 8 | data[place + 1]
            place += 2
            if size < 3 or size > end - place:
                self._broken = True
                return
            self._nal(data, place, place + size)
            place += size

    def _strayed(self, kind: int) -> None:
        """A fragment whose beginning never came."""
        self._broken, self._fragment, self.middle = True, -1, b""
        self._slices = self._slices or self._slice(kind)
        self._gap = False
