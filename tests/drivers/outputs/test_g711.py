"""Sound over the wire as ITU-T G.711 and G.722 say: against their tables, FFmpeg's coders and Python's."""

import io
import math
import warnings
from array import array
from collections.abc import Callable, Iterable

import av
import numpy as np
import pytest

from drivers.outputs.g711 import a_law, mu_law, of_a_law, of_mu_law
from drivers.outputs.g722 import g722


def coded(codec: str, rate: int, samples: "array[int]") -> bytes:
    """By FFmpeg."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate = rate
    context.layout = "mono"
    context.format = "s16"
    frame = av.AudioFrame.from_ndarray(np.array(samples, dtype=np.int16).reshape(1, -1), "s16", "mono")
    frame.sample_rate = rate
    packets = [*context.encode(frame), *context.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


def decoded(file_format: str, octets: bytes) -> "array[int]":
    """By FFmpeg."""
    with av.open(io.BytesIO(octets), "r", format=file_format) as file:
        frames = [frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)]
    return array("h", np.concatenate(frames).astype(np.int16).tobytes())


@pytest.mark.parametrize(
    ("law", "sample", "octet"),
    [
        # Tables 1a, 1b: the first, the last and the middle; A-law has no zero. Tables 2a, 2b likewise.
        (a_law, 0, 0xD5), (a_law, -1, 0x55), (a_law, 32_767, 0xAA), (a_law, -32_768, 0x2A), (a_law, 16, 0xD4),
        (mu_law, 0, 0xFF), (mu_law, -4, 0x7E), (mu_law, 32_767, 0x80), (mu_law, -32_768, 0x00), (mu_law, 4, 0xFE),
    ],
)  # fmt: skip
def test_a_sample_has_the_octet_of_the_recommendation(
    law: Callable[[Iterable[int]], bytes], sample: int, octet: int
) -> None:
    assert law([sample])[0] == octet


@pytest.mark.parametrize(
    ("law", "back", "file_format"), [(mu_law, of_mu_law, "mulaw"), (a_law, of_a_law, "alaw")]
)
def test_every_octet_is_what_ffmpeg_hears_in_it_and_every_sample_has_python_s_own_octet(
    law: Callable[[Iterable[int]], bytes], back: Callable[[bytes], list[int]], file_format: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import audioop
    theirs = {"mulaw": audioop.lin2ulaw, "alaw": audioop.lin2alaw}[file_format]
    every = array("h", range(-32_768, 32_768))
    octets = bytes(range(256))

    assert array("h", back(octets)) == decoded(file_format, octets)
    assert law(every) == theirs(every.tobytes(), 2)


def test_g722_is_bit_for_bit_what_ffmpeg_makes_of_the_same_sound() -> None:
    """A tone that rises through both half bands, at full scale and near silence."""
    samples = array(
        "h",
        [
            round((32_000 if at % 4_000 < 2_000 else 40) * math.sin(at * at * 7_000 * math.pi / 16_000**2))
            for at in range(16_000)
        ],
    )

    octets = g722(samples)

    assert len(octets) == 8_000
    assert octets == coded("g722", 16_000, samples)
