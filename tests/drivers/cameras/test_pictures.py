"""NAL units in, pictures out: H.264 and H.265 as cameras pack them."""

import struct
from itertools import pairwise

import pytest

from drivers.cameras.annexb import nal_units
from drivers.cameras.bits import Bits
from drivers.cameras.h264 import H264
from drivers.cameras.h264_sps import read_sps as read_h264
from drivers.cameras.h265 import H265
from drivers.cameras.h265_sps import read_sps as read_h265
from drivers.cameras.malformed import Malformed
from drivers.cameras.pictures import MOST_BYTES
from drivers.cameras.rtp import MOST_BAD, RtpStream
from drivers.cameras.stream import START_CODE, AccessUnit, Codec, Unserved
from drivers.simulators.camera_loop import StreamSettings, made
from tests.drivers.cameras.servers import LOOPS

SPS = bytes.fromhex("67640028acd940780227e5c05a808080a0000003002000000781e30632c0")
PPS = bytes.fromhex("68ebe3cb22c0")
KEY, NEXT, LATER_SLICE = b"\x65\x88\x84\x00\x11", b"\x41\x9a\x24\x33", b"\x41\x24\x33\x44"
VPS_5, SPS_5, PPS_5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"
KEY_5, NEXT_5 = b"\x26\x01\xaf\x11", b"\x02\x01\xd0\x22"


class Played:
    """Payloads through a stream: each call is one packet."""

    def __init__(self, codec: Codec = "h264", *sets: bytes) -> None:
        self.units: list[AccessUnit] = []
        self.lost = 0
        self.pictures: H264 | H265 = (
            H264(sets, self.units.append) if codec == "h264" else H265(sets, self.units.append)
        )
        self.stream = RtpStream(96, 90_000, self.pictures, self._missing)
        self.sequence = 65_530

    def _missing(self, packets: int) -> None:
        self.lost += packets

    def __call__(self, stamp: int, *payloads: bytes, marker: bool = True, skip: int = 0) -> "Played":
        """The last one with the marker bit; `skip` packets are lost before the first."""
        self.sequence += skip
        for number, payload in enumerate(payloads):
            last = number == len(payloads) - 1
            header = struct.pack(
                ">BBHII", 0x80, 96 | (marker and last) << 7, self.sequence & 0xFFFF, stamp, 7
            )
            self.stream.packet(header + payload, 0, 12 + len(payload), self.sequence)
            self.sequence += 1
        return self

    def nals(self) -> list[list[bytes]]:
        return [list(nal_units(unit.data)) for unit in self.units]


def stap(*nals: bytes) -> bytes:
    return b"\x78" + b"".join(struct.pack(">H", len(one)) + one for one in nals)


def test_parameter_sets_of_the_description_stand_in_front_of_a_key_picture_that_has_none() -> None:
    played = Played("h264", PPS, SPS)(0, KEY)(3_000, NEXT)

    assert played.nals() == [[SPS, PPS, KEY], [NEXT]]
    assert played.units[0].track.parameter_sets == START_CODE + SPS + START_CODE + PPS


def test_a_cameras_own_parameter_sets_are_not_doubled_and_replace_those_of_the_description() -> None:
    other = SPS[:-1] + b"\xc1"
    played = Played("h264", SPS, PPS)(0, stap(other, PPS, KEY))(3_000, KEY)

    assert played.nals() == [[other, PPS, KEY], [other, PPS, KEY]]
    assert played.units[0].track == played.units[1].track


def test_parameter_sets_that_are_marked_as_a_picture_of_their_own_go_with_the_next() -> None:
    played = Played()(0, SPS)(0, PPS)(0, KEY)

    assert played.nals() == [[SPS, PPS, KEY]]
    assert played.units[0].key


def test_without_any_parameter_set_nothing_is_called_a_key_picture_and_the_stream_is_given_up() -> None:
    played = Played()(0, KEY)

    assert not played.units[0].key
    played(1, KEY)(2, KEY)
    with pytest.raises(Malformed):
        played(3, KEY)


def test_a_camera_that_never_marks_ends_its_pictures_by_their_time() -> None:
    played = Played("h264", SPS, PPS)(0, KEY, marker=False)(3_000, NEXT, LATER_SLICE, marker=False)(
        6_000, NEXT
    )

    assert played.nals()[1] == [NEXT, LATER_SLICE]
    assert all(unit.whole for unit in played.units)


