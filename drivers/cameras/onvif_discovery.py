"""WS-Discovery: which ONVIF devices are on the network segments that we were told to ask (April 2005, section 5)."""

import asyncio
import socket
import uuid
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from drivers.cameras.onvif import probe_matches, probe_message
from drivers.cameras.onvif_model import LONGEST_TEXT, Found, cut

GROUP: Final = "239.255.255.250"
PORT: Final = 3702
MOST_FOUND: Final = 512
LARGEST_ANSWER: Final = 16 * 1024
MOST_ANSWERS: Final = 4_096
"""Read in one search; whoever floods us is not listened to further."""
_PROBES: Final = 3
"""UDP loses some, and slow cameras answer late."""


async def discover(interfaces: Sequence[str], seconds: float = 3.0, port: int = PORT) -> tuple[Found, ...]:
    """Probe by multicast from each of these addresses of ours; it passes no router. In the order of their hosts."""
    found: dict[str, Found] = {}
    await asyncio.gather(*(_search(one, (GROUP, port), seconds, found) for one in interfaces))
    return tuple(sorted(found.values(), key=lambda one: (one.host, one.port)))


async def probe(host: str, seconds: float = 2.0, port: int = PORT) -> tuple[Found, ...]:
    """Ask one address: where multicast does not pass. host: numeric IPv4."""
    found: dict[str, Found] = {}
    await _search("0.0.0.0", (host, port), seconds, found)  # noqa: S104  only answers are waited for
    return tuple(one for one in found.values() if one.host == host)


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, found: dict[str, Found]) -> None:
        self._found, self._heard = found, 0

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._heard += 1
        if len(data) > LARGEST_ANSWER or self._heard > MOST_ANSWERS:
            return
        sender = str(addr[0])
        for urn, name, hardware, addresses in probe_matches(data):
            if len(self._found) >= MOST_FOUND:
                return
            service = _service(addresses, sender)
            key = f"{sender} {urn}"
            self._found[key] = Found(sender, *service, urn, cut(unquote(name)), cut(unquote(hardware)))


def _service(addresses: Sequence[str], sender: str) -> tuple[int, str, bool]:
    """Port, path and TLS of the device service; of several addresses the sender's own. Its host is never taken."""
    best = (80, "/onvif/device_service", False)
    for address in reversed(addresses):
        try:
            parts = urlsplit(address)
            tls = parts.scheme == "https"
            port = parts.port or (443 if tls else 80)
        except ValueError:
            continue
        path = parts.path or "/onvif/device_service"
        if parts.scheme not in ("http", "https") or not parts.hostname or not 0 < port < 65_536:
            continue
        if path.startswith("/") and len(path) <= LONGEST_TEXT and path.isprintable():
            best = (port, path, tls)
            if parts.hostname == sender:
                return best
    return best


async def _search(ours: str, to: tuple[str, int], seconds: float, found: dict[str, Found]) -> None:
    ear = _Ear(found)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if to[0] == GROUP:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(ours))
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        sock.bind((ours, 0))
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: ear, sock=sock)
    except OSError:
        sock.close()
        return
    try:
        for _ in range(_PROBES):
            transport.sendto(probe_message(f"urn:uuid:{uuid.uuid4()}"), to)
            await asyncio.sleep(seconds / _PROBES)
    finally:
        transport.close()
