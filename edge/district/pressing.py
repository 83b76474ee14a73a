"""Zstandard (RFC 8878), the one place that knows whose library it is."""

import sys
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL: Final = 3


class NotPressed(Exception):
    """No one whole frame."""


class TooMuch(Exception):
    """More comes out of it than was allowed."""


def pressed(data: bytes, level: int = LEVEL) -> bytes:
    """One frame."""
    return zstd.compress(data, level)


def unpressed(data: bytes, most: int) -> bytes:
    """What one frame holds, at most so many bytes, whatever it says of itself. Raises NotPressed, TooMuch."""
    reader = zstd.ZstdDecompressor()
    try:
        found = reader.decompress(data, most + 1)
    except zstd.ZstdError as err:
        raise NotPressed(str(err)) from None
    if len(found) > most or not (reader.eof or reader.needs_input):
        raise TooMuch(f"more than {most} bytes")
    if not reader.eof or reader.unused_data:
        raise NotPressed("not one whole frame")
    return found