def test_a_camera_that_marks_every_slice_is_found_out_by_its_second() -> None:
    played = Played("h264", SPS, PPS)(0, KEY)
    for number in range(1, 5):
        played(3_000 * number, NEXT)(3_000 * number, LATER_SLICE)
    played(90_000, NEXT)

    whole = [one for one, unit in zip(played.nals(), played.units, strict=True) if unit.whole]
    assert [NEXT, LATER_SLICE] in whole
    assert whole[-1] == [NEXT, LATER_SLICE]


def test_a_fragmented_unit_is_joined_and_its_header_made_again() -> None:
    played = Played("h264", SPS, PPS)(0, b"\x7c\x85\x88ab", b"\x7c\x05cd", b"\x7c\x45ef")

    assert played.nals() == [[SPS, PPS, b"\x65\x88abcdef"]]


@pytest.mark.parametrize(
    "payloads",
    [
        [b"\x5c\x01ab", b"\x5c\x41cd"],
        [b"\x5c\x81\x9aab", b"\x7c\x45cd"],
        [b"\x5c\x81\x9aab", NEXT],
        [b"\x5c\x81\x9aab"],
        [b"\x5c\x81"],
        [stap(NEXT)[:-1]],
        [b"\x78\x00\x00"],
        [NEXT, b"\x5f\x00"],
        [LATER_SLICE],
    ],
)
def test_what_is_not_all_there_is_not_called_whole(payloads: list[bytes]) -> None:
    played = Played("h264", SPS, PPS)(0, KEY)(3_000, *payloads)(6_000, NEXT)(9_000, KEY)

    damaged = [unit for unit in played.units if unit.rtp == 3_000]
    assert all(not unit.whole for unit in damaged)
    assert played.units[-1].whole
    assert played.units[-1].key


def test_a_loss_between_two_pictures_breaks_the_second_unless_it_is_a_key_picture() -> None:
    played = Played("h264", SPS, PPS)(0, KEY)(3_000, NEXT, skip=2)(6_000, KEY, skip=1)(9_000, NEXT)

    assert [unit.whole for unit in played.units] == [True, False, True, True]
    assert played.lost == 3


