"""Modbus protocol data units as values: requests, replies, the strict match of a reply to its request. Pure.

Source: MODBUS Application Protocol Specification V1.1b3, sections 4.1 (253 bytes at most), 6.1 to 6.5, 6.11
(functions 01, 02, 03, 04, 05, 15), 6.21 (43/14) and 7 (exceptions). Bytes in and out are a PDU: function code and data,
without address, transaction or checksum.
"""

import struct
from collections.abc import Sequence
from typing import Literal, assert_never

from rules.model.values import dataclass

BitSpace = Literal["coil", "discrete_input"]
RegisterSpace = Literal["input_register", "holding_register"]
ReadSpace = BitSpace | RegisterSpace

MOST_BITS = 2000
"""Quantity limit of a read of bits (V1.1b3 6.1, 6.2)."""
MOST_REGISTERS = 125
"""Quantity limit of a read of registers (V1.1b3 6.3, 6.4)."""
MOST_WRITTEN_BITS = 1968
"""Quantity limit of a write of coils (V1.1b3 6.11)."""
MOST_PDU_BYTES = 253

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4

READ_FUNCTION: dict[ReadSpace, int] = {
    "coil": 1,
    "discrete_input": 2,
    "holding_register": 3,
    "input_register": 4,
}
READ_SPACE: dict[int, ReadSpace] = {function: space for space, function in READ_FUNCTION.items()}
WRITE_COIL, WRITE_COILS = 5, 15
ENCAPSULATED, IDENTIFICATION, BASIC = 43, 14, 1
"""Function, MEI type and the code of the basic objects: vendor, product code, revision (V1.1b3 6.21)."""
_EXCEPTION = 0x80
_BITS: tuple[ReadSpace, ...] = ("coil", "discrete_input")


@dataclass(frozen=True, slots=True)
class Read:
    """Functions 01 to 04: `count` bits or registers of one space from `address` on."""

    space: ReadSpace
    address: int
    count: int

    @property
    def function(self) -> int:
        return READ_FUNCTION[self.space]


@dataclass(frozen=True, slots=True)
class WriteCoil:
    """Function 05: one coil."""

    address: int
    on: bool

    @property
    def function(self) -> int:
        return WRITE_COIL


@dataclass(frozen=True, slots=True)
class WriteCoils:
    """Function 15: neighbouring coils from `address` on."""

    address: int
    values: tuple[bool, ...]

    @property
    def function(self) -> int:
        return WRITE_COILS


@dataclass(frozen=True, slots=True)
class Identify:
    """Function 43/14: the basic objects from `object_id` on."""

    object_id: int = 0

    @property
    def function(self) -> int:
        return ENCAPSULATED


Write = WriteCoil | WriteCoils
Asking = Read | Identify
"""What changes nothing."""
Request = Asking | Write


@dataclass(frozen=True, slots=True)
class Values:
    """What a read returned, one number a point (bits 0 or 1, registers 0..65535); empty for a write."""

    values: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The device answered with an exception (V1.1b3 section 7)."""

    exception: int


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device said it is, by object id: 0 vendor, 1 product code, 2 revision. following: where it goes on, if it does."""

    objects: tuple[tuple[int, bytes], ...]
    following: int | None = None


Reply = Values | Refusal | Identity


class NotTheReply(Exception):
    """A well-framed PDU that cannot be the answer to this request; the text says in what it differs."""


class BadRequest(Exception):
    """A request that a server has to answer with `exception` (V1.1b3 section 7)."""

    def __init__(self, function: int, exception: int) -> None:
        super().__init__(f"function {function} is refused with exception {exception}")
        self.function = function
        self.exception = exception


def encode_request(request: Request) -> bytes:
    """The request as sent. Raises ValueError for one that the protocol cannot say."""
    match request:
        case Read(space=space, address=address, count=count):
            _fits(address, count, MOST_BITS if space in _BITS else MOST_REGISTERS)
            return struct.pack(">BHH", request.function, address, count)
        case WriteCoil(address=address, on=on):
            _fits(address, 1, 1)
            return struct.pack(">BHH", WRITE_COIL, address, 0xFF00 if on else 0)
        case WriteCoils(address=address, values=values):
            _fits(address, len(values), MOST_WRITTEN_BITS)
            packed = pack_bits(values)
            return struct.pack(">BHHB", WRITE_COILS, address, len(values), len(packed)) + packed
        case Identify(object_id=object_id):
            return bytes((ENCAPSULATED, IDENTIFICATION, BASIC, object_id))
        case _:
            assert_never(request)


