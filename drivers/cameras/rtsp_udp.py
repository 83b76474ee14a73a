"""The two datagram sockets of a stream over UDP: RTP and RTCP. Source: RFC 2326 section 12.39, RFC 3550 section 11."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

from drivers.cameras.address import Address
from drivers.cameras.reorder import WAIT_US, Reorder
from drivers.cameras.rtp import Buffer
from drivers.cameras.rtsp_connection import now_us
from drivers.cameras.stream import StreamLost

RECEIVE_BYTES: Final = 2 * 1_048_576
"""Asked of the kernel for RTP: a key picture of 4K comes in one burst. It gives what net.core.rmem_max allows."""
AT_ONCE: Final = 256
"""Datagrams read before others get their turn."""
_TRIES: Final = 64
_LONGEST: Final = 65_536
_PUNCH: Final = bytes((0x80, 0)) + bytes(10)
"""An RTP header and nothing else: opens the way back through a firewall, and says nothing."""


class UdpPair:
    """An even port and the one above it, on the address that the camera is reached from."""

    def __init__(self, local: Address, guarded: Callable[[Callable[[], None]], None]) -> None:
        """Raises StreamLost `unreachable` where no pair of ports is free."""
        self._loop = asyncio.get_running_loop()
        self._host, self._guarded = "", guarded
        self._rtp, self._rtcp = _bound(str(local))
        self._buffer = bytearray(_LONGEST)
        self._reorder: Reorder | None = None
        self._report: Callable[[bytes, int], None] | None = None
        self._waiting: asyncio.TimerHandle | None = None
        self._peer: tuple[str, int] | None = None
        self.foreign = 0
        """Datagrams from somebody else, dropped."""

    @property
    def ports(self) -> tuple[int, int]:
        return self._rtp.getsockname()[1], self._rtcp.getsockname()[1]

    def start(
        self, host: str, take: Callable[[Buffer, int, int, int], None], report: Callable[[bytes, int], None]
    ) -> None:
        """Hand over packets, in order, and what comes by RTCP. host: whose datagrams are taken."""
        self._host, self._reorder, self._report = host, Reorder(take), report
        self._loop.add_reader(self._rtp, self._read_rtp)
        self._loop.add_reader(self._rtcp, self._read_rtcp)

    def punch(self, host: str, ports: tuple[int, int]) -> None:
        """Say where the camera's own datagrams come from; reports go there from now on."""
        self._peer = (host, ports[1])
        with contextlib.suppress(OSError):
            self._rtp.sendto(_PUNCH, (host, ports[0]))

    def send_report(self, data: bytes) -> None:
        if self._peer is not None:
            with contextlib.suppress(OSError):
                self._rtcp.sendto(data, self._peer)

    def close(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        for one in (self._rtp, self._rtcp):
            self._loop.remove_reader(one)
            one.close()

    def _read_rtp(self) -> None:
        self._guarded(self._drain)

    def _drain(self) -> None:
        reorder, buffer, host, at_us = self._reorder, self._buffer, self._host, now_us()
        if reorder is None:
            return
        receive = self._rtp.recvfrom_into
        packet = reorder.packet
        try:
            for _ in range(AT_ONCE):
                size, sender = receive(buffer)
                if sender[0] == host:
                    packet(buffer, 0, size, at_us)
                else:
                    self.foreign += 1
        except BlockingIOError:
            pass
        except OSError:
            pass  # an ICMP answer to what we sent: whether the stream lives is seen by its pictures
        if reorder.holding and self._waiting is None:
            self._waiting = self._loop.call_later(WAIT_US / 1e6, lambda: self._guarded(self._due))

    def _due(self) -> None:
        self._waiting = None
        if self._reorder is not None:
            self._reorder.due(now_us())
            if self._reorder.holding:
                self._waiting = self._loop.call_later(WAIT_US / 4e6, lambda: self._guarded(self._due))

    def _read_rtcp(self) -> None:
        with contextlib.suppress(OSError):
            for _ in range(AT_ONCE):
                data, sender = self._rtcp.recvfrom(2_048)
                if sender[0] == self._host and (report := self._report) is not None:
                    self._guarded(lambda data=data, report=report: report(data, now_us()))  # type: ignore[misc]


def _bound(local: str) -> tuple[socket.socket, socket.socket]:
    family = socket.AF_INET6 if ":" in local else socket.AF_INET
    for _ in range(_TRIES):
        first = socket.socket(family, socket.SOCK_DGRAM)
        second = socket.socket(family, socket.SOCK_DGRAM)
        try:
            first.bind((local, 0))
            port = first.getsockname()[1]
            if port % 2 or port == 65_535:
                raise OSError("an odd port")
            second.bind((local, port + 1))
        except OSError:
            first.close()
            second.close()
            continue
        first.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        first.setblocking(False)
        second.setblocking(False)
        return first, second
    raise StreamLost("unreachable", "no two neighbouring ports are free for UDP")
