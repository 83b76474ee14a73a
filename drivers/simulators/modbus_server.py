"""What a simulated Modbus device answers to a request, sound or broken. Framing is the peers' own."""

from collections.abc import Callable
from typing import assert_never

from drivers.doors.modbus_pdu import (
    DEVICE_FAILURE,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    BadRequest,
    Identify,
    Identity,
    Read,
    Request,
    WriteCoil,
    WriteCoils,
    decode_request,
    encode_identity,
    encode_refusal,
    encode_reply,
)
from drivers.simulators.bolts import Board, NoSuchPoint
from drivers.simulators.faults import Fault

GARBAGE = bytes.fromhex("de ad be ef 00 ff 55 aa 13 37")
"""No MBAP header (protocol 0xBEEF) and no RTU frame."""


def answer(board: Board, pdu: bytes, fault: Fault) -> bytes:
    """Do what is asked, unless the fault says otherwise, and return the PDU to send back."""
    try:
        request = decode_request(pdu)
    except BadRequest as bad:
        return encode_refusal(bad.function, bad.exception)
    if fault.kind == "refusing":
        return encode_refusal(request.function, fault.code or DEVICE_FAILURE)
    if isinstance(request, Identify):
        return _identity(board, request)
    if not isinstance(request, Read) and fault.kind in ("wrong_point", "wrong_value"):
        return encode_reply(_other(request, fault))
    try:
        return encode_reply(request, _do(board, request))
    except NoSuchPoint:
        return encode_refusal(request.function, ILLEGAL_ADDRESS)


def _identity(board: Board, request: Identify) -> bytes:
    """Vendor, product code and revision: as many at a time as fit one reply."""
    if board.identity is None:
        return encode_refusal(request.function, ILLEGAL_FUNCTION)
    texts = dict(enumerate(text.encode("latin-1", "replace") for text in board.identity))
    if request.object_id not in texts:
        return encode_refusal(request.function, ILLEGAL_ADDRESS)
    objects: list[tuple[int, bytes]] = []
    room = board.identity_room
    for number in range(request.object_id, len(texts)):
        room -= 2 + len(texts[number])
        if room < 0 and objects:
            return encode_identity(Identity(tuple(objects), number))
        objects.append((number, texts[number]))
    return encode_identity(Identity(tuple(objects)))


def _do(board: Board, request: Read | WriteCoil | WriteCoils) -> list[int]:
    match request:
        case Read(space=space, address=address, count=count):
            reads: dict[str, Callable[[int, int], list[int]]] = {
                "coil": board.read_coils,
                "discrete_input": board.read_discrete_inputs,
                "input_register": board.read_input_registers,
                "holding_register": board.read_holding_registers,
            }
            return reads[space](address, count)
        case WriteCoil(address=address, on=on):
            board.write_coils(address, (on,))
        case WriteCoils(address=address, values=values):
            board.write_coils(address, values)
        case _:
            assert_never(request)
    return []


def _other(request: WriteCoil | WriteCoils, fault: Fault) -> Request:
    """The write that a device at fault says it has done."""
    if isinstance(request, WriteCoil):
        if fault.kind == "wrong_point":
            return WriteCoil((request.address + 1) % 0x10000, request.on)
        return WriteCoil(request.address, not request.on)
    if fault.kind == "wrong_point":
        return WriteCoils((request.address + 1) % 0x10000, request.values)
    return WriteCoils(request.address, request.values[:-1])
