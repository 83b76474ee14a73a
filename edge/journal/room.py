"""Room on the store's disk: how much is left, what is given up when there is none, and when it comes back.

Given up in this order: the ballast (a file of real blocks, kept for this), then what others offered, in their order:
the views with their telemetry (they are made again from the journal), then the last good copy of the journal. Never
the journal's rows, the spill, the witness, what was set aside as damaged, accounts or configurations.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from edge.journal.witness import sync_directory

Trouble = Callable[[str, bool, tuple[str, ...]], None]

MIB: Final = 1024 * 1024
BALLAST_MOST_BYTES: Final = 16 * MIB
"""Some 3,000 commits of one press (stack.md 4)."""
BALLAST_SHARE: Final = 16
"""Of a small disk at most a sixteenth."""
BALLAST_LEAST_BYTES: Final = 256 * 1024
LOW_BYTES: Final = 256 * MIB
LOW_SHARE: Final = 10
"""Little is left below a tenth of the disk, and below 256 MiB of a large one."""
_SETTLES_S: Final = 1.0
"""What another thread lets go of is free a moment later: until then nothing more is given up."""
_QUIET_S: Final = 10.0
"""Nothing comes back before the disk has refused nothing for so long."""


def ballast_bytes(total_bytes: int) -> int:
    """How large the ballast is on a disk of this size; 0: there is none."""
    size = min(BALLAST_MOST_BYTES, total_bytes // BALLAST_SHARE)
    return size if size >= BALLAST_LEAST_BYTES else 0


def low_bytes(total_bytes: int) -> int:
    """Below so many free bytes little is left."""
    return min(LOW_BYTES, total_bytes // LOW_SHARE)


class Room:
    """One store directory's disk. `give_up` for whoever was refused, `look` every few seconds in a thread of its own."""

    def __init__(self, directory: Path, ballast: Path, trouble: Trouble) -> None:
        self._directory = directory
        self._ballast = ballast
        self._trouble = trouble
        self._offers: list[tuple[str, Callable[[], bool], Callable[[], None]]] = []
        self._given: list[str] = []
        self._guard = threading.Lock()
        self._gave_at_s = self._refused_at_s = float("-inf")
        self._low = False

    def offer(self, name: str, give: Callable[[], bool], take_back: Callable[[], None]) -> None:
        """Something that may go for room, behind what was offered before.

        give: asks for it to go and returns at once; False: there is nothing to give. take_back: it may come back.
        """
        self._offers.append((name, give, take_back))

    def allows(self, size: int) -> bool:
        """Whether something that can be done without may take so many bytes: little must not be left behind it."""
        try:
            free, total = _space(self._directory)
        except OSError:
            return False
        return not self._given and free - size >= low_bytes(total)

    def give_up(self) -> bool:
        """The disk refused for want of room: give up the next thing. True: it is worth trying again at once."""
        with self._guard:
            now = self._refused_at_s = time.monotonic()
            if now - self._gave_at_s < _SETTLES_S:
                return False
            if _gone(self._ballast):
                self._gave("ballast")
                return True
            for name, give, _ in self._offers:
                if name not in self._given and give():
                    self._gave(name)
                    self._gave_at_s = now
                    break
            return False

    def look(self) -> None:
        """Say how much is left, keep the ballast, and let come back what was given up. Raises OSError."""
        free, total = _space(self._directory)
        low = low_bytes(total)
        if free < low:
            self._low = True
            self._trouble("disk_low", True, (str(_at_most_mib(free)),))
        elif self._low and free >= low + low // 4:
            self._low = False
            self._trouble("disk_low", False, ())
        with self._guard:
            if time.monotonic() - self._refused_at_s >= _QUIET_S:
                self._come_back(free, total)

    def _come_back(self, free: int, total: int) -> None:
        """The ballast first; then, with twice as much to spare, the last that was given up."""
        size, low = ballast_bytes(total), low_bytes(total)
        spare = low + low // 2 if self._given else low
        if size and not self._ballast.exists():
            if free - size < spare:
                return
            try:
                make_ballast(self._ballast, size)
            except OSError:
                return  # it says itself that little is left, and it is tried again
            free -= size
            self._took_back("ballast")
        for name, _, take_back in reversed(self._offers):
            if name in self._given and free >= 2 * low:
                take_back()
                self._took_back(name)
                return

    def _gave(self, name: str) -> None:
        if name not in self._given:
            self._given.append(name)
        self._trouble("room_given", True, (", ".join(self._given),))

    def _took_back(self, name: str) -> None:
        if name in self._given:
            self._given.remove(name)
            self._trouble("room_given", bool(self._given), (", ".join(self._given),) if self._given else ())


def make_ballast(path: Path, size: int) -> None:
    """A file of `size` bytes whose blocks are really taken, to stay. Raises OSError, and nothing is left."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size)
        os.fsync(descriptor)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(descriptor)
    sync_directory(path.parent)


def _gone(file: Path) -> bool:
    """Take this file away; False: there is none, or it stays."""
    try:
        file.unlink()
    except OSError:
        return False
    with contextlib.suppress(OSError):  # a full disk syncs nothing, and the blocks are free all the same
        sync_directory(file.parent)
    return True


def _space(directory: Path) -> tuple[int, int]:
    """(free, total) bytes of its disk, for us. Raises OSError."""
    there = os.statvfs(directory)
    return there.f_bavail * there.f_frsize, there.f_blocks * there.f_frsize


def _at_most_mib(size: int) -> int:
    """The power of two that it is below, in MiB: a figure that does not turn with each byte."""
    return 1 << (max(0, size) // MIB).bit_length()
