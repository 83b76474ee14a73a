"""Sound as samples of 16 bits: read from a WAVE file, brought to another rate; and the tone before the words."""

import hashlib
import io
import math
import os
import wave
from array import array
from collections.abc import Sequence
from itertools import accumulate, repeat
from operator import mul
from pathlib import Path
from typing import Final

SPEECH_HZ: Final = 16_000
"""Of every speech file."""
LONGEST_S: Final = 60.0
"""A file that goes on for longer says nothing that anybody on a corridor keeps in mind; a broken one could go on for ever."""
_LARGEST: Final = round(2 * LONGEST_S * SPEECH_HZ) + 1_024
"""Bytes."""

_CROSSINGS: Final = 12
"""Of the filter's sinc, to each side: what would fold back is 60 dB down."""
_PASSED: Final = 0.92
"""Of half the lower rate, so that the filter's slope lies below it."""

_TONES_HZ: Final = (784.0, 587.0)
_TONE_S: Final = 0.5
_EDGE_S: Final = 0.01
_AMPLITUDE: Final = 11_000


class NotSound(Exception):
    """The file is no speech file of ours; the text says why."""


def read_speech(path: Path) -> "array[int]":
    """The samples of a speech file (RIFF WAVE, PCM, 16 bit, mono, 16 kHz), whole. Raises NotSound, OSError.

    Where it has the hash of its samples behind them, as `write_speech` leaves it, they are what was written then.
    """
    with path.open("rb") as there:
        data = io.BytesIO(there.read(_LARGEST))
    try:
        with wave.open(data) as file:
            shape = (file.getnchannels(), file.getsampwidth(), file.getframerate())
            if shape != (1, 2, SPEECH_HZ):
                raise NotSound(f"it has {shape[0]} channels of {8 * shape[1]} bits at {shape[2]} Hz")
            if not 0 < file.getnframes() <= LONGEST_S * SPEECH_HZ:
                raise NotSound(f"it has {file.getnframes()} samples")
            frames = file.readframes(file.getnframes())
            if len(frames) != 2 * file.getnframes():
                raise NotSound("it is cut off")
    except (wave.Error, EOFError) as err:
        raise NotSound(str(err) or "it is cut off") from err
    behind = data.read()
    if behind and behind != _hash_of(frames):
        raise NotSound("it is not what was written")
    return samples_of(frames)


def samples_of(data: bytes) -> "array[int]":
    """Of octets as a WAVE file holds them, little-endian. Both machines that we run on are."""
    samples = array("h")
    samples.frombytes(data[: len(data) // 2 * 2])
    return samples


def write_wave(path: Path, samples: "array[int]", rate: int) -> None:
    """A RIFF WAVE file: PCM, 16 bit, mono. Raises OSError."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, len(samples), "NONE", ""))
        file.writeframes(samples.tobytes())


def write_speech(path: Path, samples: "array[int]") -> None:
    """A speech file with the hash of its samples in a chunk behind them, on the disk for good. Raises OSError."""
    write_wave(path, samples, SPEECH_HZ)
    with path.open("ab") as file:
        file.write(_hash_of(samples.tobytes()))
        file.flush()
        os.fsync(file.fileno())


def _hash_of(frames: bytes) -> bytes:
    """A chunk as RIFF has them: its name, its length, SHA-256."""
    digest = hashlib.sha256(frames).digest()
    return b"sha2" + len(digest).to_bytes(4, "little") + digest


def resampled(samples: Sequence[int], from_hz: int, to_hz: int) -> "array[int]":
    """The same sound at another rate, what the lower of both cannot hold filtered out; limited to 16 bits.

    A sinc under a Blackman window, in as many phases as the ratio of the rates has.
    """
    if from_hz == to_hz:
        return array("h", samples)
    divisor = math.gcd(from_hz, to_hz)
    up, down = to_hz // divisor, from_hz // divisor
    reach = math.ceil(_CROSSINGS * max(1.0, from_hz / to_hz))
    phases = [_phase(phase / up, reach, _PASSED * min(1.0, to_hz / from_hz)) for phase in range(up)]
    padded = [0] * reach + list(samples) + [0] * (reach + 1)
    taken = 2 * reach
    out = array("h")
    for number in range(len(samples) * up // down):
        at, phase = divmod(number * down, up)
        value = round(sum(map(mul, phases[phase], padded[at + 1 : at + 1 + taken])))
        out.append(max(-32_768, min(32_767, value)))
    return out


def _phase(offset: float, reach: int, cut: float) -> list[float]:
    """The filter's weights for a moment `offset` of a sample behind one: for the `reach` samples up to it and those after it."""
    weights = []
    for place in range(1 - reach, reach + 1):
        x = place - offset
        turn = math.pi * x / reach
        window = 0.42 + 0.5 * math.cos(turn) + 0.08 * math.cos(2 * turn)
        weights.append(window * (math.sin(math.pi * cut * x) / (math.pi * x) if x else cut))
    whole = sum(weights)
    return [weight / whole for weight in weights]


def attention(rate: int) -> "array[int]":
    """Two tones, one after the other, a second in all: words follow.

    Neither 853 and 960 Hz, which is the Emergency Alert System's alone (47 CFR 11.45), nor three pulses, which mean fire
    (NFPA 72, 18.4.2). The edges are smooth: a loudspeaker does not click.
    """
    edge = round(_EDGE_S * rate)
    ramp = list(accumulate(repeat(1.0 / edge, edge - 1), initial=0.0))
    samples = array("h")
    for frequency in _TONES_HZ:
        count = round(_TONE_S * rate)
        envelope = ramp + [1.0] * (count - 2 * edge) + ramp[::-1]
        step = 2 * math.pi * frequency / rate
        samples.extend(
            round(_AMPLITUDE * loud * math.sin(step * number)) for number, loud in enumerate(envelope)
        )
    return samples
