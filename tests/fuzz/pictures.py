"""Live pictures: what a browser offers and what a camera sends raises nothing but what is caught, and is answered soundly."""

from contextlib import suppress

from aiortc.codecs.h264 import h264_depayload
from aiortc.sdp import SessionDescription

from drivers.cameras.stream import START_CODE, AccessUnit, Track
from edge.media.fmp4 import Placed, fragment, init_segment
from edge.media.live_rtp import MOST_PAYLOAD, payloads
from edge.media.live_sdp import Malformed, Ours, answer, choose, read
from edge.media.parameter_sets import codec_string
from tests.edge.media.sink import OFFER

OURS = Ours("ufrg", "p" * 24, ":".join(["AB"] * 32), "192.0.2.7", 40_000, 77, 123_456)
SPS = bytes.fromhex("6742c00dda0507e840000003004000000ca3c50aa8")
AVC = START_CODE + SPS + START_CODE + bytes.fromhex("68ce0fc8")
"""What libx264 and libx265 write."""
HEVC = bytes.fromhex(
    "0000000140010c01ffff01600000030090000003000003003cba02400000000142010101600000030090000003000003003c"
    "a00a080f165ba4a4c2e68080000003008000000c84000000014401c0718312"
)


def offer(data: bytes) -> None:
    """Refused in words, or answered with lines of ours alone, that another parser reads."""
    try:
        read_ = read(data.decode("utf-8", "replace"))
    except Malformed:
        return
    chosen = choose(read_, "4d0028")
    if chosen is not None:
        text = answer(read_, *chosen, OURS)
        assert text.isascii()
        assert all(line[1:2] == "=" for line in text.splitlines())
        assert text.count("a=candidate:") == 1
        assert len(SessionDescription.parse(text).media) == len(read_.sections)


def offer_seeds() -> list[bytes]:
    made = OFFER.format(ufrag="abcd", password="p" * 24, fingerprint=":".join(["11"] * 32))
    return [made.encode(), made.replace("\n", "\r\n").encode()]


def parameters(data: bytes) -> None:
    """A decoder's record, or `ValueError`; never a record for what is not there."""
    for codec in ("h264", "h265"):
        track = Track("h264" if codec == "h264" else "h265", data, 640, 360)
        with suppress(ValueError):
            assert init_segment(track)[4:8] == b"ftyp"
        with suppress(ValueError):
            assert codec_string(track).isascii()


def parameters_seeds() -> list[bytes]:
    return [AVC, HEVC]


def picture(data: bytes) -> None:
    """Goes out in packets that fit, from which it comes together again, and in a fragment of the size that it says."""
    for unit in (data, START_CODE + data):
        packed = payloads(unit)
        assert all(len(one) <= MOST_PAYLOAD for one in packed)
        whole = b"".join(map(h264_depayload, packed))
        sound = [nal for nal in unit.split(START_CODE)[1:] if len(nal) > 1 and 1 <= nal[0] & 31 <= 23]
        assert whole == b"".join(START_CODE + nal for nal in sound)
        made = fragment(AccessUnit(unit, True, 0, 0, Track("h264", b"")), Placed(5, 7, 9), 1)
        sizes = int.from_bytes(made[:4], "big"), int.from_bytes(made[104:108], "big")
        assert sum(sizes) == len(made)


def picture_seeds() -> list[bytes]:
    return [
        START_CODE + SPS + START_CODE + b"\x65" + bytes(1_500),
        START_CODE + b"\x41\x9a" + b"x" * 40,
        START_CODE * 3,
    ]
