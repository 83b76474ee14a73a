"""Evidence: what a crash left of a clip, the pictures a clip is made of, and what comes from the looking process."""

import struct
from functools import cache

from drivers.cameras.stream import START_CODE, AccessUnit, Track
from drivers.lines import Unreadable
from edge.media import following_messages as following
from edge.media.clip_timing import Timeline
from edge.media.looking_messages import (
    LONGEST_BODY,
    LONGEST_HEAD,
    PREFIX,
    Failed,
    Jpeg,
    LookAt,
    Made,
    Seen,
    down,
    head,
    lengths,
    up,
)
from edge.media.mp4 import Mp4, Sample, boxes, taken_at, whole_until

SPS = bytes.fromhex("67640029acca501e0089f97011000003000100000300320f183196")
PPS = bytes.fromhex("68e93b2c8b")
TRACK = Track("h264", START_CODE + SPS + START_CODE + PPS, 1920, 1080)


@cache
def _file() -> bytes:
    made, content = Mp4(TRACK), b""
    content += made.head()
    for number in range(3):
        picture = START_CODE + b"\x65" + bytes((number + 1,)) * 9
        content += made.fragment([Sample(picture, number * 6000, 0, number == 0)], (), 1_790_000_000_000_000)
    return content


def leftover(data: bytes) -> None:
    """Any bytes as a file: what is called whole lies within it, is whole by itself, and ends in bounded time."""

    def read(offset: int, count: int) -> bytes:
        return data[offset : offset + count]

    until, closed = whole_until(len(data), read)
    assert 0 <= until <= len(data)
    found = list(boxes(len(data), read))
    assert len(found) <= len(data) // 8
    assert sum(length for _, _, length in found) <= len(data)
    taken_at(until, read)
    if not closed:
        again, _ = whole_until(until, lambda offset, count: data[:until][offset : offset + count])
        assert again == until


def leftover_seeds() -> list[bytes]:
    whole = _file()
    made = Mp4(TRACK)
    closed = made.head() + made.fragment([Sample(START_CODE + b"\x65ab", 0)]) + made.tail()
    offset, patch = made.patch()
    return [whole, whole[:-5], whole + whole[:40], closed[:offset] + patch + closed[offset + len(patch) :]]


def pictures(data: bytes) -> None:
    """Parameter sets and pictures of a hostile camera: a file, or a refusal; what goes in is as long as what comes out."""
    if len(data) < 4:
        return
    codec, cut = ("h264", "h265")[data[0] & 1], int.from_bytes(data[1:3], "big")
    sets, rest = data[3 : 3 + cut], data[3 + cut :]
    track = Track("h264" if codec == "h264" else "h265", sets, data[0], cut)
    try:
        made = Mp4(track)
        content = made.head()
    except ValueError:
        made = Mp4(TRACK)
        content = made.head()
    timeline, last, at = Timeline(data[0] % 4), -1, 0
    for part in rest.split(b"\n"):
        rtp, later = struct.unpack(">qI", part[:12].ljust(12, b"\0"))
        at += later
        unit = AccessUnit(START_CODE + part[12:], not rtp & 1, rtp, at, track)
        dts, pts = timeline.place(unit, after_break=bool(rtp & 2))
        assert dts > last
        last = dts
        if abs(pts - dts) < 1 << 31:
            content += made.fragment([Sample(unit.data, dts, pts - dts, unit.key)])
            assert made.size == len(content)
            mdat = struct.pack(">I4s", 8 + len(unit.data), b"mdat")
            assert content[-len(unit.data) - 8 : -len(unit.data)] == mdat
    until, closed = whole_until(len(content), lambda offset, count: content[offset : offset + count])
    assert until <= len(content)
    assert not closed
    made.tail()


def pictures_seeds() -> list[bytes]:
    sets = TRACK.parameter_sets
    begun = b"\0" + len(sets).to_bytes(2, "big") + sets
    lines = b"\n".join(struct.pack(">qI", n * 6000, 66_666) + b"\x65" + b"x" * n for n in range(5))
    return [begun + lines, b"\1" + begun[1:] + lines, begun]


def messages(data: bytes) -> None:
    """Any bytes from or to a process that decodes: a message that is the same again when it is said again, or a refusal."""
    for read in (down, up, following.down, following.up):
        try:
            message = read(data)
        except Unreadable:
            continue
        said = head(message, 0)
        head_bytes, body_bytes = lengths(said[: PREFIX.size])
        assert (head_bytes, body_bytes) == (len(said) - PREFIX.size, 0)
        assert read(said[PREFIX.size :]) == message
    if len(data) >= PREFIX.size:
        try:
            head_bytes, body_bytes = lengths(data[: PREFIX.size])
        except Unreadable:
            return
        assert head_bytes <= LONGEST_HEAD
        assert body_bytes <= LONGEST_BODY


def messages_seeds() -> list[bytes]:
    said = (
        LookAt(1, "h264", 900, 14_404, 2, 3),
        Jpeg(2, "h265", 640),
        Seen(3, 640, 360, 120.5, 40.25, 20.0, 0.5, 2.0, (0.75, 0.5), 900),
        Made(4, 640, 360, 2_000),
        Failed(5, "undecodable", 10),
    )
    followed = (
        following.Feed(6, "h264", True, False, (900, 0, 7)),
        following.Show(7, 640),
        following.Fed(8, 2, 900),
    )
    return [head(one, 0)[PREFIX.size :] for one in (*said, *followed)] + [head(said[0], 5)]
