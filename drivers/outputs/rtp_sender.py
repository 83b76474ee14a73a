"""One RTP stream out: header, number, time and source; by UDP to a group or to one address.

Source: RFC 3550, 5.1 (header; number, time and source begin at random); RFC 3551, 4.1 (marker on the first packet of a spurt).
"""

import errno
import ipaddress
import secrets
import socket
import struct
from typing import Final

from drivers.outputs.codecs import PACKET

HEADER: Final = struct.Struct(">BBHII")
_VERSION: Final = 0x80
_EXPEDITED: Final = 46 << 2
"""DSCP EF (RFC 3246): switches that know it let speech go first."""

_CODES: Final = {
    errno.ENETUNREACH: "unreachable",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETDOWN: "network_down",
    errno.ENODEV: "no_interface",
    errno.ENXIO: "no_interface",
    errno.EADDRNOTAVAIL: "no_interface",
    errno.EPERM: "forbidden",
    errno.EACCES: "forbidden",
    errno.ENOBUFS: "no_buffers",
    errno.EAGAIN: "no_buffers",
}


class NotSent(Exception):
    """A packet did not leave; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RtpSender:
    """Opens its socket when the first packet goes, and anew after each that did not: networks come and go."""

    def __init__(self, host: str, port: int, payload_type: int, *, ttl: int, interface: str) -> None:
        """host: an IP address. interface: by name, `""`: by the kernel's routes."""
        self._address = ipaddress.ip_address(host)
        self._port = port
        self._payload_type = payload_type
        self._ttl, self._interface = ttl, interface
        self._source = secrets.randbits(32)
        self._number = secrets.randbits(16)
        self._time = secrets.randbits(32)
        self._socket: socket.socket | None = None
        self._to: tuple[str, int] | tuple[str, int, int, int] = (host, port)

    def send(self, payload: bytes, *, first: bool) -> None:
        """Send the next packet. first: of a spurt. Raises NotSent; time and number go on all the same."""
        head = HEADER.pack(_VERSION, first << 7 | self._payload_type, self._number, self._time, self._source)
        self._number = (self._number + 1) & 0xFFFF
        self.pass_over(1)
        try:
            if self._socket is None:
                self._socket = self._opened()
            self._socket.sendto(head + payload, self._to)
        except OSError as err:
            self.close()
            raise NotSent(_CODES.get(err.errno or 0, "not_sent")) from err

    def pass_over(self, packets: int) -> None:
        """Let the stream's time go on by so many packets."""
        self._time = (self._time + packets * PACKET) & 0xFFFFFFFF

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _opened(self) -> socket.socket:
        six = self._address.version == 6
        number = _number_of(self._interface) if self._interface else 0
        made = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            if six:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, _EXPEDITED)
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, self._ttl)
                if number:
                    made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, number)
                self._to = (str(self._address), self._port, 0, number if self._address.is_multicast else 0)
            else:
                made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, _EXPEDITED)
                made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, self._ttl)
                if number:
                    chosen = struct.pack("=4s4si", bytes(4), bytes(4), number)  # struct ip_mreqn
                    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, chosen)
        except OSError:
            made.close()
            raise
        return made


def _number_of(interface: str) -> int:
    try:
        return socket.if_nametoindex(interface)
    except OSError as err:  # it has no errno
        raise NotSent("no_interface") from err
