"""Sound of a simulated camera: one second of a tone, without end, as G.711 or AAC frames."""

import math
from typing import Final

from rules.model.values import dataclass

PCMU_RATE: Final = 8_000
PCMU_FRAME: Final = 160
"""Samples in 20 ms (RFC 3551 section 4.2)."""


@dataclass(frozen=True, slots=True)
class Sound:
    """frames: payloads, one after the other. step: ticks of `rate` a frame. config: AudioSpecificConfig of AAC."""

    frames: tuple[bytes, ...]
    rate: int
    step: int
    payload_type: int
    config: bytes = b""


def pcmu(tone_hz: int = 400) -> Sound:
    """A second of a tone in G.711 mu-law."""
    samples = bytes(
        _mu_law(round(8_000 * math.sin(2 * math.pi * tone_hz * number / PCMU_RATE)))
        for number in range(PCMU_RATE)
    )
    frames = tuple(samples[at : at + PCMU_FRAME] for at in range(0, PCMU_RATE, PCMU_FRAME))
    return Sound(frames, PCMU_RATE, PCMU_FRAME, 0)


def _mu_law(sample: int) -> int:
    """ITU-T G.711, by segments; sample: 16 bit."""
    sign = 0x80 if sample < 0 else 0
    level = min(abs(sample), 32_635) + 132
    exponent = max(0, level.bit_length() - 8)
    return ~(sign | exponent << 4 | level >> (exponent + 3) & 0x0F) & 0xFF


def aac() -> Sound:
    """Silence in AAC-LC, 16 kHz, one channel, framed by RFC 3640 section 3.3.6 (AAC-hbr, one access unit a packet)."""
    silence = bytes.fromhex("00c800802380")
    headers = (16).to_bytes(2, "big") + (len(silence) << 3).to_bytes(2, "big")
    return Sound((headers + silence,), 16_000, 1_024, 97, bytes.fromhex("1408"))
