"""A child of the benchmark: everybody who listens. Open pages and programs on sockets of their own, read by one epoll loop.

It reads as cheaply as it can, for it shares the machine with what it measures: each page's messages are taken out of their
chunks (RFC 9112 section 7.1) and told apart by their hash; of the programs, one is read and the others are counted.

`python -m edge.bench.crowd HOST PORT`. Times are microseconds of CLOCK_MONOTONIC, which all processes share.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from edge.bench.lines import Message, tell

BEGUN_S: Final = 60.0
PIECE: Final = 256 * 1024
AT_ONCE: Final = 10
"""Connected before the others are read: a crowd that comes at once waits in the kernel's queue."""


@dataclass(slots=True, eq=False)
class Ear:
    """One connection. heard: (when its last byte came, which message), in order. read: taken apart, not only counted."""

    socket: socket.socket
    page: bool
    read: bool
    rest: bytearray = field(default_factory=bytearray)
    head: bool = True
    begun: bool = False
    heard: list[tuple[int, int]] = field(default_factory=list)


class Crowd:
    """Obeys `listen`, `heard`, `said`, `forget`, `traffic` and `leave`."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._epoll = select.epoll()
        self._ears: dict[int, Ear] = {}
        self._texts: dict[int, bytes] = {}
        self._said: list[dict[str, Any]] = []
        self._piece = memoryview(bytearray(PIECE))
        self._bytes = 0
        self.lost = 0

    def serve(self) -> None:
        """Answer each line of stdin until that ends, and read what comes meanwhile."""
        orders = open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115  for as long as this runs
        self._epoll.register(orders.fileno(), select.EPOLLIN)
        tell({"ready": True})
        pending = b""
        while True:
            if not self.turn(None, orders.fileno()):
                continue
            got = orders.read(65_536)
            if not got:
                return
            pending += got
            while b"\n" in pending:
                line, _, pending = pending.partition(b"\n")
                tell(self.obey(json.loads(line)))

    def obey(self, order: Message) -> Message:
        """One order."""
        match order["do"]:
            case "listen":
                return self._listen(order["pages"], order["programs"])
            case "heard":
                return self._heard(order["mark"].encode(), order["after_us"], order["within_s"])
            case "said":
                return {"events": [one for one in self._said if one["kind"] in order["kinds"]]}
            case "forget":
                self._forget()
                return {}
            case "traffic":
                return {"bytes": self._bytes, "lost": self.lost}
            case "leave":
                for ear in list(self._ears.values()):
                    self._gone(ear)
                self.lost = 0
                self._forget()
                return {}
            case other:
                raise ValueError(other)

    def turn(self, wait_s: float | None, orders: int = -1) -> bool:
        """Read once what has come, waiting for it so long; whether an order has."""
        asked = False
        for number, _ in self._epoll.poll(-1 if wait_s is None else wait_s):
            if number == orders:
                asked = True
            else:
                self._read(self._ears[number])
        return asked

    # --- coming and going ---------------------------------------------------------------------

    def connect(self, pages: Iterable[Message], programs: Iterable[Message]) -> None:
        """Open all of these streams; each is a path and its headers."""
        wanted = [(True, one) for one in pages] + [(False, one) for one in programs]
        first = True
        for count, (page, one) in enumerate(wanted):
            connection = socket.create_connection(self._address)
            head = "".join(f"{name}: {value}\r\n" for name, value in one["headers"].items())
            connection.sendall(f"GET {one['path']} HTTP/1.1\r\nHost: bench\r\n{head}\r\n".encode())
            connection.setblocking(False)
            self._ears[connection.fileno()] = Ear(connection, page, read=page or first)
            first = first and page
            self._epoll.register(connection.fileno(), select.EPOLLIN)
            if count % AT_ONCE == AT_ONCE - 1:
                self.turn(0)

    def _listen(self, pages: Iterable[Message], programs: Iterable[Message]) -> Message:
        self.connect(pages, programs)
        ends = time.monotonic() + BEGUN_S
        while time.monotonic() < ends and not all(ear.begun for ear in self._ears.values()):
            self.turn(0.1)
        return {"listening": sum(ear.begun for ear in self._ears.values()), "lost": self.lost}

    def _gone(self, ear: Ear) -> None:
        self._epoll.unregister(ear.socket.fileno())
        del self._ears[ear.socket.fileno()]
        ear.socket.close()
        self.lost += 1

    # --- reading ------------------------------------------------------------------------------

    def _read(self, ear: Ear) -> None:
        try:
            size = ear.socket.recv_into(self._piece)
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if size == 0:
            self._gone(ear)
            return
        at_us = time.monotonic_ns() // 1000
        self._bytes += size
        if ear.head or ear.read:
            ear.rest += self._piece[:size]
            if ear.head and not self._headed(ear):
                return
            if ear.read:
                self._take(ear, at_us)
            else:
                ear.begun = True
                ear.rest.clear()

    def _headed(self, ear: Ear) -> bool:
        head, found, rest = ear.rest.partition(b"\r\n\r\n")
        if not found:
            return False
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ValueError(head.decode(errors="replace"))
        ear.rest, ear.head = rest, False
        return True

    def _take(self, ear: Ear, at_us: int) -> None:
        """The whole chunks out of what has come."""
        rest = ear.rest
        while True:
            line = rest.find(b"\r\n")
            if line < 0:
                return
            size = int(rest[:line], 16)
            if len(rest) < line + 2 + size + 2:
                return
            chunk = bytes(rest[line + 2 : line + 2 + size])
            del rest[: line + 2 + size + 2]
            ear.begun = True
            if ear.page:
                name = hash(chunk)
                self._texts.setdefault(name, chunk)
                ear.heard.append((at_us, name))
            else:
                self._events(chunk)

    def _events(self, chunk: bytes) -> None:
        offset_us = time.time_ns() // 1000 - time.monotonic_ns() // 1000
        for event in chunk.split(b"\n\n"):
            name, _, data = event.partition(b"\ndata: ")
            if name.startswith(b"id: ") and data:
                said = json.loads(data)
                utc_us = datetime.fromisoformat(said["at"]).timestamp() * 1e6
                kept = {one: said[one] for one in ("kind", "subject", "incident", "data")}
                self._said.append({**kept, "at_us": round(utc_us) - offset_us})

    def _forget(self) -> None:
        self._texts.clear()
        self._said.clear()
        for ear in self._ears.values():
            ear.heard.clear()

    def _heard(self, mark: bytes, after_us: int, within_s: float) -> Message:
        """When each page had the first message behind `after_us` that holds `mark`; all of them, or as many as came."""
        ends = time.monotonic() + within_s
        pages = [ear for ear in self._ears.values() if ear.page]
        while True:
            named = {name for name, text in self._texts.items() if mark in text}
            firsts = [_first(ear, named, after_us) for ear in pages]
            times = [at_us for at_us in firsts if at_us is not None]
            if len(times) == len(pages) or time.monotonic() > ends:
                return {
                    "pages": len(times),
                    "first_us": min(times, default=None),
                    "last_us": max(times, default=None),
                }
            self.turn(0.02)


def _first(ear: Ear, named: set[int], after_us: int) -> int | None:
    return next((at_us for at_us, name in ear.heard if at_us >= after_us and name in named), None)


if __name__ == "__main__":
    Crowd(sys.argv[1], int(sys.argv[2])).serve()
