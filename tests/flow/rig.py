"""One campus for a journey: the daemon as a process between simulated devices and a real broker.

Every process is ours and is ended by its id.
"""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from drivers.buttons import last_known_up
from edge.control.client import Broken, NotRunning, ask
from edge.simulated.addresses import spare_port
from edge.simulated.keyholder import Keyholder
from tests.flow.devices import Devices
from tests.flow.mosquitto import Broker, Document
from tests.flow.waiting import LOOK_S, PATIENCE_S, wait_for

SECURED = frozenset({"secured"})


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
        self.program: tuple[str, ...] = ("-m", "edge")
        """What Python runs as `campus-edge`."""
        self.keyholder = Keyholder(self.store / "control.sock")

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
                [sys.executable, *self.program, "run", "--config", str(self.config)],
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

    def reload(self) -> None:
        """SIGHUP: read the configuration again."""
        assert self.daemon is not None
        self.daemon.send_signal(signal.SIGHUP)

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
            lambda now: (
                set(verdicts(now, *doors).values()) <= {"released", "closed_unlocked"}
                and not any(self.devices.locked(door) for door in doors)
            ),
        )

    def cli(
        self, *arguments: str, config: Path | None = None, timeout_s: float = 60.0
    ) -> "subprocess.CompletedProcess[str]":
        """`campus-edge …` as a person types it."""
        return subprocess.run(
            [sys.executable, "-m", "edge", *arguments, "--config", str(config or self.config)],
            check=False,
            timeout=timeout_s,
            capture_output=True,
            text=True,
        )

    def cli_release(self, *doors: str, reason: str) -> "subprocess.CompletedProcess[str]":
        """`campus-edge release …` as a script types it, the code in a file."""
        file = self.folder / "code"
        file.write_text(self.keyholder.code() + "\n")
        who = ("--user", self.keyholder.name, "--code-file", str(file))
        return self.cli("release", *doors, "--reason", reason, *who)

    def close(self, *doors: str) -> None:
        """Close what is live and release these doors by name."""
        assert self.end_incident()["ok"]
        if doors:
            assert self.release(*doors)["ok"]

    def end_incident(self, reason: str = "flow", incident: str | None = None) -> Document:
        """Close what is live; a real incident by somebody named, once anybody could be."""
        return self.keyholder.close(reason, incident)

    def cli_close(self, reason: str) -> "subprocess.CompletedProcess[str]":
        """`campus-edge close …` by name, as a script types it, the code in a file."""
        file = self.folder / "code"
        file.write_text(self.keyholder.code() + "\n")
        return self.cli("close", "--reason", reason, "--user", self.keyholder.name, "--code-file", str(file))

    def release(self, *doors: str, reason: str = "flow") -> Document:
        """Release these doors by name, with a printed code of somebody who may."""
        return self.keyholder.release(doors, reason)

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

    def until_known_up(self) -> None:
        """Until the daemon has noted that it heard the broker: before that it cannot tell how old a held press is."""
        wait_for("noted", (self.store / last_known_up.FILE_NAME).exists)

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
