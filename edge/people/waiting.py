"""Growing delay between tries, for each pair of source and account: guessing gets slow, and nobody else is locked out.

A stranger who guesses at a name makes that name wait from the stranger's own address, and from nowhere else.
A session that stands, a press and the local socket know of no delay.
"""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

FREE: Final = 4
"""Tries that cost nothing: a person mistypes."""
LONGEST_S: Final = 60
"""1 s after the fifth, doubled with each: sixty tries an hour, and nobody waits longer for a way in."""
FORGOTTEN_S: Final = 3_600.0
MOST: Final = 10_000

Key = tuple[str, str]


@dataclass(slots=True)
class _Tries:
    count: int
    at_s: float


class Delays:
    """Belongs to the loop's thread. Times are seconds of CLOCK_MONOTONIC."""

    def __init__(self) -> None:
        self._tries: OrderedDict[Key, _Tries] = OrderedDict()

    def wait_s(self, key: Key, now_s: float) -> int:
        """Seconds until this pair may try again; 0: now."""
        tries = self._tries.get(key)
        if tries is None or tries.count < FREE:
            return 0
        pause = min(2 ** min(tries.count - FREE, 16), LONGEST_S)
        return max(0, -int(-(tries.at_s + pause - now_s) // 1))

    def tried(self, key: Key, now_s: float) -> None:
        """A try begins, and counts as failed until it `passed`: tries at the same time are no way round."""
        while self._tries and next(iter(self._tries.values())).at_s < now_s - FORGOTTEN_S:
            self._tries.popitem(last=False)
        tries = self._tries.pop(key, None) or _Tries(0, now_s)
        self._tries[key] = _Tries(tries.count + 1, now_s)
        if len(self._tries) > MOST:
            self._tries.popitem(last=False)

    def passed(self, key: Key) -> None:
        """It was right: all is forgotten."""
        self._tries.pop(key, None)

    def unheard(self, key: Key) -> None:
        """It was not judged: it counts for nothing."""
        tries = self._tries.get(key)
        if tries is not None:
            tries.count = max(0, tries.count - 1)


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, an IPv6 network of 64 bits, since a host has all of those."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found.packed[:8] + bytes(8), 64)))
    return str(found)
