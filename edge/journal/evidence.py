"""The files of pictures that the record names: which of them have to be there, and whether they are what was sealed.

Everything that touches the disk may hang with it: called in threads that may hang, never on the loop.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Final, Literal, NamedTuple

from edge.journal.canonical import JSON
from edge.journal.chain import Problem
from edge.journal.stored import Stored

ENDED: Final = "evidence.ended/1"
DELETED: Final = "evidence.deleted/1"
BLOCK: Final = 1 << 20
MOST_PROBLEMS: Final = 100

Missing = Literal[
    "", "gone", "changed", "unreadable", "deleted", "redacted", "no_room", "too_many", "left_out"
]
"""Why a file is not where it should be. gone, changed, unreadable: what the disk says of it. deleted: by retention, as an
event says. redacted, left_out: nobody wanted it. no_room: there was no place for a copy. `""`: it is there."""


class Named(NamedTuple):
    """A sealed file, as its event names it. name: relative to the evidence folder. Times are UTC microseconds."""

    name: str
    camera: str
    sha256: str
    size: int
    end: str
    first_us: int | None
    last_us: int | None
    epoch: str
    seq: int

    def listed(self, missing: Missing) -> dict[str, JSON]:
        """Its line in an export's manifest."""
        return {
            "name": self.name,
            "camera": self.camera,
            "sha256": self.sha256,
            "bytes": self.size,
            "end": self.end,
            "first_us": self.first_us,
            "last_us": self.last_us,
            "epoch": self.epoch,
            "seq": self.seq,
            "missing": missing,
        }


class NotAsSealed(Exception):
    """A file is not what its event says; `code` why."""

    def __init__(self, named: Named, code: Missing) -> None:
        super().__init__(f"{named.name}: {code}")
        self.named, self.code = named, code


class Ledger:
    """What the events that were noted name, in their order; a file that is told twice is named twice."""

    def __init__(self) -> None:
        self.named: list[Named] = []
        self.deleted: set[tuple[str, str]] = set()
        """By name and SHA-256."""

    def note(self, event: Stored) -> None:
        """An event of any kind."""
        if event.kind == DELETED:
            self.note_deleted(event.data)
        elif event.kind == ENDED:
            named = _named(event)
            if named is not None:
                self.named.append(named)

    def note_deleted(self, data: Mapping[str, JSON]) -> None:
        """What an event of a deletion says."""
        match data:
            case {"name": str(name), "sha256": str(sha256)}:
                self.deleted.add((name, sha256))

    @property
    def standing(self) -> dict[str, Named]:
        """By name: what has to be there."""
        return {
            one.name: one
            for one in self.named
            if (one.name, one.sha256) not in self.deleted and (one.name, "") not in self.deleted
        }


def blocks(folder: Path, named: Named) -> Iterator[bytes]:
    """The file's content, checked against its event as it is read. Raises NotAsSealed, also at the very end."""
    digest, size = hashlib.sha256(), 0
    try:
        with opened(folder, named) as file:
            while block := file.read(BLOCK):
                digest.update(block)
                size += len(block)
                if size > named.size:
                    break  # it grew meanwhile
                yield block
    except OSError:
        raise NotAsSealed(named, "unreadable") from None
    if size != named.size or digest.hexdigest() != named.sha256:
        raise NotAsSealed(named, "changed")


def opened(folder: Path, named: Named) -> IO[bytes]:
    """The file, if it is there with its size. Raises NotAsSealed."""
    path = folder / named.name
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        # Without O_NONBLOCK somebody's FIFO in its place would be waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotAsSealed(named, "gone") from None
    except (OSError, ValueError, RuntimeError):
        raise NotAsSealed(named, "unreadable") from None
    try:
        about = os.fstat(descriptor)
        if not inside or not stat.S_ISREG(about.st_mode):
            raise NotAsSealed(named, "unreadable")
        if about.st_size != named.size:
            raise NotAsSealed(named, "changed")
        return os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def looked_at(folder: Path, named: Named, *, hashes: bool) -> Missing:
    """Whether a file is there with its size; hashes: with its content, which takes as long as reading it."""
    try:
        if hashes:
            for _ in blocks(folder, named):
                pass
        else:
            opened(folder, named).close()
    except NotAsSealed as err:
        return err.code
    return ""


def problems(folder: Path, files: Iterable[Named], *, hashes: bool) -> Iterator[tuple[Named, Problem]]:
    """What does not hold of the files that have to be there."""
    for one in files:
        missing = looked_at(folder, one, hashes=hashes)
        if missing:
            yield one, Problem("evidence", one.epoch, one.seq, f"{one.name}: {_SAID[missing]}")


_SAID: Final[dict[str, str]] = {
    "gone": "the file is gone, and no event tells of its deletion",
    "changed": "the file is not the one that was sealed",
    "unreadable": "the file cannot be read",
}


def unnamed(folder: Path, files: Mapping[str, Named]) -> list[str]:
    """Finished files that the record does not name. Raises OSError."""
    if not folder.exists():
        return []
    found = (
        file for one in folder.iterdir() if one.is_dir() and one.name[0] != "." for file in one.iterdir()
    )
    names = (str(file.relative_to(folder)) for file in found if file.suffix in (".mp4", ".jpg"))
    return sorted(name for name in names if name not in files)


def _named(event: Stored) -> Named | None:
    match event.data:
        case {
            "camera": str(camera),
            "name": str(name),
            "sha256": str(sha256),
            "size": int(size),
            "end": str(end),
            "first_us": int() | None as first_us,
            "last_us": int() | None as last_us,
        } if len(sha256) == 64:
            return Named(name, camera, sha256, size, end, first_us, last_us, event.epoch, event.seq)
    return None
