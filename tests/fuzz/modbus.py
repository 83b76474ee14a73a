"""Modbus TCP and RTU: no answer of another transaction, unit, address or value is believed, from any bytes."""

import asyncio
import atexit
import struct
from collections.abc import Callable
from typing import Final

from drivers.doors.modbus_mbap import FramingLost, MbapFrame, MbapReader, encode_mbap, encode_mbap_tail
from drivers.doors.modbus_pdu import (
    BadRequest,
    Identify,
    Identity,
    NotTheReply,
    Read,
    ReadSpace,
    Refusal,
    Request,
    Values,
    WriteCoil,
    WriteCoils,
    decode_request,
    encode_identity,
    encode_reply,
    encode_request,
    match_reply,
)
from drivers.doors.modbus_reading import Answer, Nothing
from drivers.doors.modbus_rtu_frame import (
    BadFrame,
    RtuReader,
    behind_noise,
    encode_rtu,
    reply_size,
    request_size,
)
from drivers.doors.modbus_tcp_connection import Connection, Sending
from tests.fuzz import strict

UNIT: Final = 3
_SPACES: Final[tuple[ReadSpace, ...]] = ("coil", "discrete_input", "holding_register", "input_register")
_HEAD: Final = 5
_ASKS: Final = 250
"""First bytes from here on ask what the device is."""


def request_of(head: bytes) -> Request:
    """A request by five bytes: which, and its numbers within what the product ever asks."""
    which, high, low, count, bits = head
    address = (high << 8 | low) % 0xFF00
    if which >= _ASKS:
        return Identify(count % 3)
    match which % 6:
        case 4:
            return WriteCoil(address, bits & 1 == 1)
        case 5:
            return WriteCoils(address, tuple(bits >> bit % 8 & 1 == 1 for bit in range(1 + count % 40)))
        case space:
            return Read(_SPACES[space], address, 1 + count % 100)


def believed(request: Request, pdu: bytes) -> None:
    """`match_reply` took `pdu` for the answer: the strict reading must say the same. Raises AssertionError."""
    try:
        reply = match_reply(request, pdu)
    except NotTheReply:
        return
    agrees(request, pdu, reply)


def agrees(request: Request, pdu: bytes, reply: Answer) -> None:
    """Raises AssertionError where a reply was believed that says something else, or is none."""
    if isinstance(reply, Refusal):
        assert pdu == bytes((request.function | 0x80, reply.exception)), "a refusal of something else"
        return
    if isinstance(request, Identify):
        assert isinstance(reply, Identity)
        assert (reply.objects, reply.following) == strict.modbus_identity(pdu)
        return
    assert isinstance(reply, Values)
    try:
        if isinstance(request, Read):
            told = strict.modbus_values(request.function, request.address, request.count, pdu)
            assert told == reply.values
        elif isinstance(request, WriteCoil):
            strict.modbus_echo(request.address, (request.on,), True, pdu)
        else:
            strict.modbus_echo(request.address, request.values, False, pdu)
    except strict.Refused as refused:
        raise AssertionError(f"{request} believes {pdu.hex()}: {refused}") from None


def pdu(data: bytes) -> None:
    """Replies against requests, and requests as a device reads them; what is read is written alike."""
    if len(data) < _HEAD:
        return
    request, rest = request_of(data[:_HEAD]), data[_HEAD:]
    assert decode_request(encode_request(request)) == request
    believed(request, rest)
    if isinstance(request, Identify):
        said = Identity(((request.object_id, rest[:60]), (9, b"")), rest[0] if rest else None)
        assert match_reply(request, encode_identity(said)) == said
    elif isinstance(request, Read):
        most = 2 if request.space in ("coil", "discrete_input") else 0x10000
        values = tuple((each * 257) % most for each in rest[: request.count].ljust(request.count, b"\0"))
        assert match_reply(request, encode_reply(request, values)) == Values(values)
    else:
        assert match_reply(request, encode_reply(request)) == Values()
    try:
        read = decode_request(rest)
    except BadRequest as bad:
        assert 1 <= bad.exception <= 4
        return
    assert decode_request(encode_request(read)) == read


