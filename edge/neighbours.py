"""The kernel's table of neighbours: who answered on our own networks. It is read; nothing is sent for it."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

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
