"""What somebody who did not sign in may do: little, from the campus's own network, seldom, and few of them in all."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Final

from edge.people.waiting import source_of

PRIVATE: Final = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
    "::1/128",
)
"""RFC 1918, 3927 and 4193, and this machine: where nobody said which networks are the campus's own."""
SPAN_S: Final = 600.0
OF_ONE: Final = 5
"""From one address in ten minutes."""
OF_ALL: Final = 60
MOST_SOURCES: Final = 4_096


def is_ours(address: str | None, networks: Sequence[str]) -> bool:
    """Whether an address is of the campus's own network."""
    try:
        known = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(known, "ipv4_mapped", None) or known
    return any(mapped in ipaddress.ip_network(one, strict=False) for one in networks or PRIVATE)


class Strangers:
    """Belongs to the loop's thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._of_one: OrderedDict[str, deque[float]] = OrderedDict()
        self._of_all: deque[float] = deque()

    def wait_s(self, address: str) -> int:
        """Seconds until this address may again; 0: now, and that counts as once."""
        now = self._clock()
        own = self._of_one.pop(source_of(address), deque())
        self._of_one[source_of(address)] = own
        if len(self._of_one) > MOST_SOURCES:
            self._of_one.popitem(last=False)
        waits = [
            past[0] + SPAN_S - now
            for past, most in ((own, OF_ONE), (self._of_all, OF_ALL))
            if _young(past, now) >= most
        ]
        if waits:
            return int(max(waits)) + 1
        own.append(now)
        self._of_all.append(now)
        return 0


def _young(past: deque[float], now: float) -> int:
    while past and past[0] <= now - SPAN_S:
        past.popleft()
    return len(past)
