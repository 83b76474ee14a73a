"""One daemon a store: a lock on a file in the store directory, which the kernel lets go when its holder dies."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

NAME: Final = "daemon.lock"
JOURNAL: Final = "journal.lock"
"""What `edge.journal` holds while it has the database open."""


class Held(Exception):
    """Another daemon runs on this store. `pid`: its process id as it wrote it, None where it could not be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        self.pid = pid
        super().__init__(
            f"{path.parent} is in use by {f'process {pid}' if pid else 'another process'}: "
            f"nothing was started and that one works on; stop it first, or name another store directory"
        )


class StoreLock:
    """The lock, held from construction until `release`. The file stays: removing it would let two in."""

    def __init__(self, directory: Path) -> None:
        """Raises Held, and OSError where the directory cannot be written."""
        path = directory / NAME
        # Not inherited by children: a broker that outlives us must not keep the next daemon out.
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = _pid(self._fd)
            os.close(self._fd)
            raise Held(path, pid) from None
        except OSError:
            os.close(self._fd)
            raise
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let it go. May be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.release()


def is_held(directory: Path) -> bool:
    """Whether a daemon, or somebody who reads its journal, holds the store now. Raises PermissionError.

    A question and no claim: what it takes it gives back at once.
    """
    return any(_held(directory / name) for name in (NAME, JOURNAL))


def _held(path: Path) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def _pid(fd: int) -> int | None:
    text = os.pread(fd, 32, 0).strip()
    return int(text) if text.isdigit() else None
