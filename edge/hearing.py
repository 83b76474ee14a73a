"""The sessions with the broker, and the broker itself where it is ours: connected, kept over a reload, made anew."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.buttons.settings import ButtonTopic, MqttConfig
from edge import wiring
from edge.answers import Acknowledge, Publish
from edge.parts import Parts, cancelled
from edge.proving import RoundTrip
from edge.setting import Setting
from rules.model.events import Event
from rules.model.ids import ButtonId

if TYPE_CHECKING:
    from drivers.reports.session import Take

SETTLE_S: Final = 0.3
"""A broker that is there takes an answer in a millisecond; one that is not holds up no end."""
Connected = Callable[[Publish, Acknowledge, Mapping[ButtonId, str], RoundTrip], None]
"""New sessions stand: how to publish, how to acknowledge, the `accepted` topic of each button that can hear, and how to
have a message of our own go to the broker and back."""


class Hearing:
    """Belongs to the loop's thread."""

    def __init__(
        self, store: Path, parts: Parts, emit: Callable[[Event], None], connected: Connected, take: "Take"
    ) -> None:
        """take: takes in what detectors and telephone systems report."""
        self._take = take
        self._store = store
        self._parts = parts
        self._emit = emit
        self._connected = connected
        self._tasks: list[asyncio.Task[None]] = []
        self._settle: Callable[[float], Awaitable[None]] | None = None

    def connect(self, setting: Setting) -> None:
        """Begin the sessions that a setting asks for; none where it has no broker."""
        topics = wiring.topics(setting.config)
        settings, listening = self._broker_settings(setting, topics)
        self._tasks = [task for task in self._tasks if not task.done()]
        if settings is None:
            return
        from drivers.buttons.mqtt_session import ButtonSessions

        sessions = ButtonSessions(settings, topics, listening)
        accepted = {one.button: one.accepted_topic for one in topics if one.accepted_topic is not None}
        self._settle = sessions.settle
        self._connected(sessions.publish, sessions.acknowledge, accepted, sessions.prove)
        self._tasks.append(self._parts.keep("mqtt", sessions.run(self._emit)))
        if of_reports := wiring.report_topics(setting.config):
            from drivers.reports.session import ReportSession

            reports = ReportSession(settings, of_reports, self._take, listening)
            self._tasks.append(self._parts.keep("reports", reports.run(self._emit)))

    def stays(self, before: Setting, after: Setting) -> bool:
        """Whether broker, login and buttons' topics are as before, so that no press falls between two sessions."""
        return _heard_by(after) == _heard_by(before) and not any(task.done() for task in self._tasks)

    async def settle(self) -> None:
        """Before the end: every press that was taken from the broker is answered."""
        if self._settle is not None:
            await self._settle(SETTLE_S)

    async def end(self) -> None:
        """End the sessions."""
        await self.settle()
        await cancelled(self._tasks)

    def _broker_settings(
        self, setting: Setting, topics: tuple[ButtonTopic, ...]
    ) -> tuple[MqttConfig | None, asyncio.Event | None]:
        config = setting.config
        if config.mqtt is None or not config.mqtt.embedded or config.mqtt.listen is None:
            return wiring.mqtt_settings(config, setting.secrets, setting.base, self._store), None
        from drivers.buttons.broker import EmbeddedBroker

        host, _, port = config.mqtt.listen.rpartition(":")
        reports = wiring.report_topics(config)
        others = [topic for one in reports for topic in (one.topic, one.status_topic)]
        broker = EmbeddedBroker(host, int(port), config.campus.id, self._store, topics, others)
        self._tasks.append(self._parts.keep("broker", broker.run(self._emit)))
        return broker.settings, broker.listening


def _heard_by(setting: Setting) -> object:
    """What the button sessions are made of."""
    mqtt = setting.config.mqtt
    names = () if mqtt is None else (mqtt.password_file, mqtt.ca_file)
    files = setting.secrets.contents()
    return (
        mqtt,
        setting.config.campus.id,
        wiring.topics(setting.config),
        wiring.report_topics(setting.config),
        [files.get(one or "") for one in names],
    )
