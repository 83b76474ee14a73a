"""Random kills and random schedules of faults, by a seed: what was accepted is kept, and nothing is claimed that is not so."""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from edge.control.client import Broken, NotRunning
from tests.faults.box import Frozen, NoDescriptors
from tests.faults.button import Press
from tests.faults.campus import DOORS, REFUSED, RELEASED, Asked, Campus
from tests.faults.cell import LATE_US, RECOVERY_S
from tests.faults.disk import JOURNAL, Hanging, Refusing
from tests.faults.fault import Fault, Nothing
from tests.faults.judge import Story, broken
from tests.faults.processes import traceable
from tests.faults.traffic import BrokerKilled, BrokerRestarted, Hostile, Twice
from tests.faults.wire import boards
from tests.flow.waiting import wait_for

PER_CAMPUS: Final = 25
"""Rounds on one campus, so that its journal grows over many starts and a lost one costs little."""
MOST_KILLS: Final = 3
STORY_S: Final = 1.2
"""Presses, a release and whatever breaks fall into so long a time, at random moments of it."""
ANSWERED_S: Final = 20.0
BUTTONS: Final = ("pb-native", "pb-2")


@dataclass(slots=True)
class Round:
    """One lockdown under random trouble. acts: (after so many seconds, what was done). failed: what did not hold."""

    number: int
    acts: list[tuple[float, str]] = field(default_factory=list)
    presses: int = 0
    kills: int = 0
    rows: int = 0
    failed: list[str] = field(default_factory=list)

    def told(self) -> str:
        acts = ", ".join(f"{after_s:.3f} {what}" for after_s, what in self.acts)
        return f"round {self.number}: {acts}: " + ("; ".join(self.failed) or "ok")


Act = tuple[float, str, Callable[[], object]]


def kills(count: int, seed: int, folder: Path) -> Iterator[Round]:
    """Rounds of kills at random moments, also in the midst of a start, until there were so many."""
    chance = random.Random(seed)
    killed = number = 0
    while killed < count:
        with Nothing().campus(_made(folder / f"kills-{number}")) as campus:
            for _ in range(PER_CAMPUS):
                if killed >= count:
                    return
                times = sorted(chance.uniform(0, STORY_S) for _ in range(chance.randint(1, MOST_KILLS)))
                lead = _Lockdown(campus, number, chance)
                acts: list[Act] = [(at_s, "kill", lead.kill) for at_s in times]
                found = lead.run([*acts, *lead.usual()])
                killed += found.kills
                number += 1
                yield found
                if found.failed:
                    break


def schedules(count: int, seed: int, folder: Path) -> Iterator[Round]:
    """Rounds of one to three faults of every kind that pass or are mended within the round, and a kill now and then."""
    chance = random.Random(seed)
    number = 0
    while number < count:
        with Nothing().campus(_made(folder / f"schedules-{number}")) as campus:
            for _ in range(PER_CAMPUS):
                if number >= count:
                    return
                lead = _Lockdown(campus, number, chance)
                acts: list[Act] = []
                for fault in chance.sample(_passing(), chance.randint(1, 3)):
                    at_s = chance.uniform(0, STORY_S)
                    acts.append((at_s, fault.name, partial(lead.strike, fault)))
                if chance.random() < 0.4:
                    acts.append((chance.uniform(0, STORY_S), "kill", lead.kill))
                found = lead.run([*acts, *lead.usual()])
                number += 1
                yield found
                if found.failed:
                    break


def _passing() -> list[Fault]:
    traced: list[Fault] = [] if traceable() else [Refusing("database answers EIO", "EIO", JOURNAL), Hanging()]
    others: list[Fault] = [Frozen(), NoDescriptors(), BrokerKilled(), BrokerRestarted(), Twice(), Hostile()]
    return [*traced, *others, *(one for one in boards() if one.shared)]


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


