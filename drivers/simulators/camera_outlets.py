"""How packets leave a simulated camera: within the RTSP connection, or as datagrams from a pair of ports."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

from drivers.simulators.camera_packets import framed
from drivers.simulators.camera_stream import Slices

_MOST_UNSENT_BYTES: Final = 8 * 1024 * 1024
"""A watcher that takes nothing any more is hung up on, as cameras do."""
_TRIES: Final = 50


class Interleaved:
    """RFC 2326 section 10.12."""

    ordered = True

    def __init__(self, transport: asyncio.Transport, channel: int) -> None:
        self.channel = channel
        self._transport = transport

    def video(self, frames: bytearray, order: Slices | None) -> None:
        """See `Outlet`."""
        if order is not None:
            frames = bytearray(b"".join(frames[start:end] for start, end in order))
        if self.channel:
            frames = bytearray(frames)
            at = 0
            while at < len(frames):
                frames[at + 1] = self.channel
                at += 4 + int.from_bytes(frames[at + 2 : at + 4], "big")
        self._write(frames)

    def packet(self, packet: bytes) -> None:
        """See `Outlet`."""
        self._write(framed(self.channel, packet))

    def control(self, packet: bytes) -> None:
        """See `Outlet`."""
        self._write(framed(self.channel + 1, packet))

    def close(self) -> None:
        """Nothing of its own to close."""

    def _write(self, data: bytes | bytearray) -> None:
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:
            self._transport.abort()
        else:
            self._transport.write(data)


class Datagrams:
    """A pair of UDP ports (RFC 3550 section 11: RTP on the even one). heard: called when the watcher's RTCP comes."""

    ordered = False

    def __init__(self, host: str, client: str, ports: tuple[int, int], heard: Callable[[], None]) -> None:
        """Raises OSError where no pair is free."""
        family = socket.AF_INET6 if ":" in client else socket.AF_INET
        self._to, self._heard = [(client, port) for port in ports], heard
        self._sockets = _pair(family, host)
        self.ports = tuple(int(one.getsockname()[1]) for one in self._sockets)
        asyncio.get_running_loop().add_reader(self._sockets[1].fileno(), self._listen)

    def video(self, frames: bytearray, order: Slices | None) -> None:
        """See `Outlet`."""
        if order is None:
            found, at = [], 0
            while at < len(frames):
                end = at + 4 + int.from_bytes(frames[at + 2 : at + 4], "big")
                found.append((at, end))
                at = end
            order = found
        view = memoryview(frames)
        for start, end in order:
            self._send(0, view[start + 4 : end])

    def packet(self, packet: bytes) -> None:
        """See `Outlet`."""
        self._send(0, packet)

    def control(self, packet: bytes) -> None:
        """See `Outlet`."""
        self._send(1, packet)

    def close(self) -> None:
        """Give the ports back."""
        asyncio.get_running_loop().remove_reader(self._sockets[1].fileno())
        for one in self._sockets:
            one.close()

    def _send(self, which: int, packet: bytes | memoryview) -> None:
        # A full buffer loses datagrams, and so does a watcher who is gone.
        with contextlib.suppress(OSError):
            self._sockets[which].sendto(packet, self._to[which])

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            self._sockets[1].recv(2_048)
            self._heard()


def _pair(family: socket.AddressFamily, host: str) -> tuple[socket.socket, socket.socket]:
    for _ in range(_TRIES):
        first, second = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        try:
            first.bind((host, 0))
            port = first.getsockname()[1]
            if port % 2 == 0:
                second.bind((host, port + 1))
                for one in (first, second):
                    one.setblocking(False)
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
                return first, second
        except OSError:
            pass
        first.close()
        second.close()
    raise OSError("no pair of free UDP ports was found")
