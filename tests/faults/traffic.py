"""What comes in fails: the broker dies, a hundred thousand messages at once, presses twice and out of order, hostile bytes."""

import contextlib
import random
import signal
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Final

from tests.faults.campus import Campus
from tests.faults.fault import Fault

MESSAGES: Final = 100_000
TALKERS: Final = 4
HOSTILE_S: Final = 0.5
STUCK_S: Final = 0.01
SHOUTS: Final = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),  # a TLS greeting
    b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /api/v1/incidents HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n{",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + bytes(range(256)) * 8,
    b"\x10\xff\xff\xff\x7f" + bytes(200),  # an MQTT packet of 256 MB
    b'{"do": ' + b"[" * 20_000,
    b"\x00" * 10_000,
)


class BrokerKilled(Fault):
    """The broker is killed and started again a second later: the button repeats, nobody else is held up."""

    # The press waits for its broker, for our session on it, and for the button's own.
    within_s = 4.5

    def __init__(self, back_s: float = 1.0) -> None:
        self.name = f"broker killed, back after {back_s:.3g} s"  # type: ignore[misc]
        self._back_s = back_s
        self._back: threading.Timer | None = None

    def strike(self, campus: Campus) -> None:
        self._back = threading.Timer(self._back_s, campus.broker.start)
        campus.broker.end(signal.SIGKILL)
        self._back.start()

    def mend(self, campus: Campus) -> None:
        if self._back is not None:
            self._back.join(20)
            self._back = None


class BrokerRestarted(Fault):
    """The broker is stopped in order and started again at once, as an update does."""

    name = "broker restarted"
    within_s = 4.5

    def strike(self, campus: Campus) -> None:
        campus.broker.end()
        campus.broker.start()


class Flood(Fault):
    """A hundred thousand statuses at once, from four talkers, on the topic of one button."""

    within_s = 1.0

    def __init__(self, messages: int = MESSAGES) -> None:
        self.name = f"{messages:,} MQTT messages"  # type: ignore[misc]
        self._messages = messages
        self._talking: list[threading.Thread] = []

    def strike(self, campus: Campus) -> None:
        port = campus.broker.port
        self._talking = [
            threading.Thread(target=_talk, args=(port, number, self._messages // TALKERS), daemon=True)
            for number in range(TALKERS)
        ]
        for one in self._talking:
            one.start()

    def settle(self, campus: Campus) -> None:
        time.sleep(0.3)

    def mend(self, campus: Campus) -> None:
        for one in self._talking:
            one.join(60)


class Stuck(Fault):
    """A key is stuck: press upon press of one button, each another one or all the same."""

    def __init__(self, times: int = 100, *, same: bool = False) -> None:
        self.name = f"button stuck, {times} {'times the same press' if same else 'presses'}"  # type: ignore[misc]
        self._times = times
        self._same = same
        self._thread: threading.Thread | None = None

    def strike(self, campus: Campus) -> None:
        def send() -> None:
            first = campus.button.press("pb-2")
            for _ in range(self._times - 1):
                time.sleep(STUCK_S)
                if self._same:
                    campus.button.again(first)
                else:
                    campus.button.press("pb-2")

        self._thread = threading.Thread(target=send, daemon=True)
        self._thread.start()

    def mend(self, campus: Campus) -> None:
        if self._thread is not None:
            self._thread.join(20)
            self._thread = None


class Twice(Fault):
    """Every press comes ten times, and older ones of the same button come again behind it."""

    name = "presses doubled and reordered"

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None

    def strike(self, campus: Campus) -> None:
        old = [one for one in campus.button.presses if one.button == "pb-native"][-5:]

        def send() -> None:
            for one in reversed(old):
                campus.button.again(one, 2)
            time.sleep(0.002)
            for one in campus.button.presses[-2:]:
                campus.button.again(one, 10)
            for one in old:
                campus.button.again(one)

        self._thread = threading.Thread(target=send, daemon=True)
        self._thread.start()

    def mend(self, campus: Campus) -> None:
        if self._thread is not None:
            self._thread.join(20)
            self._thread = None


class Hostile(Fault):
    """Bytes that nobody should send, to the page, the local socket and the broker's topics, by many callers at once."""

    name = "hostile bytes on every port"

    def __init__(self, seed: int = 7) -> None:
        self._chance = random.Random(seed)
        self._ended = threading.Event()
        self._shouting: list[threading.Thread] = []

    def strike(self, campus: Campus) -> None:
        self._ended.clear()
        host, _, port = str(campus.tree["web"]["listen"]).rpartition(":")
        places: list[tuple[socket.AddressFamily, object]] = [
            (socket.AF_INET, (host, int(port))),
            (socket.AF_UNIX, str(campus.store / "control.sock")),
            (socket.AF_INET, ("127.0.0.1", campus.broker.port)),
        ]
        seeds = [self._chance.random() for _ in places]
        self._shouting = [
            threading.Thread(target=self._shout, args=(place, random.Random(seed)), daemon=True)
            for place, seed in zip(places, seeds, strict=True)
        ]
        self._shouting.append(
            threading.Thread(target=self._say, args=(campus, random.Random(seeds[0])), daemon=True)
        )
        for one in self._shouting:
            one.start()

    def settle(self, campus: Campus) -> None:
        time.sleep(HOSTILE_S)

    def mend(self, campus: Campus) -> None:
        self._ended.set()
        for one in self._shouting:
            one.join(20)

    def _shout(self, place: tuple[socket.AddressFamily, object], chance: random.Random) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError), socket.socket(place[0]) as caller:
                caller.settimeout(0.2)
                caller.connect(place[1])  # type: ignore[arg-type]
                caller.sendall(chance.choice((*SHOUTS, chance.randbytes(2_000))))
                caller.recv(100)

    def _say(self, campus: Campus, chance: random.Random) -> None:
        topics = ("campus/button/pb-native/press", "campus/button/pb-native/status")
        while not self._ended.is_set():
            said = chance.choice((b"", b"{", chance.randbytes(300), b'{"gesture": {"a": 1}}', b"[" * 5_000))
            campus.button.say(chance.choice(topics), said)
            time.sleep(0.005)


def traffic() -> list[Fault]:
    """Every way in which what comes in fails."""
    return [BrokerKilled(), BrokerRestarted(), Flood(), Stuck(), Twice(), Hostile()]


def _talk(port: int, number: int, count: int) -> None:
    """Publish as fast as the broker takes it, QoS 0 (MQTT 3.1.1 sections 3.1 and 3.3)."""
    name, topic = b"flood-%d" % number, b"campus/button/pb-2/status"
    connect = b"\x00\x04MQTT\x04\x02\x00\x3c" + struct.pack(">H", len(name)) + name
    with socket.create_connection(("127.0.0.1", port), timeout=60) as talker:
        talker.sendall(bytes([0x10, len(connect)]) + connect)
        talker.recv(4)
        for some in _packets(topic, count):
            talker.sendall(some)
        talker.sendall(b"\xe0\x00")


def _packets(topic: bytes, count: int) -> Iterator[bytes]:
    one = []
    for number in range(count):
        body = struct.pack(">H", len(topic)) + topic + b'{"battery": %d}' % (number % 100)
        one.append(bytes([0x30, len(body)]) + body)
        if len(one) == 500:
            yield b"".join(one)
            one.clear()
    yield b"".join(one)
