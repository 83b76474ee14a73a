"""The kernel's tables of neighbours: who answered on our own networks. They are read; nothing is sent for it.

Of IPv4 as `/proc/net/arp` has it; of IPv6 by netlink (rtnetlink(7), as `ip -6 neigh` asks), for there is no such file.
"""

import ipaddress
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rules.model.values import dataclass

ARP: Final = Path("/proc/net/arp")
LONGEST: Final = 1_000_000
"""Bytes of the table that are looked at; some ten thousand neighbours."""
_COMPLETE: Final = 0x2
"""ATF_COM (linux/if_arp.h): it answered."""
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclass(frozen=True, slots=True)
class Neighbour:
    """mac: six hex pairs, lower case."""

    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    mac: str

    @property
    def maker(self) -> str:
        """The part of its MAC that is its maker's, or `local` for one that was made up (IEEE 802, bit 1)."""
        return "local" if int(self.mac[:2], 16) & 2 else self.mac[:8]


def parsed(table: str) -> Iterator[Neighbour]:
    """Those that answered, of a table as proc(5) describes `/proc/net/arp`. A line in another form is passed over."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 6 or not _MAC.fullmatch(fields[3].lower()) or fields[3] == "00:00:00:00:00:00":
            continue
        try:
            address, flags = ipaddress.ip_address(fields[0]), int(fields[2], 16)
        except ValueError:
            continue
        if flags & _COMPLETE:
            yield Neighbour(address, fields[3].lower())


def read(path: Path = ARP) -> tuple[Neighbour, ...]:
    """Those that answered lately. Raises OSError."""
    with path.open("rb") as file:
        return tuple(parsed(file.read(LONGEST).decode("ascii", "replace")))


# --- IPv6 -------------------------------------------------------------------------------------

PATIENCE_S: Final = 2.0
_REQUEST_DUMP: Final = 0x301
_GETNEIGH, _NEWNEIGH = 30, 28
_DONE, _ERROR = 3, 2
_HEAD: Final = struct.Struct("=IHHII")
"""nlmsghdr: length, type, flags, sequence, port."""
_NEIGHBOUR: Final = struct.Struct("=BBHiHBB")
"""ndmsg: family, two of padding, interface, state, flags, type."""
_ATTRIBUTE: Final = struct.Struct("=HH")
_DST, _LLADDR = 1, 2
_ANSWERED: Final = 0x02 | 0x04 | 0x08 | 0x10 | 0x80
"""NUD_REACHABLE, STALE, DELAY, PROBE, PERMANENT (linux/neighbour.h): it answered, lately or once."""


class NoTable(OSError):
    """The kernel refuses, or answers what is none."""


def read_v6() -> tuple[Neighbour, ...]:
    """Those of IPv6 that answered lately. Raises OSError. It waits for the kernel alone."""
    found: list[Neighbour] = []
    with socket.socket(
        socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
    ) as link:
        link.settimeout(PATIENCE_S)
        ask = _NEIGHBOUR.pack(socket.AF_INET6, 0, 0, 0, 0, 0, 0)
        link.send(_HEAD.pack(_HEAD.size + len(ask), _GETNEIGH, _REQUEST_DUMP, 1, 0) + ask)
        for _ in range(LONGEST // 4_096):
            piece, over = parsed_v6(link.recv(65_536))
            found += piece
            if over:
                return tuple(found)
    raise NoTable("the kernel's table does not end")


def parsed_v6(data: bytes) -> tuple[list[Neighbour], bool]:
    """(those that answered, whether that was the end) of one answer of the kernel. Raises NoTable where it refuses.

    What is in another form is passed over; an answer that is cut ends there.
    """
    found: list[Neighbour] = []
    at = 0
    while at + _HEAD.size <= len(data):
        length, kind, _flags, _seq, _port = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + length]
        if length < _HEAD.size or at + length > len(data):
            break
        if kind == _DONE:
            return found, True
        if kind == _ERROR:
            raise NoTable("the kernel refuses to tell its neighbours of IPv6")
        if kind == _NEWNEIGH and (one := _neighbour(body)) is not None:
            found.append(one)
        at += (length + 3) & ~3
    return found, False


def _neighbour(body: bytes) -> Neighbour | None:
    if len(body) < _NEIGHBOUR.size:
        return None
    family, _, _, _, state, _, _ = _NEIGHBOUR.unpack_from(body)
    said = dict(_attributes(body[_NEIGHBOUR.size :]))
    address, mac = said.get(_DST, b""), said.get(_LLADDR, b"")
    if (
        family != socket.AF_INET6
        or not state & _ANSWERED
        or len(address) != 16
        or len(mac) != 6
        or not any(mac)
    ):
        return None
    return Neighbour(ipaddress.IPv6Address(address), mac.hex(":"))


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            return
        yield kind, data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
