"""A broker's stream: however it is cut, the same packets, none longer than is kept, and no message beyond its packet."""

from drivers.buttons.mqtt_packets import LONGEST, Garbled, Packets, published

_PUBLISH = b"\x32\x0b\x00\x03a/b\x00\x07{..}"


def seeds() -> list[bytes]:
    """A press, an answer to a ping, one at QoS 0, one that is long, one that is cut, and a length that there is not."""
    return [
        _PUBLISH,
        b"\xd0\x00" + _PUBLISH,
        b"\x31\x05\x00\x01a{}",
        b"\x30\x85\x01\x00\x01a" + b"x" * 130,
        _PUBLISH[:-2],
        b"\x30\xff\xff\xff\xff\x01",
    ]


def stream(data: bytes) -> None:
    """The first byte says where the rest is cut."""
    if not data:
        return
    at, data = data[0], data[1:]
    assert _packets([data]) == _packets([data[:at], data[at:]])


def _packets(pieces: list[bytes]) -> list[bytes] | None:
    reader, whole = Packets(), list[bytes]()
    try:
        for piece in pieces:
            whole += reader.feed(piece)
    except Garbled:
        return None
    for packet in whole:
        assert len(packet) <= LONGEST + 5
        try:
            message = published(packet)
        except Garbled:
            continue
        assert message is None or packet.endswith(message.payload)
    return whole
