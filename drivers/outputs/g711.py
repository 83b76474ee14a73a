"""G.711: one octet a sample at 8 kHz, by mu-law (PCMU) or A-law (PCMA). Pure, and by table.

Source: ITU-T G.711 (11/88), tables 1a, 1b (A-law, 13 bits) and 2a, 2b (mu-law, 14 bits). Samples are 16 bits, the value in
their topmost bits. On the wire the mu-law octet is inverted, and of the A-law octet each second bit is (3.2, 3.3).
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

_MU_BIAS: Final = 33
_MU_MOST: Final = 8158
"""Of 14 bits: the last decision value is 8159."""


def _mu_octet(value: int) -> int:
    """value: of 14 bits."""
    sign, size = (0x80, -value) if value < 0 else (0, value)
    biased = min(size, _MU_MOST) + _MU_BIAS
    chord = biased.bit_length() - 6
    return ~(sign | chord << 4 | (biased >> (chord + 1)) & 0x0F) & 0xFF


def _a_octet(value: int) -> int:
    """value: of 13 bits. A negative one is counted from -1, so that both halves are alike."""
    sign, size = (0, -value - 1) if value < 0 else (0x80, value)
    chord = max(size.bit_length() - 5, 0)
    return (sign | chord << 4 | (size >> max(chord, 1)) & 0x0F) ^ 0x55


def _mu_sample(octet: int) -> int:
    code = ~octet & 0xFF
    size = (((code & 0x0F) << 1 | 0x21) << (code >> 4 & 7)) - _MU_BIAS
    return (-size if code & 0x80 else size) * 4


def _a_sample(octet: int) -> int:
    code = octet ^ 0x55
    chord = code >> 4 & 7
    size = (code & 0x0F) << 1 | 1
    if chord:
        size = (size | 0x20) << (chord - 1)
    return (size if code & 0x80 else -size) * 8


def _table(octet: Callable[[int], int], bits: int) -> bytes:
    """By the value's own bits, negative ones behind the positive."""
    half = 1 << (bits - 1)
    return bytes(octet(value) for value in (*range(half), *range(-half, 0)))


@cache
def _mu_table() -> bytes:
    return _table(_mu_octet, 14)


@cache
def _a_table() -> bytes:
    return _table(_a_octet, 13)


_MU_SAMPLES: Final = tuple(_mu_sample(octet) for octet in range(256))
_A_SAMPLES: Final = tuple(_a_sample(octet) for octet in range(256))


def mu_law(samples: Iterable[int]) -> bytes:
    """Samples of 16 bits to PCMU."""
    table = _mu_table()
    return bytes([table[(sample >> 2) & 0x3FFF] for sample in samples])


def a_law(samples: Iterable[int]) -> bytes:
    """Samples of 16 bits to PCMA."""
    table = _a_table()
    return bytes([table[(sample >> 3) & 0x1FFF] for sample in samples])


def of_mu_law(octets: bytes) -> list[int]:
    """PCMU to samples of 16 bits."""
    return [_MU_SAMPLES[octet] for octet in octets]


def of_a_law(octets: bytes) -> list[int]:
    """PCMA to samples of 16 bits."""
    return [_A_SAMPLES[octet] for octet in octets]
