"""G.722 at 64 kbit/s: 7 kHz speech, two samples of 16 kHz an octet. Pure.

Source: ITU-T G.722 (09/2012): the transmit QMF (table 11), and in each half band an adaptive quantizer (6 and 2 bits; tables
13 to 21) whose predictor has two poles and six zeros (clause 6.2.1.4). Names are the Recommendation's.
"""

from collections.abc import Sequence
from typing import Final

_QMF: Final = (3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11)
"""Every second of the 24 coefficients (table 11); the other twelve are these in reverse."""
_Q6: Final = (
    35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
    786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
)  # fmt: skip
_ILN: Final = (63, 62, *range(31, 3, -1))
_ILP: Final = tuple(range(61, 31, -1))
_WL: Final = (-60, -30, 58, 172, 334, 538, 1198, 3042)
_RL42: Final = (0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0)
_ILB: Final = (
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
    2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
)  # fmt: skip
_QM4: Final = (
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0
)  # fmt: skip
_QM2: Final = (-7408, -1616, 7408, 1616)
_IHN: Final = (1, 0)
_IHP: Final = (3, 2)
_WH: Final = (798, -214, 798, -214)
"""By the two bits themselves: RH2 and WH (table 21) in one."""
_LOW_MOST, _HIGH_MOST = 18_432, 22_528
_LOW_SHIFT, _HIGH_SHIFT = 8, 10


def _limited(value: int) -> int:
    return 32_767 if value > 32_767 else -32_768 if value < -32_768 else value


class _Band:
    """One half band's quantizer scale and predictor (blocks 3 and 4)."""

    __slots__ = ("a1", "a2", "b", "d", "det", "nb", "p1", "p2", "r1", "r2", "s", "sz")

    def __init__(self, det: int) -> None:
        self.det = det
        self.nb = self.s = self.sz = 0
        self.a1 = self.a2 = self.p1 = self.p2 = self.r1 = self.r2 = 0
        self.b = [0] * 6
        self.d = [0] * 6

    def scale(self, step: int, most: int, shift: int) -> None:
        """The quantizer's step from its logarithm (SCALEL, SCALEH)."""
        self.nb = min(max((self.nb * 127 >> 7) + step, 0), most)
        wanted = shift - (self.nb >> 11)
        known = _ILB[self.nb >> 6 & 31]
        self.det = (known << -wanted if wanted < 0 else known >> wanted) << 2

    def adapt(self, d0: int) -> None:
        """What is predicted of the next sample, by the quantized difference of this one (block 4)."""
        r0 = _limited(self.s + d0)
        p0 = _limited(self.sz + d0)
        one, two = (p0 < 0) == (self.p1 < 0), (p0 < 0) == (self.p2 < 0)
        wd1 = _limited(self.a1 * 4)
        wd2 = min(-wd1 if one else wd1, 32_767)
        wd3 = (128 if two else -128) + (wd2 >> 7) + (self.a2 * 32_512 >> 15)
        a2 = min(max(wd3, -12_288), 12_288)
        most = 15_360 - a2
        a1 = min(max((192 if one else -192) + (self.a1 * 32_640 >> 15), -most), most)
        step = 128 if d0 else 0
        b, d = self.b, self.d
        for at in range(6):
            b[at] = _limited((step if (d[at] < 0) == (d0 < 0) else -step) + (b[at] * 32_640 >> 15))
        d.pop()
        d.insert(0, d0)
        self.a1, self.a2 = a1, a2
        self.p1, self.p2 = p0, self.p1
        self.r1, self.r2 = r0, self.r1
        poles = _limited((a1 * _limited(r0 + r0) >> 15) + (a2 * _limited(self.r2 + self.r2) >> 15))
        self.sz = _limited(sum([b[at] * _limited(d[at] + d[at]) >> 15 for at in range(6)]))
        self.s = _limited(poles + self.sz)


def g722(samples: Sequence[int]) -> bytes:
    """Samples of 16 bits at 16 kHz, an even number of them, to one octet for two."""
    low, high = _Band(32), _Band(8)
    padded = [0] * 22 + list(samples)
    out = bytearray()
    for at in range(0, len(samples) - 1, 2):
        past = padded[at : at + 24]
        odd = even = 0
        for tap in range(12):
            odd += past[2 * tap] * _QMF[tap]
            even += past[2 * tap + 1] * _QMF[11 - tap]
        out.append(_high(high, (even - odd) >> 14) << 6 | _low(low, (even + odd) >> 14))
    return bytes(out)


def _low(band: _Band, x: int) -> int:
    el = _limited(x - band.s)
    size = -(el + 1) if el < 0 else el
    det = band.det
    first, last = 0, len(_Q6)
    while first < last:
        middle = (first + last) // 2
        if size < _Q6[middle] * det >> 12:
            last = middle
        else:
            first = middle + 1
    code = _ILN[first] if el < 0 else _ILP[first]
    four = code >> 2
    d0 = det * _QM4[four] >> 15
    band.scale(_WL[_RL42[four]], _LOW_MOST, _LOW_SHIFT)
    band.adapt(d0)
    return code


def _high(band: _Band, x: int) -> int:
    eh = _limited(x - band.s)
    size = -(eh + 1) if eh < 0 else eh
    wide = size >= 564 * band.det >> 12
    code = (_IHN if eh < 0 else _IHP)[wide]
    d0 = band.det * _QM2[code] >> 15
    band.scale(_WH[code], _HIGH_MOST, _HIGH_SHIFT)
    band.adapt(d0)
    return code
