"""What a broker sends, cut into packets, and a PUBLISH read (MQTT 3.1.1 sections 2.2 and 3.3). Pure, bounded.

Our own for the press's sake: paho 2.1 takes five calls of the kernel and some hundred microseconds for a message, and in a
flood of one button's another's press stands behind thousands. All other packets are paho's.
"""

from typing import Final

from drivers.buttons.heard import Arrived

LONGEST: Final = 128 * 1024
"""Of a packet so much is kept: no button says half of it (`fields.LONGEST_PAYLOAD_BYTES`), and what is cut is refused."""
PUBLISH: Final = 3
_MOST_LENGTH_BYTES: Final = 4


class Garbled(Exception):
    """No broker sends this: where the next packet begins is not known any more."""


class Packets:
    """One connection's stream."""

    def __init__(self) -> None:
        self._rest = b""
        self._pass_over = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are whole now, each with its fixed header. Raises Garbled."""
        if self._pass_over:
            data, self._pass_over = data[self._pass_over :], max(0, self._pass_over - len(data))
        if self._rest:
            data = self._rest + data
        at, end, whole = 0, len(data), []
        while end - at >= 2:
            length, body = data[at + 1], at + 2
            if length > 127:
                found = _long(data, at, end)
                if found is None:
                    break
                length, body = found
            if length > LONGEST:
                if end - body < LONGEST:
                    break
                whole.append(data[at : body + LONGEST])
                self._pass_over = max(0, body + length - end)
                at = min(end, body + length)
                continue
            if end - body < length:
                break
            whole.append(data[at : body + length])
            at = body + length
        self._rest = data[at:]
        return whole


def _long(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """(length, where the body begins) of a packet longer than 127 bytes; None: not all of its length is here."""
    length = 0
    for count in range(_MOST_LENGTH_BYTES):
        place = at + 1 + count
        if place >= end:
            return None
        length |= (data[place] & 127) << (7 * count)
        if data[place] < 128:
            return length, place + 1
    raise Garbled("a length of more than four bytes")


def published(packet: bytes) -> Arrived | None:
    """The message of a PUBLISH at QoS 0 or 1; None for any other packet. Raises Garbled."""
    first = packet[0]
    if first >> 4 != PUBLISH or first & 0b100:
        return None
    at = 2
    while packet[at - 1] > 127:
        at += 1
    qos = first >> 1 & 1
    topic_ends = at + 2 + int.from_bytes(packet[at : at + 2], "big")
    payload = topic_ends + 2 * qos
    if payload > len(packet):
        raise Garbled("a message that ends before its payload")
    mid = int.from_bytes(packet[topic_ends:payload], "big")
    topic = packet[at + 2 : topic_ends].decode("utf-8", "replace")
    return Arrived(topic, packet[payload:], qos, bool(first & 1), mid)
