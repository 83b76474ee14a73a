"""OSDP: our framing and matching, the lines between daemon and OSDP process, and libosdp itself fed from a wall."""

from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

import msgspec

from drivers.base import Watch
from drivers.doors.osdp import Osdp, OsdpConfig
from drivers.doors.osdp_bus import OsdpBus
from drivers.doors.osdp_frames import (
    ACK,
    BUSY,
    CCRYPT,
    ID,
    LONGEST,
    NAK,
    PDCAP,
    PDID,
    POLL,
    Frame,
    Framer,
    build,
    parse,
    received,
)
from drivers.doors.osdp_messages import (
    LONGEST_DOWN,
    LONGEST_UP,
    Beat,
    Do,
    Down,
    Ended,
    Link,
    Open,
    Reader,
    Report,
    Sent,
    Up,
    down,
    up,
)
from drivers.doors.osdp_session import Session
from drivers.lines import Lines, Unreadable, line
from rules.model.events import Event, Scanned
from rules.model.ids import ControllerId
from tests.fuzz import strict

ADDRESS: Final = 5
KEY: Final = "00112233445566778899aabbccddeeff"
_MAC: Final = bytes(4)
_ANSWERING: Final = {0x00: (0x00,), 0x11: (0x12,), 0x13: (0x14,), 0x15: (0x16, 0x18), 0x17: (0x16, 0x18)}
"""Which security block may answer which (SIA OSDP 2.2, annex D)."""
_WATCHED: Final = frozenset({("input", 0), ("input", 3), ("output", 1)})
Message = TypeVar("Message", bound=Down | Up)


def frames(data: bytes) -> None:
    """Any bytes from the line, in pieces, against a command that waits: only a sound frame of ours in sequence answers."""
    if len(data) < 3:
        return
    step, sequence, block = 1 + data[0], data[1] & 3, (0, 0x11, 0x13, 0x15, 0x17)[data[2] % 5]
    payload = bytes((ID, 0)) if block < 0x15 else bytes((POLL,)) + _MAC
    head = b"" if block == 0 else bytes((3, block, 1)) if block < 0x15 else bytes((2, block))
    sent = parse(build(ADDRESS, False, sequence, head, payload))
    assert sent is not None
    stream, framer = data[3:], Framer()
    found: list[Frame] = []
    for at in range(0, len(stream), step):
        found += framer.feed(stream[at : at + step])
        assert len(framer._buffer) <= LONGEST
    for frame in found:
        assert frame.raw in stream, "a frame that was not on the line"
        try:
            told = strict.osdp(frame.raw)
        except strict.Refused as refused:
            raise AssertionError(f"{frame.raw.hex()} was believed: {refused}") from None
        assert told == (frame.address, frame.reply, frame.sequence, frame.block, frame.code)
        _believed(sent, frame)


def _believed(sent: Frame, frame: Frame) -> None:
    meaning = received(sent, frame)
    if meaning == "ignore":
        return
    assert frame.reply, "our own frame, come back, was believed"
    assert frame.address == sent.address, "another reader was believed"
    if meaning == "busy":
        assert (frame.code, frame.block) == (BUSY, 0)
        return
    assert frame.sequence == sent.sequence, "an answer out of sequence was believed"
    plain_nak = frame.code == NAK and frame.block == 0
    if meaning == "lost":
        assert plain_nak
        assert sent.block >= 0x15
    else:
        assert frame.block in _ANSWERING[sent.block] or (plain_nak and sent.block < 0x15), (
            "no MAC, and believed"
        )


def messages(data: bytes) -> None:
    """What the daemon hears from the process, and the process from the daemon: bounded, and alike when said again."""
    _lines(data, LONGEST_UP, up)
    _lines(data, LONGEST_DOWN, down)
    lines = Lines(LONGEST_UP)
    try:
        for text in lines.feed(data):
            message = up(text)
            if isinstance(message, Report):
                _reported(message)
    except Unreadable:
        pass


def _lines(data: bytes, longest: int, read: "Callable[[bytes], Message]") -> None:
    lines = Lines(longest)
    half = len(data) // 2
    try:
        for piece in (data[:half], data[half:]):
            for text in lines.feed(piece):
                assert len(text) <= longest
                message = read(text)
                assert read(line(message).rstrip(b"\n")) == message
                assert KEY not in repr(message), "a key in what may be logged"
    except Unreadable as refused:
        assert KEY not in str(refused)


