"""The broker session of detectors and telephone systems: one of its own, so that no picture stands before a press.

A report is acknowledged to the broker once whoever takes it says that it is durable; until then the broker keeps it.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Literal

import structlog

from drivers.base import Emit
from drivers.buttons.heard import Arrived
from drivers.buttons.mqtt_link import LOST, Link, connected
from drivers.buttons.settings import MqttConfig
from drivers.clock import instant
from rules.model.alerts import ReportRefused, SourceReported
from rules.model.events import ConditionChanged
from rules.model.values import dataclass

log = structlog.get_logger()

FIRST_RETRY_S, LONGEST_RETRY_S = 0.2, 5.0
LONGEST_BYTES: Final = 384 * 1024
"""Of one message: a broker may hold a thousand of them for us. A larger picture comes by webhook."""
SESSION_DOWN: Final = "reports_session_down"
REFUSED: Final = "mqtt_reports_topics_refused"

Kind = Literal["detector", "phone_system"]
Take = Callable[[Kind, str, bytes, bool], Awaitable[bool]]
"""Takes a report in: what it is of, its source, what was sent, whether the broker had kept it. True: it need not come again."""


@dataclass(frozen=True, slots=True)
class ReportTopic:
    """Where a source reports; below it, status."""

    kind: Kind
    source: str
    topic: str

    @property
    def status_topic(self) -> str:
        """Anything there is a sign of life."""
        return f"{self.topic}/status"


class ReportSession:
    """Belongs to the loop's thread."""

    def __init__(
        self,
        config: MqttConfig,
        topics: tuple[ReportTopic, ...],
        take: Take,
        listening: asyncio.Event | None = None,
    ) -> None:
        """listening: set while a broker of our own listens; None: it is simply tried."""
        self._config = config
        self._take = take
        self._listening = listening
        self._reports: Mapping[str, ReportTopic] = {one.topic: one for one in topics}
        self._statuses: Mapping[str, ReportTopic] = {one.status_topic: one for one in topics}
        self._refused: tuple[str, ...] = ()
        self._down = False

    async def run(self, emit: Emit) -> None:
        """Keep the session up until cancelled; a lost broker is a condition, never an exception."""
        retry_s = FIRST_RETRY_S
        while True:
            if self._listening is not None:
                await self._listening.wait()
            began = time.monotonic()
            try:
                name = f"campus-edge-{self._config.campus}-reports"
                async with connected(self._config, name, clean_session=False) as link:
                    await self._serve(link, emit)
            except LOST as err:
                log.warning("reports_session_down", detail=str(err) or type(err).__name__)
            self._tell_down(emit, True)
            lasted = time.monotonic() - began > LONGEST_RETRY_S
            retry_s = FIRST_RETRY_S if lasted else retry_s
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, LONGEST_RETRY_S)

    async def _serve(self, link: Link, emit: Emit) -> None:
        refused = await link.subscribe([*self._reports, *self._statuses])
        if refused != self._refused:
            self._refused = refused
            emit(ConditionChanged(instant(), REFUSED, bool(refused), refused))
        self._tell_down(emit, False)
        # One after the other: what comes meanwhile stays with the broker, and the daemon's loop with presses.
        async for message in link.messages():
            await self._hear(link, message, emit)

    async def _hear(self, link: Link, message: Arrived, emit: Emit) -> None:
        done = True
        if (status := self._statuses.get(message.topic)) is not None:
            if not message.retain:
                emit(SourceReported(instant(), status.source))
        elif (report := self._reports.get(message.topic)) is None:
            with contextlib.suppress(*LOST):
                await link.unsubscribe(message.topic)
        elif len(message.payload) > LONGEST_BYTES:
            emit(ReportRefused(instant(), report.source, "too_long", message.payload[:1024]))
        elif message.payload:  # else a retained message is being cleared
            done = await self._take(report.kind, report.source, message.payload, message.retain)
        if done and message.qos > 0:
            link.acknowledge(message.mid)

    def _tell_down(self, emit: Emit, down: bool) -> None:
        if down != self._down:
            self._down = down
            emit(ConditionChanged(instant(), SESSION_DOWN, down, ()))
