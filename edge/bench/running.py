"""One running campus as the benchmark handles it: presses it, waits for what is proven, and takes it all back."""

import json
import random
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edge.bench.campus import BARE_TOPIC, PRESS_TOPIC
from edge.bench.children import Child, Lost
from edge.control.client import Broken, NotRunning, ask
from edge.simulated.keyholder import Keyholder
from rules.model.values import dataclass

ARMED_S: Final = 30.0
WRITTEN_S: Final = 10.0
PROVEN_S: Final = 15.0
SECURED: Final = "secured"
NOT_KNOWN: Final = ("unknown", "stale", "no_answer")


class Unwritten(Lost):
    """A press left doors on sound boards unwritten."""

    def __init__(self, pressed: "Pressed") -> None:
        super().__init__(f"{pressed.unwritten} doors were not written within {WRITTEN_S:.0f} s")
        self.pressed = pressed


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press, in ms after its publish. proven None: by the bare script, which proves nothing.

    unwritten: doors on sound boards that were not written within `WRITTEN_S`; the last one counts as written then.
    """

    first_written: float
    last_written: float
    first_proven: float | None = None
    last_proven: float | None = None
    unwritten: int = 0


class Running:
    """settle_s: pause before each press. twin: the boards of the bare script, where those of the daemon can have one master."""

    def __init__(
        self,
        doors: dict[str, str],
        boards: Child,
        control: Path,
        settle_s: float,
        chance: random.Random,
        twin: Child | None = None,
    ) -> None:
        """doors: each with its controller."""
        self._process: subprocess.Popen[bytes] | None = None
        self._doors = doors
        self._boards = boards
        self._twin = twin or boards
        self._socket = control
        self._keyholder = Keyholder(control)
        self._settle_s = settle_s
        self._chance = chance

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The daemon's. Raises Lost before its first start."""
        if self._process is None:
            raise Lost("the daemon was not started")
        return self._process

    def started(self, process: "subprocess.Popen[bytes]") -> None:
        """The daemon was started, for the first time or again."""
        self._process = process

    def without(self, controllers: Collection[str]) -> None:
        """From now on only doors on other controllers are waited for."""
        self._doors = {door: board for door, board in self._doors.items() if board not in controllers}

    def until_armed(self, url: str) -> float:
        """When `/readyz` first said yes, in seconds of CLOCK_MONOTONIC. Raises Lost."""
        ends = time.monotonic() + ARMED_S
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=1.0):  # noqa: S310  loopback
                    return time.monotonic()
            except (urllib.error.URLError, OSError):
                time.sleep(0.01)
        raise Lost(f"the daemon was not armed within {ARMED_S:.0f} s; its log lies beside its store")

    def press_daemon(
        self, presser: Child, *, before: Callable[[], None] | None = None, paused: bool = True
    ) -> Pressed:
        """Press, wait until every door is proven, release every door, wait until all is quiet."""
        pressed, doors = self.lock(presser, before=before, paused=paused)
        self.release(doors)
        return pressed

    def lock(
        self,
        presser: Child,
        *,
        moved: Callable[[], None] | None = None,
        before: Callable[[], None] | None = None,
        paused: bool = True,
    ) -> tuple[Pressed, list[str]]:
        """Press and wait until every door is proven: (how long it took, the doors). Raises Lost where one never is.

        moved: waits until the bolts have moved; else that is taken to be so after a while. The snapshot is made on the
        loop that is measured: it is asked for only then. before: what happens right before the press.
        """
        if paused:
            self._pause()
        if before is not None:
            before()
        self._boards.do("mark")
        payload = json.dumps({"press_id": f"bench-{time.monotonic_ns()}", "gesture": "hold"})
        at_us = presser.do("publish", topic=PRESS_TOPIC, payload=payload)["at_us"]
        pressed = self._written(self._boards, at_us)
        if moved is None:
            time.sleep(0.4)
        else:
            moved()
        if pressed.unwritten:
            raise Unwritten(pressed)
        doors = self._ours(self.until("every door secured", self._all_secured, PROVEN_S))
        proven = [(_proven_us(door) - at_us) / 1000 for door in doors]
        return replace(pressed, first_proven=min(proven), last_proven=max(proven)), list(self._doors)

    def press_bare(self, presser: Child, bare: Child) -> Pressed:
        """Press, and take everything back before a bolt has moved."""
        self._pause()
        self._twin.do("mark")
        at_us = presser.do("publish", topic=BARE_TOPIC, payload="{}")["at_us"]
        pressed = self._written(self._twin, at_us)
        bare.do("restore")
        self._until_at_rest(self._twin)
        return pressed

    def reads(self, quiet_s: float = 2.0) -> dict[str, Any]:
        """While nothing happens: how often the least read board is read, and for how long one is not."""
        self._boards.do("watch")
        time.sleep(quiet_s)
        return self._boards.do("reads")

    def longest_ms(self) -> float | None:
        """The longest time one event took on the daemon's loop."""
        document = self._snapshot()
        loop = None if document is None else document["appliance"].get("longest_event_ms")
        return None if loop is None else float(loop)

    def until(self, what: str, holds: Callable[[dict[str, Any]], bool], within_s: float) -> dict[str, Any]:
        """The first snapshot of which something holds. Raises Lost."""
        ends = time.monotonic() + within_s
        while (began := time.monotonic()) < ends:
            document = self._snapshot()
            if document is not None and holds(document):
                return document
            # One of 1,000 doors takes the loop some 50 ms: asked without a pause, it would be what is measured.
            time.sleep(max(0.05, 4 * (time.monotonic() - began)))
        raise Lost(f"not within {within_s:.0f} s: {what}")

    def _pause(self) -> None:
        # At another moment of the polls' half second each time.
        time.sleep(self._settle_s + self._chance.random() * 0.5)

    def _written(self, boards: Child, at_us: int) -> Pressed:
        ends = time.monotonic() + WRITTEN_S
        time.sleep(0.03)
        while True:
            written = boards.do("written")
            left = len(self._doors) - written["doors"]
            if left == 0:
                return Pressed((written["first_us"] - at_us) / 1000, (written["last_us"] - at_us) / 1000)
            if time.monotonic() > ends:
                first_us = written["first_us"] or at_us + WRITTEN_S * 1e6
                return Pressed((first_us - at_us) / 1000, WRITTEN_S * 1000, unwritten=left)
            time.sleep(0.005)

    def release(self, doors: list[str]) -> None:
        """Close the incident and release these doors, until every one is at rest."""
        closed = self._keyholder.close("benchmark")
        if not closed.get("ok"):
            raise Lost(f"the daemon refused to close: {closed.get('words')}")
        released = self._keyholder.release(doors, "benchmark")
        if not released.get("ok"):
            raise Lost(f"the daemon refused to release: {released.get('words')}")
        self._until_at_rest(self._boards)
        self.until("every door released", self._all_released, PROVEN_S)

    def until_broken(self, controllers: Collection[str]) -> None:
        """The daemon shows of every door on these that it knows nothing. Raises Lost."""
        self.until(
            "the broken boards' doors shown as not known",
            lambda seen: all(
                one["verdict"] in NOT_KNOWN for one in seen["doors"] if one["controller"] in controllers
            ),
            ARMED_S,
        )

    def _ours(self, document: dict[str, Any]) -> list[dict[str, Any]]:
        return [door for door in document["doors"] if door["id"] in self._doors]

    def _all_secured(self, document: dict[str, Any]) -> bool:
        return all(door["verdict"] == SECURED and door["ledger"] is not None for door in self._ours(document))

    def _all_released(self, document: dict[str, Any]) -> bool:
        return all(
            door["verdict"] in ("released", "open", "closed_unlocked") and not door["bolt"]["value"]
            for door in self._ours(document)
        )

    def _until_at_rest(self, boards: Child) -> None:
        ends = time.monotonic() + WRITTEN_S
        while time.monotonic() < ends:
            if boards.do("rest")["unlocked"] == len(self._doors):
                return
            time.sleep(0.005)
        raise Lost("not every coil went back to rest")

    def _snapshot(self) -> dict[str, Any] | None:
        try:
            found = ask(self._socket, {"do": "status"}).get("data")
        except (NotRunning, Broken):
            if self.process.poll() is not None:
                raise Lost(f"the daemon ended with {self.process.returncode}") from None
            return None
        return found if isinstance(found, dict) else None


def all_read(document: dict[str, Any]) -> bool:
    return all(one["up"] for one in document["controllers"]) and all(
        door["verdict"] != "unknown" for door in document["doors"]
    )


def _proven_us(door: dict[str, Any]) -> float:
    """When a door's verdict became what it is, in microseconds of CLOCK_MONOTONIC."""
    ledger = door["ledger"]
    commanded = datetime.fromisoformat(ledger["commanded_at"]).timestamp()
    offset = time.time() - time.monotonic()
    return float((commanded - offset) * 1e6 + ledger["verdict_ms"] * 1000)
