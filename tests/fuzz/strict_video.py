"""NAL units out of RTP payloads as RFC 6184 and RFC 7798 say, slow and plain, sharing no line with the product."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Sent = tuple[int, int, bool, bytes]
"""Sequence, RTP time, marker, payload of a packet, in the order taken."""


@dataclass(frozen=True, slots=True)
class NalUnit:
    """follows: nothing is missing between the one before it and this one. stamp: its RTP time. slice: a coded slice."""

    data: bytes
    follows: bool
    stamp: int
    slice: bool


Read = tuple[list[bytes], tuple[bool, bool, bytes, bytes] | None, bool]
"""Of one payload: whole units; a fragment (begins, ends, header, rest); whether it could be read."""
Reading = Callable[[Sequence[Sent]], list[NalUnit]]


def h264_units(sent: Sequence[Sent]) -> list[NalUnit]:
    """Single NAL unit packets (5.6), STAP-A (5.7.1), FU-A (5.8); whole units only."""

    def read(payload: bytes) -> Read:
        kind = payload[0] & 31
        if 1 <= kind <= 23:
            return [payload], None, True
        if kind == 24:
            return _split(payload[1:], 1), None, True
        if kind == 28 and len(payload) >= 3:
            head = bytes((payload[0] & 0xE0 | payload[1] & 31,))
            return [], (payload[1] >= 0x80, payload[1] & 0x40 != 0, head, payload[2:]), True
        return [], None, False

    return _units(sent, read, lambda nal: 1 <= nal[0] & 31 <= 5)


def h265_units(sent: Sequence[Sent]) -> list[NalUnit]:
    """Single NAL unit packets (4.4.1), AP (4.4.2), FU (4.4.3); whole units only."""

    def read(payload: bytes) -> Read:
        if len(payload) < 3:
            return [], None, False
        kind = payload[0] >> 1 & 63
        if kind < 48:
            return [payload], None, True
        if kind == 48:
            return _split(payload[2:], 3), None, True
        if kind == 49 and len(payload) >= 4:
            head = bytes((payload[0] & 0x81 | (payload[2] & 63) << 1, payload[1]))
            return [], (payload[2] >= 0x80, payload[2] & 0x40 != 0, head, payload[3:]), True
        return [], None, False

    return _units(sent, read, lambda nal: nal[0] >> 1 & 63 < 32)


def _split(inside: bytes, least: int) -> list[bytes]:
    """An empty one at the end: the rest could not be read."""
    found: list[bytes] = []
    while len(inside) >= 2:
        size = inside[0] * 256 + inside[1]
        if size < least or len(inside) < 2 + size:
            return [*found, b""]
        found.append(inside[2 : 2 + size])
        inside = inside[2 + size :]
    return found


def _units(
    sent: Sequence[Sent],
    read: Callable[[bytes], Read],
    is_slice: Callable[[bytes], bool],
) -> list[NalUnit]:
    found: list[NalUnit] = []
    unbroken, before = False, -1
    pieces: tuple[bytes, int, bytes] | None = None
    for sequence, stamp, _, payload in sent:
        if before < 0 or sequence != (before + 1) % 65_536:
            unbroken, pieces = False, None
        before = sequence
        whole, fragment, known = read(payload)
        if pieces is not None and (
            fragment is None or fragment[0] or stamp != pieces[1] or _kind_differs(fragment[2], pieces[0])
        ):
            unbroken, pieces = False, None
        for nal in whole:
            if not nal:
                unbroken = False
                continue
            found.append(NalUnit(nal, unbroken, stamp, is_slice(nal)))
            unbroken = True
        if fragment is not None:
            begins, ends, head, rest = fragment
            if begins:
                pieces = (head, stamp, rest)
            elif pieces is not None:
                pieces = (pieces[0], stamp, pieces[2] + rest)
            else:
                unbroken = False
            if ends and pieces is not None:
                nal = pieces[0] + pieces[2]
                found.append(NalUnit(nal, unbroken, stamp, is_slice(nal)))
                unbroken, pieces = True, None
        elif not known:
            unbroken = False
    return found


def _kind_differs(one: bytes, other: bytes) -> bool:
    """The type alone: a camera may say another importance in a later fragment, and the first one counts."""
    if len(one) == 1:
        return one[0] & 31 != other[0] & 31
    return one[0] >> 1 & 63 != other[0] >> 1 & 63
