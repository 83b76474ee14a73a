"""A byte stream of H.264 or H.265 cut into its NAL units. Pure. Source: annex B of ITU-T H.264 and of H.265."""

from collections.abc import Iterator
from typing import Final

_START: Final = b"\0\0\1"


def nal_units(stream: bytes) -> Iterator[bytes]:
    """What stands between start codes of three or four bytes; what stands before the first is no NAL unit."""
    place = stream.find(_START)
    while place >= 0:
        begin = place + len(_START)
        place = stream.find(_START, begin)
        # Zeros before a start code belong to it; no NAL unit ends with one (section 7.4.1).
        nal = stream[begin : place if place >= 0 else len(stream)].rstrip(b"\0")
        if nal:
            yield nal
