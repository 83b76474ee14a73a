"""What an MP4 says of its codecs, and its pictures as it holds them: made of the camera's own bytes. Pure.

ISO/IEC 14496-12:2015 (boxes), 14496-15 (avc1, hev1), 14496-1:2010 7.2.6 (esds); QuickTime File Format (ulaw, alaw).
"""

import struct

from drivers.cameras.stream import START_CODE, AudioFrame, Track
from edge.media.parameter_sets import decoder_record

_AAC_OBJECT = 0x40
_AUDIO_STREAM = 0x15


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box around its parts (14496-12 4.2)."""
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    """A box with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def lengths_for_start_codes(data: bytes) -> bytearray:
    """Annex B with four-byte start codes as MP4 holds it: each start code becomes the length of its NAL unit.

    As long as before, and turned back by the inverse: no byte else is touched, parameter sets stay where the camera
    sent them. Raises ValueError.
    """
    if not data.startswith(START_CODE):
        raise ValueError("a picture that does not begin with a start code")
    turned, at = bytearray(data), 0
    while at >= 0:
        behind = data.find(START_CODE, at + 4)
        struct.pack_into(">I", turned, at, (behind if behind >= 0 else len(data)) - at - 4)
        at = behind
    return turned


def video_entry(track: Track) -> bytes:
    """The sample entry of a track, its parameter sets inside. Raises ValueError where they are missing or broken."""
    # hev1, not hvc1: its parameter sets may stand in the stream as well, and the camera's own do.
    kind, configuration = (b"avc1", b"avcC") if track.codec == "h264" else (b"hev1", b"hvcC")
    return box(
        kind,
        struct.pack(">6xH16x", 1),
        struct.pack(">HHIIIH32xHh", track.width, track.height, 0x480000, 0x480000, 0, 1, 0x18, -1),
        box(configuration, decoder_record(track)),
    )


def audio_entry(frame: AudioFrame) -> bytes:
    """The sample entry of sound like this frame. Raises ValueError."""
    kind = {"aac": b"mp4a", "pcmu": b"ulaw", "pcma": b"alaw"}[frame.codec]
    described = struct.pack(">6xH8xHHIHH", 1, frame.channels, 16, 0, min(frame.clock, 0xFFFF), 0)
    return box(kind, described, _esds(frame.config) if frame.codec == "aac" else b"")


def _esds(config: bytes) -> bytes:
    decoder = _descriptor(
        4, struct.pack(">BB3xII", _AAC_OBJECT, _AUDIO_STREAM, 0, 0) + _descriptor(5, config)
    )
    return full(b"esds", 0, 0, _descriptor(3, b"\0\0\0" + decoder + _descriptor(6, b"\2")))


def _descriptor(tag: int, body: bytes) -> bytes:
    if len(body) > 127:
        raise ValueError("an audio configuration that is too long")
    return bytes((tag, len(body))) + body
