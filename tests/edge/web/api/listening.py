"""A program on the event stream, over a plain socket: what it heard, with ids, and when it was let go."""

import contextlib
import json
import socket
import threading
from dataclasses import dataclass, field
from typing import Any

from tests.edge.web.api.served import Served
from tests.flow.waiting import wait_for


@dataclass
class Ears:
    """Reads in a thread until it hangs up. heard: (id, document) of each event; beats beside them."""

    link: socket.socket
    heard: list[tuple[str, Any]] = field(default_factory=list)
    beats: list[Any] = field(default_factory=list)
    last: str = ""
    ended: bool = False

    def __post_init__(self) -> None:
        self.begun = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        left = b""
        try:
            while data := self.link.recv(65_536):
                left += data
                *blocks, left = left.split(b"\n\n")
                for block in blocks:
                    self._take(block.decode())
        except OSError:
            pass
        self.ended = True
        self.begun.set()

    def _take(self, block: str) -> None:
        said: dict[str, str] = {}
        for line in block.splitlines():
            name, sep, value = line.partition(": ")
            if sep and name in ("id", "event", "data"):
                said[name] = value
        self.last = said.get("id", self.last)
        if said.get("event") == "begin":
            self.begun.set()
        elif said.get("event") == "beat":
            self.beats.append(json.loads(said["data"]))
        elif "data" in said:
            self.heard.append((said["id"], json.loads(said["data"])))

    def until(self, what: str, kind: str) -> None:
        """Until an event of this kind was heard."""
        wait_for(what, lambda: any(one["kind"] == kind for _, one in self.heard) or None)

    def until_last(self, name: str) -> None:
        """Until the event of this id was the last heard."""
        wait_for(f"event {name}", lambda: self.last == name or None)

    @property
    def ids(self) -> list[str]:
        return [one for one, _ in self.heard]

    @property
    def kinds(self) -> list[str]:
        return [one["kind"] for _, one in self.heard]

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # the other end hung up first
            self.link.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self.link.close()


def ears(api: Served, role: str = "administrator", last: str = "", *, small: bool = False) -> Ears:
    """A listener, whose stream has begun; `last`: the id it has."""
    link = dial(api, role, last, small=small)
    made = Ears(link)
    assert made.begun.wait(10)
    return made


def dial(api: Served, role: str, last: str = "", *, small: bool = False) -> socket.socket:
    """A connection on which the stream was asked for. small: with hardly any room for what is not read."""
    link = socket.socket()
    if small:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    link.connect((api.host, api.port))
    known = "".join(f"{name}: {value}\r\n" for name, value in api.headers(role, "token").items())
    resumed = f"Last-Event-ID: {last}\r\n" if last else ""
    # HTTP/1.0: no chunks between the lines, so that the bytes are the stream.
    link.sendall(f"GET /api/v1/events/stream HTTP/1.0\r\nHost: x\r\n{known}{resumed}\r\n".encode())
    return link