def test_a_picture_that_never_ends_is_bounded() -> None:
    played = Played("h264", SPS, PPS)(0, b"\x7c\x85\x88" + bytes(60_000), marker=False)
    for _ in range(MOST_BYTES // 60_000 + 20):
        played(0, b"\x7c\x05" + bytes(60_000), marker=False)
    played(3_000, KEY)

    assert not played.units[0].whole
    assert len(played.units[0].data) <= MOST_BYTES + 60_100


@pytest.mark.parametrize(
    ("payload", "name"), [(b"\x79\0\0", "STAP-B"), (b"\x7a\0\0", "MTAP16"), (b"\x7d\x85\0\0", "FU-B")]
)
def test_the_interleaved_mode_is_refused_by_name(payload: bytes, name: str) -> None:
    with pytest.raises(Unserved, match=name):
        Played()(0, payload)


def test_time_goes_on_over_its_wrap_and_sequence_over_its() -> None:
    played = Played("h264", SPS, PPS)
    for number in range(20):
        played((4_294_960_000 + 3_000 * number) & 0xFFFF_FFFF, KEY)

    assert [unit.rtp for unit in played.units] == [3_000 * number for number in range(20)]
    assert played.lost == 0
    received = played.stream.reception(0)
    assert received is not None
    assert (received.lost, received.highest) == (0, 65_549)


def test_a_source_that_begins_anew_goes_on_in_time_by_our_clock() -> None:
    played = Played("h264", SPS, PPS)(1_000, KEY)
    restarted = struct.pack(">BBHII", 0x80, 0xE0, 5, 700_000, 8) + KEY
    played.stream.packet(restarted, 0, len(restarted), 65_530 + 2_000_000)

    assert played.units[1].rtp == 180_000
    assert played.lost == 0


def test_pictures_shown_earlier_than_one_sent_before_are_reordered() -> None:
    silent = b"\x67\x4d\x00"
    played = Played("h264", silent, PPS)(0, KEY)(9_000, NEXT)(3_000, NEXT)

    assert [unit.track.reordered for unit in played.units] == [False, False, True]


@pytest.mark.parametrize("leap", [-8_000_000, 8_000_000, 2**31 - 1])
def test_a_camera_whose_clock_is_set_goes_on_in_time_and_is_not_called_reordered(leap: int) -> None:
    silent = b"\x67\x4d\x00"
    begun = 1_000_000_000
    played = Played("h264", silent, PPS)(begun, KEY)(begun + 3_000, NEXT)(begun + leap, NEXT)
    played(begun + leap + 3_000, NEXT)

    times = [unit.rtp for unit in played.units]
    assert times[1] - times[0] == 3_000
    assert 0 < times[2] - times[1] < 90_000
    assert times[3] - times[2] == 3_000
    assert not any(unit.track.reordered for unit in played.units)


def test_padding_extension_and_sources_are_no_payload() -> None:
    played = Played("h264", SPS, PPS)
    packet = (
        struct.pack(">BBHII", 0xB1, 0xE0, 1, 0, 7) + bytes(4) + b"\xbe\xde\0\1" + bytes(4) + KEY + b"\0\0\3"
    )
    played.stream.packet(packet, 0, len(packet), 0)

    assert played.nals() == [[SPS, PPS, KEY]]


def test_packets_of_another_format_are_dropped_and_nothing_else_for_ever_is_malformed() -> None:
    played = Played()
    strange = struct.pack(">BBHII", 0x80, 0x61, 1, 0, 7) + KEY
    for _ in range(MOST_BAD):
        played.stream.packet(strange, 0, len(strange), 0)
    with pytest.raises(Malformed):
        played.stream.packet(strange, 0, len(strange), 0)

    assert not played.units


def test_h265_single_aggregated_and_fragmented_units_are_read() -> None:
    several = b"\x60\x01" + b"".join(struct.pack(">H", len(one)) + one for one in (VPS_5, SPS_5, PPS_5))
    played = Played("h265")(0, several, b"\x62\x01\x93\xafab", b"\x62\x01\x53cd")(3_000, NEXT_5)(6_000, KEY_5)

    assert played.nals() == [
        [VPS_5, SPS_5, PPS_5, b"\x26\x01\xafabcd"],
        [NEXT_5],
        [VPS_5, SPS_5, PPS_5, KEY_5],
    ]
    assert [unit.key for unit in played.units] == [True, False, True]


def test_h265_content_information_is_not_guessed_at() -> None:
    played = Played("h265", VPS_5, SPS_5, PPS_5)(0, KEY_5)(3_000, b"\x64\x01\x00\x00\x00", NEXT_5)

    assert [unit.whole for unit in played.units] == [True, False]


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize(("width", "height", "b_frames"), [(640, 360, 0), (322, 182, 2)])
async def test_the_size_and_the_order_of_pictures_are_read_from_the_parameter_sets(
    codec: Codec, width: int, height: int, b_frames: int
) -> None:
    settings = StreamSettings(
        codec=codec, width=width, height=height, fps=10, gop=10, seconds=2, b_frames=b_frames
    )
    loop = await made(settings, "normal", LOOPS)
    kind = 7 if codec == "h264" else 33

    for nal in loop.parameter_sets:
        if (nal[0] & 31 if codec == "h264" else nal[0] >> 1 & 63) == kind:
            shape = read_h264(nal) if codec == "h264" else read_h265(nal)
            assert (shape.width, shape.height) == (width, height)
            assert shape.reordered == bool(b_frames)


def test_a_high_profile_camera_with_cropping_and_timing_is_read() -> None:
    shape = read_h264(SPS)

    assert (shape.width, shape.height, shape.profile_level) == (1920, 1080, "640028")
    assert shape.reordered is True


@pytest.mark.parametrize("length", range(1, len(SPS)))
def test_a_parameter_set_cut_short_is_refused_or_read_as_far_as_it_goes(length: int) -> None:
    try:
        shape = read_h264(SPS[:length])
    except Malformed:
        return
    assert shape.width == 1920


def test_numbers_of_exponential_golomb_are_read() -> None:
    bits = Bits(bytes([0b10100110, 0b01000010, 0b10000000]))

    assert [bits.unsigned() for _ in range(4)] == [0, 1, 2, 3]
    assert Bits(b"\x40").signed() == 1
    assert Bits(b"\x60").signed() == -1
    with pytest.raises(Malformed):
        Bits(b"").flag()
    with pytest.raises(Malformed):
        Bits(bytes(9)).unsigned()


def test_start_codes_of_three_and_four_bytes_are_both_read() -> None:
    assert list(nal_units(b"\0\0\0\1ab\0\0\1cd\0\0\0\1\0\0\1")) == [b"ab", b"cd"]
    assert list(nal_units(b"ab")) == []
    assert [len(a) + len(b) for a, b in pairwise(nal_units(b"\0\0\1a\0\0\1bc"))] == [3]
