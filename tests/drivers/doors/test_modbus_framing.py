"""MBAP and RTU framing: any cut of the stream gives the same frames, anything else is told and bounded."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.doors.modbus_mbap import FramingLost, MbapFrame, MbapReader, encode_mbap
from drivers.doors.modbus_rtu_frame import (
    MOST_NOISE_BYTES,
    BadFrame,
    RtuFrame,
    RtuReader,
    behind_noise,
    crc16,
    encode_rtu,
    reply_size,
    request_size,
    silence_s,
)

fuzzed = settings(derandomize=True, max_examples=60, deadline=None)
MBAP_FRAMES = st.lists(
    st.builds(MbapFrame, st.integers(0, 0xFFFF), st.integers(0, 255), st.binary(min_size=1, max_size=253)),
    max_size=5,
)
REPLY_PDUS = st.sampled_from(["0101ff", "8102", "0304 00010002", "05 0001ff00", "0f 0001 0002"]).map(
    bytes.fromhex
)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[a:b] for a, b in pairwise(at)]


@fuzzed
@given(MBAP_FRAMES, st.lists(st.integers(0, 2000), max_size=8))
def test_mbap_frames_are_found_however_the_stream_is_cut(frames: list[MbapFrame], cuts: list[int]) -> None:
    reader = MbapReader()
    stream = b"".join(encode_mbap(frame) for frame in frames)

    assert [frame for piece in pieces(stream, cuts) for frame in reader.feed(piece)] == frames


@pytest.mark.parametrize(
    "head", ["0001 0001 0006", "0001 0000 0001", "0001 0000 0000", "0001 0000 00ff", "0001 0000 ffff"]
)
def test_a_header_that_is_none_loses_the_framing_at_once(head: str) -> None:
    with pytest.raises(FramingLost):
        MbapReader().feed(bytes.fromhex(head))


@fuzzed
@given(st.binary(max_size=2000))
def test_any_tcp_bytes_are_frames_or_lost_framing(stream: bytes) -> None:
    reader = MbapReader()
    try:
        frames = reader.feed(stream)
    except FramingLost:
        return
    assert stream.startswith(b"".join(encode_mbap(frame) for frame in frames))


def test_the_crc_is_the_specifications() -> None:
    # V1.02 appendix B: unit 2, function 7 has the CRC 0x1241, low byte first on the line.
    assert crc16(bytes.fromhex("02 07")) == 0x1241
    assert encode_rtu(2, b"\x07") == bytes.fromhex("02 07 41 12")


@fuzzed
@given(st.lists(REPLY_PDUS, max_size=4), st.lists(st.integers(0, 200), max_size=8))
def test_rtu_replies_are_found_however_the_line_delivers_them(pdus: list[bytes], cuts: list[int]) -> None:
    reader = RtuReader(reply_size)
    stream = b"".join(encode_rtu(3, pdu) for pdu in pdus)

    found = [frame for piece in pieces(stream, cuts) for frame in reader.feed(piece)]

    assert found == [RtuFrame(3, pdu) for pdu in pdus]


@fuzzed
@given(REPLY_PDUS, st.integers(0, 1000), st.integers(0, 7))
def test_one_flipped_bit_never_passes_as_a_frame(pdu: bytes, at: int, bit: int) -> None:
    spoilt = bytearray(encode_rtu(3, pdu))
    spoilt[at % len(spoilt)] ^= 1 << bit
    try:
        found = RtuReader(reply_size).feed(bytes(spoilt))
    except BadFrame:
        return
    assert found == []


def test_a_reply_behind_a_little_noise_is_found_and_nothing_that_is_not_whole() -> None:
    reply = encode_rtu(3, bytes.fromhex("0101ff"))

    assert behind_noise(b"\0\xff" + reply, 3, 1) == RtuFrame(3, bytes.fromhex("0101ff"))
    assert behind_noise(b"\0" * MOST_NOISE_BYTES + reply, 3, 1) is not None
    assert behind_noise(b"\0" * (MOST_NOISE_BYTES + 1) + reply, 3, 1) is None
    assert behind_noise(b"\0" + reply[:-1], 3, 1) is None
    assert behind_noise(b"\0" + reply + b"\0", 3, 1) is None
    assert behind_noise(b"\0" + reply, 4, 1) is None
    assert behind_noise(b"\0" + reply, 3, 2) is None
    assert behind_noise(b"\0" + reply[:-1] + bytes((reply[-1] ^ 1,)), 3, 1) is None


@fuzzed
@given(st.binary(max_size=600), st.sampled_from([reply_size, request_size]))
def test_any_serial_bytes_are_frames_or_bad_and_never_pile_up(stream: bytes, size: object) -> None:
    reader = RtuReader(reply_size if size is reply_size else request_size)
    for at in range(0, len(stream), 7):
        try:
            reader.feed(stream[at : at + 7])
        except BadFrame:
            continue
        assert len(reader._rest) <= 256


def test_the_gap_between_frames_is_three_and_a_half_characters_up_to_19200_baud() -> None:
    assert silence_s(9600) == pytest.approx(3.5 * 11 / 9600)
    assert silence_s(115_200) == 0.00175
