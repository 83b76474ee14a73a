"""What goes out as RTP is, put together again by somebody else's code, what the camera sent."""

from random import Random

import pytest
from aiortc.codecs.h264 import h264_depayload
from aiortc.rtp import RtpPacket

from drivers.cameras.stream import START_CODE, AccessUnit, Track
from edge.media.hub import LONGEST_GOP, Hub
from edge.media.live_rtp import MOST_PAYLOAD, Packed, Packer, header, payloads
from tests.edge.media.encoder import encoded


class Looking:
    """A viewer that writes down what it gets."""

    def __init__(self) -> None:
        self.got: list[Packed | None] = []

    def packed(self, packed: Packed) -> None:
        self.got.append(packed)

    def unservable(self) -> None:
        self.got.append(None)


def annexb(*sizes: int) -> bytes:
    return b"".join(START_CODE + b"\x65" + bytes([7]) * (size - 1) for size in sizes)


@pytest.mark.parametrize(
    "size", [2, 3, 1_176, 1_177, 1_178, 1_179, 1_180, 1_181, 2_356, 2_357, 2_358, 100_000]
)
def test_a_unit_of_any_size_arrives_whole(size: int) -> None:
    for data in (annexb(size), annexb(10, size), annexb(size, 10, 20, size)):
        packed = payloads(data)
        assert b"".join(map(h264_depayload, packed)) == data
        assert max(map(len, packed)) <= MOST_PAYLOAD


def test_true_pictures_arrive_bit_by_bit() -> None:
    for unit in encoded(30):
        assert b"".join(map(h264_depayload, payloads(unit.data))) == unit.data


def test_units_that_would_mean_something_else_in_rtp_do_not_go_out() -> None:
    assert payloads(
        START_CODE + b"\x7c\x85" + START_CODE + START_CODE + b"\x0a" + START_CODE + b"\x65\x01"
    ) == (b"\x65\x01",)


def test_a_key_picture_asks_to_be_shown_at_once() -> None:
    packet = RtpPacket.parse(
        header(102, marker=True, sequence=70_000, at=1 << 33, ssrc=5, shown_at_once=5) + b"x"
    )
    assert (packet.payload, packet.marker, packet.sequence_number, packet.timestamp) == (
        b"x",
        1,
        70_000 & 0xFFFF,
        0,
    )
    assert header(102, marker=False, sequence=1, at=2, ssrc=3)[0] == 0x80


def test_pictures_are_packed_once_and_kept_since_the_last_key_picture() -> None:
    hub, one, other = Hub("cam-1", "main"), Looking(), Looking()
    units = encoded(30, fps=25, key_s=1)
    for unit in units[:27]:
        hub.unit(unit)
    packer = Packer(hub)
    packer.join(one)
    packer.join(other)
    for unit in units[27:]:
        hub.unit(unit)
    assert len(packer.gop) == 5
    assert packer.gop[0].key
    assert one.got == other.got == packer.gop[2:]
    assert all(mine is theirs for mine, theirs in zip(one.got, other.got, strict=True))
    assert [packer.leave(one), packer.leave(other), hub.watched] == [False, True, 0]


def test_a_stream_that_webrtc_cannot_show_any_more_is_told() -> None:
    hub, looking, track = Hub("cam-1", "main"), Looking(), Track("h264", b"", reordered=True)
    packer = Packer(hub)
    packer.join(looking)
    hub.unit(AccessUnit(annexb(5), True, 0, 1, track))
    assert looking.got == [None]
    assert packer.gop == []


def test_a_group_of_pictures_without_end_does_not_fill_the_memory() -> None:
    hub, track = Hub("cam-1", "main"), Track("h264", b"")
    packer = Packer(hub)
    for number in range(3 * LONGEST_GOP):
        hub.unit(AccessUnit(annexb(5), number == 0, number, number, track))
    assert len(packer.gop) <= LONGEST_GOP


def test_no_bytes_whatever_break_the_packer() -> None:
    random = Random(5)
    for _ in range(2_000):
        payloads(START_CODE.join(random.randbytes(random.choice((0, 1, 3, 1_200))) for _ in range(4)))
