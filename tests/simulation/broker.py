"""A broker without a socket, and buttons that press: what the real sessions of `drivers.buttons` speak with.

It keeps what a persistent session has not acknowledged and delivers it again, in order, at each new connection. Only the
wrapped connection (`mqtt_session.Link`, aiomqtt's part) is replaced.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import aiomqtt

from drivers.buttons.heard import Arrived
from tests.simulation.loop import SeededLoop

LATENCY_S: Final = 0.001
Payload = bytes


@dataclass(slots=True)
class _Session:
    topics: set[str] = field(default_factory=set)
    unacknowledged: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    last_mid: int = 0
    link: "Link | None" = None


class Broker:
    """One broker. `up` False: nobody can connect, and every connection is lost."""

    def __init__(self, loop: SeededLoop) -> None:
        self.loop = loop
        self.up = True
        self.retained: dict[str, bytes] = {}
        self.said: list[tuple[str, bytes]] = []
        """Everything that the daemon published, for the invariants to look through; they empty it."""
        self.hearing: list[Callable[[str, bytes], None]] = []
        self._sessions: dict[str, _Session] = {}

    def turn(self, up: bool) -> None:
        """It goes, or comes back with what it had kept."""
        self.up = up
        if not up:
            self.cut()

    def cut(self) -> None:
        """Every connection is lost."""
        for session in self._sessions.values():
            if session.link is not None:
                session.link.lose()

    def receive(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """A message comes in, from a button or from the daemon."""
        if retain:
            self.retained[topic] = payload
        for session in self._sessions.values():
            if topic in session.topics:
                session.last_mid += 1
                session.unacknowledged[session.last_mid] = topic, payload
                if session.link is not None:
                    session.link.deliver(session.last_mid, topic, payload)
        for told in self.hearing:
            told(topic, payload)

    def session(self, identifier: str, clean: bool) -> tuple[_Session, bool]:
        """The session of a client, and whether it was kept."""
        kept = identifier in self._sessions and not clean
        if not kept:
            self._sessions[identifier] = _Session()
        return self._sessions[identifier], kept


class Link:
    """Stands for `mqtt_session.Link`: one live connection."""

    def __init__(self, broker: Broker, session: _Session, kept: bool) -> None:
        self.kept = kept
        self._broker = broker
        self._session = session
        self._context = copy_context()
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._take: Callable[[Arrived], None] | None = None
        self._arrived: deque[Arrived] = deque()
        self._stirred = asyncio.Event()
        self._under_way: deque[Arrived] = deque()
        session.link = self
        for mid, (topic, payload) in tuple(session.unacknowledged.items()):
            self.deliver(mid, topic, payload)

    def deliver(self, mid: int, topic: str, payload: bytes) -> None:
        """A message is on its way to the client."""
        self._under_way.append(Arrived(topic, payload, 1, False, mid))
        delay_s = self._broker.loop.random.expovariate(1 / LATENCY_S)
        self._broker.loop.call_later(delay_s, self._arrive, context=self._context)

    def lose(self) -> None:
        """The connection breaks."""
        if self._session.link is self:
            self._session.link = None
        self._broker.loop.call_soon(self._break, context=self._context)

    def _break(self) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        self._stirred.set()

    def _arrive(self) -> None:
        message = self._under_way.popleft()
        if self._session.link is not self:
            return
        if self._take is not None:
            self._take(message)
        else:
            self._arrived.append(message)
            self._stirred.set()

    # --- as mqtt_session.Link ---

    async def messages(self) -> AsyncIterator[Arrived]:
        while True:
            while self._arrived:
                yield self._arrived.popleft()
            if self._lost.done():
                raise aiomqtt.MqttError("the connection was lost")
            self._stirred.clear()
            await self._stirred.wait()

    async def hand_over(
        self, take: Callable[[Arrived], None], for_s: float, more: Callable[[], bool]
    ) -> None:
        while self._arrived:
            take(self._arrived.popleft())
        self._take = take
        await asyncio.shield(self._lost)
        raise aiomqtt.MqttError("the connection was lost")

    def acknowledge(self, mid: int) -> None:
        if self._session.link is self:
            self._session.unacknowledged.pop(mid, None)

    async def subscribe(self, topics: Sequence[str]) -> tuple[str, ...]:
        await self._answered()
        self._session.topics |= set(topics)
        return ()

    async def unsubscribe(self, *topics: str) -> None:
        await self._answered()
        self._session.topics -= set(topics)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        await self._answered()
        self._broker.said.append((topic, payload))
        self._broker.receive(topic, payload, retain)

    async def _answered(self) -> None:
        await asyncio.sleep(self._broker.loop.random.expovariate(1 / LATENCY_S))
        if self._lost.done():
            raise aiomqtt.MqttError("the connection was lost")


def connecting(broker: Broker) -> Callable[..., Any]:
    """Stands for `mqtt_session.connected`."""

    @contextlib.asynccontextmanager
    async def connected(
        _config: Any, identifier: str, *, clean_session: bool, will: Any = None, keepalive_s: int = 0
    ) -> AsyncIterator[Link]:
        await asyncio.sleep(broker.loop.random.expovariate(1 / LATENCY_S))
        if not broker.up:
            raise aiomqtt.MqttError("connection refused")
        session, kept = broker.session(identifier, clean_session)
        if session.link is not None:
            session.link.lose()  # the same client again: the broker drops the older connection
        link = Link(broker, session, kept)
        try:
            yield link
        finally:
            if session.link is link:
                session.link = None
                if will is not None:
                    broker.receive(will.topic, will.payload, will.retain)

    return connected


# --- buttons ---------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class Pressed:
    """A press that a person really made. `sure`: the broker has it, or will be told of it until it is accepted.

    accepted: whether it was answered (None: not yet), and whether durably.
    """

    button: str
    press: str
    gesture: str
    at_s: float
    sure: bool = True
    accepted: bool | None = None
    withdrawn: bool = False


class Buttons:
    """The networked buttons of the campus and the hands on them."""

    def __init__(self, loop: SeededLoop, broker: Broker, random: Random) -> None:
        self.presses: list[Pressed] = []
        self._loop = loop
        self._broker = broker
        self._random = random
        self._tasks: set[asyncio.Task[None]] = set()
        broker.hearing.append(self._heard)

    def press(self, button: str, gesture: str) -> Pressed:
        """A native button, which repeats its press until it is accepted; some messages are lost, some come twice."""
        one = Pressed(button, f"{button}-{len(self.presses) + 1}", gesture, self._loop.world_s)
        self.presses.append(one)
        task = self._loop.create_task(self._repeat(one))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return one

    def press_deaf(self, action: str) -> Pressed:
        """The Zigbee button in the gym, which cannot hear: its gateway hands one message to the broker."""
        one = Pressed("pb-gym", "", action, self._loop.world_s, sure=self._broker.up)
        self.presses.append(one)
        if self._broker.up:
            self._broker.receive("zigbee2mqtt/gym-office", json.dumps({"action": action}).encode())
        return one

    def status(self, button: str, at: str | None = None) -> None:
        """A button reports. at: what its own clock shows, if it has one."""
        if self._broker.up:
            said = {"battery": 80} | ({} if at is None else {"at": at})
            self._broker.receive(f"campus/button/{button}/status", json.dumps(said).encode())

    async def _repeat(self, one: Pressed) -> None:
        payload = json.dumps({"press_id": one.press, "gesture": one.gesture}).encode()
        while one.accepted is None and not one.withdrawn:
            times = self._random.choice((0, 1, 1, 1, 1, 2))
            for _ in range(times if self._broker.up else 0):
                delay_s = self._random.expovariate(1 / 0.02)
                self._loop.call_later(delay_s, self._send, one.button, payload)
            await asyncio.sleep(self._random.uniform(0.8, 2.5))

    def _send(self, button: str, payload: bytes) -> None:
        if self._broker.up:
            self._broker.receive(f"campus/button/{button}/press", payload)

    def _heard(self, topic: str, payload: bytes) -> None:
        if not topic.endswith("/accepted"):
            return
        said = json.loads(payload)
        for one in self.presses:
            if one.press and one.press == said["press_id"]:
                one.accepted = bool(one.accepted) or bool(said["durable"])
