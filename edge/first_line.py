"""Has a process of its own read what a stranger made, and takes the one line that it answers."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

import edge

_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE")


def module(name: str) -> tuple[str, ...]:
    """How a module of ours is started."""
    return sys.executable, "-m", name


async def first_line(
    program: tuple[str, ...],
    *,
    most_bytes: int,
    patience_s: float,
    reads: IO[Any] | None = None,
    began: Callable[[int], None] = lambda _: None,
) -> bytes:
    """The line; the process is killed behind it, whatever happens. reads: its standard input. began: gets its id.

    Raises OSError where it cannot be started, TimeoutError, and ValueError for a line longer than `most_bytes`.
    """
    process = await asyncio.create_subprocess_exec(
        *program,
        stdin=asyncio.subprocess.DEVNULL if reads is None else reads,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=most_bytes,
        cwd=Path(edge.__file__).parent.parent,
        env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
    )
    began(process.pid)
    try:
        async with asyncio.timeout(patience_s):
            assert process.stdout is not None  # noqa: S101  a pipe, asked for above
            return await process.stdout.readline()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
