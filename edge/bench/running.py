"""One running campus as the benchmark handles it: presses it, waits for what is proven, and takes it all back."""

import json
import random
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edge.bench.campus import BARE_TOPIC, PRESS_TOPIC
from edge.bench.children import Child, Lost
from edge.control.client import Broken, NotRunning, ask
from edge.simulated.keyholder import Keyholder

ARMED_S: Final = 30.0
WRITTEN_S: Final = 10.0
PROVEN_S: Final = 15.0
SECURED: Final = "secured"


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press, in ms after its publish. proven None: by the bare script, which proves nothing."""

    first_written: float
    last_written: float
    first_proven: float | None = None
    last_proven: float | None = None


class Running:
    """settle_s: pause before each press."""

    def __init__(
        self,
        doors: int,
        boards: Child,
        process: "subprocess.Popen[bytes]",
        control: Path,
        settle_s: float,
        chance: random.Random,
    ) -> None:
        self._doors = doors
        self._boards = boards
        self._process = process
        self._socket = control
        self._keyholder = Keyholder(control)
        self._settle_s = settle_s
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

    def press_both(self, presser: Child, bare: Child, *, ours_first: bool) -> tuple[Pressed, Pressed]:
        """(a press of the daemon, one of the bare script). By turns, each first every second time: drift hits both."""
        if ours_first:
            ours = self.press_daemon(presser)
            return ours, self.press_bare(presser, bare)
        theirs = self.press_bare(presser, bare)
        return self.press_daemon(presser), theirs

    def press_daemon(self, presser: Child) -> Pressed:
        """Press, wait until every door is proven, release every door, wait until all is quiet."""
        pressed, doors = self.lock(presser)
        self.release(doors)
        return pressed

    def lock(self, presser: Child, *, moved: Callable[[], None] | None = None) -> tuple[Pressed, list[str]]:
        """Press and wait until every door is proven: (how long it took, the doors).

        moved: waits until the bolts have moved; else that is taken to be so after a while. The snapshot is made on the
        loop that is measured: it is asked for only then.
        """
        self._pause()
        self._boards.do("mark")
        payload = json.dumps({"press_id": f"bench-{time.monotonic_ns()}", "gesture": "hold"})
        at_us = presser.do("publish", topic=PRESS_TOPIC, payload=payload)["at_us"]
        written = self._written()
        if moved is None:
            time.sleep(0.4)
        else:
            moved()
        doors = self.until("every door secured", _all_secured, PROVEN_S)["doors"]
        proven = [_proven_us(door) for door in doors]
        pressed = Pressed(
            (written["first_us"] - at_us) / 1000,
            (written["last_us"] - at_us) / 1000,
            (min(proven) - at_us) / 1000,
            (max(proven) - at_us) / 1000,
        )
        return pressed, [door["id"] for door in doors]

    def press_bare(self, presser: Child, bare: Child) -> Pressed:
        """Press, and take everything back before a bolt has moved."""
        self._pause()
        self._boards.do("mark")
        at_us = presser.do("publish", topic=BARE_TOPIC, payload="{}")["at_us"]
        written = self._written()
        bare.do("restore")
        self._until_at_rest()
        return Pressed((written["first_us"] - at_us) / 1000, (written["last_us"] - at_us) / 1000)

    def polls_a_second(self, boards: int) -> float:
        """Requests a second and board while nothing happens."""
        before, began = self._boards.do("requests")["requests"], time.monotonic()
        time.sleep(2.0)
        after = self._boards.do("requests")["requests"]
        return float((after - before) / (time.monotonic() - began) / boards)

    def longest_ms(self) -> float | None:
        """The longest time one event took on the daemon's loop."""
        document = self._snapshot()
        loop = None if document is None else document["appliance"].get("longest_event_ms")
        return None if loop is None else float(loop)

    def until(self, what: str, holds: Callable[[dict[str, Any]], bool], within_s: float) -> dict[str, Any]:
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
        time.sleep(self._settle_s + self._chance.random() * 0.5)

    def _written(self) -> dict[str, Any]:
        ends = time.monotonic() + WRITTEN_S
        time.sleep(0.03)
        while time.monotonic() < ends:
            written = self._boards.do("written")
            if written["doors"] == self._doors:
                return written
            time.sleep(0.005)
        raise Lost(f"only {written['doors']} of {self._doors} doors were written")

    def release(self, doors: list[str]) -> None:
        """Close the incident and release these doors, until every one is at rest."""
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
            if self._boards.do("rest")["unlocked"] == self._doors:
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


def all_read(document: dict[str, Any]) -> bool:
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
