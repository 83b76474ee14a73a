"""The sessions with the broker: presses and status in, retained states and answers out.

Four connections. `presses` and `status` are persistent sessions of their own, so that a flood of status
cannot push a press out of the broker's queue; `busy` is a second one for presses, to which a button that says
too much is moved (`apart`), so that no other waits behind it; `state` carries the last will that says we are gone.
A press is acknowledged to the broker only when the loop says so (`acknowledge`).
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Literal

import structlog

from drivers.base import Emit
from drivers.buttons.apart import Apart
from drivers.buttons.ear import BEAT_S, Ear, acknowledge_now
from drivers.buttons.formats import Channel
from drivers.buttons.heard import events
from drivers.buttons.mqtt_link import KEEPALIVE_S, LOST, Link, Will, connected
from drivers.buttons.outbox import Answers, StateBoard
from drivers.buttons.round_trip import RoundTrip, Told
from drivers.buttons.settings import ButtonTopic, MqttConfig
from drivers.clock import instant as now
from rules.model.events import ConditionChanged, Event, SessionChanged, SessionName
from rules.model.ids import DeliveryId

log = structlog.get_logger()

FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 2.0
READ_S, READ_BUSY_S = 0.003, 0.000_5
"""Of one turn of the loop. Until a flood is set apart, a press stands in the middle of it."""
READ_ON, READ_ON_BUSY = 100_000, 1_000
"""As much of the busy may wait here before a connection gives one message a turn. That of all is read on for longer, for
another's press may stand behind; some 25 MB at most."""
BUSY_KEEPALIVE_S = 60
"""The answer to a ping stands behind all that the busy said, and the session of all tells of a dead broker."""
AT_ONCE = 8
"""Publishes under way together; aiomqtt warns above 10."""
APPLIANCE_TOPIC = "campus/state/appliance"
GONE = b'{"armed": false}'
"""The last will on `APPLIANCE_TOPIC`, contract section 4."""


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
        self._press_topics = [topic for channel, topic in self._by_topic if channel == "press"]
        numbers = count(1)
        self._round_trip = RoundTrip(config.campus)
        ours = {self._round_trip.topic: self._round_trip.heard}
        heard = (numbers, self._pressed_on, self._is_busy)
        self._all = Ear(config, "", *heard, ours, read_for_s=READ_S, read_on=READ_ON)
        self._busy = Ear(config, "-busy", *heard, read_for_s=READ_BUSY_S, read_on=READ_ON_BUSY)
        self._apart = Apart()
        self._all_heard = asyncio.Event()
        self._heard_anew = 0
        """How often all were subscribed anew: what was set apart before that is so no more."""
        self._busy_stands = False
        self._to_move = asyncio.Event()
        self._board = StateBoard(first=APPLIANCE_TOPIC)
        self._board_changed = asyncio.Event()
        self._answers = Answers()
        self._answers_changed = asyncio.Event()
        self._answers_sent = asyncio.Event()
        self._answers_sent.set()
        self._leaving = False
        self._refused_topics: dict[SessionName, tuple[str, ...]] = {"presses": (), "status": ()}
        self._up: set[str] = set()
        self._emit: Emit = _nowhere

    # --- what the loop calls ---------------------------------------------------------------------

    def acknowledge(self, delivery: DeliveryId) -> None:
        """What this delivery said is durable (or answered as not): the broker may forget it. Never blocks."""
        if self._leaving:
            return  # it comes again to whoever is next, who answers it
        self._all.acknowledge(delivery)
        self._busy.acknowledge(delivery)

    def prove(self, told: Told) -> None:
        """Have a message of our own go to the broker and back, over the session that hears presses. Never blocks."""
        if self._all.link is None:
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
            self._answers_sent.clear()
            self._answers_changed.set()
        elif self._board.put(topic, payload):
            self._board_changed.set()
        else:
            log.error("mqtt_state_dropped", topic=topic, because="too many topics")

    async def settle(self, within_s: float) -> None:
        """Before the end: acknowledge no more, and send the answers of what was. No press is left without one."""
        self._leaving = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._answers_sent.wait()

    async def run(self, emit: Emit) -> None:
        """Keep the connections up until cancelled; a lost broker is an event, never an exception."""
        self._emit = emit
        self._all.begin()
        self._busy.begin()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep("presses", self._serve_presses), name="mqtt presses")
                tasks.create_task(self._keep("busy", self._serve_busy), name="mqtt busy")
                tasks.create_task(self._keep("status", self._serve_status), name="mqtt status")
                tasks.create_task(self._keep("state", self._serve_state), name="mqtt state")
        finally:
            self._all.close()
            self._busy.close()

    # --- connections -----------------------------------------------------------------------------

    async def _keep(
        self, name: Literal["presses", "busy", "status", "state"], serve: "Callable[[Link], Awaitable[None]]"
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
                keepalive_s = BUSY_KEEPALIVE_S if name == "busy" else KEEPALIVE_S
                async with connected(
                    self._config,
                    identifier,
                    clean_session=name == "state",
                    will=will,
                    keepalive_s=keepalive_s,
                ) as link:
                    await serve(link)
            except* LOST as failures:
                details = [str(failure) or type(failure).__name__ for failure in _leaves(failures)]
            detail = f"broker {where}: {'; '.join(sorted(set(details))) or 'closed'}"
            lasted = time.monotonic() - began > LONGEST_RETRY_S
            if detail != told or name in self._up:
                log.warning("mqtt_session_down", session=name, detail=detail)
                if name in ("presses", "status"):
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
        async def subscribe(link: Link, tasks: asyncio.TaskGroup) -> None:
            await self._subscribe(
                link, "presses", [*self._press_topics, self._all.marker_topic, self._round_trip.topic]
            )
            # With all of them here again, nothing is to be heard twice.
            self._apart.back(*self._apart.there)
            self._heard_anew += 1
            self._busy_stands = False
            self._all_heard.set()
            tasks.create_task(self._send_answers(link))
            tasks.create_task(self._move(link))

        try:
            await self._all.serve(link, self._emit, subscribe)
        finally:
            self._all_heard.clear()

    async def _serve_busy(self, link: Link) -> None:
        async def subscribe(link: Link, tasks: asyncio.TaskGroup) -> None:
            await link.subscribe([self._busy.marker_topic])
            tasks.create_task(self._stand_by(link))

        try:
            await self._busy.serve(link, self._emit, subscribe)
        finally:
            self._busy_stands = False
            self._to_move.set()

    async def _stand_by(self, link: Link) -> None:
        """Begin with nothing set apart, each time that all are heard anew; then look for what fell quiet."""
        while True:
            await self._all_heard.wait()
            anew = self._heard_anew
            await link.unsubscribe(*self._press_topics)
            self._busy_stands = anew == self._heard_anew
            while anew == self._heard_anew:
                self._to_move.set()
                await asyncio.sleep(BEAT_S)

    def _is_busy(self, topic: str, at_us: int) -> bool:
        busy = self._apart.note(topic, at_us)
        if busy and topic not in self._apart.there:
            self._to_move.set()
        return busy

    async def _move(self, link: Link) -> None:
        """Keep the busy apart: subscribed there before they are given up here, and the other way round.

        What comes in between is heard twice, which a press id, a counter or the second tells; nothing is lost.
        """
        apart = self._apart
        while True:
            await self._to_move.wait()
            self._to_move.clear()
            if not self._busy_stands:
                await link.subscribe(back := sorted(apart.there))
                apart.back(*back)
                continue
            busy = self._busy.link
            for topic in apart.wanted():
                if busy is None or not await _moved(busy.subscribe([topic])):
                    apart.given_up(topic)
                    continue
                apart.moved(topic, now().mono_us)
                log.warning(
                    "mqtt_topic_set_apart", topic=topic, because="it says more than all others may wait for"
                )
                await link.unsubscribe(topic)
            for topic in apart.quiet(now().mono_us):
                await link.subscribe([topic])
                apart.back(topic)
                if busy is not None:
                    await _moved(busy.unsubscribe(topic))

    async def _send_answers(self, link: Link) -> None:
        while True:
            self._answers_changed.clear()
            while some := self._answers.take(AT_ONCE):
                try:
                    await asyncio.gather(*(link.publish(topic, payload) for topic, payload in some))
                except BaseException:
                    self._answers.put_back(some)
                    raise
            self._answers_sent.set()
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
                with contextlib.suppress(*LOST, TimeoutError):
                    async with asyncio.timeout(1):
                        await link.publish(APPLIANCE_TOPIC, GONE, retain=True)
                raise

    # --- messages --------------------------------------------------------------------------------

    def _pressed_on(self, topic: str) -> Sequence[ButtonTopic]:
        return self._by_topic.get(("press", topic), ())

    async def _hear_status(self, link: Link, tasks: asyncio.TaskGroup) -> None:
        async for message in link.messages():
            buttons = self._by_topic.get(("status", message.topic), [])
            if not buttons:
                tasks.create_task(link.unsubscribe(message.topic))
            for event in events(buttons, "status", message, now(), 0):
                self._emit(event)
            acknowledge_now(link, message)


async def _until_disconnected(link: Link) -> None:
    async for _ in link.messages():
        pass


async def _moved(asking: Awaitable[tuple[str, ...] | None]) -> bool:
    """Whether the broker did as the session of the busy was asked; where that one is lost, all is heard here again."""
    try:
        return not await asking
    except LOST:
        return False


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for failure in group.exceptions:
        leaves += _leaves(failure) if isinstance(failure, BaseExceptionGroup) else [failure]
    return leaves


def _nowhere(event: Event) -> None:
    raise RuntimeError(f"{event} before run")
