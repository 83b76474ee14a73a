"""The sessions with the broker, and the broker itself where it is ours: connected, kept over a reload, made anew."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from drivers.buttons.settings import ButtonTopic, MqttConfig
from edge import wiring
from edge.answers import Acknowledge, Publish
from edge.parts import Parts, cancelled
from edge.proving import RoundTrip
from edge.setting import Setting
from rules.model.events import Event
from rules.model.ids import ButtonId

Connected = Callable[[Publish, Acknowledge, Mapping[ButtonId, str], RoundTrip], None]
"""New sessions stand: how to publish, how to acknowledge, the `accepted` topic of each button that can hear, and how to
have a message of our own go to the broker and back."""


class Hearing:
    """Belongs to the loop's thread."""

    def __init__(
        self, store: Path, parts: Parts, emit: Callable[[Event], None], connected: Connected
    ) -> None:
        self._store = store
        self._parts = parts
        self._emit = emit
        self._connected = connected
        self._tasks: list[asyncio.Task[None]] = []

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
        self._connected(sessions.publish, sessions.acknowledge, accepted, sessions.prove)
        self._tasks.append(self._parts.keep("mqtt", sessions.run(self._emit)))

    def stays(self, before: Setting, after: Setting) -> bool:
        """Whether broker, login and buttons' topics are as before, so that no press falls between two sessions."""
        return _heard_by(after) == _heard_by(before) and not any(task.done() for task in self._tasks)

    async def end(self) -> None:
        """End the sessions."""
        await cancelled(self._tasks)

    def _broker_settings(
        self, setting: Setting, topics: tuple[ButtonTopic, ...]
    ) -> tuple[MqttConfig | None, asyncio.Event | None]:
        config = setting.config
        if config.mqtt is None or not config.mqtt.embedded or config.mqtt.listen is None:
            return wiring.mqtt_settings(config, setting.secrets, setting.base, self._store), None
        from drivers.buttons.broker import EmbeddedBroker

        host, _, port = config.mqtt.listen.rpartition(":")
        broker = EmbeddedBroker(host, int(port), config.campus.id, self._store, topics)
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
        [files.get(one or "") for one in names],
    )
