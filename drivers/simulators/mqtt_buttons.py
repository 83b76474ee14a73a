"""Simulated panic buttons in all five formats against a real broker, QoS 1, each on a connection of its own.

They ship: `simulate` and `demo` press with them, and a school breaks them on purpose (`Faults`). A native one
repeats its press every second, with the same press id, until it hears `accepted`.
"""

import asyncio
import base64
import contextlib
import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import assert_never

from drivers.buttons.mqtt_link import LOST, Link, Will, connected
from drivers.buttons.mqtt_session import FIRST_RETRY_S
from drivers.buttons.settings import ButtonTopic, MqttConfig
from rules.model.ids import ButtonId

HEARTBEAT_S = 60.0
"""A report a minute, lost after three (`firmware_notes/generic-mqtt-button.md`)."""
REPEAT_S = 1.0
MOST_REPEATS = 90
"""A native button gives up after as long as a press acts by itself (contract section 4)."""


@dataclass(slots=True)
class Faults:
    """What is broken about one button; change it while it runs.

    silent: no report and no press leaves it. clock_offset_s: added to every time it sends.
    duplicates: how many more times each press is sent at once.
    """

    silent: bool = False
    battery: int = 100
    clock_offset_s: float = 0.0
    duplicates: int = 0


@dataclass(slots=True)
class SimulatedButton:
    """One button: `press` it, `report` its battery, break it by `faults`. `run` keeps it on the broker."""

    settings: MqttConfig
    topic: ButtonTopic
    heartbeat_s: float = HEARTBEAT_S
    faults: Faults = field(default_factory=Faults)
    accepted: dict[str, dict[str, object]] = field(default_factory=dict)
    """The answers heard, by press id (native only)."""
    _count: int = 0
    _link: Link | None = None
    _up: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Stay connected until cancelled: reports, answers, and a last will for native buttons."""
        status = self.topic.status_topic
        will = None if status is None else Will(status, b'{"online": false}', retain=False)
        while True:
            try:
                async with connected(
                    self.settings, f"button-{self.topic.button}", clean_session=True, will=will
                ) as link:
                    await self._live(link)
            except* LOST:
                pass
            finally:
                self._link = None
                self._up.clear()
            await asyncio.sleep(FIRST_RETRY_S)

    async def ready(self) -> None:
        """Wait until it is connected."""
        await self._up.wait()

    async def press(self, gesture: str = "single") -> str | None:
        """Press. A native button returns the press id once `accepted` came, or None where it never did.

        All others return None as soon as the broker has the press, and raise what `LOST` names without one.
        """
        if self.faults.silent:
            return None
        self._count += 1
        press_id = f"{self.topic.button}-{secrets.token_hex(8)}" if self.topic.format == "native" else None
        payload = press_payload(self.topic, gesture, self._count, press_id, self._now(), self.faults.battery)
        copies = 1 + self.faults.duplicates
        if press_id is None:
            await self._send(self.topic.press_topic, payload, copies)
            return None
        for _ in range(MOST_REPEATS):
            with contextlib.suppress(*LOST):
                async with asyncio.timeout(REPEAT_S):
                    await self._send(self.topic.press_topic, payload, copies)
                    await self._answer(press_id)
                    return press_id
            copies = 1
        return None

    async def report(self) -> None:
        """Send battery and time as this format does, if it does."""
        if self.faults.silent:
            return
        self._count += 1  # a LoRaWAN frame counter counts reports too
        payload = status_payload(self.topic, self._count, self._now(), self.faults.battery)
        if payload is not None:
            await self._send(self.topic.status_topic or self.topic.press_topic, payload)

    async def fall_dead(self) -> None:
        """Its power fails: the connection breaks without a word and the broker publishes its last will."""
        self.faults.silent = True
        if self._link is not None:
            self._link.cut()

    async def _live(self, link: Link) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear(link))
            if self.topic.accepted_topic is not None:
                await link.subscribe([self.topic.accepted_topic])
            self._link = link
            self._up.set()
            while True:
                await self.report()
                await asyncio.sleep(self.heartbeat_s)

    async def _hear(self, link: Link) -> None:
        async for message in link.messages():
            if message.qos:
                link.acknowledge(message.mid)
            with contextlib.suppress(ValueError, TypeError, KeyError):
                answer = json.loads(message.payload)
                self.accepted[str(answer["press_id"])] = answer
                self._answered.set()

    async def _answer(self, press_id: str) -> None:
        while press_id not in self.accepted:
            self._answered.clear()
            await self._answered.wait()

    async def _send(self, topic: str, payload: bytes, copies: int = 1) -> None:
        if self._link is None:
            await self._up.wait()
        for _ in range(copies):
            if self._link is None:
                raise ConnectionError("no broker")
            await self._link.publish(topic, payload)

    def _now(self) -> float:
        return time.time() + self.faults.clock_offset_s


class ButtonFleet:
    """Every button of one campus."""

    def __init__(
        self, settings: MqttConfig, topics: Sequence[ButtonTopic], heartbeat_s: float = HEARTBEAT_S
    ) -> None:
        self.buttons: dict[ButtonId, SimulatedButton] = {
            topic.button: SimulatedButton(settings, topic, heartbeat_s) for topic in topics
        }

    async def run(self) -> None:
        """Keep all of them on the broker until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for name, button in self.buttons.items():
                tasks.create_task(button.run(), name=f"simulated button {name}")

    async def ready(self) -> None:
        """Wait until all are connected."""
        for button in self.buttons.values():
            await button.ready()


