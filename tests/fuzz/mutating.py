"""Inputs from inputs, without looking at coverage: for where atheris has no wheel, and for the short form in CI."""

import random
from collections.abc import Iterator, Sequence

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF)
_WORDS = (
    b"null", b"true", b"1e999", b"-0", b"9007199254740993", b"\\ud800", b"\xc3\xa4", b"\xed\xa0\x80", b"\x00", b"\xff\xfe",
    b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"%", b"&", b"=", b";", b"\n", b"\r\n", b"--", b"'",
)  # fmt: skip


def inputs(seeds: Sequence[bytes], seed: int, longest: int = 4_096) -> Iterator[bytes]:
    """The seeds themselves, then mutants of them without end. The same for the same arguments."""
    yield from seeds
    draw = random.Random(seed)
    while True:
        data = bytearray(draw.choice(seeds) if seeds else b"")
        for _ in range(1 << draw.randrange(5)):
            _mutate(data, draw, seeds)
        yield bytes(data[:longest])


def _mutate(data: bytearray, draw: random.Random, seeds: Sequence[bytes]) -> None:
    at = draw.randrange(len(data) + 1)
    size = 1 << draw.randrange(5)
    match draw.randrange(8):
        case 0 if data:
            data[at % len(data)] ^= 1 << draw.randrange(8)
        case 1 if data:
            data[at % len(data)] = draw.choice(_NUMBERS)
        case 2:
            data[at:at] = draw.choice(_WORDS)
        case 3:
            del data[at : at + size]
        case 4:
            data[at:at] = data[at : at + size]
        case 5:
            other = draw.choice(seeds) if seeds else b""
            start = draw.randrange(len(other) + 1)
            data[at : at + size] = other[start : start + size]
        case 6:
            data[at:at] = bytes(draw.randrange(256) for _ in range(size))
        case _:
            del data[at:]