class _Lockdown:
    """One round on a quiet campus: presses, a release, trouble; then everything is mended and judged."""

    def __init__(self, campus: Campus, number: int, chance: random.Random) -> None:
        self._campus = campus
        self._chance = chance
        self._presses: list[Press] = []
        self._released: dict[str, tuple[int, int]] = {}
        self._asked: list[Asked] = []
        self._broken: list[Fault] = []
        self._began_s = time.monotonic()
        self.round = Round(number)

    def usual(self) -> list[Act]:
        """One to three presses, and now and then a release between them."""
        chance = self._chance
        times = sorted(chance.uniform(0, STORY_S) for _ in range(chance.randint(1, 3)))
        acts: list[Act] = [(at_s, "press", self._press) for at_s in times]
        if chance.random() < 0.5:
            acts.append((chance.uniform(0, STORY_S), "release", self._release))
        return acts

    def kill(self) -> None:
        if self._campus.daemon.runs[-1].code is None:
            self._campus.daemon.kill()
            self.round.kills += 1

    def strike(self, fault: Fault) -> None:
        try:
            fault.strike(self._campus)
        except (AssertionError, OSError, ProcessLookupError) as err:
            # Its process was just killed: there was nothing to strike.
            self.round.acts.append((0.0, f"({fault.name} did not strike: {type(err).__name__})"))
        self._broken.append(fault)

    def run(self, acts: Sequence[Act]) -> Round:
        """Do these at their moments, mend, judge, and leave everything at rest. Never raises."""
        campus = self._campus
        try:
            before = {str(row["id"]) for row in campus.record().rows}
            began_us, claims = time.monotonic_ns() // 1000, len(campus.button.claims)
            self._act(acts)
            # Whatever was released meanwhile, a last press locks: once the release was answered, however late.
            for asked in self._asked:
                asked.thread.join(ANSWERED_S)
            time.sleep(0.2)
            last = self._press()
            for fault in self._broken:
                fault.mend(campus)
            if self._released:
                self._released = {
                    one: (begins, last.at_us + LATE_US) for one, (begins, _) in self._released.items()
                }
            wait_for("every press accepted", lambda: all(one.answers for one in self._presses), RECOVERY_S)
            campus.until_secured(RECOVERY_S)
            campus.until("recorded", lambda now: not now["appliance"]["journal"]["trouble"], RECOVERY_S)
            ended_us = time.monotonic_ns() // 1000
            found = campus.record()
            rows = [dict(row) for row in found.rows if row["id"] not in before]
            self.round.presses, self.round.rows = len(self._presses), len(rows)
            story = Story(
                presses=self._presses,
                writes=campus.writes(began_us),
                moved=campus.moved(),
                claims=campus.button.claims[claims:],
                rows=rows,
                problems=found.problems,
                refused=REFUSED,
                doors=DOORS,
                released=self._released,
                locked=campus.locked(),
                ended_us=ended_us,
            )
            self.round.failed += broken(story)
            campus.quiet()
        except AssertionError as err:
            self.round.failed.append(" ".join(str(err).split())[:200])
            self.round.failed.append(f"doors: {self._doors()}")
            lived = [(round(run.exec_s - self._began_s, 2), run.code) for run in campus.daemon.runs[-6:]]
            unheard = [one.id for one in self._presses if not one.answers]
            self.round.failed.append(f"starts (after s, ended by) {lived}; not answered: {unheard}")
            self.round.failed.append(f"log: {campus.log[-1500:]}")
            for fault in self._broken:
                fault.mend(campus)
        return self.round

    def _doors(self) -> list[tuple[object, ...]]:
        """What is said of each door that may be locked, its command, and whether its bolt is thrown in truth."""
        campus = self._campus
        with suppress(NotRunning, Broken, OSError):
            said = [one for one in campus.status()["doors"] if one["id"] in DOORS]
            return [
                (
                    one["id"],
                    one["verdict"],
                    one["code"],
                    one["tries"],
                    one["command"],
                    campus.thrown(str(one["id"])),
                )
                for one in said
            ]
        return []

    def _act(self, acts: Sequence[Act]) -> None:
        began_s = self._began_s = time.monotonic()
        for at_s, what, act in sorted(acts, key=lambda one: one[0]):
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            self.round.acts.append((time.monotonic() - began_s, what))
            act()

    def _press(self) -> Press:
        press = self._campus.button.press(self._chance.choice(BUTTONS))
        self._presses.append(press)
        return press

    def _release(self) -> None:
        asked = self._campus.release(*RELEASED)
        self._asked.append(asked)
        self._released = dict.fromkeys(RELEASED, (asked.at_us, 2**62))
