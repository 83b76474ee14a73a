"""What counts as an OSDP frame, and as an answer."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.doors.osdp_frames import ACK, BUSY, LONGEST, NAK, POLL, Frame, Framer, build, parse, received

BYTES = st.binary(max_size=600)
IN_CHANNEL, ACK_IN_CHANNEL = b"\x02\x15", b"\x02\x16"
MAC = bytes(4)
QUIET = settings(derandomize=True, max_examples=80, deadline=None)


def frame(raw: bytes) -> Frame:
    parsed = parse(raw)
    assert parsed is not None
    return parsed


def polled() -> Frame:
    return frame(build(5, False, 2, IN_CHANNEL, bytes([POLL]) + MAC))


def test_a_plain_frame_is_taken_apart() -> None:
    raw = build(5, True, 1, b"", bytes([ACK]))

    assert frame(raw) == Frame(raw, address=5, reply=True, sequence=1, block=0, code=ACK)


def test_a_frame_known_from_a_capture_is_sound() -> None:
    # osdp_POLL to address 0x65 with CRC as libosdp's own unit test has it (tests/unit-tests/test-cp-phy.c).
    parsed = parse(bytes.fromhex("53 65 08 00 04 60 60 90"))

    assert parsed is not None
    assert (parsed.address, parsed.code, parsed.reply) == (0x65, POLL, False)


def test_a_frame_with_a_checksum_in_place_of_a_crc_is_sound() -> None:
    body = bytes([0x53, 0x85, 0x07, 0x00, 0x01, ACK])

    assert frame(body + bytes([-sum(body) & 0xFF])).code == ACK


@QUIET
@given(at=st.integers(0, 12), flip=st.integers(1, 255))
def test_a_frame_with_one_damaged_byte_is_no_frame(at: int, flip: int) -> None:
    raw = bytearray(build(5, True, 2, ACK_IN_CHANNEL, bytes([ACK]) + MAC))
    raw[at] ^= flip

    damaged = parse(bytes(raw))

    if at != 4:  # one bit of the control byte chooses between CRC and checksum, which may fit by chance
        assert damaged is None


@QUIET
@given(
    noise=st.binary(max_size=80).filter(lambda b: 0x53 not in b),
    cuts=st.lists(st.integers(0, 120), max_size=6),
)
def test_a_frame_is_found_however_it_arrives_and_whatever_came_before(noise: bytes, cuts: list[int]) -> None:
    raw = build(5, True, 2, ACK_IN_CHANNEL, bytes([ACK]) + MAC)
    stream, framer, found = noise + b"\xff" + raw, Framer(), []
    marks = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})

    for start, end in pairwise(marks):
        found += framer.feed(stream[start:end])

    assert [f.raw for f in found] == [raw]


@QUIET
@given(pieces=st.lists(BYTES, max_size=8))
def test_no_bytes_break_the_framer_or_make_it_remember_more_than_a_frame(pieces: list[bytes]) -> None:
    framer = Framer()

    frames = [f for piece in pieces for f in framer.feed(piece)]

    assert all(parse(f.raw) == f for f in frames)
    assert len(framer._buffer) <= LONGEST


@QUIET
@given(before=BYTES)
def test_after_any_noise_the_framer_hears_again(before: bytes) -> None:
    raw = build(5, True, 2, b"", bytes([ACK]))
    framer = Framer()

    framer.feed(before)
    found = [f for _ in range(60) for f in framer.feed(raw)]

    assert raw in [f.raw for f in found]


def test_only_the_asked_reader_in_sequence_and_with_its_mac_answers() -> None:
    asked = polled()

    def heard(address: int = 5, reply: bool = True, sequence: int = 2, block: bytes = ACK_IN_CHANNEL) -> str:
        return received(asked, frame(build(address, reply, sequence, block, bytes([ACK]) + MAC)))

    assert heard() == "answer"
    assert heard(address=6) == "ignore"
    assert heard(reply=False) == "ignore"
    assert heard(sequence=1) == "ignore"
    assert heard(block=b"") == "ignore"
    assert heard(block=b"\x03\x12\x01") == "ignore"
    assert heard(block=b"\x03\x14\x01") == "ignore"
    assert heard(block=b"\x02\x15") == "ignore"


def test_a_nak_without_mac_inside_the_channel_is_a_lost_channel_and_no_refusal() -> None:
    assert received(polled(), frame(build(5, True, 2, b"", bytes([NAK, 6])))) == "lost"


def test_before_the_channel_a_nak_is_an_answer_and_an_encrypted_frame_is_none() -> None:
    asked = frame(build(5, False, 0, b"", b"\x61\x00"))

    assert received(asked, frame(build(5, True, 0, b"", bytes([NAK, 3])))) == "answer"
    assert received(asked, frame(build(5, True, 0, ACK_IN_CHANNEL, bytes([ACK]) + MAC))) == "ignore"


def test_a_busy_reader_asks_for_patience() -> None:
    assert received(polled(), frame(build(5, True, 0, b"", bytes([BUSY])))) == "busy"


def test_a_security_block_of_a_wrong_length_is_no_frame() -> None:
    assert parse(build(5, True, 1, b"\xf0\x12", bytes([ACK]) + MAC)) is None
    assert parse(build(5, True, 1, b"\x00\x16", bytes([ACK]) + MAC)) is None
    assert parse(build(5, True, 1, b"\x02\x16", bytes([ACK]))) is None
