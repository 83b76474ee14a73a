"""UUID version 7 (RFC 9562 section 5.7), in order also within a millisecond and when the clock steps back."""

import os
from typing import Final

_COUNTER_BITS: Final = 12
"""rand_a as a counter: RFC 9562 section 6.2, method 1."""


class Uuid7:
    """Makes ids that sort in the order they were made. For one thread."""

    def __init__(self) -> None:
        self._last = 0

    def make(self, utc_us: int) -> str:
        """The next id; its first 48 bits are `utc_us` in milliseconds, or the last id's where that is
        later.
        """
        moment = max((utc_us // 1000) << _COUNTER_BITS, self._last + 1)
        self._last = moment
        high = (moment >> _COUNTER_BITS) & 0xFFFF_FFFF_FFFF
        counter = moment & 0xFFF
        low = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
        digits = f"{high:012x}7{counter:03x}{0x8000_0000_0000_0000 | low:016x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
