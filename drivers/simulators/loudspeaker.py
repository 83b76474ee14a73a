"""An IP loudspeaker: joins a multicast group, takes RTP as it comes, and plays nothing but keeps what it heard.

Source: RFC 3550, 5.1; RFC 3551, 4.5. What is no RTP of ours it drops, and counts.
"""

import asyncio
import ipaddress
import socket
import struct
import time
from array import array
from collections.abc import Iterator, Sequence
from typing import Final

from drivers.outputs.codecs import PACKET
from drivers.outputs.g711 import of_a_law, of_mu_law
from drivers.outputs.rtp_sender import HEADER
from rules.model.values import dataclass

MOST_PACKETS: Final = 30_000
"""Ten minutes; the oldest half goes then."""
_DECODERS: Final = {0: of_mu_law, 8: of_a_law}


@dataclass(frozen=True, slots=True)
class Packet:
    """at_us: when it came, CLOCK_MONOTONIC."""

    at_us: int
    payload_type: int
    first: bool
    number: int
    time: int
    source: int
    payload: bytes


class Loudspeaker(asyncio.DatagramProtocol):
    """Listens from `start` to `close`."""

    def __init__(self) -> None:
        self.port = 0
        self.packets: list[Packet] = []
        self.dropped = 0
        self._transport: asyncio.BaseTransport | None = None

    @classmethod
    async def start(cls, host: str, port: int = 0, interface: str = "lo") -> "Loudspeaker":
        """host: a group, or an address of this machine. port 0: one that is free. Raises OSError."""
        one = cls()
        ears = _joined(host, port, interface)
        one.port = ears.getsockname()[1]
        one._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: one, sock=ears)
        return one

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: object) -> None:
        at_us = time.monotonic_ns() // 1_000
        if len(data) != HEADER.size + PACKET or data[0] != 0x80:
            self.dropped += 1
            return
        _, kind, number, stamp, source = HEADER.unpack_from(data)
        if len(self.packets) >= MOST_PACKETS:
            del self.packets[: MOST_PACKETS // 2]
        packet = Packet(at_us, kind & 0x7F, bool(kind & 0x80), number, stamp, source, data[HEADER.size :])
        self.packets.append(packet)

    def spurts(self) -> list[list[Packet]]:
        """What it heard, cut at the markers and where another source begins."""
        return list(_cut(self.packets))


def _cut(packets: Sequence[Packet]) -> Iterator[list[Packet]]:
    spurt: list[Packet] = []
    for packet in packets:
        if spurt and (packet.first or packet.source != spurt[-1].source):
            yield spurt
            spurt = []
        spurt.append(packet)
    if spurt:
        yield spurt


def heard(packets: Sequence[Packet]) -> "array[int]":
    """The sound of packets of G.711, samples of 16 bits at 8 kHz. Raises KeyError for another codec."""
    return array("h", [one for packet in packets for one in _DECODERS[packet.payload_type](packet.payload)])


def _joined(host: str, port: int, interface: str) -> socket.socket:
    address = ipaddress.ip_address(host)
    number = socket.if_nametoindex(interface)
    six = address.version == 6
    ears = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ears.setblocking(False)
        ears.bind((host, port, 0, number if address.is_multicast else 0) if six else (host, port))
        if address.is_multicast and six:
            ears.setsockopt(
                socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, address.packed + struct.pack("=i", number)
            )
        elif address.is_multicast:
            ears.setsockopt(
                socket.IPPROTO_IP,
                socket.IP_ADD_MEMBERSHIP,
                struct.pack("=4s4si", address.packed, bytes(4), number),
            )
    except OSError:
        ears.close()
        raise
    return ears
