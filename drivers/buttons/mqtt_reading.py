"""Reads one connection with the broker for those who may not wait: messages at once, everything else by paho.

With `mqtt_link` the only module that uses private parts of aiomqtt 2.5.1 and paho 2.1.
"""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from drivers.buttons.heard import Arrived
from drivers.buttons.mqtt_library import aiomqtt
from drivers.buttons.mqtt_packets import Packets, published

A_READ: Final = 16 * 1024
"""A millisecond's worth of short messages; a press stands in the midst of them."""


class Reading:
    """Belongs to the loop's thread. From `begin` on all that the connection says goes by here."""

    def __init__(
        self, client: aiomqtt.Client, take: Callable[[Arrived], None], for_s: float, more: Callable[[], bool]
    ) -> None:
        """take: gets each message. for_s, more: as `Link.hand_over`."""
        self.bug: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with what `take` raised."""
        self._client = client
        self._take = take
        self._for_s = for_s
        self._more = more
        self._loop = asyncio.get_running_loop()
        self._packets = Packets()
        self._whole: deque[bytes] = deque()
        self._again = False
        self._aligned = False
        self._piece = b""
        self._ended = False

    def begin(self) -> None:
        """Watch the socket in paho's place."""
        channel = self._client._client.socket()
        if channel is not None and channel.fileno() >= 0:
            self._loop.add_reader(channel.fileno(), self._readable)

    def _readable(self) -> None:
        if not self._again:
            self._read()

    def _once_more(self) -> None:
        self._again = False
        self._read()

    def _read(self) -> None:
        """What came: for `for_s` at most, and the rest with the next turn of the loop."""
        ends_s = time.monotonic() + self._for_s
        try:
            while self._whole or self._received():
                while self._whole:
                    self._hand_on(self._whole.popleft())
                    if time.monotonic() > ends_s or not self._more():
                        self._go_on()
                        return
        except Exception as err:  # noqa: BLE001  # as aiomqtt does: the connection is broken, and whoever serves it is told
            if not self._client._disconnected.done():
                self._client._disconnected.set_exception(err)

    def _go_on(self) -> None:
        channel = self._client._client.socket()
        # Decrypted already: no selector tells of it.
        decrypted = isinstance(channel, ssl.SSLSocket) and channel.pending() > 0
        if self._whole or decrypted:
            self._again = True
            self._loop.call_soon(self._once_more)

    def _received(self) -> bool:
        """Whether anything more came. Raises Garbled."""
        paho = self._client._client
        channel = paho.socket()
        if channel is None or self._ended:
            return False
        if not self._aligned:
            # A packet that paho had begun with is paho's.
            if paho._in_packet["command"] != 0:
                paho.loop_read()
                return False
            self._aligned = True
            paho._sock_recv = self._given  # type: ignore[method-assign, assignment]
        try:
            data = channel.recv(A_READ)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            data = b""
        if not data:
            self._ended = True
            paho.loop_read()  # which finds the end, and tells of it as it does
            return False
        self._whole.extend(self._packets.feed(data))
        return True

    def _hand_on(self, packet: bytes) -> None:
        message = published(packet)
        if message is None:
            self._piece = packet
            while self._piece:
                self._client._client.loop_read()
        elif not self.bug.done():  # else nobody is left to take it: the broker has it again for who is next
            try:
                self._take(message)
            except Exception as err:  # noqa: BLE001  # raised by whoever waits for `bug`
                self.bug.set_exception(err)

    def _given(self, size: int) -> bytes:
        """What paho takes for the socket's."""
        given, self._piece = self._piece[:size], self._piece[size:]
        if given or self._ended:
            return given
        raise BlockingIOError