class _Wire(asyncio.Transport):
    """Keeps what is written; nothing of it is read by the product."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.aborted = True


class _Owner:
    takes_several: bool | None = True

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.strange = 0

    def on_open(self, connection: Connection) -> None: ...

    def on_closed(self, connection: Connection, code: str, detail: str, outstanding: list[Sending]) -> None:
        self.closed.append(code)
        for sending in outstanding:
            sending.taken(Nothing(code, lost=True))

    def on_answer(self, request: Request, took_s: float) -> None: ...

    def on_strange(self, code: str, detail: str) -> None:
        self.strange += 1

    def guarded(self, act: Callable[[], None]) -> None:
        act()


_loop: Final = asyncio.new_event_loop()
atexit.register(_loop.close)


def mbap(data: bytes) -> None:
    """A connection with two requests out gets any bytes, in any pieces: each is answered at most once, and rightly."""
    if len(data) < 2 * _HEAD + 1:
        return
    requests = (request_of(data[:_HEAD]), request_of(data[_HEAD : 2 * _HEAD]))
    cut, stream = data[2 * _HEAD], data[2 * _HEAD + 1 :]
    owner, wire = _Owner(), _Wire()
    asyncio.events._set_running_loop(
        _loop
    )  # a connection asks for the loop's clock, and nothing ever runs on it
    try:
        connection = Connection(owner, UNIT)
        connection.transport = wire
        answers: tuple[list[Answer], list[Answer]] = ([], [])
        for request, taken in zip(requests, answers, strict=True):
            connection.send(Sending(request, encode_mbap_tail(UNIT, encode_request(request)), taken.append))
        asked = [struct.unpack_from(">H", wire.written)[0]]
        asked.append(asked[0] + 1)
        connection.data_received(stream[:cut])
        connection.data_received(stream[cut:])
    finally:
        asyncio.events._set_running_loop(None)
    frames = _strict_frames(stream)
    for request, transaction, taken in zip(requests, asked, answers, strict=True):
        assert len(taken) <= 1, "answered twice"
        if taken and not isinstance(taken[0], Nothing):
            mine = [frame for frame in frames if frame.transaction == transaction]
            assert mine, "the answer of another transaction was believed"
            assert mine[0].unit == UNIT, "another unit's answer was believed"
            agrees(request, mine[0].pdu, taken[0])
    reader = MbapReader()
    try:
        assert b"".join(encode_mbap(each) for each in reader.feed(stream)) == b"".join(
            map(encode_mbap, frames)
        )
        assert len(reader._rest) <= 260
    except FramingLost:
        assert owner.closed == ["garbage"]
        assert wire.aborted


def _strict_frames(stream: bytes) -> list[MbapFrame]:
    """The frames before the first byte that cannot be a header (MODBUS on TCP/IP V1.0b, 3.1.3)."""
    frames: list[MbapFrame] = []
    while len(stream) >= 6:
        length = stream[4] * 256 + stream[5]
        if stream[2:4] != b"\0\0" or not 2 <= length <= 254 or len(stream) < 6 + length:
            break
        frames.append(MbapFrame(stream[0] * 256 + stream[1], stream[6], stream[7 : 6 + length]))
        stream = stream[6 + length :]
    return frames


def rtu(data: bytes) -> None:
    """A line's bytes in pieces: every frame is one by the strict reading, and stands in the stream."""
    if not data:
        return
    step, stream = 1 + data[0] % 40, data[1:]
    for size in (reply_size, request_size):
        reader = RtuReader(size)
        for at in range(0, len(stream), step):
            try:
                frames = reader.feed(stream[at : at + step])
            except BadFrame:
                frames = []
            for frame in frames:
                raw = bytes((frame.unit,)) + frame.pdu
                raw += strict.crc_modbus(raw)
                assert raw in stream, "a frame that was not on the line"
                assert raw == encode_rtu(frame.unit, frame.pdu)
            assert len(reader._rest) <= 256
    found = behind_noise(stream, UNIT, 1 + step % 5)
    if found is not None:
        raw = bytes((found.unit,)) + found.pdu
        raw += strict.crc_modbus(raw)
        assert stream.endswith(raw)
        assert len(stream) - len(raw) <= 8, "more than a little noise was skipped"
        assert (found.unit, found.pdu[0] & 0x7F) == (UNIT, 1 + step % 5)


def mbap_seeds() -> list[bytes]:
    """Good answers to a read and a write, in order, swapped, of another unit, and cut."""
    found: list[bytes] = []
    for first, second in ((b"\0\0\0\7\0", b"\4\0\5\0\1"), (b"\2\1\0\3\0", b"\5\0\0\11\125")):
        replies = []
        for number, head in enumerate((first, second)):
            request = request_of(head)
            count = request.count if isinstance(request, Read) else 0
            reply = encode_reply(request, (1, 0) * (count // 2) + (1,) * (count % 2))
            replies.append(encode_mbap(MbapFrame(1 + number, UNIT, reply)))
        head = first + second
        found += [head + b"\5" + replies[0] + replies[1], head + b"\0" + replies[1] + replies[0]]
        found += [head + b"\3" + replies[0][:6] + b"\4" + replies[0][7:], head + b"\xff" + replies[0] * 2]
        found.append(head + b"\7" + encode_mbap(MbapFrame(2, UNIT, b"\x85\2")))
    return found


def pdu_seeds() -> list[bytes]:
    found: list[bytes] = []
    for which in range(6):
        head = bytes((which, 0, 4, 9, 1))
        request = request_of(head)
        count = request.count if isinstance(request, Read) else 0
        found += [head + encode_reply(request, (1,) * count), head + encode_request(request)]
        found.append(head + bytes((request.function | 0x80, 2)))
    return found


def rtu_seeds() -> list[bytes]:
    replies = [bytes.fromhex(one) for one in ("0101ff", "8102", "030400010002", "050001ff00", "0f00010002")]
    frames = [encode_rtu(UNIT, one) for one in replies]
    return [
        b"\7" + b"".join(frames),
        *(b"\0" + one for one in frames),
        *(b"\50\xff\0" + one for one in frames),
    ]
