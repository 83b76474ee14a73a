"""What the journeys have around them: the daemon as a process, simulated devices, a real broker and Mosquitto's own clients.

Every process is ours and is ended by its id.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from drivers.simulators.faults import Fault, FaultKind
from edge.control.client import Broken, NotRunning, ask
from edge.setting import setting_of
from edge.simulated.addresses import spare_port
from edge.simulated.campus import SimulatedCampus
from rules.model.ids import ButtonId, ControllerId, DoorId, InputId

Document = dict[str, Any]
T = TypeVar("T")

PATIENCE_S = 20.0
"""For two busy cores; a condition that holds is seen within 50 ms."""
LOOK_S = 0.03
MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "mosquitto"
SECURED = frozenset({"secured"})


def wait_for(what: str, holds: Callable[[], T | None], patience_s: float = PATIENCE_S) -> T:
    """The first true value of `holds`; fails with `what` when it does not come."""
    ends = time.monotonic() + patience_s
    while True:
        found = holds()
        if found:
            return found
        assert time.monotonic() < ends, f"not within {patience_s:g} s: {what}"
        time.sleep(LOOK_S)


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
            ["mosquitto_sub", "-p", str(self.port), "-t", topic, "-C", "1", "-W", "1", "--retained-only"],
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


class Devices:
    """The other end of every configured controller, on a loop of its own thread."""

    def __init__(self, config: Path, without: frozenset[str] = frozenset()) -> None:
        setting = setting_of(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.campus = SimulatedCampus(setting.config, setting.plan, setting.secrets, None)
        self.do(self.campus.start())
        for one in without:
            self.fault(one, "away")

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the loop and wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def call(self, work: Callable[[], T]) -> T:
        """Call in the loop's thread and wait."""
        found: Future[T] = Future()
        self._loop.call_soon_threadsafe(lambda: found.set_result(work()))
        return found.result(PATIENCE_S)

    def fault(self, controller: str, kind: FaultKind, seconds: float = 0.0) -> None:
        self.do(self.campus.break_controller(ControllerId(controller), Fault(kind, seconds)))

    def turn(self, name: str, active: bool) -> None:
        """Turn an input by hand."""
        self.call(lambda: self.campus.set_input(InputId(name), active))

    def hold(self, button: str, pressed: bool) -> None:
        """Hold a wired button down, or let it go."""
        wired = self.campus.plan.buttons[ButtonId(button)].wired
        assert wired is not None
        board, contact = self.campus.boards[wired.controller], wired.contact
        self.call(
            lambda: board.set_input(contact.point.number, contact.when if pressed else not contact.when)
        )

    def press(self, button: str) -> None:
        """A finger on a wired button, as long as fingers stay there."""
        self.do(self.campus.press(ButtonId(button), "single"))

    def jam(self, door: str, stuck: bool = True) -> None:
        """The latch never moves again."""
        self.call(lambda: setattr(self.campus.bolt(DoorId(door)), "latch_stuck", stuck))

    def locked(self, door: str) -> bool:
        """Whether the lock's coil is at its locked value."""
        lock = self.campus.plan.doors[DoorId(door)].lock
        assert lock is not None
        board = self.campus.boards[lock.point.controller]
        return self.call(lambda: board.coils[lock.point.number]) is lock.locked_when

    def coil(self, controller: str, number: int) -> bool:
        board = self.campus.boards[ControllerId(controller)]
        return self.call(lambda: board.coils[number])

    def writes(self, door: str) -> list[bool]:
        """Each value written to a door's coil so far: whether it locks."""
        lock = self.campus.plan.doors[DoorId(door)].lock
        assert lock is not None
        board = self.campus.boards[lock.point.controller]
        written = self.call(lambda: list(board.writes))
        return [on is lock.locked_when for _, number, on in written if number == lock.point.number]

    def stop(self) -> None:
        self.do(self.campus.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


class School:
    """One campus: configuration, devices, broker, and the daemon on it. `running` makes and ends it."""

    def __init__(
        self, folder: Path, tree: Document, broker: Broker | None, without: frozenset[str] = frozenset()
    ) -> None:
        self.folder = folder
        self.tree = tree
        self.config = folder / "campus.yaml"
        self.store = Path(tree["store"]["directory"])
        self.write(tree)
        self._broker = broker
        self.devices = Devices(self.config, without)
        self.daemon: subprocess.Popen[bytes] | None = None
        self.environment: dict[str, str] = {}

    @property
    def broker(self) -> Broker:
        assert self._broker is not None, "this school's broker is the daemon's own"
        return self._broker

    def write(self, tree: Document) -> None:
        """Write the configuration (JSON, which YAML 1.2 contains)."""
        self.tree = tree
        self.config.write_text(json.dumps(tree, indent=1))

    # --- the daemon ---------------------------------------------------------------------------

    def launch(self) -> None:
        """Start the daemon and wait for nothing."""
        assert self.daemon is None or self.daemon.poll() is not None
        with (self.folder / "daemon.log").open("ab") as log:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
            )

    def start(self) -> Document:
        """Start the daemon and wait until it is armed and every controller it can reach is read."""
        self.launch()
        return self.until("armed and read", _read)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the daemon; its exit code."""
        daemon = self.daemon
        assert daemon is not None
        if daemon.poll() is None:
            daemon.send_signal(how)
        return daemon.wait(PATIENCE_S)

    def kill(self) -> None:
        """As a power cut for this process: SIGKILL."""
        self.end(signal.SIGKILL)

    def restart(self) -> Document:
        """SIGKILL and start again."""
        self.kill()
        return self.start()

    @property
    def log(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "daemon.log").read_text()
        return ""

    # --- asking -------------------------------------------------------------------------------

    def status(self) -> Document:
        """The live picture. Raises NotRunning, Broken."""
        found: Document = ask(self.store / "control.sock", {"do": "status"})["data"]
        return found

    def ask(self, request: Mapping[str, object]) -> Document:
        """One request over the socket, and its answer."""
        return ask(self.store / "control.sock", request)

    def until(
        self, what: str, holds: Callable[[Document], object], patience_s: float = PATIENCE_S
    ) -> Document:
        """The first picture that `holds`; fails with the last one and the daemon's log."""
        ends, last = time.monotonic() + patience_s, None
        while True:
            with contextlib.suppress(NotRunning, Broken):
                last = self.status()
                if holds(last):
                    return last
            ended = self.daemon is not None and self.daemon.poll() is not None
            if ended or time.monotonic() > ends:
                raise AssertionError(
                    f"not within {patience_s:g} s: {what}; {told(last)}; log:\n{self.log[-3000:]}"
                )
            time.sleep(LOOK_S)

    def until_secured(self, *doors: str) -> Document:
        """Until these doors (none named: all) are proven locked."""
        return self.until(
            f"{doors or 'all doors'} secured",
            lambda now: verdicts(now, *doors) and set(verdicts(now, *doors).values()) == SECURED,
        )

    def until_at_rest(self, *doors: str) -> Document:
        """Until these doors are read unlocked, as their `rest` says."""
        return self.until(
            f"{doors} at rest",
            lambda now: set(verdicts(now, *doors).values()) <= {"released", "closed_unlocked"}
            and not any(self.devices.locked(door) for door in doors),
        )

    def cli(self, *arguments: str, config: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """`campus-edge …` as a person types it."""
        return subprocess.run(
            [sys.executable, "-m", "edge", *arguments, "--config", str(config or self.config)],
            check=False,
            timeout=60,
            capture_output=True,
            text=True,
        )

    def close(self, *doors: str) -> None:
        """Close what is live and release these doors by name."""
        assert self.ask({"do": "close", "reason": "flow"})["ok"]
        if doors:
            assert self.ask({"do": "release", "doors": list(doors), "reason": "flow"})["ok"]

    def health(self, page: str = "readyz") -> int | None:
        """The status of a page; None: nobody listens."""
        url = f"http://{self.tree['web']['listen']}/{page}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as err:
            with err:
                return int(err.code)
        except OSError:
            return None

    def rows(self, *kinds: str) -> list[Document]:
        """The journal's events on disk, oldest first, as their hashed fields."""
        found: list[Document] = []
        # The daemon holds the database for itself alone: what a power cut would leave is looked at instead.
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("-wal", ""):
                with contextlib.suppress(FileNotFoundError):
                    shutil.copy(self.store / f"journal.db{suffix}", folder)
            with contextlib.closing(sqlite3.connect(Path(folder) / "journal.db")) as database:
                for (body,) in database.execute("SELECT body FROM events ORDER BY place"):
                    event = json.loads(body)
                    if not kinds or event["kind"].partition("/")[0] in kinds:
                        found.append(event)
        return found

    def until_gone(self) -> Document:
        """Until the broker says that nobody is armed; what it keeps of that."""

        def gone() -> Document | None:
            told = self.broker.retained("campus/state/appliance")
            return told if told is not None and not told["armed"] else None

        return wait_for("the appliance is said to be gone", gone)

    def until_armed_on_the_broker(self) -> None:
        def is_armed() -> bool:
            told = self.broker.retained("campus/state/appliance")
            return told is not None and bool(told["armed"])

        wait_for("the appliance is said to be armed", is_armed)

    def children(self) -> list[int]:
        """Process ids of the daemon's children."""
        assert self.daemon is not None
        found = Path(f"/proc/{self.daemon.pid}/task").glob("*/children")
        return [int(pid) for one in found for pid in one.read_text().split()]

    @staticmethod
    def alive(pid: int) -> bool:
        """Whether a process does anything; one that ended and nobody collects does not."""
        try:
            return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
        except OSError:
            return False

    def stop(self) -> None:
        """End everything."""
        if self.daemon is not None and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait(PATIENCE_S)
        self.devices.stop()
        if self._broker is not None:
            self._broker.end()


@contextlib.contextmanager
def running(
    folder: Path,
    make: Callable[[int], Document],
    *,
    embedded: bool = False,
    started: bool = True,
    without: frozenset[str] = frozenset(),
) -> Iterator[School]:
    """A campus in `folder`: `make` gets the broker's port and gives the configuration. Armed, unless `started` is False."""
    folder.mkdir(exist_ok=True)
    broker = None if embedded else Broker(folder / "broker")
    try:
        here = School(folder, make(spare_port() if broker is None else broker.port), broker, without)
    except BaseException:
        if broker is not None:
            broker.end()
        raise
    try:
        if started:
            here.start()
        yield here
    finally:
        here.stop()


def verdicts(document: Document, *doors: str) -> dict[str, str]:
    """The verdict of each door (none named: of all)."""
    return {one["id"]: one["verdict"] for one in document["doors"] if not doors or one["id"] in doors}


def flags(document: Document) -> set[str]:
    """The codes of the flags shown."""
    return {one["code"] for one in document["flags"]}


def rfc3339(offset_s: float = 0.0) -> str:
    """This moment, or one so many seconds away."""
    return datetime.fromtimestamp(time.time() + offset_s, UTC).isoformat().replace("+00:00", "Z")


def told(document: Document | None) -> str:
    """The parts of a picture that explain a failure."""
    if document is None:
        return "no picture came"
    parts = ("appliance", "incidents", "unanswered", "inputs", "controllers", "sessions", "walk_tests")
    short = {name: document[name] for name in parts}
    doors = [(one["id"], one["verdict"], one["code"], one["held"]) for one in document["doors"]]
    return json.dumps({**short, "doors": doors, "flags": sorted(flags(document))})


def _read(document: Document) -> bool:
    up = {one["id"] for one in document["controllers"] if one["up"]}
    return (
        bool(document["appliance"]["armed"])
        and all(one["up"] for one in document["controllers"])
        and all(one["up"] for one in document["sessions"])
        and all(one["verdict"] != "unknown" for one in document["doors"] if one["controller"] in up)
        and all(one["state"] != "unread" for one in document["inputs"] if one["controller"] in up)
    )
