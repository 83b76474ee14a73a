"""What became of a database's files behind SQLite's back.

SQLite goes on writing into a file that has no name any more (a store unmounted or deleted), and vouches for pages in
its memory that are noise on the disk. Device, inode, time of writing and size tell: only we write these files.
"""

import os
from pathlib import Path

_File = tuple[int, int, int, int]
"""Device, inode, time of the last write in ns, bytes."""


class Seen:
    """The database and its write-ahead log as we left them."""

    def __init__(self, path: Path) -> None:
        self._files = (path, path.with_name(path.name + "-wal"))
        self._left = self._look()

    @property
    def identity(self) -> tuple[int, int] | None:
        """Device and inode of the database; None: it was gone."""
        return None if self._left[0] is None else self._left[0][:2]

    def left(self) -> None:
        """We have just written them: into those that we opened, whatever has their name now."""
        now = self._look()
        if now[0] is not None and now[0][:2] == self.identity:
            self._left = now

    def doubt(self) -> str:
        """What somebody else did: `gone`, `replaced` (another file has its name), `touched` (written); `""`: nothing."""
        now, left = self._look(), self._left
        if now != left:
            now = self._look()  # a store that went away between two looks is gone, and not touched
        if now[0] is None:
            return "gone"
        if left[0] is None or now[0][:2] != left[0][:2]:
            return "replaced"
        return "" if now == left else "touched"

    def _look(self) -> tuple[_File | None, _File | None]:
        return _stat(self._files[0]), _stat(self._files[1])


def is_named(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one of that name: what is written into another one is lost."""
    here, there = os.fstat(descriptor), _stat(path)
    return there is not None and there[:2] == (here.st_dev, here.st_ino)


def _stat(path: Path) -> _File | None:
    try:
        there = path.stat()
    except OSError:
        return None
    return there.st_dev, there.st_ino, there.st_mtime_ns, there.st_size
