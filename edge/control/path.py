"""Where the socket lies, and how to name it to the kernel, which takes 107 bytes and no more (unix(7))."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

NAME: Final = "control.sock"
LONGEST: Final = 107


@contextmanager
def address(path: Path) -> Iterator[str]:
    """A name for `path` short enough for bind and connect. Raises OSError where its directory is missing."""
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    fd = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{fd}/{path.name}"
    finally:
        os.close(fd)
