"""Photos of tickets: what a phone sent is looked at, bared of where and by what it was taken, and kept by its SHA-256.

JPEG (ITU-T T.81) and PNG (W3C PNG, third edition) alone, each cut down to what draws the picture: no Exif but how it is
turned, no XMP, no thumbnail, nothing behind its end. Done in the book's process, for none of it may hold up the daemon.
"""

import hashlib
import os
import re
import struct
import zlib
from pathlib import Path
from typing import Final

from edge.journal.places import TICKET_PHOTOS

LARGEST: Final = 8 * 1_048_576
"""Of a file as it is sent; a phone's largest are about so big."""
MOST_SIDE: Final = 16_000
FOLDER: Final = TICKET_PHOTOS
INCOMING: Final = "incoming"
"""Below the folder: what was sent and not yet looked at."""

_MARKER: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_DRAWS: Final = frozenset({*_FRAMES, 0xC4, 0xCC, 0xDB, 0xDD, 0xE0, 0xEE})
"""Frames, tables, restart interval, JFIF, and Adobe's word for how colours are coded."""
_SOI, _EOI, _SOS, _APP1 = 0xD8, 0xD9, 0xDA, 0xE1
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT"})


class NoPhoto(Exception):
    """It is none that is taken. code: why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def take(store: Path, name: str) -> tuple[str, int]:
    """The SHA-256 and size of an incoming file, kept from now on. Raises NoPhoto, OSError; the incoming file is gone after."""
    place = store / FOLDER / INCOMING / name
    if "/" in name or name.startswith("."):
        raise NoPhoto("photo_gone")
    try:
        with place.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise NoPhoto("photo_too_large")
        bare = bared(data)
        digest = hashlib.sha256(bare).hexdigest()
        kept = store / FOLDER / digest
        if not kept.exists():
            _write(kept, bare)
    except FileNotFoundError:
        raise NoPhoto("photo_gone") from None
    finally:
        place.unlink(missing_ok=True)
    return digest, len(bare)


def kind_of(data: bytes) -> str:
    """The media type by its first bytes; `""`: none that is taken."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/png" if data.startswith(_PNG) else ""


def bared(data: bytes) -> bytes:
    """The picture and nothing else. Raises NoPhoto."""
    try:
        match kind_of(data):
            case "image/jpeg":
                return _jpeg(data)
            case "image/png":
                return _png(data)
    except (struct.error, IndexError):
        raise NoPhoto("photo_cut") from None
    raise NoPhoto("photo_no_picture")


def _jpeg(data: bytes) -> bytes:
    out, place, framed = [b"\xff\xd8"], 2, False
    while True:
        if data[place] != 0xFF:
            raise NoPhoto("photo_cut")
        while data[place] == 0xFF:
            place += 1
        marker = data[place]
        place += 1
        if marker == _EOI:
            if not framed:
                raise NoPhoto("photo_no_picture")
            return b"".join((*out, b"\xff\xd9"))
        if marker in (0x00, 0x01, _SOI) or 0xD0 <= marker <= 0xD7:
            raise NoPhoto("photo_cut")
        (length,) = struct.unpack_from(">H", data, place)
        body = data[place : place + length]
        if length < 2 or len(body) < length:
            raise NoPhoto("photo_cut")
        place += length
        if marker in _FRAMES:
            high, wide = struct.unpack_from(">HH", body, 3)
            if framed or not 0 < high <= MOST_SIDE or not 0 < wide <= MOST_SIDE:
                raise NoPhoto("photo_too_large")
            framed = True
        if marker == _APP1:
            out.append(_turned(body))
        elif marker in _DRAWS:
            out.append(bytes((0xFF, marker)) + body)
        elif marker == _SOS:
            found = _MARKER.search(data, place)
            end = len(data) if found is None else found.start()
            out.append(bytes((0xFF, marker)) + body + data[place:end])
            place = end


def _turned(body: bytes) -> bytes:
    """Of an Exif segment how the picture is to be turned (TIFF 6.0, tag 274), in one of our own; empty where it is upright."""
    if not body[2:].startswith(b"Exif\0\0"):
        return b""
    tiff = body[8:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 10:
        return b""
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    if start + 2 > len(tiff):
        return b""
    (count,) = struct.unpack_from(order + "H", tiff, start)
    for number in range(min(count, 100)):
        at = start + 2 + 12 * number
        if at + 12 > len(tiff):
            return b""
        tag, kind, values = struct.unpack_from(order + "HHI", tiff, at)
        (value,) = struct.unpack_from(order + "H", tiff, at + 8)
        if (tag, kind, values) == (274, 3, 1) and 2 <= value <= 8:
            said = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 274, 3, 1, value, 0, 0)
            return b"\xff\xe1" + struct.pack(">H", 8 + len(said)) + b"Exif\0\0" + said
    return b""


def _png(data: bytes) -> bytes:
    out, place = [_PNG], len(_PNG)
    while True:
        length, name = struct.unpack_from(">I4s", data, place)
        chunk = data[place : place + 12 + length]
        if len(chunk) < 12 + length:
            raise NoPhoto("photo_cut")
        (crc,) = struct.unpack_from(">I", chunk, 8 + length)
        if crc != zlib.crc32(chunk[4:-4]) or (len(out) == 1) != (name == b"IHDR"):
            raise NoPhoto("photo_cut")
        if name == b"IHDR":
            wide, high = struct.unpack_from(">II", chunk, 8)
            if not 0 < high <= MOST_SIDE or not 0 < wide <= MOST_SIDE:
                raise NoPhoto("photo_too_large")
        if name in _CHUNKS:
            out.append(chunk)
        if name == b"IEND":
            return b"".join(out)
        place += 12 + length


def _write(place: Path, data: bytes) -> None:
    draft = place.with_name(f"{place.name}.part")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(place)
    folder = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def forget(store: Path, digests: set[str]) -> None:
    """Remove photos that were erased. Raises OSError."""
    for one in digests:
        (store / FOLDER / one).unlink(missing_ok=True)


def tidy(store: Path, named: set[str], now_s: float) -> None:
    """Remove what nothing names: unfinished after a day, others after a month, for a journal may be set aside and come back.

    now_s: as time.time. Raises OSError.
    """
    folder = store / FOLDER
    for place in (*folder.glob("*"), *folder.glob(f"{INCOMING}/*")):
        kept_s = 30 * 86_400 if place.parent == folder and len(place.name) == 64 else 86_400
        if place.is_file() and place.name not in named and place.stat().st_mtime < now_s - kept_s:
            place.unlink(missing_ok=True)
