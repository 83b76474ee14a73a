"""What a disk or SQLite refused with: its name, and whether it means a full disk or damage."""

import errno
import os
import sqlite3
from pathlib import Path
from typing import Final

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_BY_THE_DISK: Final = frozenset({sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
_NOTHING_LEFT_BYTES: Final = 64 * 1024


def error_name(err: Exception) -> str:
    """SQLite's name of an error, such as `SQLITE_FULL`; where it has none, what it says."""
    return getattr(err, "sqlite_errorname", None) or str(err)


def errno_name(err: OSError) -> str:
    """What the system says of an error, such as `No space left on device`."""
    return err.strerror or type(err).__name__


def is_full(err: Exception, directory: Path) -> bool:
    """Whether it is for want of room that this was refused."""
    if isinstance(err, OSError):
        return err.errno in _FULL
    code = _primary(err)
    if code in _BY_THE_DISK:  # what a sync or a creation says on a full disk
        try:
            there = os.statvfs(directory)
        except OSError:
            return False
        return there.f_bavail * there.f_frsize < _NOTHING_LEFT_BYTES
    return code == sqlite3.SQLITE_FULL


def is_damage(err: BaseException) -> bool:
    """Whether it says that the database itself is damaged: true only if it says so again of a disk that answers.

    After an I/O error SQLite calls a whole file corrupt, because the storage is gone (faults.md 1.3).
    """
    if isinstance(err, TypeError | ValueError):
        return True  # a number that came back as text: damage that SQLite does not see
    return _primary(err) in _DAMAGED


def says_corrupt(err: Exception) -> bool:
    """Whether SQLite calls a database corrupt that could be opened before."""
    return _primary(err) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _primary(err: BaseException) -> int | None:
    code: int | None = getattr(err, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
