"""How many connections there may be: bounded before a byte is read, so that no crowd takes the box's file descriptors.

Controllers, the journal and the broker need theirs: a press must not wait for somebody who opens thousands. Who
comes from where few come from is always let in: in the place of one from where the most are.
"""

import resource
import socket
from contextlib import suppress
from typing import Any, Final, Self

from edge.people.waiting import source_of

MOST: Final = 1_200
"""Twice the pages and streams that are served, and room for what they ask beside."""
KEPT: Final = 256
"""File descriptors that are left to everything else."""
BACKLOG: Final = 128
AT_ONCE: Final = 16
"""Accepted or turned away in one turn of the loop."""


def most() -> int:
    """How many at once, by the limits of this process."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST if soft == resource.RLIM_INFINITY else max(64, min(MOST, soft - KEPT))


class Admission:
    """Belongs to the loop's thread. Shared by all sockets that listen for one page."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._inside: dict[str, dict[_Visitor, None]] = {}
        """By source, each in the order in which they came."""

    def enter(self, visitor: "_Visitor") -> bool:
        """Whether a connection may stay; another one is let go for it where that is fair."""
        if self._count >= self._limit and not self._make_room(visitor.source):
            return False
        self._inside.setdefault(visitor.source, {})[visitor] = None
        self._count += 1
        return True

    def left(self, visitor: "_Visitor") -> None:
        """A connection is closed, or let go."""
        own = self._inside.get(visitor.source, {})
        if visitor in own:
            del own[visitor]
            self._count -= 1
            if not own:
                del self._inside[visitor.source]

    def _make_room(self, source: str) -> bool:
        crowd = max(self._inside.values(), key=len)
        if len(crowd) <= len(self._inside.get(source, ())) + 1:
            return False
        oldest = next(iter(crowd))
        self.left(oldest)
        with suppress(OSError):
            oldest.shutdown(socket.SHUT_RDWR)  # its transport reads the end and closes it
        return True


class _Visitor(socket.socket):
    """One accepted connection; it counts until it is closed."""

    source = ""
    admission: Admission | None = None

    def close(self) -> None:
        if self.admission is not None:
            self.admission.left(self)
        super().close()


class Entrance(socket.socket):
    """A socket that listens and accepts no more than `admission` lets in."""

    admission: Admission

    @classmethod
    def at(cls, family: int, address: Any, admission: Admission) -> Self:
        """Bound to an address. Raises OSError."""
        entrance = cls(family, socket.SOCK_STREAM)
        entrance.admission = admission
        try:
            entrance.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                entrance.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            entrance.bind(address)
        except BaseException:
            entrance.close()
            raise
        return entrance

    def listen(self, backlog: int = BACKLOG, /) -> None:
        """Listen; asyncio's own backlog is how many it accepts in one turn, which is fewer than may wait."""
        super().listen(max(backlog, BACKLOG))

    def accept(self) -> tuple[socket.socket, Any]:
        """The next that may stay. Raises BlockingIOError where there is none, as any socket does."""
        for _ in range(AT_ONCE):
            plain, address = super().accept()
            visitor = _Visitor(plain.family, plain.type, plain.proto, fileno=plain.detach())
            visitor.source = source_of(str(address[0]))
            if self.admission.enter(visitor):
                visitor.admission = self.admission
                return visitor, address
            visitor.close()
        raise BlockingIOError
