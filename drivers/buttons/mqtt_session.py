"""The sessions with the broker: presses and status in, retained states and answers out. Wraps aiomqtt, alone.

Three connections. `presses` and `status` are persistent sessions of their own, so that a flood of status
cannot push a press out of the broker's queue; `state` carries the last will that says we are gone.
A press is acknowledged to the broker only when the loop says so (`acknowledge`).
"""

import asyncio
import contextlib
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import aiomqtt
import structlog
from paho.mqtt import client as paho
from paho.mqtt.reasoncodes import ReasonCode

from drivers.base import Emit
from drivers.buttons import last_known_up
from drivers.buttons.backlog import Backlog
from drivers.buttons.deliveries import Deliveries
from drivers.buttons.formats import Channel
from drivers.buttons.heard import Arrived, events, lasts, with_delivery
from drivers.buttons.outbox import Answers, StateBoard
from drivers.buttons.round_trip import RoundTrip, Told
from drivers.buttons.settings import ButtonTopic, MqttConfig
from drivers.clock import instant as now
from rules.model.events import ConditionChanged, Event, SessionChanged, SessionName
from rules.model.ids import DeliveryId
from rules.model.moments import Instant

log = structlog.get_logger()

FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 2.0
KEEPALIVE_S = 3
"""paho notices a dead broker after two of these and a second; mosquitto gives us up after 1.5 of them."""
CONNECT_TIMEOUT_S = 2.0
ANSWER_TIMEOUT_S = 15.0
"""Longest wait for a SUBACK or PUBACK: in a storm it stands behind thousands of messages."""
TOPICS_A_SUBSCRIBE = 100
AT_ONCE = 8
"""Publishes under way together; aiomqtt warns above 10."""
BEAT_S = 1.0
"""How often the broker is asked for a sign that it has given us everything."""
APPLIANCE_TOPIC = "campus/state/appliance"
GONE = b'{"armed": false}'
"""The last will on `APPLIANCE_TOPIC`, contract section 4."""
LOST = (aiomqtt.MqttError, OSError)
"""What a connection that breaks, or that cannot be made, raises."""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes for us, at QoS 1, when we are gone without a word."""

    topic: str
    payload: bytes
    retain: bool


class Link:
    """One live connection. Only here and in `connected` are private parts of aiomqtt 2.5.1 used."""

    def __init__(self, client: aiomqtt.Client, *, kept: bool = True) -> None:
        """kept: whether the broker had kept this session and what was sent to it meanwhile."""
        self._client = client
        self.kept = kept

    async def messages(self) -> AsyncIterator[Arrived]:
        """What arrives, for ever; each goes through the event loop, so that a storm cannot hang it."""
        async for message in self._client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            yield Arrived(message.topic.value, payload, message.qos, bool(message.retain), message.mid)

    async def hand_over(self, take: Callable[[Arrived], None]) -> None:
        """Give `take` each message from within the callback that read it, until the connection is lost.

        For presses: `messages` costs two turns of the loop, and each may be as long as fifty boards' answers.
        paho reads one message a turn, so that a storm cannot hang the loop this way either. Raises what `LOST`
        names, and what `take` raises.
        """
        client = self._client
        bug: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def on_message(_client: object, _userdata: object, message: paho.MQTTMessage) -> None:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            try:
                take(Arrived(message.topic, payload, message.qos, bool(message.retain), message.mid))
            except Exception as err:  # noqa: BLE001  # raised below: inside of paho nobody would see it
                if not bug.done():
                    bug.set_exception(err)

        client._client.on_message = on_message
        try:
            while not client._queue.empty():  # what came between our CONNECT and this
                early = client._queue.get_nowait()
                payload = early.payload if isinstance(early.payload, bytes) else b""
                take(Arrived(early.topic.value, payload, early.qos, bool(early.retain), early.mid))
            await asyncio.wait((bug, client._disconnected), return_when=asyncio.FIRST_COMPLETED)
            if bug.done():
                bug.result()
            raise aiomqtt.MqttError("the connection was lost")
        finally:
            client._client.on_message = client._on_message

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

    async def unsubscribe(self, topic: str) -> None:
        """Ask for no more messages of this topic."""
        await self._client.unsubscribe(topic, timeout=ANSWER_TIMEOUT_S)
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
) -> AsyncIterator[Link]:
    """One connection, closed on the way out. Raises what `LOST` names."""
    tls = await asyncio.to_thread(ssl.create_default_context, cafile=config.ca_file) if config.tls else None
    client = aiomqtt.Client(
        config.host,
        config.port,
        identifier=identifier,
        username=config.username,
        password=config.password,
        clean_session=clean_session,
        keepalive=KEEPALIVE_S,
        timeout=CONNECT_TIMEOUT_S,
        will=None if will is None else aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain),
        tls_context=tls,
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


class ButtonSessions:
    """All of MQTT that the appliance uses. `run` once; the other methods belong to the loop's thread."""

    def __init__(
        self, config: MqttConfig, buttons: Sequence[ButtonTopic], listening: asyncio.Event | None = None
    ) -> None:
        """listening: set while a broker of our own listens; None: the broker is not ours, and is simply tried."""
        self._config = config
        self._listening = listening
        self._by_topic: dict[tuple[Channel, str], list[ButtonTopic]] = {}
        for button in buttons:
            self._by_topic.setdefault(("press", button.press_topic), []).append(button)
            if button.status_topic is not None:
                self._by_topic.setdefault(("status", button.status_topic), []).append(button)
        self._marker_topic = f"campus/edge/{config.campus}/marker"
        self._beat_topic = f"campus/edge/{config.campus}/beat"
        self._round_trip = RoundTrip(config.campus)
        self._deliveries = Deliveries()
        self._presses_link: Link | None = None
        self._known_up_us: int | None = None
        self._boot = last_known_up.boot_id()
        self._file = config.store_directory / last_known_up.FILE_NAME
        self._keeper = last_known_up.LastKnownUp(self._file, self._boot)
        self._board = StateBoard(first=APPLIANCE_TOPIC)
        self._board_changed = asyncio.Event()
        self._answers = Answers()
        self._answers_changed = asyncio.Event()
        self._refused_topics: dict[SessionName, tuple[str, ...]] = {"presses": (), "status": ()}
        self._up: set[str] = set()
        self._emit: Emit = _nowhere

    # --- what the loop calls ---------------------------------------------------------------------

    def acknowledge(self, delivery: DeliveryId) -> None:
        """What this delivery said is durable (or answered as not): the broker may forget it. Never blocks."""
        mid = self._deliveries.done(delivery)
        if mid is not None and self._presses_link is not None:
            self._presses_link.acknowledge(mid)

    def prove(self, told: Told) -> None:
        """Have a message of our own go to the broker and back, over the session that hears presses. Never blocks."""
        if self._presses_link is None:
            told("session_down")
        else:
            self.publish(self._round_trip.topic, self._round_trip.begin(told), False)

    def publish(self, topic: str, payload: bytes, retain: bool) -> None:
        """Hand one message out at QoS 1. Never blocks, never raises; it goes when there is a connection.

        retain: a state, of which only the newest is sent, and sent again after every reconnect.
        Not retained: an answer to a button, ahead of all states.
        """
        if not retain:
            self._answers.put(topic, payload)
            self._answers_changed.set()
        elif self._board.put(topic, payload):
            self._board_changed.set()
        else:
            log.error("mqtt_state_dropped", topic=topic, because="too many topics")

    async def run(self, emit: Emit) -> None:
        """Keep the three connections up until cancelled; a lost broker is an event, never an exception."""
        self._emit = emit
        self._known_up_us = last_known_up.read(self._file, now(), self._boot)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep("presses", self._serve_presses), name="mqtt presses")
                tasks.create_task(self._keep("status", self._serve_status), name="mqtt status")
                tasks.create_task(self._keep("state", self._serve_state), name="mqtt state")
        finally:
            self._keeper.close()

    # --- connections -----------------------------------------------------------------------------

    async def _keep(
        self, name: Literal["presses", "status", "state"], serve: "Callable[[Link], Awaitable[None]]"
    ) -> None:
        will = Will(APPLIANCE_TOPIC, GONE, retain=True) if name == "state" else None
        identifier = f"campus-edge-{self._config.campus}-{name}"
        where = f"{self._config.host}:{self._config.port}"
        retry_s = FIRST_RETRY_S
        told = ""
        while True:
            if self._listening is not None:
                # One that a killed daemon left behind, and that is being ended, would take the connection and no word.
                await self._listening.wait()
            began = time.monotonic()
            details: list[str] = []
            try:
                async with connected(
                    self._config, identifier, clean_session=name == "state", will=will
                ) as link:
                    await serve(link)
            except* LOST as failures:
                details = [str(failure) or type(failure).__name__ for failure in _leaves(failures)]
            detail = f"broker {where}: {'; '.join(sorted(set(details))) or 'closed'}"
            lasted = time.monotonic() - began > LONGEST_RETRY_S
            if detail != told or name in self._up:
                log.warning("mqtt_session_down", session=name, detail=detail)
                if name != "state":
                    self._emit(SessionChanged(now(), name, up=False, detail=detail))
            told = detail
            self._up.discard(name)
            retry_s = FIRST_RETRY_S if lasted else retry_s
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, LONGEST_RETRY_S)

    async def _subscribe(self, link: Link, session: SessionName, topics: Sequence[str]) -> None:
        refused = await link.subscribe(topics)
        if refused != self._refused_topics[session]:
            self._refused_topics[session] = refused
            self._emit(ConditionChanged(now(), f"mqtt_{session}_topics_refused", bool(refused), refused))
        self._up.add(session)
        detail = f"the broker refused {len(refused)} of {len(topics)} topics" if refused else ""
        self._emit(SessionChanged(now(), session, up=True, detail=detail))
        log.info("mqtt_session_up", session=session, topics=len(topics), refused=refused)

    async def _serve_presses(self, link: Link) -> None:
        nonce, since = secrets.token_hex(16).encode(), now()
        if not link.kept:
            # A new session: whatever is ever delivered in it, after the next outage too, was sent after this.
            self._was_up_at(since)
        backlog = Backlog(self._known_up_us, since.mono_us, nonce, kept=link.kept)
        drained = asyncio.Event()
        self._presses_link = link
        try:
            # What the broker held comes before our SUBACK: hear it meanwhile.
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear_presses(link, backlog, drained, tasks))
                topics = [topic for channel, topic in self._by_topic if channel == "press"]
                await self._subscribe(link, "presses", [*topics, self._marker_topic, self._round_trip.topic])
                tasks.create_task(self._send_answers(link))
                await self._drain(link, backlog, drained)
                while True:
                    asked = now()
                    # Nobody subscribes to it. Its PUBACK comes behind everything the broker had for us.
                    await link.publish(self._beat_topic, b"")
                    self._was_up_at(asked)
                    await asyncio.sleep(BEAT_S)
        finally:
            self._presses_link = None
            self._deliveries.forget()

    async def _drain(self, link: Link, backlog: Backlog, drained: asyncio.Event) -> None:
        """Publish our marker until all held is here; every second, for a full queue drops it."""
        while not backlog.drained:
            await link.publish(self._marker_topic, backlog.nonce)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await drained.wait()
            backlog.give_up(now().mono_us, self._deliveries.waiting())

    def _was_up_at(self, at: Instant) -> None:
        """The broker answered what we asked then: older than that is only what is not yet durable."""
        until_us = self._deliveries.all_seen_until(at.mono_us)
        if until_us is None or (self._known_up_us is not None and until_us <= self._known_up_us):
            return
        self._known_up_us = until_us
        self._keeper.touch(at.plus(until_us - at.mono_us))

    async def _send_answers(self, link: Link) -> None:
        while True:
            self._answers_changed.clear()
            while some := self._answers.take(AT_ONCE):
                try:
                    await asyncio.gather(*(link.publish(topic, payload) for topic, payload in some))
                except BaseException:
                    self._answers.put_back(some)
                    raise
            await self._answers_changed.wait()

    async def _serve_status(self, link: Link) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear_status(link, tasks))
            topics = [topic for channel, topic in self._by_topic if channel == "status"]
            await self._subscribe(link, "status", topics)
            # Wait here and not in the group's end: Python 3.11's leaves this task marked as cancelled when a child
            # fails there, `_honour_cancellation` believes it, and the session would be gone for good.
            await asyncio.get_running_loop().create_future()

    async def _serve_state(self, link: Link) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_until_disconnected(link))
            self._board.all_unsent()
            try:
                while True:
                    self._board_changed.clear()
                    while some := self._board.take(AT_ONCE):
                        await asyncio.gather(
                            *(link.publish(topic, payload, retain=True) for topic, payload in some)
                        )
                        for topic, payload in some:
                            self._board.sent(topic, payload)
                    await self._board_changed.wait()
            except asyncio.CancelledError:
                # A clean DISCONNECT suppresses the last will: say it ourselves.
                with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                    async with asyncio.timeout(1):
                        await link.publish(APPLIANCE_TOPIC, GONE, retain=True)
                raise

    # --- messages --------------------------------------------------------------------------------

    async def _hear_presses(
        self, link: Link, backlog: Backlog, drained: asyncio.Event, tasks: asyncio.TaskGroup
    ) -> None:
        def take(message: Arrived) -> None:
            if message.topic == self._marker_topic:
                backlog.marker(message.payload)
                if backlog.drained:
                    drained.set()
                _acknowledge_now(link, message)
                return
            at = now()
            waited_us = None if message.retain else backlog.waited_at_most_us(at.mono_us)
            buttons = self._by_topic.get(("press", message.topic), [])
            if not buttons and message.topic == self._round_trip.topic:
                self._round_trip.heard(message.payload)
                _acknowledge_now(link, message)
                return
            if not buttons:  # left in the broker's session by an older configuration
                tasks.create_task(link.unsubscribe(message.topic))
            heard = events(buttons, "press", message, at, waited_us)
            lasting = sum(lasts(event) for event in heard)
            if message.qos == 0 or not lasting:
                _acknowledge_now(link, message)
                for event in heard:
                    self._emit(event)
                return
            # A retained copy waits on purpose, and opens nothing: it does not make us look long away.
            since_us = at.mono_us if message.retain else None if waited_us is None else at.mono_us - waited_us
            deliveries = iter(self._deliveries.hold(message.mid, lasting, since_us))
            for event in heard:
                self._emit(with_delivery(event, next(deliveries)) if lasts(event) else event)

        await link.hand_over(take)

    async def _hear_status(self, link: Link, tasks: asyncio.TaskGroup) -> None:
        async for message in link.messages():
            buttons = self._by_topic.get(("status", message.topic), [])
            if not buttons:
                tasks.create_task(link.unsubscribe(message.topic))
            for event in events(buttons, "status", message, now(), 0):
                self._emit(event)
            _acknowledge_now(link, message)


async def _until_disconnected(link: Link) -> None:
    async for _ in link.messages():
        pass


def _acknowledge_now(link: Link, message: Arrived) -> None:
    if message.qos > 0:
        link.acknowledge(message.mid)


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    some = [_leaves(one) if isinstance(one, BaseExceptionGroup) else [one] for one in group.exceptions]
    return [leaf for leaves in some for leaf in leaves]


def _nowhere(event: Event) -> None:
    raise RuntimeError(f"{event} before run")
