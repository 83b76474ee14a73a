"""A camera process that somebody else wrote: `python -m tests.edge.misbehaving FD`. It behaves as its first camera is called."""

import os
import socket
import sys
import time
from typing import Final

from drivers.lines import line
from edge.media.messages import Answer, Beat, Condition, File, Keep, Open, Standing, down

TURNS: Final = 2_000


def main() -> None:
    """Until the daemon ends it."""
    daemon = socket.socket(fileno=os.dup(0))
    opened = down(first_line(daemon))
    assert isinstance(opened, Open)
    how, name = opened.cameras[0].id, opened.cameras[-1].id
    if how != "silent":
        daemon.sendall(line(Beat()))
    match how:
        case "nonsense":
            daemon.sendall(b'{"type":"beat","viewers":"many"}\n')
        case "long-line":
            daemon.sendall(b" " * 100_000)
        case "flood":
            daemon.sendall(line(Beat()) * 100_000)
        case "files":
            one = line(File(name, "inc-1", "inc-1/a.mp4", "sealed", sha256="ab" * 32))
            for _ in range(40):
                daemon.sendall(one * 200)
                time.sleep(0.1)
        case "dies":
            return
        case "hangs" | "deaf" | "silent":
            time.sleep(3_600)
        case "eats":
            eaten = bytearray()
            while True:
                eaten += os.urandom(1 << 20) * 16
                daemon.sendall(line(Beat()))
        case "flutters":
            flutter(daemon, name)
        case "strangers":
            for number in range(1_000):
                daemon.sendall(line(up(f"cam-{number}", is_up=False)))
                if number % 100 == 0:
                    time.sleep(0.1)
            daemon.sendall(line(up(name)))
        case "conditions":
            for number in range(1_000):
                daemon.sendall(line(Condition("evidence_disk_full", number % 2 == 0)))
            daemon.sendall(line(up(name)))
        case "asked" | "asked-nonsense" | "asked-silent" | "asked-endless":
            answering(how, int(sys.argv[1]), daemon)
    tell(daemon, opened)


def first_line(daemon: socket.socket) -> bytes:
    """One byte at a time: what follows stays for whoever reads on."""
    text = b""
    while not text.endswith(b"\n"):
        text += daemon.recv(1)
    return text[:-1]


def up(name: str, *, is_up: bool = True) -> Standing:
    return Standing(name, is_up, "" if is_up else "silent", "unknown", "own", "", "")


def flutter(daemon: socket.socket, name: str) -> None:
    """Thousands of turns, and lost in the end."""
    for number in range(TURNS):
        daemon.sendall(line(up(name, is_up=number % 2 == 0)))
        if number % 100 == 0:
            daemon.sendall(line(Beat()))
            time.sleep(0.01)


def answering(how: str, doors: int, daemon: socket.socket) -> None:
    """What comes back to whoever asks for a picture."""
    knocking = socket.socket(fileno=doors)
    kept = []
    while True:
        daemon.sendall(line(Beat()))
        _, (descriptor,), _, _ = socket.recv_fds(knocking, 16, 1)
        asking = socket.socket(fileno=descriptor)
        kept.append(asking)
        if how == "asked-nonsense":
            asking.sendall(b'{"size": 99999999999999}\n')
        elif how == "asked-endless":
            asking.sendall(b"x" * 4_000_000)
        elif how == "asked":
            asking.sendall(line(Answer(size=4, captured_us=1)) + b"\xff\xd8\xff\xd9")


def tell(daemon: socket.socket, opened: Open) -> None:
    """As a sound one does: every camera is up, and what is kept is begun."""
    for camera in opened.cameras:
        daemon.sendall(line(up(camera.id)))
    rest = b""
    while True:
        daemon.settimeout(0.05)
        try:
            data = daemon.recv(65_536)
        except TimeoutError:
            daemon.sendall(line(Beat()))
            continue
        if not data:
            return
        *whole, rest = (rest + data).split(b"\n")
        for text in whole:
            message = down(text)
            if isinstance(message, Keep):
                for name in message.cameras:
                    daemon.sendall(line(File(name, message.incident, f"{message.incident}/{name}", None)))
            elif isinstance(message, Open):
                for one in message.cameras:
                    daemon.sendall(line(up(one.id)))


if __name__ == "__main__":
    try:
        main()
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)
