"""OSDP frames as bytes: cut out of the stream, checked, and compared with what was asked. Pure.

SIA OSDP 2.2, packet format (5.9) and secure channel (annex D). libosdp 3.2.9 gets nothing from the line that
has not passed here first, for three reasons read in its source and tried (firmware_notes/osdp-reader.md): its
wheel forgets the first half of a reply that arrives in two reads; inside a secure channel it believes a reply
without MAC whose security block claims to be of the handshake; and it is C code fed from outside a wall.
"""

import binascii
from typing import Literal

from rules.model.values import dataclass

START = 0x53
HEADER_BYTES = 5
LONGEST = 255
"""OSDP_PACKET_BUF_SIZE of libosdp is 256 and counts the mark byte."""

POLL, ID, CAP, ISTAT, OSTAT, OUT, CHLNG, SCRYPT = 0x60, 0x61, 0x62, 0x65, 0x66, 0x68, 0x76, 0x77
ACK, NAK, PDID, PDCAP, CCRYPT, RMAC_I, BUSY = 0x40, 0x41, 0x45, 0x46, 0x76, 0x78, 0x79

_CRC, _SECURITY_BLOCK = 0x04, 0x08
_CRC_SEED = 0x1D0F
_BLOCK_BYTES = {0x11: 3, 0x12: 3, 0x13: 3, 0x14: 3, 0x15: 2, 0x16: 2, 0x17: 2, 0x18: 2}
_MAC_BYTES = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """One sound frame. `block` is its security block type (SCS_11 to SCS_18), 0 where it has none."""

    raw: bytes
    address: int
    reply: bool
    sequence: int
    block: int
    code: int


def parse(raw: bytes) -> Frame | None:
    """The frame that these bytes are, from start byte to check bytes, or None where anything does not fit."""
    if not HEADER_BYTES + 2 <= len(raw) <= LONGEST or raw[0] != START or raw[2] | raw[3] << 8 != len(raw):
        return None
    control = raw[4]
    if control & _CRC:
        body = raw[:-2]
        sound = len(raw) > HEADER_BYTES + 2 and binascii.crc_hqx(body, _CRC_SEED) == raw[-2] | raw[-1] << 8
    else:
        body = raw[:-1]
        sound = -sum(body) & 0xFF == raw[-1]
    if not sound:
        return None
    at, block = HEADER_BYTES, 0
    if control & _SECURITY_BLOCK:
        if len(body) < HEADER_BYTES + 2:
            return None
        block = body[HEADER_BYTES + 1]
        if body[HEADER_BYTES] != _BLOCK_BYTES.get(block):
            return None
        at += body[HEADER_BYTES]
    if len(body) <= at + (_MAC_BYTES if block >= 0x15 else 0):
        return None
    return Frame(raw, raw[1] & 0x7F, bool(raw[1] & 0x80), control & 0x03, block, body[at])


def build(address: int, reply: bool, sequence: int, block: bytes, payload: bytes) -> bytes:
    """The bytes of a frame with CRC. `block` is the whole security block or empty; `payload` all after it."""
    control = sequence | _CRC | (_SECURITY_BLOCK if block else 0)
    length = HEADER_BYTES + len(block) + len(payload) + 2
    body = bytes([START, address | 0x80 * reply, length & 0xFF, length >> 8, control]) + block + payload
    return body + binascii.crc_hqx(body, _CRC_SEED).to_bytes(2, "little")


class Framer:
    """Cuts frames out of a stream of bytes. Holds at most one unfinished frame and forgets what is none."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take what the line gave and return the sound frames that are complete by now."""
        frames: list[Frame] = []
        for start in range(0, len(data), LONGEST):
            self._buffer += data[start : start + LONGEST]
            while (frame := self._next()) is not None:
                frames.append(frame)
        return frames

    def clear(self) -> None:
        self._buffer.clear()

    def _next(self) -> Frame | None:
        while True:
            at = self._buffer.find(START)
            del self._buffer[: at if at >= 0 else len(self._buffer)]
            if len(self._buffer) < HEADER_BYTES:
                return None
            length = self._buffer[2] | self._buffer[3] << 8
            if HEADER_BYTES + 2 <= length <= LONGEST:
                if len(self._buffer) < length:
                    return None
                frame = parse(bytes(self._buffer[:length]))
                if frame is not None:
                    del self._buffer[:length]
                    return frame
            # A start byte that starts nothing sound: the true frame may begin one byte later.
            del self._buffer[:1]


Reception = Literal["answer", "busy", "lost", "ignore"]
_EXPECTED_BLOCKS = {0x00: (0x00,), 0x11: (0x12,), 0x13: (0x14,), 0x15: (0x16, 0x18), 0x17: (0x16, 0x18)}


def received(sent: Frame, frame: Frame) -> Reception:
    """What a frame on the line means to the command that waits for its answer.

    answer: goes to the library, which still proves its MAC. busy: the device asks for patience.
    lost: a plain NAK inside a secure channel: the device says it has none; nobody vouches for its reason.
    ignore: not ours, out of sequence, or without the protection the command had.
    """
    if not frame.reply or frame.address != sent.address:
        return "ignore"
    if frame.code == BUSY and frame.block == 0 and frame.sequence == 0:
        return "busy"
    if frame.sequence != sent.sequence:
        return "ignore"
    if frame.block in _EXPECTED_BLOCKS.get(sent.block, ()):
        return "answer"
    if frame.block == 0 and frame.code == NAK:
        return "answer" if sent.block < 0x15 else "lost"
    return "ignore"
