"""One random schedule played on a quiet campus: presses, a release, trouble; then all is mended and everything judged."""

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import SubprocessError
from typing import Final

from edge.control.client import Broken, NotRunning
from tests.faults.button import Press
from tests.faults.campus import DOORS, REFUSED, RELEASED, Asked, Campus, Record
from tests.faults.cell import LATE_US, RECOVERY_S
from tests.faults.fault import Fault
from tests.faults.judge import Story, broken
from tests.faults.processes import stopped
from tests.faults.schedule import Step
from tests.flow.waiting import wait_for

ANSWERED_S: Final = 20.0
STALLED_S: Final = 0.8
"""Held up for so long, this process tells nothing of the daemon: the machine stood still, or did too much else."""
STOPPED_S: Final = 3.0
"""No fault of ours stops the daemon for so long (`Frozen`)."""
LOOK_S: Final = 0.02
TROUBLE: Final = (AssertionError, OSError, SubprocessError)
"""What a wait, a process that is gone, or a program that did not end in time raises."""
LOG_CHARACTERS: Final = 1500
MOST_TOLD: Final = 12


@dataclass(slots=True)
class Round:
    """What one schedule showed. acts: (after so many seconds, what was done). failed: what did not hold.

    not_struck: faults that nothing here can make. stalled_s: the longest that this machine held us up.
    """

    number: int
    acts: list[tuple[float, str]] = field(default_factory=list)
    presses: int = 0
    kills: int = 0
    starts: int = 0
    rows: int = 0
    took_s: float = 0.0
    stalled_s: float = 0.0
    not_struck: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def told(self) -> str:
        acts = ", ".join(f"{after_s:.3f} {what}" for after_s, what in self.acts)
        more = len(self.failed) - MOST_TOLD
        failed = [*self.failed[:MOST_TOLD], *([f"and {more} more"] if more > 0 else [])]
        return f"round {self.number}: {acts}: " + ("; ".join(failed) or "ok")


