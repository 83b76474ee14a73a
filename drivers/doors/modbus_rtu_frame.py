"""Modbus RTU framing: unit, PDU and CRC, read incrementally by function code. Pure.

Source: MODBUS over Serial Line Specification and Implementation Guide V1.02, sections 2.2 (addresses 1 to
247), 2.3.1.1 (3.5 characters of silence between frames) and 2.5.1.2 with appendix B (CRC-16, low byte first).
A reader of a pty or a USB adapter cannot see character gaps, so lengths come from the function code.
"""

from collections.abc import Callable

from drivers.doors.modbus_pdu import ENCAPSULATED
from rules.model.values import dataclass

MOST_FRAME_BYTES = 256
BITS_PER_CHARACTER = 11
"""Start, eight data, parity, stop; without parity a second stop bit (V1.02 section 2.5.1)."""
_CRC_BYTES = 2
_EXCEPTION_BYTES = 5
_FIXED_BYTES = 8


@dataclass(frozen=True, slots=True)
class RtuFrame:
    unit: int
    pdu: bytes


class BadFrame(Exception):
    """Bytes that are no frame: an unknown function, a length beyond 256 bytes or a wrong CRC."""


def _crc_table() -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_TABLE = _crc_table()


def crc16(data: bytes) -> int:
    """CRC-16 with the reflected polynomial 0xA001, starting from 0xFFFF (appendix B)."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def encode_rtu(unit: int, pdu: bytes) -> bytes:
    body = bytes((unit,)) + pdu
    return body + crc16(body).to_bytes(_CRC_BYTES, "little")


def wire_time_s(byte_count: int, baud: int) -> float:
    """How long so many bytes take on the line."""
    return byte_count * BITS_PER_CHARACTER / baud


def silence_s(baud: int) -> float:
    """The gap between frames: 3.5 characters, above 19,200 baud a fixed 1.75 ms (section 2.5.1.1)."""
    return 0.00175 if baud > 19_200 else wire_time_s(7, baud) / 2


def reply_size(head: bytes) -> int | None:
    """Length of the reply that begins so, CRC included; None while too little is known. Raises BadFrame."""
    if len(head) < 2:
        return None
    function = head[1]
    if function & 0x80:
        return _EXCEPTION_BYTES
    if function in (1, 2, 3, 4):
        return None if len(head) < 3 else 3 + head[2] + _CRC_BYTES
    if function in (5, 6, 15, 16):
        return _FIXED_BYTES
    if function == ENCAPSULATED:
        return _identity_size(head)
    raise BadFrame(f"function {function}")


def _identity_size(head: bytes) -> int | None:
    """Of a device identification (V1.1b3 6.21): as long as its objects say."""
    if len(head) < 8:
        return None
    at = 8
    for _ in range(head[7]):
        if at + 2 > len(head):
            return None if at + 2 <= MOST_FRAME_BYTES else at + 2
        at += 2 + head[at + 1]
    return at + _CRC_BYTES


def request_size(head: bytes) -> int | None:
    """Length of the request that begins so, CRC included; None while too little is known. Raises BadFrame."""
    if len(head) < 2:
        return None
    function = head[1]
    if function in (1, 2, 3, 4, 5, 6):
        return _FIXED_BYTES
    if function in (15, 16):
        return None if len(head) < 7 else 7 + head[6] + _CRC_BYTES
    if function == ENCAPSULATED:
        return 5 + _CRC_BYTES
    raise BadFrame(f"function {function}")


MOST_NOISE_BYTES = 8
"""Skipped before a reply. A bus that turns round gives one to three (V1.02, 3.4.5: without biasing any level is read)."""


def behind_noise(heard: bytes, unit: int, function: int) -> RtuFrame | None:
    """The reply of this unit to this function that stands behind a little noise; None: not, or not yet.

    Only what has unit, function, a length that fits and a CRC, from one place to the end of what was heard.
    """
    for start in range(min(MOST_NOISE_BYTES, len(heard)) + 1):
        frame = heard[start:]
        if len(frame) < _EXCEPTION_BYTES or frame[0] != unit or frame[1] & 0x7F != function:
            continue
        try:
            size = reply_size(frame)
        except BadFrame:
            continue
        if size == len(frame) and crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little"):
            return RtuFrame(frame[0], frame[1:-2])
    return None


class RtuReader:
    """Cuts a line's bytes into frames; `size` is `reply_size` for a master, `request_size` for a device."""

    def __init__(self, size: Callable[[bytes], int | None]) -> None:
        self._size = size
        self._rest = b""

    def forget(self) -> None:
        """Drop what was begun: the line fell silent, or a new exchange starts."""
        self._rest = b""

    def feed(self, data: bytes) -> list[RtuFrame]:
        """The frames that are whole now. Raises BadFrame and forgets everything it held."""
        self._rest += data
        frames: list[RtuFrame] = []
        try:
            while self._rest:
                size = self._size(self._rest)
                if size is not None and size > MOST_FRAME_BYTES:
                    raise BadFrame(f"{size} bytes announced")
                if size is None or len(self._rest) < size:
                    break
                frame, self._rest = self._rest[:size], self._rest[size:]
                if crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little"):
                    raise BadFrame("wrong CRC")
                frames.append(RtuFrame(frame[0], frame[1:-2]))
        except BadFrame:
            self._rest = b""
            raise
        return frames