@cache
def _reader() -> tuple[Osdp, list[Event]]:
    watch = Watch(frozenset({("input", 0), ("output", 1)}), frozenset({("input", 3)}))
    config = OsdpConfig(ControllerId("reader"), ADDRESS, bytes.fromhex(KEY), 1_000_000, watch)
    reader, heard = Osdp(config, OsdpBus("/dev/none", 9_600)), list[Event]()
    reader._emit = heard.append
    return reader, heard


def _reported(report: Report) -> None:
    """Nothing but watched points at 0 or 1 becomes evidence, and none of the future."""
    reader, heard = _reader()
    heard.clear()
    reader.reported(report)
    for event in heard:
        assert isinstance(event, Scanned)
        assert set(event.values) <= _WATCHED
        assert set(event.values.values()) <= {0, 1}
        assert event.started.mono_us <= event.at.mono_us


def library(data: bytes) -> None:
    """libosdp's panel meets a reader that answers whatever it likes, in sound frames: nothing breaks, no channel stands.

    `data`: the payloads of its answers, each behind a byte that gives its length.
    """
    wire: list[bytes] = []

    def write(raw: bytes) -> bool:
        wire.append(raw)
        return True

    session = Session(ADDRESS, bytes.fromhex(KEY), 9_600, write)
    session.open()
    try:
        while data:
            size, data = data[0], data[1:]
            payload, data = data[:size] or bytes((ACK,)), data[size:]
            for _ in range(3):
                if session.sent is None and not session.fell:
                    session.step()
            sent = session.sent
            if sent is None or session.fell:
                return
            assert sent.address == ADDRESS
            block = {0x11: b"\x03\x12\x01", 0x13: b"\x03\x14\x01"}.get(sent.block, b"")
            answer = parse(build(ADDRESS, True, sent.sequence, block, payload))
            if answer is None:
                return
            session.hear(answer)
            assert not session.online, "a secure channel with somebody who does not know the key"
    finally:
        session.close()


def frames_seeds() -> list[bytes]:
    plain, ours = bytes((40, 1, 0)), bytes((3, 2, 3))
    answers = [
        build(ADDRESS, True, 1, b"", bytes((PDID,)) + bytes(12)),
        build(ADDRESS, True, 1, b"", bytes((NAK, 3))),
        build(ADDRESS, True, 0, b"", bytes((BUSY,))),
        build(ADDRESS, False, 1, b"", bytes((ID, 0))),
        build(ADDRESS + 1, True, 1, b"", bytes((ACK,))),
    ]
    inside = [
        build(ADDRESS, True, 2, b"\x02\x16", bytes((ACK,)) + _MAC),
        build(ADDRESS, True, 2, b"\x03\x12\x01", bytes((CCRYPT,)) + bytes(32)),
        build(ADDRESS, True, 2, b"", bytes((NAK, 6))),
    ]
    return [
        *(plain + one for one in answers),
        *(ours + one for one in inside),
        plain + b"\x53\xff" + answers[0],
    ]


def messages_seeds() -> list[bytes]:
    reader = Reader(address=ADDRESS, key=KEY, inputs=True, outputs=True, every_us=500_000, fast_us=0)
    said: list[Down | Up] = [
        Open("/dev/ttyUSB1", 115_200, (reader,)),
        Do(7, ADDRESS, ((0, True), (3, False)), 12),
        Sent(7),
        Ended(7, "refused", "nak_9"),
        Report(ADDRESS, 99, "00010002", "0001ff"),
        Link(ADDRESS, False, "silent", "no answer"),
        Beat(),
    ]
    return [line(one) for one in said] + [msgspec.json.encode(said[4]) * 2, b"x" * 3_000]


def library_seeds() -> list[bytes]:
    def told(*payloads: bytes) -> bytes:
        return b"".join(bytes((len(one),)) + one for one in payloads)

    identity = bytes((PDID,)) + bytes((0x9C, 0x42, 0x1E, 1, 1)) + bytes(7)
    able = bytes((PDCAP,)) + bytes((1, 1, 4, 2, 1, 4, 9, 1, 1, 8, 1, 0, 10, 0, 1))
    challenge = bytes((CCRYPT,)) + bytes(range(32))
    return [
        told(identity, able, challenge, bytes((0x78,)) + bytes(16)),
        told(identity, able, challenge),
        told(identity, bytes((PDCAP,)) + bytes((1, 255, 255)) * 40),
        told(bytes((NAK, 6))),
        told(identity, bytes((NAK, 255))),
    ]