class Lockdown:
    """`run` once."""

    def __init__(self, campus: Campus, number: int) -> None:
        self._campus = campus
        self._released: dict[str, tuple[int, int]] = {}
        self._asked: list[Asked] = []
        self._broken: list[Fault] = []
        self._lost_record = False
        self._last_us = 0
        self._began_s = time.monotonic()
        self._pressed = len(campus.button.presses)
        self.round = Round(number)

    def run(self, steps: Sequence[Step]) -> Round:
        """Do these at their moments, mend, judge, and leave everything at rest. Never raises for what it finds."""
        campus, found = self._campus, self.round
        starts = campus.daemon.restarts
        try:
            with _Watch(campus) as watch:
                self._whole(steps)
        except TROUBLE as err:
            found.failed.append(" ".join(str(err).split())[:300])
            found.failed += self._state()
            for fault in self._broken:
                with suppress(*TROUBLE):
                    fault.mend(campus)
        found.stalled_s = watch.longest_s
        found.starts = campus.daemon.restarts - starts
        found.presses = len(self._presses())
        found.took_s = time.monotonic() - self._began_s
        return found

    def _whole(self, steps: Sequence[Step]) -> None:
        campus = self._campus
        before = campus.record()
        began_us, claims = time.monotonic_ns() // 1000, len(campus.button.claims)
        self._play(steps)
        # Whatever was released meanwhile, a last press locks: once the release was answered, however late.
        for asked in self._asked:
            asked.thread.join(ANSWERED_S)
        time.sleep(0.2)
        last = campus.button.press("pb-native")
        for fault in reversed(self._broken):
            fault.mend(campus)
        if self._released:
            self._released = {
                one: (begins, last.at_us + LATE_US) for one, (begins, _) in self._released.items()
            }
        self._last_us = last.at_us
        wait_for("every press accepted", lambda: all(one.answers for one in self._presses()), RECOVERY_S)
        campus.until_secured(RECOVERY_S)
        campus.until("recorded", lambda now: not now["appliance"]["journal"]["trouble"], RECOVERY_S)
        ended_us = time.monotonic_ns() // 1000
        self._judge(before, campus.record(), began_us, ended_us, campus.button.claims[claims:])
        campus.quiet()

    def _judge(
        self,
        before: Record,
        found: Record,
        began_us: int,
        ended_us: int,
        claims: Sequence[tuple[int, str, str]],
    ) -> None:
        campus = self._campus
        writes = campus.writes(began_us)
        known = {str(row["id"]) for row in before.rows}
        rows = [dict(row) for row in found.rows if row["id"] not in known]
        self.round.rows = len(rows)
        story = Story(
            presses=self._presses(),
            writes=writes,
            moved=campus.moved(),
            claims=claims,
            rows=rows,
            problems=found.problems,
            refused=REFUSED,
            doors=DOORS,
            released={
                one: (begins, self._until(one, ends, writes))
                for one, (begins, ends) in self._released.items()
            },
            locked=campus.locked(),
            ended_us=ended_us,
            record_lost=self._lost_record,
            before=before.rows,
            after=found.rows,
            doorway=campus.doorway(),
            ends_us=[round(one.ended_s * 1e6) for one in campus.daemon.runs if one.ended_s is not None],
        )
        wrong = broken(story)
        self.round.failed += [*wrong, *self._state()] if wrong else []

    def _until(self, door: str, ends_us: int, writes: Sequence[tuple[int, str, bool]]) -> int:
        """A busy machine sends a release late; it is right until the door was told to lock by the press behind it."""
        locks = [at_us for at_us, one, locks in writes if one == door and locks and at_us >= self._last_us]
        return max(ends_us, min(locks, default=0))

    # --- what is done -------------------------------------------------------------------------

    def _play(self, steps: Sequence[Step]) -> None:
        began_s = self._began_s = time.monotonic()
        for step in steps:
            time.sleep(max(0.0, began_s + step.at_s - time.monotonic()))
            self.round.acts.append((time.monotonic() - began_s, step.told()))
            match step.verb:
                case "press":
                    self._campus.button.press(step.button)
                case "wired":
                    self._campus.main.do("press", button=step.button)
                case "release":
                    self._release()
                case "kill":
                    self._kill()
                case "strike" if step.fault is not None:
                    self._strike(step.fault)
                case "mend" if step.fault is not None and step.fault in self._broken:
                    self._broken.remove(step.fault)
                    step.fault.mend(self._campus)

    def _presses(self) -> list[Press]:
        return self._campus.button.presses[self._pressed :]

    def _release(self) -> None:
        asked = self._campus.release(*RELEASED)
        self._asked.append(asked)
        begins = min([asked.at_us, *(since for since, _ in self._released.values())])
        self._released = dict.fromkeys(RELEASED, (begins, 2**62))

    def _kill(self) -> None:
        if self._campus.daemon.runs[-1].code is None:
            self._campus.daemon.kill()
            self.round.kills += 1

    def _strike(self, fault: Fault) -> None:
        missing = _missing(fault)
        if missing:
            self.round.not_struck.append(f"{fault.name}: {missing}")
            return
        self._broken.append(fault)
        self._lost_record = self._lost_record or fault.loses_rows
        try:
            fault.strike(self._campus)
        except TROUBLE as err:
            # Its process was just killed: there was nothing to strike.
            self.round.acts.append((0.0, f"({fault.name} did not strike: {type(err).__name__})"))

    def _state(self) -> list[str]:
        """What explains a failure."""
        campus = self._campus
        lived = [(round(run.exec_s - self._began_s, 2), run.code) for run in campus.daemon.runs[-6:]]
        unheard = [one.id for one in self._presses() if not one.answers]
        told = [f"starts (after s, ended by) {lived}; not answered: {unheard[:10]}"]
        with suppress(NotRunning, Broken, OSError):
            said = [one for one in campus.status()["doors"] if one["id"] in DOORS]
            names = ("id", "verdict", "code", "tries", "command")
            told += [
                f"{[one[name] for name in names]}, thrown: {campus.thrown(str(one['id']))}" for one in said
            ]
        return [*told, f"log: {campus.log[-LOG_CHARACTERS:]}"]


_MISSING: Final[dict[str, str]] = {}


def _missing(fault: Fault) -> str:
    """Asked once for each kind."""
    kind = type(fault).__name__
    if kind not in _MISSING:
        _MISSING[kind] = fault.missing()
    return _MISSING[kind]


class _Watch:
    """How long this process was held up at most, or somebody else stopped what nothing here stops for so long."""

    def __init__(self, campus: Campus) -> None:
        self.longest_s = 0.0
        self._campus = campus
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        before_s = went_s = time.monotonic()
        while not self._ended.wait(LOOK_S):
            now_s = time.monotonic()
            self.longest_s = max(self.longest_s, now_s - before_s - LOOK_S)
            before_s = now_s
            campus = self._campus
            if not any(map(stopped, (campus.daemon.pid, campus.broker.pid, campus.main.pid))):
                went_s = now_s
            elif now_s - went_s > STOPPED_S:
                self.longest_s = max(self.longest_s, now_s - went_s)
