"""Modbus TCP framing: the MBAP header around a PDU, read incrementally from a stream. Pure.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 3.1.3: transaction (2 bytes),
protocol (2, always 0), length of what follows (2), unit (1), PDU (1 to 253).
"""

import struct

from drivers.doors.modbus_pdu import MOST_PDU_BYTES
from rules.model.values import dataclass

HEADER_BYTES = 7
_PREFIX_BYTES = 6
_SHORTEST, _LONGEST = 2, MOST_PDU_BYTES + 1


@dataclass(frozen=True, slots=True)
class MbapFrame:
    """One frame: `transaction` ties a reply to its request, `unit` names the device behind a gateway."""

    transaction: int
    unit: int
    pdu: bytes


class FramingLost(Exception):
    """Bytes that cannot be a header: where the next frame begins can no longer be known."""


def encode_mbap(frame: MbapFrame) -> bytes:
    return struct.pack(">H", frame.transaction) + encode_mbap_tail(frame.unit, frame.pdu)


def encode_mbap_tail(unit: int, pdu: bytes) -> bytes:
    """All of a frame that follows the transaction: what can stand ready before it is known."""
    return struct.pack(">HHB", 0, len(pdu) + 1, unit) + pdu


class MbapReader:
    """Cuts a stream into frames. Keeps at most one unfinished frame (260 bytes)."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[MbapFrame]:
        """The frames that are whole now. Raises FramingLost; the reader is of no use afterwards."""
        data = self._rest + data if self._rest else data
        frames: list[MbapFrame] = []
        start = 0
        while len(data) - start >= _PREFIX_BYTES:
            transaction, protocol, length = struct.unpack_from(">HHH", data, start)
            if protocol != 0 or not _SHORTEST <= length <= _LONGEST:
                raise FramingLost(f"protocol {protocol}, length {length}")
            end = start + _PREFIX_BYTES + length
            if end > len(data):
                break
            frames.append(MbapFrame(transaction, data[start + 6], data[start + HEADER_BYTES : end]))
            start = end
        self._rest = data[start:]
        return frames
