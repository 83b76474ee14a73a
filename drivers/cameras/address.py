"""Where a name leads, and where a camera may send us: nowhere outside the campus."""

import asyncio
import contextlib
import ipaddress
import socket
import threading

from drivers.cameras.stream import StreamLost

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PRIVATE = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)


def may_follow(configured: Address, target: Address) -> bool:
    """Whether a camera at `configured` may send us to `target`: to itself, or within the campus (RFC 1918, 3927, 4193).

    To this very machine only a camera that is on it may. One configured outside may send us anywhere but here or
    into the campus.
    """
    if _plain(target) == _plain(configured):
        return True
    target, configured = _plain(target), _plain(configured)
    inside = any(target in network for network in _PRIVATE)
    if configured.is_loopback:
        return target.is_loopback or inside
    if target.is_loopback or target.is_multicast or target.is_unspecified:
        return False
    if any(configured in network for network in _PRIVATE):
        return inside
    return not inside


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


async def resolve(host: str) -> Address:
    """The first address of a name. Raises StreamLost `unreachable`.

    On a thread of its own, which may hang: one of the loop's pool would hold up the end of the process.
    """
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Address] = loop.create_future()

    def told(found: Address | None) -> None:
        if answer.done():
            return
        if found is None:
            answer.set_exception(StreamLost("unreachable", f"no address is known for {host}"))
        else:
            answer.set_result(found)

    def ask() -> None:
        found: Address | None = None
        with contextlib.suppress(OSError, ValueError, UnicodeError):
            found = ipaddress.ip_address(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
        with contextlib.suppress(RuntimeError):  # the loop may have ended meanwhile
            loop.call_soon_threadsafe(told, found)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    return await answer
