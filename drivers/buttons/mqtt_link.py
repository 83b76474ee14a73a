"""One connection with the broker, as a `Link`. With `mqtt_reading` the only module that wraps aiomqtt."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from drivers.buttons.heard import Arrived
from drivers.buttons.mqtt_library import ReasonCode, aiomqtt, paho
from drivers.buttons.mqtt_reading import Reading
from drivers.buttons.settings import MqttConfig
from rules.model.values import dataclass

KEEPALIVE_S = 3
"""paho notices a dead broker after two of these and a second; mosquitto gives us up after 1.5 of them."""
CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 15.0
"""Longest wait for a SUBACK or PUBACK: in a storm it stands behind thousands of messages."""
TOPICS_A_SUBSCRIBE = 100
LOST = (aiomqtt.MqttError, OSError)
"""What a connection that breaks, or that cannot be made, raises."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes for us, at QoS 1, when we are gone without a word."""

    topic: str
    payload: bytes
    retain: bool


class Link:
    """One live connection. Only in this module and in `mqtt_reading` are private parts of aiomqtt 2.5.1 used."""

    def __init__(self, client: aiomqtt.Client, *, kept: bool = True) -> None:
        """kept: whether the broker had kept this session and what was sent to it meanwhile."""
        self._client = client
        self.kept = kept

    async def messages(self) -> AsyncIterator[Arrived]:
        """What arrives, for ever; each goes through the event loop, so that a storm cannot hang it."""
        async for message in self._client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            yield Arrived(message.topic.value, payload, message.qos, bool(message.retain), message.mid)

    async def hand_over(
        self, take: Callable[[Arrived], None], for_s: float, more: Callable[[], bool]
    ) -> None:
        """Give `take` each message from within the callback that read it, until the connection is lost.

        For presses: `messages` costs two turns of the loop, and each may be as long as fifty boards' answers. And
        paho reads one message a turn of the loop: here as many are read as come, for `for_s` at most, for the one
        that matters may stand behind hundreds. more: whether `take` wants more than one now. Raises what `LOST`
        names, and what `take` raises.
        """
        client = self._client
        reading = Reading(client, take, for_s, more)
        reading.begin()
        while not client._queue.empty():  # what came between our CONNECT and this
            early = client._queue.get_nowait()
            payload = early.payload if isinstance(early.payload, bytes) else b""
            take(Arrived(early.topic.value, payload, early.qos, bool(early.retain), early.mid))
        try:
            await asyncio.wait((reading.bug, client._disconnected), return_when=asyncio.FIRST_COMPLETED)
            if reading.bug.done():
                reading.bug.result()
            raise aiomqtt.MqttError("the connection was lost")
        finally:
            reading.bug.cancel()

    def acknowledge(self, mid: int) -> None:
        """PUBACK one message of QoS 1. If the connection just broke, the broker delivers it again."""
        self._client._client.ack(mid, 1)

    async def subscribe(self, topics: Sequence[str]) -> tuple[str, ...]:
        """Subscribe at QoS 1; returns the topics that the broker refused."""
        refused: list[str] = []
        for start in range(0, len(topics), TOPICS_A_SUBSCRIBE):
            some = topics[start : start + TOPICS_A_SUBSCRIBE]
            codes = await self._client.subscribe([(topic, 1) for topic in some], timeout=ANSWER_TIMEOUT_S)
            _honour_cancellation()
            values = [code if isinstance(code, int) else code.value for code in codes]
            refused += [topic for topic, value in zip(some, values, strict=True) if value >= 0x80]
        return tuple(refused)

    async def unsubscribe(self, *topics: str) -> None:
        """Ask for no more messages of these topics; of one that was never asked for, the broker says the same."""
        for start in range(0, len(topics), TOPICS_A_SUBSCRIBE):
            some = list(topics[start : start + TOPICS_A_SUBSCRIBE])
            await self._client.unsubscribe(some, timeout=ANSWER_TIMEOUT_S)
            _honour_cancellation()

    def cut(self) -> None:
        """Break the connection without a word, as a power cut does: the broker publishes the last will."""
        channel = self._client._client.socket()
        if isinstance(channel, socket.socket):
            channel.shutdown(socket.SHUT_RDWR)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish at QoS 1; returns once the broker says it has it (which is before it saves it)."""
        await self._client.publish(topic, payload, qos=1, retain=retain, timeout=ANSWER_TIMEOUT_S)
        _honour_cancellation()


@asynccontextmanager
async def connected(
    config: MqttConfig,
    identifier: str,
    *,
    clean_session: bool,
    will: Will | None = None,
    keepalive_s: int = KEEPALIVE_S,
) -> AsyncIterator[Link]:
    """One connection, closed on the way out. Raises what `LOST` names."""
    context = await asyncio.to_thread(_tls_context, config) if config.tls else None
    client = aiomqtt.Client(
        config.host,
        config.port,
        identifier=identifier,
        username=config.username,
        password=config.password,
        clean_session=clean_session,
        keepalive=keepalive_s,
        timeout=CONNECT_TIMEOUT_S,
        will=None if will is None else aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain),
        tls_context=context,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
    )
    client._client.manual_ack_set(True)
    client._client.connect_timeout = CONNECT_TIMEOUT_S
    client._client.on_socket_register_write = _write_while_open(client)
    kept = _session_present(client)
    # aiomqtt connects in a thread that cannot be cancelled: wait for it, so that no socket is left behind.
    opening = asyncio.ensure_future(client.__aenter__())
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        with contextlib.suppress(aiomqtt.MqttError):
            await opening
            await client.__aexit__(None, None, None)
        _give_up(client)
        raise
    except aiomqtt.MqttError:
        _give_up(client)
        raise
    try:
        yield Link(client, kept=kept())
    finally:
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)
        # Where nobody was listening, asyncio would complain of an error that nobody looked at.
        if client._disconnected.done() and not client._disconnected.cancelled():
            client._disconnected.exception()
        _honour_cancellation()


def _give_up(client: aiomqtt.Client) -> None:
    """A broker that hangs answers later what it was asked: by then nobody of ours is there, to hold the session
    against the connection that serves it, and to be lost again with nobody who looks."""
    client._client.on_connect = client._client.on_disconnect = None
    channel = client._client.socket()
    if isinstance(channel, socket.socket):
        with contextlib.suppress(OSError):
            channel.shutdown(socket.SHUT_RDWR)


def _session_present(client: aiomqtt.Client) -> Callable[[], bool]:
    """What the CONNACK says of the session, which aiomqtt reads over; True until it is here."""
    flags: list[bool] = []
    hand_on = client._on_connect

    def on_connect(
        paho_client: paho.Client, userdata: object, said: paho.ConnectFlags, reason: ReasonCode, *rest: Any
    ) -> None:
        flags.append(said.session_present)
        hand_on(paho_client, userdata, said, reason, *rest)

    client._client.on_connect = on_connect
    return lambda: all(flags[-1:])


def _write_while_open(client: aiomqtt.Client) -> "paho.CallbackOnSocket":
    """Stands for aiomqtt's own, which takes the socket's number now and watches it a turn later, when the
    broker's end may have closed it, or given its number to another."""
    loop = asyncio.get_running_loop()

    def write() -> None:
        try:
            client._client.loop_write()
        except Exception as err:  # noqa: BLE001  # as aiomqtt does: the connection is broken, and whoever serves it is told
            if not client._disconnected.done():
                client._disconnected.set_exception(err)

    def watch(channel: "paho.SocketLike") -> None:
        if (number := channel.fileno()) >= 0:
            loop.add_writer(number, write)

    def register(_client: object, _userdata: object, channel: "paho.SocketLike") -> None:
        loop.call_soon_threadsafe(watch, channel)

    return register


def _honour_cancellation() -> None:
    """aiomqtt waits with `asyncio.wait_for`, which before Python 3.12 drops a cancellation that comes just as
    the awaited thing is done (bpo-37658): the task would then never end."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


class _Channel(ssl.SSLSocket):
    """Closed as its handshake fails: paho 2.1 forgets it, and one stays open for each try at a broker nobody can trust."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def _tls_context(config: MqttConfig) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=config.ca_file)
    context.sslsocket_class = _Channel
    return context
