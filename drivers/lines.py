"""What the daemon and a process of ours say to each other comes in lines of JSON, bounded both ways."""

from typing import Any, Final, Generic, TypeVar

import msgspec

Message = TypeVar("Message")

_encode: Final = msgspec.json.Encoder().encode


def line(message: msgspec.Struct) -> bytes:
    """One message and its end."""
    return _encode(message) + b"\n"


class MessageReader(Generic[Message]):
    """Reads one message of those kinds. Raises `Unreadable`, whose text never repeats what was read: it may hold a secret."""

    def __init__(self, kinds: Any, otherwise: str) -> None:
        """kinds: the messages, a union of tagged `msgspec.Struct`. otherwise: what is said of anything else."""
        self._decode: Final = msgspec.json.Decoder(kinds).decode
        self._otherwise = otherwise

    def __call__(self, text: bytes) -> Message:
        try:
            message: Message = self._decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise Unreadable(self._otherwise) from None
        return message


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
