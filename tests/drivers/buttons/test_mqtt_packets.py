"""A broker's stream is cut as MQTT says, wherever the network cut it, and what no broker sends is known as such."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.buttons.heard import Arrived
from drivers.buttons.mqtt_packets import LONGEST, Garbled, Packets, published

PING_ANSWER = b"\xd0\x00"


def packet(first: int, body: bytes) -> bytes:
    """MQTT 3.1.1 section 2.2.3."""
    left, length = len(body), b""
    while True:
        left, digit = left >> 7, left & 127
        length += bytes([digit | (128 if left else 0)])
        if not left:
            return bytes([first]) + length + body


def publish(message: Arrived) -> bytes:
    """Section 3.3."""
    topic = message.topic.encode()
    mid = message.mid.to_bytes(2, "big") if message.qos else b""
    return packet(
        0x30 | message.qos << 1 | message.retain,
        len(topic).to_bytes(2, "big") + topic + mid + message.payload,
    )


messages = st.builds(
    lambda topic, payload, mid, retain: Arrived(topic, payload, 1 if mid else 0, retain, mid),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.binary(max_size=400),
    st.integers(0, 65_535),
    st.booleans(),
)


@given(st.lists(st.one_of(messages, st.none()), max_size=8), st.lists(st.integers(1, 90), min_size=1))
def test_however_the_network_cuts_a_stream_each_message_is_had_once_whole_and_in_order(
    said: list[Arrived | None], pieces: list[int]
) -> None:
    stream = b"".join(PING_ANSWER if one is None else publish(one) for one in said)
    reader, heard = Packets(), list[Arrived | None]()
    while stream:
        for size in pieces:
            heard += [published(one) for one in reader.feed(stream[:size])]
            stream = stream[size:]

    assert heard == said


@pytest.mark.parametrize("piece", [4096, 2 * LONGEST])
def test_of_a_message_beyond_all_reason_the_beginning_is_kept_and_the_next_one_is_heard(piece: int) -> None:
    long, press = Arrived("a/b", b"x" * (3 * LONGEST), 1, False, 7), Arrived("a/b", b"{}", 1, False, 8)
    reader, heard = Packets(), list[Arrived | None]()
    stream = publish(long) + publish(press)
    for at in range(0, len(stream), piece):
        heard += [published(one) for one in reader.feed(stream[at : at + piece])]

    cut, after = heard
    assert cut is not None
    assert (cut.topic, cut.mid, len(cut.payload)) == ("a/b", 7, LONGEST - len(b"..a/b.."))
    assert after == press


@pytest.mark.parametrize("other", [PING_ANSWER, b"\x34\x07\x00\x01a\x00\x01{}", b"\x40\x02\x00\x01"])
def test_any_other_packet_is_left_to_the_library(other: bytes) -> None:
    assert [published(one) for one in Packets().feed(other)] == [None]


def test_a_length_of_five_bytes_is_no_brokers() -> None:
    with pytest.raises(Garbled):
        Packets().feed(b"\x30\xff\xff\xff\xff\x01")


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x00\x05a", b"\x00\x01a\x00"])
def test_a_message_that_ends_before_its_payload_is_no_brokers(body: bytes) -> None:
    (whole,) = Packets().feed(packet(0x32, body))
    with pytest.raises(Garbled):
        published(whole)


@given(st.lists(st.binary(max_size=60)))
def test_any_bytes_at_all_are_cut_or_refused(pieces: list[bytes]) -> None:
    reader, given_back = Packets(), b""
    try:
        for piece in pieces:
            for whole in reader.feed(piece):
                given_back += whole
                published(whole)
    except Garbled:
        return
    assert b"".join(pieces).startswith(given_back)
