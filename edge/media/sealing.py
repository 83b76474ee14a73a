"""From NAME.part to a file that is sealed: closed, named, hashed; and what a crash left, finished at the next start.

All of it may hang with its disk: called in threads that may hang, never on the loop.
"""

import errno
import hashlib
import os
from pathlib import Path
from typing import Final, NamedTuple

from edge.media.mp4 import taken_at, whole_until
from rules.model.values import dataclass

PART: Final = ".part"
_CHUNK: Final = 1 << 20


class Stamp(NamedTuple):
    """A moment by the wall clock, UTC microseconds, and how far it may be off; None: nobody can say."""

    utc_us: int
    error_us: int | None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file of evidence that will not change any more; what the journal keeps of it.

    path: relative to the store. first, last: when its first and last picture were taken, as this machine received
    them. pictures: None where a crash took the count. missing: packets that never came. dropped: pictures that came
    and were not written (the disk was too slow). gaps: how often the stream broke off within the file.
    recovered: a crash ended it; it was cut to what was whole.
    """

    path: str
    camera: str
    part: int
    bytes: int
    sha256: str
    first: Stamp | None
    last: Stamp | None
    pictures: int | None
    missing: int
    dropped: int
    gaps: int
    sound: bool
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A file that could not be finished. `code` is of the operating system (`ENOSPC`, `EIO`) or `empty`, `gone`."""

    path: str
    camera: str
    code: str


def hashed(file: Path) -> tuple[int, str]:
    """Size and SHA-256 of what stands on the disk, read again from its beginning. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return size, digest.hexdigest()


def name_at_last(part: Path) -> Path:
    """Give a finished file its name, for good: never that of another. Raises OSError."""
    free = wanted = part.with_suffix("")
    for number in range(1, 1000):
        if not free.exists():
            break
        free = wanted.with_stem(f"{wanted.stem}~{number}")
    part.rename(free)
    sync_folder(free.parent)
    return free


def sync_folder(folder: Path) -> None:
    """Make the names in it last through a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(folder: Path, camera: str, jpeg: bytes) -> Path:
    """Write a picture, all of it or nothing, under a name that no other has. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = folder / f"{camera}.jpg{PART}"
    with part.open("wb") as opened:
        opened.write(jpeg)
        opened.flush()
        os.fsync(opened.fileno())
    return name_at_last(part)


def leftovers(store: Path) -> list[Path]:
    """Files that a crash left open. Half a picture is none, and removed. Raises OSError."""
    for part in store.rglob(f"*.jpg{PART}"):
        part.unlink()
    return sorted(store.rglob(f"*.mp4{PART}"))


def recover(store: Path, part: Path) -> Sealed | Unsealed:
    """Cut a leftover to its last whole fragment, name it, hash it. One with no whole fragment is removed.

    Raises OSError.
    """
    camera = camera_of(part)
    with part.open("r+b") as opened:
        size = opened.seek(0, os.SEEK_END)

        def read(offset: int, count: int) -> bytes:
            opened.seek(offset)
            return opened.read(count)

        until, closed = whole_until(size, read)
        stamps = taken_at(until, read)
        if closed or stamps:
            opened.truncate(until)
            os.fsync(opened.fileno())
    if not closed and not stamps:
        part.unlink()
        return Unsealed(str(part.relative_to(store)), camera, "empty")
    named = name_at_last(part)
    length, sha256 = hashed(named)
    first, last = (Stamp(stamps[0], None), Stamp(stamps[-1], None)) if stamps else (None, None)
    return Sealed(
        path=str(named.relative_to(store)),
        camera=camera,
        part=part_of(part),
        bytes=length,
        sha256=sha256,
        first=first,
        last=last,
        pictures=None,
        missing=0,
        dropped=0,
        gaps=0,
        sound=False,
        recovered=True,
    )


def code_of(err: OSError) -> str:
    """The operating system's word for what it refused."""
    return errno.errorcode.get(err.errno or 0, "EIO")


def file_name(camera: str, part: int) -> str:
    """`cam-front.mp4`, `cam-front-2.mp4`: of one incident's folder. Camera ids are those of the configuration."""
    return f"{camera}.mp4" if part == 1 else f"{camera}.{part}.mp4"


def camera_of(file: Path) -> str:
    """Whose file this is, by its name."""
    return file.name.partition(".")[0].partition("~")[0]


def part_of(file: Path) -> int:
    """Which part of its clip, by its name."""
    number = file.name.split(".")[1].partition("~")[0]
    return int(number) if number.isdecimal() else 1
