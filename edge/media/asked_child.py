"""A process that decodes, as the camera process sees it: asked one thing at a time over a socket, ended by its process id.

What it says is bounded and checked: foreign pictures may have taken it over.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

import edge
from drivers.child import killed
from edge.media.looking_messages import PREFIX, lengths

_ENVIRONMENT: Final = ("PATH", "PYTHONPATH", "LANG", "PYTHONDONTWRITEBYTECODE")


class Head(Protocol):
    """What goes before a message's body."""

    def __call__(self, body_bytes: int) -> bytes:
        """The head, with the length of the body that follows."""


class AskedChild:
    """The process and the socket to it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.process = process
        self._reader, self._writer = reader, writer

    @classmethod
    async def start(cls, module: str) -> "AskedChild":
        """module: run with `-m`; the socket to us is its descriptor 0. Raises OSError."""
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            with theirs:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    module,
                    stdin=theirs.fileno(),
                    stdout=asyncio.subprocess.DEVNULL,
                    # libavcodec complains of each foreign picture there.
                    stderr=asyncio.subprocess.DEVNULL,
                    cwd=Path(edge.__file__).parent.parent,
                    env={
                        **{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                        # Their threads would take more than they give for pictures of this size.
                        "OPENBLAS_NUM_THREADS": "1",
                        "OMP_NUM_THREADS": "1",
                    },
                )
        except BaseException:
            writer.transport.abort()
            raise
        return cls(process, reader, writer)

    async def ask(self, head: Head, body: Sequence[bytes]) -> tuple[bytes, bytes]:
        """The answer's head and body. Raises OSError, EOFError, `Unreadable`."""
        self._writer.write(head(sum(map(len, body))))
        self._writer.writelines(body)
        await self._writer.drain()
        head_bytes, body_bytes = lengths(await self._reader.readexactly(PREFIX.size))
        return await self._reader.readexactly(head_bytes), await self._reader.readexactly(body_bytes)

    async def end(self) -> None:
        """End it, now, and wait until it is gone."""
        self._writer.transport.abort()
        await killed(self.process)
