"""A picture of a level: PNG (W3C, third edition), unpacked within bounds to see that it is what it says, and bared. Pure.

Nothing of it is drawn here. What is kept is what draws the picture: no text, no profile, no animation, nothing behind its end.
"""

import struct
import zlib
from typing import Final

from edge.floorplans.refusal import Refused
from rules.model.values import dataclass

MOST_SIDE: Final = 12_000
MOST_PIXELS: Final = 40_000_000
MOST_CHUNKS: Final = 20_000
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_DRAWS: Final = (b"PLTE", b"tRNS")
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_AGAIN: Final = "save it again as a plain PNG"
_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Bared:
    """data: the picture and nothing else."""

    wide: int
    high: int
    data: bytes


def bared(data: bytes) -> Bared:
    """Raises Refused."""
    if not data.startswith(SIGNATURE):
        raise Refused("unreadable", "it is no PNG", _AGAIN)
    out, packed = [SIGNATURE], []
    head: tuple[int, int, int] | None = None
    place, seen = len(SIGNATURE), set()
    for count in range(MOST_CHUNKS):
        kind, body = _chunk(data, place, count)
        place += 12 + len(body)
        if (head is None) is not (kind == b"IHDR"):
            raise Refused(
                "wrong", "its head is not at its beginning, or there twice", _AGAIN, f"chunk {count + 1}"
            )
        if kind == b"IHDR":
            head = _head(body)
            out.append(_written(kind, body))
        elif kind == b"IDAT":
            packed.append(body)
        elif kind == b"IEND":
            break
        elif kind in _DRAWS:
            if kind in seen or packed or len(body) > 768:
                raise Refused("wrong", "its colours are not where they belong", _AGAIN, f"chunk {count + 1}")
            seen.add(kind)
            out.append(_written(kind, body))
        elif not kind[0] & 0x20:
            raise Refused("wrong", "it needs a part that is not known here", _AGAIN, f"chunk {count + 1}")
    else:
        raise Refused("too_large", f"it has more than {MOST_CHUNKS} parts", _AGAIN)
    if head is None or not packed:
        raise Refused("wrong", "there is no picture in it", _AGAIN)
    wide, high, row = head
    _unpacked(packed, row, high)
    out += [_written(b"IDAT", b"".join(packed)), _written(b"IEND", b"")]
    return Bared(wide, high, b"".join(out))


def _chunk(data: bytes, place: int, count: int) -> tuple[bytes, bytes]:
    where = f"chunk {count + 1}"
    if place + 12 > len(data):
        raise Refused("wrong", "it ends before its end", "copy or save it again", where)
    length, kind = struct.unpack_from(">I4s", data, place)
    if place + 12 + length > len(data):
        raise Refused("wrong", "it ends before its end", "copy or save it again", where)
    body = data[place + 8 : place + 8 + length]
    (told,) = struct.unpack_from(">I", data, place + 8 + length)
    if zlib.crc32(kind + body) != told:
        raise Refused("wrong", "it is damaged: a checksum does not fit", "copy or save it again", where)
    return kind, body


def _written(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _head(body: bytes) -> tuple[int, int, int]:
    """Width, height, and the bytes of a row with its filter."""
    if len(body) != 13:
        raise Refused("wrong", "its head is none", _AGAIN, "chunk 1")
    wide, high, depth, colour, packing, filtering, interlaced = struct.unpack(">IIBBBBB", body)
    if not 0 < wide <= MOST_SIDE or not 0 < high <= MOST_SIDE or wide * high > MOST_PIXELS:
        do = f"make it at most {MOST_SIDE} pixels to a side and 40 million in all"
        raise Refused("too_large", f"it unpacks to {wide} x {high} pixels", do, "chunk 1")
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering:
        raise Refused("wrong", "its colours are of no kind that PNG has", _AGAIN, "chunk 1")
    if interlaced:
        raise Refused("wrong", "it is interlaced", "save it without interlacing (Adam7)", "chunk 1")
    return wide, high, 1 + (wide * depth * _CHANNELS[colour] + 7) // 8


def _unpacked(packed: list[bytes], row: int, high: int) -> None:
    """Unpack it a piece at a time and throw that away: what matters is that it is as large as it says, and no larger."""
    opened = zlib.decompressobj()
    wanted, came = row * high, 0
    try:
        for body in packed:
            rest = body
            while rest or opened.unconsumed_tail:
                piece = opened.decompress(rest, _PIECE)
                rest = opened.unconsumed_tail
                first = (-came) % row
                if any(one > 4 for one in piece[first::row]):
                    raise Refused("wrong", "a row of it is filtered in no way that PNG has", _AGAIN)
                came += len(piece)
                if came > wanted:
                    raise Refused("too_large", "it unpacks to more than its head says", _AGAIN)
                if opened.eof or (not piece and not rest):
                    break
            if opened.eof:
                break
    except zlib.error:
        raise Refused("wrong", "it cannot be unpacked", "copy or save it again") from None
    if came != wanted or not opened.eof:
        raise Refused("wrong", "it unpacks to less than its head says", "copy or save it again")
