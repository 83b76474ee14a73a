"""A database as files: taken away, kept under another name, made to last."""

import os
from pathlib import Path
from typing import Final

from edge.journal.witness import sync_directory

LOGS: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database: taken for another's, it would be carried into that one."""


def remove(file: Path) -> None:
    """Take a database away that nobody needs, with its logs. Raises OSError."""
    for suffix in ("", *LOGS):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def without_logs(file: Path) -> None:
    """Take the logs beside a database's place away, to stay away. Raises OSError."""
    for suffix in LOGS:
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    sync_directory(file.parent)


def set_aside(file: Path, mark: str) -> list[str]:
    """Keep a database and its logs under other names; the names. Raises OSError.

    The database goes first: what is found without it is the rest of a setting aside that was cut off.
    """
    names = []
    for suffix in ("", *LOGS):
        old = file.with_name(file.name + suffix)
        if old.exists():
            names.append(f"{file.name}.{mark}{suffix}")
            old.rename(file.with_name(names[-1]))
    sync_directory(file.parent)
    return names


def sync(file: Path) -> None:
    """Make what was written to a file last. Raises OSError."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
