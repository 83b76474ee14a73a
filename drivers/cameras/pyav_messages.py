"""What the process of the fallback engine says: a header, then so many bytes. Pure, bounded.

One JSON line goes down (`Order`), frames come up: `opened` once, then pictures, packets that were missed, and why it
ended. Times are CLOCK_MONOTONIC, which both share.
"""

import struct
from typing import Final, Literal

import msgspec

from drivers.cameras.malformed import Malformed

HEADER: Final = struct.Struct(">cI")
UNIT: Final = struct.Struct(">?qq")
"""Whole, RTP time in 1/90000 s, microseconds; Annex B follows."""
MOST_BYTES: Final = 9 * 1_048_576
LONGEST_ORDER: Final = 16_384
OPENED, PICTURE, MISSED, LOST = b"O", b"U", b"M", b"L"
REDIRECTED: Final = "redirected"
"""Code of `Lost`: the camera sends us to the address in `detail`."""
KINDS: Final = frozenset((OPENED, PICTURE, MISSED, LOST))


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to read. url: with user and password, as libavformat wants them. Seconds."""

    url: str
    transport: Literal["tcp", "udp"]
    open_s: float
    read_s: float
    ca_file: str | None = None

    def __repr__(self) -> str:
        return "Order()"


class Opened(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """extradata: parameter sets of the description, Annex B as hex."""

    codec: Literal["h264", "h265"]
    extradata: str


class Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `stream.StreamLost`. unserved: trying again does not help."""

    code: str
    detail: str
    unserved: bool = False


def frame(kind: bytes, body: bytes) -> bytes:
    return HEADER.pack(kind, len(body)) + body


def header(data: bytes) -> tuple[bytes, int]:
    """(kind, length). Raises Malformed."""
    kind, length = HEADER.unpack(data)
    if kind not in KINDS or length > MOST_BYTES:
        raise Malformed("what the process says is no message")
    return kind, length


def picture(body: bytes) -> tuple[bool, int, int, bytes]:
    """(whole, rtp, at_us, Annex B). Raises Malformed."""
    if len(body) < UNIT.size:
        raise Malformed("a picture without its times")
    whole, rtp, at_us = UNIT.unpack_from(body)
    return whole, rtp, at_us, body[UNIT.size :]


def read_opened(body: bytes) -> tuple[Opened, bytes]:
    """The message and its extradata. Raises Malformed."""
    try:
        opened = msgspec.json.decode(body, type=Opened)
        return opened, bytes.fromhex(opened.extradata)
    except (msgspec.DecodeError, ValueError):
        raise Malformed("what the process says is no message") from None


def read_lost(body: bytes) -> Lost:
    """Raises Malformed."""
    try:
        return msgspec.json.decode(body, type=Lost)
    except (msgspec.DecodeError, ValueError):
        raise Malformed("what the process says is no message") from None
