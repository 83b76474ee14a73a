"""Restarts in a lockdown: how soon the first locking frame of each driver leaves, and that all of the record's rules hold.

The boards lost their power meanwhile and came back unlocked, so that the restart has something to lock.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.campus import DOORS, Campus
from tests.faults.clock import HOUR_S, WEEKS_S, Stepped
from tests.faults.disk import Damaged, Flipped, SmallBlocks
from tests.faults.fault import Fault, Nothing
from tests.flow.mosquitto import Document
from tests.flow.rig import verdicts
from tests.flow.waiting import PATIENCE_S, wait_for

DRIVERS: Final = {
    "Modbus TCP": ("tcp-1", "tcp-2", "b-1", "b-2"),
    "Modbus RTU": ("rtu-1",),
    "OSDP": ("osdp-1",),
}
WITHIN_S: Final = {"Modbus TCP": 2.0, "Modbus RTU": 2.0, "OSDP": 3.0}
"""Issue 4, C7, from exec to the first locking frame, on a machine that has nothing else to do."""
WORK_S: Final = 0.2


@dataclass(slots=True)
class Restarted:
    """Of one way to be ended and started again. after_s: by driver, from exec to its last door's first locking frame."""

    how: str
    shared: list[float] = field(default_factory=list)
    """How many times longer than alone anything took on this machine meanwhile."""
    after_s: dict[str, list[float]] = field(default_factory=dict)
    skipped: str = ""
    failed: list[str] = field(default_factory=list)

    def median_s(self, driver: str) -> float | None:
        times = self.after_s.get(driver, [])
        return statistics.median(times) if times else None


@dataclass(frozen=True, slots=True)
class Way:
    """loses: what was on the disk is damaged, and the head witness has to do."""

    name: str
    fault: Fault
    meanwhile: Callable[[Campus], object]
    loses: bool = False


def ways() -> list[Way]:
    """What a restart may find."""
    corrupt, flipped, small = Damaged(), Flipped(), SmallBlocks()
    weeks, hour = Stepped("two weeks", WEEKS_S), Stepped("an hour", -HOUR_S)
    return [
        Way("kill -9", Nothing(), lambda _: None),
        Way("database corrupt", corrupt, lambda campus: corrupt.damage(campus.store), loses=True),
        Way("bit flipped in the WAL", flipped, lambda campus: flipped.damage(campus.store), loses=True),
        Way("ext4 of 1 kB blocks nearly full", small, lambda campus: small.leave_few(campus.store)),
        Way("clock two weeks on", weeks, weeks.strike),
        Way("clock an hour back", hour, hour.strike),
    ]


def restarts(times: int, folder: Path) -> Iterator[Restarted]:
    """Each way so many times."""
    for number, way in enumerate(ways()):
        found = Restarted(way.name)
        found.skipped = way.fault.missing()
        if not found.skipped:
            place = folder / f"restarts-{number}"
            place.mkdir()
            try:
                with way.fault.campus(place) as campus:
                    for _ in range(times):
                        _once(campus, way, found)
            except AssertionError as err:
                found.failed.append(" ".join(str(err).split())[:600])
            found.failed += _too_late(found)
        yield found


def _once(campus: Campus, way: Way, found: Restarted) -> None:
    found.shared.append(_shared())
    pressed = campus.button.press("pb-native")
    before = campus.until_secured()
    # One that was not accepted yet may open its incident anew: nobody was told of it, and the broker gives it once more.
    wait_for("the press accepted", lambda: pressed.answers, PATIENCE_S)
    incident = before["incidents"][0]
    restarted = campus.daemon.restarts
    campus.daemon.hold()
    campus.daemon.kill()
    campus.daemon.until_ended()
    for boards in (campus.main, campus.victim):
        boards.do("power_cycle")
    way.meanwhile(campus)
    campus.daemon.let_go()
    campus.daemon.until_started_again(restarted)
    began_us = round(campus.daemon.runs[-1].exec_s * 1e6)
    for driver, doors in DRIVERS.items():
        last_us = campus.until_written(doors, began_us)
        if last_us is None:
            found.failed.append(f"{driver}: not every door was locked again")
        else:
            found.after_s.setdefault(driver, []).append((last_us - began_us) / 1e6)
    way.fault.mend(campus)
    now = campus.until_secured(45)
    campus.until("recorded", lambda one: not one["appliance"]["journal"]["trouble"], 45)
    found.failed += list(_broken(campus, before, now, incident, way, began_us))
    campus.quiet()


def _broken(
    campus: Campus,
    before: Document,
    now: Document,
    incident: Document,
    way: Way,
    began_us: int,
) -> Sequence[str]:
    """Part 1, section F: the lockdown stands, no door is released, no second incident, nothing shown unread."""
    wrong: list[str] = []
    told = [{name: one[name] for name in ("id", "kind", "response", "zone")} for one in now["incidents"]]
    was = {name: incident[name] for name in ("id", "kind", "response", "zone")}
    if told != [was]:
        wrong.append(f"the incident is another: {told}, not {was}")
    if any(not locks and door in DOORS for _, door, locks in campus.writes(began_us)):
        wrong.append("a door was told to unlock")
    if set(verdicts(now, *DOORS).values()) != {"secured"}:
        wrong.append("not every door is secured")
    first = next((said for at, one, said in campus.button.claims if one == "tcp-1" and at >= began_us), None)
    if first == "secured":
        wrong.append("a door was said to be secured before it was read")
    epochs = [one["appliance"]["journal"]["epoch"] for one in (before, now)]
    if epochs[0] != epochs[1] and not way.loses:
        wrong.append("a new epoch began and nothing was lost")
    found = campus.record()
    return [*wrong, *found.problems]


def _too_late(found: Restarted) -> list[str]:
    late = []
    shared = max(1.0, statistics.median(found.shared)) if found.shared else 1.0
    for driver, most_s in WITHIN_S.items():
        median_s = found.median_s(driver)
        if median_s is not None and median_s > most_s * shared:
            late.append(f"{driver}: the first locking frame left {median_s:.2f} s after exec, not {most_s:g}")
    return late


def _shared() -> float:
    """By how much others on this machine hold up what only computes."""
    began_s, worked_s = time.monotonic(), time.process_time()
    while time.process_time() - worked_s < WORK_S:
        sum(range(10_000))
    return (time.monotonic() - began_s) / WORK_S


def columns(found: Restarted) -> str:
    """One line of the report."""
    if found.skipped:
        return f"{found.how:<33} SKIPPED: {found.skipped}"
    times = [
        f"{driver} {statistics.median(each):.2f} s ({min(each):.2f} to {max(each):.2f})"
        for driver, each in found.after_s.items()
    ]
    if statistics.median(found.shared) > 1.3:
        times.append(f"on a machine that others made {statistics.median(found.shared):.1f} times slower")
    return f"{found.how:<33} {', '.join(times)}  " + ("ok" if not found.failed else "; ".join(found.failed))