def decode_request(pdu: bytes) -> Request:
    """A request as a server reads it. Raises BadRequest with the exception it has to answer."""
    if not pdu:
        raise BadRequest(0, ILLEGAL_FUNCTION)
    function = pdu[0]
    if function in READ_SPACE or function == WRITE_COIL:
        if len(pdu) != 5:
            raise BadRequest(function, ILLEGAL_VALUE)
        address, second = struct.unpack_from(">HH", pdu, 1)
        if function == WRITE_COIL:
            if second not in (0, 0xFF00):
                raise BadRequest(function, ILLEGAL_VALUE)
            return WriteCoil(address, second == 0xFF00)
        space = READ_SPACE[function]
        return Read(space, address, _counted(function, address, second, space))
    if function == WRITE_COILS:
        if len(pdu) < 7:
            raise BadRequest(function, ILLEGAL_VALUE)
        address, count, size = struct.unpack_from(">HHB", pdu, 1)
        if not 1 <= count <= MOST_WRITTEN_BITS or size != (count + 7) // 8 or len(pdu) != 6 + size:
            raise BadRequest(function, ILLEGAL_VALUE)
        if address + count > 0x10000:
            raise BadRequest(function, ILLEGAL_ADDRESS)
        return WriteCoils(address, tuple(bit == 1 for bit in unpack_bits(pdu[6:], count)))
    if function == ENCAPSULATED and len(pdu) == 4 and pdu[1] == IDENTIFICATION:
        if pdu[2] != BASIC:
            raise BadRequest(function, ILLEGAL_VALUE)
        return Identify(pdu[3])
    raise BadRequest(function & 0x7F, ILLEGAL_FUNCTION)


def encode_reply(request: Request, values: Sequence[int] = ()) -> bytes:
    """A server's good answer. `values`: what was read, one number a point."""
    match request:
        case Read(space=space):
            packed = pack_bits(values) if space in _BITS else struct.pack(f">{len(values)}H", *values)
            return bytes((request.function, len(packed))) + packed
        case WriteCoil():
            return encode_request(request)
        case WriteCoils(address=address, values=written):
            return struct.pack(">BHH", WRITE_COILS, address, len(written))
        case Identify():
            raise ValueError("an identity has a reply of its own")
        case _:
            assert_never(request)


def encode_refusal(function: int, exception: int) -> bytes:
    """A server's exception."""
    return bytes((function | _EXCEPTION, exception))


def encode_identity(identity: Identity) -> bytes:
    """A server's answer to `Identify`."""
    more = b"\x00\x00" if identity.following is None else bytes((0xFF, identity.following))
    head = bytes((ENCAPSULATED, IDENTIFICATION, BASIC, 0x01)) + more + bytes((len(identity.objects),))
    return head + b"".join(bytes((number, len(text))) + text for number, text in identity.objects)


def _identity(pdu: bytes) -> Identity:
    if len(pdu) < 7 or pdu[1:3] != bytes((IDENTIFICATION, BASIC)):
        raise NotTheReply("no device identification")
    following = pdu[5] if pdu[4] else None
    objects: list[tuple[int, bytes]] = []
    at = 7
    for _ in range(pdu[6]):
        end = at + 2 + pdu[at + 1] if at + 2 <= len(pdu) else len(pdu) + 1
        if end > len(pdu):
            raise NotTheReply("device identification that is cut short")
        objects.append((pdu[at], pdu[at + 2 : end]))
        at = end
    if at != len(pdu):
        raise NotTheReply(f"{len(pdu) - at} bytes behind the device identification")
    return Identity(tuple(objects), following)


def match_reply(request: Request, pdu: bytes) -> Reply:
    """What the device said to exactly this request.

    Checks function, length, byte count, and of a write the echo of address and value (or quantity).
    A read's reply carries no address: only the framing (transaction, or a quiet line) ties it to its request.

    Raises NotTheReply.
    """
    if not pdu or len(pdu) > MOST_PDU_BYTES:
        raise NotTheReply(f"{len(pdu)} bytes")
    if pdu[0] == request.function | _EXCEPTION:
        if len(pdu) != 2:
            raise NotTheReply(f"exception of {len(pdu)} bytes")
        return Refusal(pdu[1])
    if pdu[0] != request.function:
        raise NotTheReply(f"function {pdu[0]} instead of {request.function}")
    match request:
        case Read(space=space, count=count):
            size = (count + 7) // 8 if space in _BITS else 2 * count
            if len(pdu) != 2 + size or pdu[1] != size:
                raise NotTheReply(f"{len(pdu) - 2} bytes of data instead of {size}")
            if space in _BITS:
                return Values(unpack_bits(pdu[2:], count))
            return Values(struct.unpack_from(f">{count}H", pdu, 2))
        case WriteCoil() | WriteCoils():
            if pdu != encode_reply(request):
                raise NotTheReply("echo of another coil or value")
            return Values()
        case Identify():
            return _identity(pdu)
        case _:
            assert_never(request)


def pack_bits(values: Sequence[int]) -> bytes:
    """Bits in Modbus order: the first in the lowest bit of the first byte, the last byte filled with 0."""
    number = 0
    for at, value in enumerate(values):
        if value:
            number |= 1 << at
    return number.to_bytes((len(values) + 7) // 8, "little")


def unpack_bits(packed: bytes, count: int) -> tuple[int, ...]:
    """The first `count` bits, each 0 or 1."""
    number = int.from_bytes(packed, "little")
    return tuple((number >> at) & 1 for at in range(count))


def _fits(address: int, count: int, most: int) -> None:
    if not (0 <= address <= 0xFFFF and 1 <= count <= most and address + count <= 0x10000):
        raise ValueError(f"address {address}, quantity {count}: outside what Modbus can say (at most {most})")


def _counted(function: int, address: int, count: int, space: ReadSpace) -> int:
    if not 1 <= count <= (MOST_BITS if space in _BITS else MOST_REGISTERS):
        raise BadRequest(function, ILLEGAL_VALUE)
    if address + count > 0x10000:
        raise BadRequest(function, ILLEGAL_ADDRESS)
    return count
