"""Bits of a parameter set, most significant first, with the Exp-Golomb codes of H.264 and H.265. Pure.

Source: ITU-T H.264 sections 7.3.1 (emulation prevention) and 9.1 (ue(v), se(v)); H.265 sections 7.3.1 and 9.2 are alike.
"""

from typing import Final

from drivers.cameras.malformed import Malformed

LONGEST: Final = 1_024
"""Bytes looked at: what is read stands at the beginning, and the longest real parameter set is about 300."""
_LONGEST_GOLOMB: Final = 32


def unescaped(nal: bytes) -> bytes:
    """The RBSP of a NAL unit: without the bytes that keep a start code from appearing inside."""
    return nal[:LONGEST].replace(b"\0\0\3", b"\0\0")


class Bits:
    """Reads once through `data`. Every read raises Malformed where there is not so much left."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits as one number."""
        if count > self._left:
            raise Malformed("a parameter set ends too early")
        self._left -= count
        return self._value >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        return self.take(1) == 1

    def unsigned(self) -> int:
        """ue(v)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _LONGEST_GOLOMB:
                raise Malformed("a number in a parameter set is too long")
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """se(v)."""
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)
