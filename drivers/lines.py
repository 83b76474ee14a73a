"""What the daemon and a process of ours say to each other comes in lines, bounded both ways."""


class Unreadable(Exception):
    """What came is no message of ours. The other side is broken, or somebody has broken in there."""


class Lines:
    """Cuts a stream into lines. Raises `Unreadable` on one longer than `longest`."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        *whole, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > self._longest or any(len(text) > self._longest for text in whole):
            raise Unreadable("a line is too long")
        return whole
