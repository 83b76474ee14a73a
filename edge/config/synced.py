"""Files that last through a power cut. Loads nothing: the command line asks where a store is before it asks anything."""

import os
from contextlib import suppress
from pathlib import Path


def write_synced(path: Path, data: bytes) -> None:
    """A whole new file of ours alone, synced. Raises OSError."""
    with suppress(FileNotFoundError):
        path.unlink()
    with open(path, "xb", opener=_only_ours) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _only_ours(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def sync_folder(path: Path) -> None:
    """Make the names in a folder last. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
