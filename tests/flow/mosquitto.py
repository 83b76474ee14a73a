"""A real mosquitto of the test's own, and Mosquitto's own clients. Every process is ours and is ended by its id."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edge.simulated.addresses import spare_port
from tests.flow.waiting import PATIENCE_S, wait_for

Document = dict[str, Any]

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "mosquitto"


class Broker:
    """A mosquitto of the test's own, with persistence as Debian ships it."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir()
        self.port = spare_port()
        self._file = directory / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        self._file.write_text(
            f"listener {self.port} 127.0.0.1\n{user}allow_anonymous true\npersistence true\n"
            f"persistence_location {directory}/\nset_tcp_nodelay true\n"
        )
        self.start()

    def start(self) -> None:
        self._child = subprocess.Popen(
            [MOSQUITTO, "-c", str(self._file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for("mosquitto listens", self._listens)

    def _listens(self) -> bool:
        assert self._child.poll() is None, "mosquitto ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    @property
    def pid(self) -> int:
        return self._child.pid

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._child.poll() is None:
            self._child.send_signal(how)
        self._child.wait(10)

    def publish(self, topic: str, payload: str | Document, *more: str) -> None:
        """By `mosquitto_pub`, QoS 1."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self._client("mosquitto_pub", "-q", "1", "-t", topic, "-m", text, *more)

    def publish_many(self, topic: str, payloads: list[str]) -> None:
        """A line a message, over one connection of `mosquitto_pub`."""
        self._client("mosquitto_pub", "-q", "1", "-t", topic, "-l", said="\n".join(payloads) + "\n")

    def _client(self, program: str, *arguments: str, said: str | None = None) -> None:
        subprocess.run(
            [program, "-p", str(self.port), *arguments],
            check=True,
            timeout=20,
            capture_output=True,
            input=said,
            text=True,
        )

    def press(self, button: str, gesture: str, press_id: str, **more: object) -> None:
        """A native button's press."""
        said = {"press_id": press_id, "gesture": gesture, **more}
        self.publish(f"campus/button/{button}/press", said)

    def retained(self, topic: str) -> Document | None:
        """What the broker keeps on a topic; None: nothing."""
        found = subprocess.run(
            # The seconds are for a busy machine: what is kept comes at once, and no journey looks for nothing.
            ["mosquitto_sub", "-p", str(self.port), "-t", topic, "-C", "1", "-W", "10", "--retained-only"],
            check=False,
            timeout=20,
            capture_output=True,
            text=True,
        )
        return json.loads(found.stdout) if found.stdout.strip() else None

    @contextlib.contextmanager
    def listening(self, *topics: str) -> Iterator["Listener"]:
        """`mosquitto_sub` on these topics, subscribed before the first line runs."""
        listener = Listener(self, topics)
        try:
            yield listener
        finally:
            listener.end()


class Listener:
    """What `mosquitto_sub` heard so far, as (topic, retained, payload)."""

    def __init__(self, broker: Broker, topics: tuple[str, ...]) -> None:
        self._lines: list[tuple[str, bool, str]] = []
        mark = f"campus/flow/{time.monotonic_ns()}"
        named = [one for topic in (*topics, mark) for one in ("-t", topic)]
        self._child = subprocess.Popen(
            ["mosquitto_sub", "-p", str(broker.port), "-q", "1", *named, "-F", "%t\t%r\t%p"],
            stdout=subprocess.PIPE,
            text=True,
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

        def subscribed() -> bool:
            broker.publish(mark, "x")
            return any(topic == mark for topic, _, _ in self._lines)

        wait_for("mosquitto_sub is subscribed", subscribed)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as lines:
            for line in lines:
                topic, retained, payload = line.rstrip("\n").split("\t", 2)
                self._lines.append((topic, retained == "1", payload))

    def heard(self, topic: str, *, live: bool = True) -> list[Document]:
        """The JSON said on a topic since it listens; `live`: without what was retained before."""
        return [
            json.loads(payload)
            for name, retained, payload in self._lines
            if name == topic and not (live and retained)
        ]

    def until(
        self, topic: str, holds: Callable[[Document], bool] = bool, patience_s: float = PATIENCE_S
    ) -> Document:
        return wait_for(
            f"a message on {topic}",
            lambda: next((one for one in self.heard(topic) if holds(one)), None),
            patience_s,
        )

    def end(self) -> None:
        self._child.terminate()
        self._child.wait(10)
        self._thread.join(10)
