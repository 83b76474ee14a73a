"""What of each incident's folder was sealed, and of which kind it is: what retention decides by, kept beside the files.

The seal itself is the journal's. A line that was never written costs no picture: a file without one counts as a real
incident's, and is never let go for want of room.
"""

import contextlib
import fcntl
import os
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from edge.media.quota import Class, Kept
from edge.media.sealing import PART

SEALS: Final = "seals.ndjson"
LOCK: Final = ".lock"
MOST_WAITING: Final = 4_096
RETRY_S: Final = 1.0

Kind = Literal["real", "drill", "unknown"]


class Seal(msgspec.Struct, frozen=True):
    """A line of `SEALS`. name: relative to the store; `""`: only the kind is said. sealed_us: UTC microseconds."""

    kind: Kind
    name: str = ""
    sha256: str = ""
    size: int = 0
    sealed_us: int = 0


class Seals:
    """Belongs to the loop's thread; writes in one of its own, which may hang with its disk."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._lines: queue.Queue[tuple[str, Seal]] = queue.Queue(MOST_WAITING)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, incident: str, seal: Seal) -> None:
        """Have it written, behind those before it; what a disk takes too long for is left out."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait((incident, seal))
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_all, name="evidence seals", daemon=True)
            self._thread.start()

    @property
    def waiting(self) -> int:
        """Lines that are not written yet."""
        return self._lines.qsize()

    def close(self) -> None:
        """A disk that refuses is not asked again."""
        self._over.set()

    def _write_all(self) -> None:
        while True:
            incident, seal = self._lines.get()
            while not self._write(incident, seal) and not self._over.wait(RETRY_S):
                pass

    def _write(self, incident: str, seal: Seal) -> bool:
        folder = self._store / incident
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (folder / SEALS).open("ab") as file:
                # A line that a full disk cut short is ended first: half of one says nothing.
                file.write((b"\n" if file.tell() else b"") + msgspec.json.encode(seal) + b"\n")
        except OSError:
            return False
        return True


class Folder(NamedTuple):
    """An incident's folder. open_parts: files that are being written, or that a crash left."""

    path: Path
    kind: Class
    sealed: tuple[Kept, ...]
    unsealed: tuple[Kept, ...]
    """Finished files without a line; by their own size and time."""
    open_parts: tuple[Kept, ...]


def alone(store: Path) -> int:
    """Wait until no other process has the store, and have it from now on; returns the descriptor that says so.

    The one before may still be finishing its files: what two write is neither's. Ends with the process. Raises OSError;
    in a thread.
    """
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(store / LOCK, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def folders(store: Path) -> Iterator[Folder]:
    """What there is. Raises OSError; may hang with its disk: in a thread."""
    if not store.exists():
        return
    for path in sorted(store.iterdir()):
        if path.name.startswith(".") or not path.is_dir():
            continue
        seals = _read(path / SEALS)
        kinds = {one.kind for one in seals}
        kind: Class = "rehearsal" if "drill" in kinds and "real" not in kinds else "real"
        by_name = {one.name: one for one in seals}
        found: tuple[list[Kept], list[Kept], list[Kept]] = ([], [], [])
        for file in sorted(path.iterdir()):
            with contextlib.suppress(FileNotFoundError):  # it just got its name
                about = file.lstat()
                name = str(file.relative_to(store))
                seal = by_name.get(name)
                sealed_us = about.st_mtime_ns // 1_000 if seal is None else seal.sealed_us
                kept = Kept(name, about.st_size, kind, sealed_us, "" if seal is None else seal.sha256)
                if file.name.endswith(PART):
                    found[2].append(kept)
                elif file.name != SEALS:
                    found[seal is None].append(kept)
        yield Folder(path, kind, tuple(found[0]), tuple(found[1]), tuple(found[2]))


def _read(seals: Path) -> list[Seal]:
    found = []
    with contextlib.suppress(FileNotFoundError):
        for line in seals.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                found.append(msgspec.json.decode(line, type=Seal))
    return found
