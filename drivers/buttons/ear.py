"""Hears presses over one persistent session: what the broker held first, each acknowledged once the loop says so."""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence

from drivers.base import Emit
from drivers.buttons import last_known_up
from drivers.buttons.backlog import Backlog
from drivers.buttons.deliveries import Deliveries
from drivers.buttons.heard import Arrived, events, lasts, with_delivery
from drivers.buttons.mqtt_link import Link
from drivers.buttons.settings import ButtonTopic, MqttConfig
from drivers.clock import instant as now
from rules.model.events import Event
from rules.model.ids import DeliveryId
from rules.model.moments import Instant

BEAT_S = 1.0
"""How often the broker is asked for a sign that it has given us everything."""
TURN_S = 0.001
"""Of one turn of the loop, for what the busy say."""


_Heard = tuple[Arrived, Sequence[ButtonTopic], Instant, int | None]
"""A message, whose it is, when it came, and how long it may have waited before."""


class Ear:
    """Belongs to the loop's thread. `serve` for each connection of its session; `link` while there is one.

    suffix: of its own marker and beat topics and of its file, "" for the session of all buttons.
    numbers: of deliveries, shared by all ears. buttons_of: who declares a topic.
    is_busy: told of each topic of ours that said something, and when (monotonic microseconds); whether it says so much
    that what it says waits its turn. ours: who hears what comes on topics of our own.
    read_for_s: how much of one turn of the loop its connection may have. read_on: as many messages of busy topics wait
    here before it gives one a turn; at QoS 0 no window of the broker's holds them back.
    """

    def __init__(
        self,
        config: MqttConfig,
        suffix: str,
        numbers: Iterator[int],
        buttons_of: Callable[[str], Sequence[ButtonTopic]],
        is_busy: Callable[[str, int], bool],
        ours: Mapping[str, Callable[[bytes], None]] | None = None,
        *,
        read_for_s: float,
        read_on: int,
    ) -> None:
        self.marker_topic = f"campus/edge/{config.campus}/marker{suffix}"
        self.link: Link | None = None
        self.known_up_us: int | None = None
        self._beat_topic = f"campus/edge/{config.campus}/beat{suffix}"
        self._file = config.store_directory / f"{last_known_up.FILE_NAME}{suffix}"
        self._boot = last_known_up.boot_id()
        self._keeper = last_known_up.LastKnownUp(self._file, self._boot)
        self._deliveries = Deliveries(numbers)
        self._buttons_of = buttons_of
        self._is_busy = is_busy
        self._ours = ours or {}
        self._read_for_s = read_for_s
        self._read_on = read_on
        self._later: deque[_Heard] = deque()
        self._emit: Emit = _nowhere
        self._turning = False

    def begin(self) -> None:
        """Read since when it is not known to have been heard."""
        self.known_up_us = last_known_up.read(self._file, now(), self._boot)

    def close(self) -> None:
        self._keeper.close()

    def acknowledge(self, delivery: DeliveryId) -> None:
        """What this delivery said is durable; one of another ear is passed over. Never blocks."""
        mid = self._deliveries.done(delivery)
        if mid is not None and self.link is not None:
            self.link.acknowledge(mid)

    async def serve(
        self, link: Link, emit: Emit, subscribe: Callable[[Link, asyncio.TaskGroup], Awaitable[None]]
    ) -> None:
        """Hear until the connection is lost. subscribe: to what there is to hear, `marker_topic` among it.

        Raises what `mqtt_link.LOST` names.
        """
        nonce, since = secrets.token_hex(16).encode(), now()
        if not link.kept:
            # A new session: whatever is ever delivered in it, after the next outage too, was sent after this.
            self._was_up_at(since)
        backlog = Backlog(self.known_up_us, since.mono_us, nonce, kept=link.kept)
        drained = asyncio.Event()
        self.link = link
        try:
            # What the broker held comes before our SUBACK: hear it meanwhile.
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._hear(link, emit, backlog, drained, tasks))
                await subscribe(link, tasks)
                await self._drain(link, backlog, drained)
                while True:
                    asked = now()
                    # Nobody subscribes to it. Its PUBACK comes behind everything the broker had for us.
                    await link.publish(self._beat_topic, b"")
                    self._was_up_at(asked)
                    await asyncio.sleep(BEAT_S)
        finally:
            self.link = None
            self._deliveries.forget()
            # What the broker has not been acknowledged comes again; all else comes never more.
            self._later = deque(one for one in self._later if one[0].qos == 0)

    async def _drain(self, link: Link, backlog: Backlog, drained: asyncio.Event) -> None:
        """Publish our marker until all held is here; every second, for a full queue drops it."""
        while not backlog.drained:
            await link.publish(self.marker_topic, backlog.nonce)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await drained.wait()
            backlog.give_up(now().mono_us, self._deliveries.waiting() + len(self._later))

    def _was_up_at(self, at: Instant) -> None:
        """The broker answered what we asked then: older than that is only what is not yet durable."""
        until_us = self._deliveries.all_seen_until(at.mono_us)
        if self._later and until_us is not None:
            _, _, came, waited_us = self._later[0]
            until_us = None if waited_us is None else min(until_us, came.mono_us - waited_us)
        if until_us is None or (self.known_up_us is not None and until_us <= self.known_up_us):
            return
        self.known_up_us = until_us
        self._keeper.touch(at.plus(until_us - at.mono_us))

    async def _hear(
        self, link: Link, emit: Emit, backlog: Backlog, drained: asyncio.Event, tasks: asyncio.TaskGroup
    ) -> None:
        def take(message: Arrived) -> None:
            if message.topic == self.marker_topic:
                backlog.marker(message.payload)
                if backlog.drained:
                    drained.set()
                acknowledge_now(link, message)
                return
            at = now()
            waited_us = None if message.retain else backlog.waited_at_most_us(at.mono_us)
            buttons = self._buttons_of(message.topic)
            if not buttons and message.topic in self._ours:
                self._ours[message.topic](message.payload)
                acknowledge_now(link, message)
                return
            if not buttons:  # left in the broker's session by an older configuration
                tasks.create_task(link.unsubscribe(message.topic))
            elif self._is_busy(message.topic, at.mono_us):
                self._wait_a_turn((message, buttons, at, waited_us))
                return
            self._understand(emit, (message, buttons, at, waited_us))

        self._emit = emit
        await link.hand_over(take, self._read_for_s, lambda: len(self._later) < self._read_on)

    def _understand(self, emit: Emit, heard: _Heard) -> None:
        message, buttons, at, waited_us = heard
        said = events(buttons, "press", message, at, waited_us)
        lasting = sum(lasts(event) for event in said)
        if message.qos == 0 or not lasting:
            if self.link is not None:
                acknowledge_now(self.link, message)
            for event in said:
                emit(event)
            return
        # A retained copy waits on purpose, and opens nothing: it does not make us look long away.
        since_us = at.mono_us if message.retain else None if waited_us is None else at.mono_us - waited_us
        deliveries = iter(self._deliveries.hold(message.mid, lasting, since_us))
        for event in said:
            emit(with_delivery(event, next(deliveries)) if lasts(event) else event)

    def _wait_a_turn(self, heard: _Heard) -> None:
        """What a busy topic says is understood in order, some with each turn of the loop: what others said is read first."""
        self._later.append(heard)
        if not self._turning:
            self._turning = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        if not self._later:
            self._turning = False
            return
        # The next turn first, so that a bug in what is told holds up nothing behind it.
        asyncio.get_running_loop().call_soon(self._turn)
        ends_s = time.monotonic() + TURN_S
        while self._later:
            self._understand(self._emit, self._later.popleft())
            if time.monotonic() > ends_s:
                break


def acknowledge_now(link: Link, message: Arrived) -> None:
    """What nobody waits for to be durable."""
    if message.qos > 0:
        link.acknowledge(message.mid)


def _nowhere(event: Event) -> None:
    raise RuntimeError(f"{event} before serve")
