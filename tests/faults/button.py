"""A panic button as a school has it: it repeats its press until `accepted` comes. And what the broker said meanwhile."""

import contextlib
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

REPEAT_S: Final = 1.0
ACCEPTED: Final = "campus/button/+/accepted"
DOORS: Final = "campus/state/door/"
APPLIANCE: Final = "campus/state/appliance"


@dataclass(slots=True)
class Press:
    """One press of a finger. at_us: CLOCK_MONOTONIC before the first publish. answers: (when, durable)."""

    button: str
    id: str
    payload: str
    at_us: int
    answers: list[tuple[int, bool]] = field(default_factory=list)

    @property
    def durable(self) -> bool:
        return any(durable for _, durable in self.answers)


class Button:
    """Native buttons on one connection of their own; `claims` is what was said of each door, as it came."""

    def __init__(self, port: int, name: str) -> None:
        self.presses: list[Press] = []
        self.claims: list[tuple[int, str, str]] = []
        """(when, door, verdict); `"appliance"` with `armed` or `gone` for the whole."""
        self._numbers = itertools.count()
        self._name = name
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._up = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, f"faults-{name}", clean_session=True)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._up.set()
        self._client.on_message = self._heard
        self._client.on_disconnect = self._lost
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect("127.0.0.1", port, keepalive=5)
        self._client.loop_start()
        self._repeater = threading.Thread(target=self._repeat, daemon=True)
        self._repeater.start()

    def ready(self, patience_s: float = 10.0) -> None:
        assert self._up.wait(patience_s), "the broker took no subscription"

    def press(self, button: str, gesture: str = "hold", press_id: str | None = None) -> Press:
        """Press; it is repeated until it is answered."""
        name = press_id or f"{self._name}-{next(self._numbers)}"
        said = json.dumps({"press_id": name, "gesture": gesture})
        press = Press(button, name, said, time.monotonic_ns() // 1000)
        self._publish(press)
        with self._lock:
            self.presses.append(press)
        return press

    def again(self, press: Press, times: int = 1) -> None:
        """The same press sent again, as a device does that heard nothing."""
        for _ in range(times):
            self._publish(press)

    def say(self, topic: str, payload: str | bytes, qos: int = 0) -> None:
        """Any message."""
        self._client.publish(topic, payload, qos)

    def end(self) -> None:
        self._ended.set()
        self._repeater.join(5)
        with contextlib.suppress(OSError):
            self._client.disconnect()
        self._client.loop_stop()

    def _publish(self, press: Press) -> None:
        self._client.publish(f"campus/button/{press.button}/press", press.payload, qos=1)

    def _repeat(self) -> None:
        while not self._ended.wait(REPEAT_S):
            with self._lock:
                waiting = [one for one in self.presses if not one.answers]
            for press in waiting:
                self._publish(press)

    def _connected(self, client: paho.Client, *_: Any) -> None:
        client.subscribe([(ACCEPTED, 1), (f"{DOORS}+", 1), (APPLIANCE, 1)])

    def _lost(self, *_: Any) -> None:
        # What is said from now on is not heard here, so nothing said before may be held against anybody.
        self.claims.append((time.monotonic_ns() // 1000, "appliance", "gone"))

    def _heard(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        at_us = time.monotonic_ns() // 1000
        with contextlib.suppress(ValueError, KeyError, TypeError):
            said = json.loads(message.payload)
            if message.retain:
                return  # what the broker kept from before; it says so by its age
            if message.topic.startswith(DOORS):
                self.claims.append((at_us, message.topic.removeprefix(DOORS), said["verdict"]))
            elif message.topic == APPLIANCE:
                self.claims.append((at_us, "appliance", "armed" if said["armed"] else "gone"))
            else:
                with self._lock:
                    pressed = [one for one in self.presses if one.id == said["press_id"]]
                for press in pressed:
                    press.answers.append((at_us, bool(said["durable"])))
