"""What the tests of the buttons have on the other side: a real mosquitto, an inbox, a listener."""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from drivers.buttons.mqtt_link import LOST, Link, connected
from drivers.buttons.mqtt_session import ButtonSessions
from drivers.buttons.settings import ButtonTopic, MqttConfig
from edge.simulated.addresses import spare_port
from rules.model.events import Event

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
STOCK = "persistence true\nset_tcp_nodelay true\n"
E = TypeVar("E", bound=Event)


class Mosquitto:
    """A broker of the test's own; `more` are further lines of its configuration."""

    def __init__(self, directory: Path, more: str = "allow_anonymous true\n") -> None:
        self.port = spare_port()
        self.directory = directory
        user = "user root\n" if os.geteuid() == 0 else ""
        directory.mkdir(exist_ok=True)
        (directory / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\n{user}{STOCK}persistence_location {directory}/\n{more}"
        )
        self.start()

    def start(self) -> None:
        assert MOSQUITTO is not None, "mosquitto is not installed"
        self._child = subprocess.Popen(
            [MOSQUITTO, "-c", str(self.directory / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            assert self._child.poll() is None, "mosquitto did not start"

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        self._child.send_signal(how)
        self._child.wait()


class Heard:
    """The inbox of a test: every event, and waiting for one of them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.also: Callable[[Event], None] = lambda _: None
        self._came = asyncio.Event()

    def emit(self, event: Event) -> None:
        self.events.append(event)
        self.also(event)
        self._came.set()

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type[E], which: Callable[[E], bool] = lambda _: True) -> E:
        """The first such event, awaited if need be."""
        return (await self.number(1, kind, which))[0]

    async def number(self, count: int, kind: type[E], which: Callable[[E], bool] = lambda _: True) -> list[E]:
        """All such events, once there are as many."""
        async with asyncio.timeout(45):
            while True:
                found = [event for event in self.of(kind) if which(event)]
                if len(found) >= count:
                    return found
                self._came.clear()
                await self._came.wait()


@asynccontextmanager
async def running(settings: MqttConfig, *topics: ButtonTopic) -> AsyncIterator[tuple[ButtonSessions, Heard]]:
    """The product's sessions, up."""
    sessions, heard = ButtonSessions(settings, topics), Heard()
    task = asyncio.create_task(sessions.run(heard.emit))
    try:
        yield sessions, heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def listening(
    settings: MqttConfig, topic: str
) -> AsyncIterator["asyncio.Queue[tuple[bool, dict[str, object]]]"]:
    """What is published on a topic, as (retained, JSON)."""
    said: asyncio.Queue[tuple[bool, dict[str, object]]] = asyncio.Queue()

    async def hear(link: Link) -> None:
        async for message in link.messages():
            if message.qos:
                link.acknowledge(message.mid)
            said.put_nowait((message.retain, json.loads(message.payload)))

    async with connected(settings, f"listener-{secrets.token_hex(4)}", clean_session=True) as link:
        hearing = asyncio.create_task(hear(link))
        await link.subscribe([topic])
        try:
            yield said
        finally:
            hearing.cancel()
            with suppress(asyncio.CancelledError, *LOST):
                await hearing