def press_payload(
    topic: ButtonTopic, gesture: str, count: int, press_id: str | None, unix_s: float, battery: int
) -> bytes:
    """What a real device of this format publishes for a gesture (`single`, `double`, `hold`, ...)."""
    match topic.format:
        case "native":
            return _json({"press_id": press_id, "gesture": gesture, "at": _rfc3339(unix_s)})
        case "zigbee2mqtt":
            return _json({"action": gesture, "battery": battery, "linkquality": 118})
        case "chirpstack":
            code = {"single": 1, "hold": 2, "double": 3}.get(gesture, 1)
            return _uplink(topic, bytes((0xFF, 0x2E, code)), count, unix_s)
        case "shelly":
            word = {"single": "single_push", "double": "double_push", "triple": "triple_push"}
            event = {"component": "input:0", "id": 0, "event": word.get(gesture, "long_push"), "ts": unix_s}
            return _json(
                {
                    "src": topic.topic.split("/")[0],
                    "dst": f"{topic.topic.split('/')[0]}/events",
                    "method": "NotifyEvent",
                    "params": {"ts": unix_s, "events": [event]},
                }
            )
        case "tasmota":
            word = {"quadruple": "QUAD", "quintuple": "PENTA"}
            return _json({"Button1": {"Action": word.get(gesture, gesture.upper())}})
        case _:
            assert_never(topic.format)


def status_payload(topic: ButtonTopic, count: int, unix_s: float, battery: int) -> bytes | None:
    """What a real device of this format reports between presses; None where it reports nothing (Tasmota)."""
    match topic.format:
        case "native":
            return _json({"battery": battery, "online": True, "at": _rfc3339(unix_s)})
        case "zigbee2mqtt":
            return _json({"action": "", "battery": battery, "linkquality": 118})
        case "chirpstack":
            return _uplink(topic, bytes((0x01, 0x75, battery)), count, unix_s)
        case "shelly":
            power = {"id": 0, "battery": {"V": 3.0, "percent": battery}, "external": {"present": False}}
            params = {"ts": unix_s, "devicepower:0": power}
            return _json({"src": topic.topic.split("/")[0], "method": "NotifyStatus", "params": params})
        case "tasmota":
            return None
        case _:
            assert_never(topic.format)


def _uplink(topic: ButtonTopic, data: bytes, count: int, unix_s: float) -> bytes:
    return _json(
        {
            "deduplicationId": secrets.token_hex(16),
            "time": _rfc3339(unix_s),
            "deviceInfo": {"deviceName": topic.button, "devEui": "24e124535b000001"},
            "fCnt": count,
            "fPort": 85,
            "data": base64.b64encode(data).decode(),
        }
    )


def _rfc3339(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
