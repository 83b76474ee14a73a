"""The JSON documents of a bundle's file: plain, gzip, or a zip of several. Bounded whatever the file claims of itself."""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Protocol

from edge.flaws.refusal import Refused

MOST_FILE_BYTES: Final = 512 * 1024 * 1024
MOST_READ_BYTES: Final = 2 * 1024 * 1024 * 1024
"""Unpacked, of all documents together: a full year of the NVD is some 200 MB."""
MOST_DOCUMENTS: Final = 1_000
BLOCK: Final = 1 << 20
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_SPOILT: Final = (
    zlib.error,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def documents(file: Path) -> Iterator[Iterator[bytes]]:
    """Each document as blocks, one after the other. Raises Refused, also while a document is read."""
    budget = [MOST_READ_BYTES]
    try:
        if file.stat().st_size > MOST_FILE_BYTES:
            raise _large()
        with file.open("rb") as raw:
            head = raw.read(4)
            raw.seek(0)
            if head.startswith(_GZIP):
                with gzip.GzipFile(fileobj=raw) as packed:
                    yield _blocks(packed, budget)
            elif head == _ZIP:
                yield from _members(raw, budget)
            else:
                yield _blocks(raw, budget)
    except OSError as err:
        if isinstance(err, gzip.BadGzipFile):
            raise _spoilt() from err
        do = "let the appliance's user read it, or bring the file again"
        raise Refused("unreadable", f"the file cannot be read: {err.strerror}", do) from err
    except _SPOILT as err:
        raise _spoilt() from err


def _members(raw: IO[bytes], budget: list[int]) -> Iterator[Iterator[bytes]]:
    with zipfile.ZipFile(raw) as packed:
        members = [one for one in packed.infolist() if not one.is_dir()]
        if len(members) > MOST_DOCUMENTS:
            raise _large()
        for member in sorted(members, key=lambda one: one.filename):
            with packed.open(member) as document:
                yield _blocks(document, budget)


def _blocks(document: _Readable, budget: list[int]) -> Iterator[bytes]:
    try:
        while block := document.read(BLOCK):
            budget[0] -= len(block)
            if budget[0] < 0:
                raise _large()
            yield block
    except _SPOILT as err:
        raise _spoilt() from err


def _large() -> Refused:
    do = "bring a file of one year, or of the vendors that the school has"
    return Refused("too_large", "the file is larger than a bundle may be", do)


def _spoilt() -> Refused:
    return Refused("unreadable", "the archive is damaged, or locked by a password", "bring the file again")
