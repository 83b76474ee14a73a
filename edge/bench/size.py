"""One size of campus measured: presses of the daemon and of the bare script by turns, on the same boards."""

import contextlib
import json
import random
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edge.bench import children
from edge.bench.campus import BARE_TOPIC, PRESS_TOPIC, bench_tree
from edge.bench.children import Child, Lost
from edge.control.client import Broken, NotRunning, ask
from edge.control.path import NAME
from edge.simulated.addresses import spare_port
from edge.simulated.keyholder import Keyholder

ARMED_S: Final = 30.0
WRITTEN_S: Final = 10.0
PROVEN_S: Final = 15.0
SECURED: Final = "secured"


@dataclass(frozen=True, slots=True)
class How:
    """bare_polls: the bare script reads every board's evidence too. settle_s: pause before each press."""

    presses: int
    bare_polls: bool
    settle_s: float
    nodelay: bool
    hang: bool = False


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press, in ms after its publish. proven None: by the bare script, which proves nothing."""

    first_written: float
    last_written: float
    first_proven: float | None = None
    last_proven: float | None = None


@dataclass(slots=True)
class Measured:
    """What came of one size. polls_s: evidence reads a board and second in quiet time."""

    doors: int
    boards: int
    daemon: list[Pressed] = field(default_factory=list)
    bare: list[Pressed] = field(default_factory=list)
    hung: list[Pressed] = field(default_factory=list)
    armed_s: float = 0.0
    complete_s: float = 0.0
    memory_mib: float = 0.0
    longest_ms: float | None = None
    polls_s: float = 0.0
    hang_skipped: str = ""


def measure(doors: int, boards: int, how: How, folder: Path) -> Measured:
    """Start everything, press by turns, end everything. Raises Lost."""
    with contextlib.ExitStack() as stack:
        return _measure(Measured(doors, boards), how, folder, stack)


def _measure(found: Measured, how: How, folder: Path, stack: contextlib.ExitStack) -> Measured:
    port = spare_port()
    tree = bench_tree(found.doors, found.boards, port, folder / "store")
    config = folder / "campus.yaml"
    config.write_text(json.dumps(tree))
    stack.enter_context(children.broker(folder, port, nodelay=how.nodelay))
    boards = stack.enter_context(children.obeying("boards", "edge.bench.boards", str(config)))
    began = time.monotonic()
    process = stack.enter_context(children.daemon(config, folder / "daemon.log"))
    chance = random.Random(found.doors)  # noqa: S311  spreads presses over the polls' half second
    bench = _Bench(found, boards, process, folder / "store" / NAME, how, chance)
    found.armed_s = bench.until_armed(f"http://{tree['web']['listen']}/readyz") - began
    bench.until("every board up and every door read", _all_read, ARMED_S)
    found.complete_s = time.monotonic() - began
    addresses = [f"{one['host']}:{one['port']}={_coils(tree, one['id'])}" for one in tree["controllers"]]
    polls = "1" if how.bare_polls else "0"
    bare = stack.enter_context(
        children.obeying("bare script", "edge.bench.bare", str(port), BARE_TOPIC, polls, *addresses)
    )
    presser = stack.enter_context(children.obeying("presser", "edge.bench.presser", str(port)))
    found.polls_s = bench.polls_a_second()
    for number in range(how.presses):
        # By turns, and each first every second time: a drift of the machine hits both.
        if number % 2:
            found.daemon.append(bench.press_daemon(presser))
        found.bare.append(bench.press_bare(presser, bare))
        if not number % 2:
            found.daemon.append(bench.press_daemon(presser))
    found.memory_mib = children.memory_mib(process.pid)
    found.longest_ms = bench.longest_ms()
    if how.hang:
        with hanging_disk(process.pid, folder) as why_not:
            found.hang_skipped = why_not
            if not why_not:
                found.hung = [bench.press_daemon(presser) for _ in range(max(3, how.presses // 5))]
    return found


class _Bench:
    """One running campus, as the benchmark handles it."""

    def __init__(
        self,
        found: Measured,
        boards: Child,
        process: "subprocess.Popen[bytes]",
        control: Path,
        how: How,
        chance: random.Random,
    ) -> None:
        self._found = found
        self._boards = boards
        self._process = process
        self._socket = control
        self._keyholder = Keyholder(control)
        self._how = how
        self._chance = chance

    def until_armed(self, url: str) -> float:
        """When `/readyz` first said yes, in seconds of CLOCK_MONOTONIC. Raises Lost."""
        ends = time.monotonic() + ARMED_S
        while time.monotonic() < ends and self._process.poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=1.0):  # noqa: S310  loopback
                    return time.monotonic()
            except (urllib.error.URLError, OSError):
                time.sleep(0.01)
        raise Lost(f"the daemon was not armed within {ARMED_S:.0f} s; its log lies beside its store")

    def press_daemon(self, presser: Child) -> Pressed:
        """Press, wait until every door is proven, release every door, wait until all is quiet."""
        self._pause()
        self._boards.do("mark")
        payload = json.dumps({"press_id": f"bench-{time.monotonic_ns()}", "gesture": "hold"})
        at_us = presser.do("publish", topic=PRESS_TOPIC, payload=payload)["at_us"]
        written = self._written()
        # The snapshot is made on the loop that is measured: it is asked for only once the bolts have moved.
        time.sleep(0.4)
        doors = self.until("every door secured", _all_secured, PROVEN_S)["doors"]
        proven = [_proven_us(door) for door in doors]
        self._release([door["id"] for door in doors])
        return Pressed(
            (written["first_us"] - at_us) / 1000,
            (written["last_us"] - at_us) / 1000,
            (min(proven) - at_us) / 1000,
            (max(proven) - at_us) / 1000,
        )

    def press_bare(self, presser: Child, bare: Child) -> Pressed:
        """Press, and take everything back before a bolt has moved."""
        self._pause()
        self._boards.do("mark")
        at_us = presser.do("publish", topic=BARE_TOPIC, payload="{}")["at_us"]
        written = self._written()
        bare.do("restore")
        self._until_at_rest()
        return Pressed((written["first_us"] - at_us) / 1000, (written["last_us"] - at_us) / 1000)

    def polls_a_second(self) -> float:
        """Requests a second and board while nothing happens."""
        before, began = self._boards.do("requests")["requests"], time.monotonic()
        time.sleep(2.0)
        after = self._boards.do("requests")["requests"]
        return float((after - before) / (time.monotonic() - began) / self._found.boards)

    def longest_ms(self) -> float | None:
        """The longest time one event took on the daemon's loop."""
        document = self._snapshot()
        loop = None if document is None else document["appliance"].get("longest_event_ms")
        return None if loop is None else float(loop)

    def until(self, what: str, holds: Any, within_s: float) -> dict[str, Any]:
        """The first snapshot of which something holds. Raises Lost."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            document = self._snapshot()
            if document is not None and holds(document):
                return document
            time.sleep(0.05)
        raise Lost(f"not within {within_s:.0f} s: {what}")

    def _pause(self) -> None:
        # At another moment of the polls' half second each time.
        time.sleep(self._how.settle_s + self._chance.random() * 0.5)

    def _written(self) -> dict[str, Any]:
        ends = time.monotonic() + WRITTEN_S
        time.sleep(0.03)
        while time.monotonic() < ends:
            written = self._boards.do("written")
            if written["doors"] == self._found.doors:
                return written
            time.sleep(0.005)
        raise Lost(f"only {written['doors']} of {self._found.doors} doors were written")

    def _release(self, doors: list[str]) -> None:
        closed = ask(self._socket, {"do": "close"})
        if not closed.get("ok"):
            raise Lost(f"the daemon refused to close: {closed.get('words')}")
        released = self._keyholder.release(doors, "benchmark")
        if not released.get("ok"):
            raise Lost(f"the daemon refused to release: {released.get('words')}")
        self._until_at_rest()
        self.until("every door released", _all_released, PROVEN_S)

    def _until_at_rest(self) -> None:
        ends = time.monotonic() + WRITTEN_S
        while time.monotonic() < ends:
            if self._boards.do("rest")["unlocked"] == self._found.doors:
                return
            time.sleep(0.005)
        raise Lost("not every coil went back to rest")

    def _snapshot(self) -> dict[str, Any] | None:
        try:
            found = ask(self._socket, {"do": "status"}).get("data")
        except (NotRunning, Broken):
            if self._process.poll() is not None:
                raise Lost(f"the daemon ended with {self._process.returncode}") from None
            return None
        return found if isinstance(found, dict) else None


@contextlib.contextmanager
def hanging_disk(pid: int, folder: Path) -> Iterator[str]:
    """Every sync of the daemon takes 2 s longer, its loop's thread untouched. Gives `""`, or why that cannot be done."""
    calls = "fsync,fdatasync,sync_file_range"
    command = ["strace", "-qq", "-e", f"trace={calls}", "-e", f"inject={calls}:delay_enter=2000000"]
    command += [part for thread in children.other_threads(pid) for part in ("-p", str(thread))]
    try:
        with (folder / "strace.log").open("wb") as words:
            strace = subprocess.Popen(command, stdout=words, stderr=words)  # noqa: S603  fixed words
    except OSError:
        yield "strace is not installed"
        return
    try:
        time.sleep(0.5)
        yield "" if strace.poll() is None else "strace may not trace the daemon here"
    finally:
        strace.terminate()
        strace.wait()


def _coils(tree: dict[str, Any], controller: str) -> int:
    return sum(door["controller"] == controller for door in tree["doors"])


def _all_read(document: dict[str, Any]) -> bool:
    return all(one["up"] for one in document["controllers"]) and all(
        door["verdict"] != "unknown" for door in document["doors"]
    )


def _all_secured(document: dict[str, Any]) -> bool:
    return all(door["verdict"] == SECURED and door["ledger"] is not None for door in document["doors"])


def _all_released(document: dict[str, Any]) -> bool:
    return all(
        door["verdict"] in ("released", "open", "closed_unlocked") and not door["bolt"]["value"]
        for door in document["doors"]
    )


def _proven_us(door: dict[str, Any]) -> float:
    """When a door's verdict became what it is, in microseconds of CLOCK_MONOTONIC."""
    ledger = door["ledger"]
    commanded = datetime.fromisoformat(ledger["commanded_at"]).timestamp()
    offset = time.time() - time.monotonic()
    return float((commanded - offset) * 1e6 + ledger["verdict_ms"] * 1000)
