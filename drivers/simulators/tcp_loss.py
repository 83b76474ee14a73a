"""How a device's TCP connections are lost from its side: ended, reset at the next write, or gone without a word.

Gone without a word: a filter on the device's own socket drops whatever arrives, before the kernel would acknowledge it
(SO_ATTACH_FILTER, socket(7)), as a pulled cable does. That needs neither root nor a network namespace.
"""

import asyncio
import socket
import struct
from array import array
from typing import Any, Final, Literal, cast

Loss = Literal["fin", "rst", "silent"]
"""fin: the device ends it. rst: the device forgot it (it was switched off and on) and says so when it is written to.

silent: nothing arrives any more and nothing is said; a new connection works.
"""

_ATTACH_FILTER: Final = 26
_DETACH_FILTER: Final = 27
"""SO_ATTACH_FILTER, SO_DETACH_FILTER of Linux (asm-generic/socket.h); Python does not name them."""
_DROP: Final = array("Q", struct.pack("=HBBI", 0x06, 0, 0, 0))
"""One instruction, `ret #0`: pass no byte (struct sock_filter, linux/filter.h). Kept, for the kernel reads it by address."""


def deafen(one: Any) -> None:
    """Drop all that arrives at a socket or transport's socket. Raises OSError."""
    program = struct.pack("HL", 1, _DROP.buffer_info()[0])
    _socket(one).setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def undeafen(one: Any) -> None:
    """Take in again what arrives. Raises OSError."""
    _socket(one).setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)


def reset(transport: asyncio.Transport) -> None:
    """End it with a RST (SO_LINGER of 0 s, socket(7))."""
    _socket(transport).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _socket(one: Any) -> socket.socket:
    return cast(
        "socket.socket", one.get_extra_info("socket") if isinstance(one, asyncio.BaseTransport) else one
    )
