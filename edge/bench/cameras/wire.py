"""Packets that never arrive: a filter on the measured process's own socket drops them before its kernel acknowledges any.

The socket is borrowed as a debugger would (pidfd_getfd(2)), so neither root nor a network namespace is needed.
"""

import contextlib
import ctypes
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.simulators.tcp_loss import deafen, undeafen
from edge.bench.children import Lost

_PIDFD_GETFD: Final = 438
"""The same number on every architecture (asm-generic/unistd.h)."""
_ESTABLISHED: Final = "01"
_libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def dropped(pid: int, port: int) -> Iterator[None]:
    """Nothing arrives at `pid` of its connection to this port of loopback. Raises Lost where that cannot be done."""
    borrowed = _borrowed(pid, _descriptor(pid, port))
    try:
        deafen(borrowed)
        yield
        undeafen(borrowed)
    except OSError as err:
        raise Lost(f"packets cannot be dropped here: {err.strerror}") from None
    finally:
        # Only what was borrowed: no FIN leaves while the process itself has the connection open.
        borrowed.close()


def _descriptor(pid: int, port: int) -> int:
    lines = Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    inodes = {
        f"socket:[{one[9]}]"
        for one in fields
        if one[3] == _ESTABLISHED and int(one[2].rpartition(":")[2], 16) == port
    }
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(one.readlink()) in inodes:
                return int(one.name)
    raise Lost(f"there is no connection to port {port}")


def _borrowed(pid: int, descriptor: int) -> socket.socket:
    whose = os.pidfd_open(pid)
    try:
        found = _libc.syscall(_PIDFD_GETFD, whose, descriptor, 0)
    finally:
        os.close(whose)
    if found < 0:
        raise Lost(f"the connection cannot be borrowed: {os.strerror(ctypes.get_errno())}")
    return socket.socket(fileno=found)
