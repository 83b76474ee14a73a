"""The process that libosdp lives in: one serial line, its readers, a socket to the daemon on descriptor 0.

`python -m drivers.doors.osdp_process`, started and watched by `osdp_bus`. C code is fed from the attack side
of a wall here, so the process holds nothing but this line's keys, and ends by itself when the daemon does.
"""

import os
import select
import socket
import sys
import time
from collections import deque

from drivers.confined import STARTS_NOTHING, confine
from drivers.doors.osdp_frames import Framer
from drivers.doors.osdp_line import Line, LineLost
from drivers.doors.osdp_link import POLL_US, ReaderLink
from drivers.doors.osdp_messages import LONGEST_DOWN, Beat, Do, Ended, Open, Up, down
from drivers.doors.osdp_session import Session, library
from drivers.lines import Lines, Unreadable, line

BEAT_US = 100_000
REOPEN_US = 200_000
"""How often a port that is gone is tried: a plugged-in adapter is back in well under a second."""
POLL_EACH_US = 20_000
"""On a line with many readers each is polled more seldom: evidence has its own rounds, polls bring what is unasked."""
CUT_US = 50_000
"""A command for another reader ends the wait for one that was silent before; answers come in 3 to 20 ms."""
GAP_US, GAP_LEAST_US, GAP_ALONE_US = 600_000, 300_000, 20_000
"""From one try of an absent reader to the next. A try holds the line for 200 ms: one absent reader takes a
third of it and is back within 0.6 s and its handshake; several share, and none is tried more often than each
0.3 s. Where nobody is there to be delayed, the tries follow one another."""


def now_us() -> int:
    return time.monotonic_ns() // 1_000


class Arbiter:
    """Gives the line to one reader at a time: commands first, then in turn."""

    def __init__(self, opened: Open, parent: socket.socket) -> None:
        self._opened, self._parent = opened, parent
        self._framer = Framer()
        self._line: Line | None = None
        self._reopen_us = 0
        self._beat_us = 0
        self._idle_us = 2 * 10 * 1_000_000 // opened.baud
        self._free_us = 0
        self._holder: ReaderLink | None = None
        self._links: dict[int, ReaderLink] = {}
        poll_us = max(POLL_US, POLL_EACH_US * len(opened.readers))
        for reader in opened.readers:
            session = Session(reader.address, bytes.fromhex(reader.key), opened.baud, self._write)
            self._links[reader.address] = ReaderLink(reader, session, self._say, poll_us)
        self._turn = deque(self._links.values())

    def round(self) -> bool:
        """Use the line, then wait for whatever comes first. True: the daemon has something to say."""
        now = now_us()
        if now >= self._beat_us:
            self._beat_us = now + BEAT_US
            self._say(Beat())
        for link in self._links.values():
            link.expire(now)
        try:
            self._use_line(now)
            descriptors: list[Line | socket.socket] = [self._parent]
            if self._line is not None:
                descriptors.append(self._line)
            ready, _, _ = select.select(descriptors, [], [], self._pause_s())
            if self._line is not None and self._line in ready:
                self._hear(self._line)
        except LineLost as err:
            self._unplugged(str(err))
            return False
        return self._parent in ready

    def take(self, do: Do) -> None:
        """A command from the daemon."""
        link = self._links.get(do.address)
        if link is None:
            self._say(Ended(do.id, "not_sent", "unknown_reader"))
        else:
            link.take(do)

    def _use_line(self, now: int) -> None:
        if self._line is None:
            if now < self._reopen_us:
                return
            self._reopen_us = now + REOPEN_US
            self._line = Line(self._opened.port, self._opened.baud)
            self._framer.clear()
        if self._holder is not None and not self._still_held(self._holder, now):
            self._holder = None
        while self._holder is None and now >= self._free_us:
            ready = [link for link in self._turn if link.due() <= now]
            if not ready:
                return
            link = min(ready, key=ReaderLink.rank)
            self._turn.remove(link)
            self._turn.append(link)
            self._framer.clear()  # half a frame that came before the question is no part of the answer
            if link.start(now):
                self._holder = link

    def _still_held(self, holder: ReaderLink, now: int) -> bool:
        again = holder.again(now)
        if again is not None:
            self._write(again)
        if now < self._held_until(holder):
            return True
        holder.silent(now, self._gap_us())
        if self._line is not None:
            self._line.discard_input()
        self._framer.clear()
        return False

    def _held_until(self, holder: ReaderLink) -> int:
        """When its turn ends at the latest, as it looks now."""
        others = [link.due() for link in self._links.values() if link is not holder and link.urgent()]
        if holder.down is False or not others:
            return holder.deadline()
        return min(holder.deadline(), max(holder.started() + CUT_US, min(others)))

    def _gap_us(self) -> int:
        away = sum(link.down is not False for link in self._links.values())
        if away == len(self._links):
            return GAP_ALONE_US
        return max(GAP_US // max(away, 1), GAP_LEAST_US)

    def _hear(self, port: Line) -> None:
        for frame in self._framer.feed(port.read()):
            if self._holder is not None and self._holder.hear(frame, now_us()):
                # Two characters of idle line before the next frame, so that converters turn round (5.7).
                self._holder, self._free_us = None, now_us() + self._idle_us

    def _pause_s(self) -> float:
        now = now_us()
        wanted = [self._beat_us]
        if self._line is None:
            wanted.append(self._reopen_us)
        elif self._holder is not None:
            wanted.append(self._held_until(self._holder))
        else:
            wanted.append(max(self._free_us, min(link.due() for link in self._links.values())))
        wanted.extend(end for link in self._links.values() if (end := link.next_end()) is not None)
        return max(0, min(wanted) - now) / 1e6

    def _unplugged(self, reason: str) -> None:
        if self._line is not None:
            self._line.close()
        self._line = self._holder = None
        self._reopen_us = now_us() + REOPEN_US
        for link in self._links.values():
            link.unplugged(now_us(), f"the port: {reason}")

    def _write(self, data: bytes) -> bool:
        return self._line is not None and self._line.write(data)

    def _say(self, message: Up) -> None:
        self._parent.sendall(line(message))


def _confine() -> None:
    confine(*STARTS_NOTHING)


def main() -> int:
    """Serve until the daemon closes the socket. Returns 0 then, 1 where it spoke what is no message."""
    _confine()
    parent = socket.socket(fileno=os.dup(0))
    lines = Lines(LONGEST_DOWN)
    arbiter: Arbiter | None = None
    library()
    while True:
        if arbiter is not None and not arbiter.round():
            continue
        data = parent.recv(LONGEST_DOWN)
        if not data:
            return 0
        try:
            messages = [down(text) for text in lines.feed(data)]
        except Unreadable:
            return 1
        for message in messages:
            match message:
                case Open():
                    arbiter = Arbiter(message, parent)
                case Do() if arbiter is not None:
                    arbiter.take(message)
                case _:
                    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the daemon has gone
