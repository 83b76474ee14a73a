"""One cell: a fault strikes in one phase of a lockdown, and everything that must hold is looked at."""

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.button import Press
from tests.faults.campus import DOORS, REFUSED, RELEASED, Asked, Campus, Record
from tests.faults.fault import Fault, Nothing, Phase
from tests.faults.judge import Story, broken
from tests.flow.rig import verdicts
from tests.flow.waiting import wait_for

SLACK: Final = 10.0
"""A press may take so many times what it takes without a fault, and `Fault.within_s` more: a busy machine is no fault."""
RECOVERY_S: Final = 45.0
"""Until every door is proven again behind the worst fault: a start, a second one, and a serial line plugged in."""
ANSWER_S: Final = 2.5
"""A disk that takes nothing is answered after 1 s with `durable: false` (contract, section 4); then it is mended."""
LATE_US: Final = 400_000
"""A release that was on its way when the next press came may still reach its board."""
CELLS_IN_REFERENCE: Final = 3


@dataclass(slots=True)
class Result:
    """What one cell showed. written_ms: from the press (in release: from the request) to the last healthy door written;
    None: not measured. accepted_ms: to `accepted`. failed: what did not hold."""

    fault: str
    phase: str
    written_ms: float | None = None
    accepted_ms: float | None = None
    durable: bool | None = None
    reference_ms: float | None = None
    record: str = ""
    skipped: str = ""
    failed: list[str] = field(default_factory=list)
    released: str = ""
    """In release: what became of the request."""
    restarts: int = 0
    proven_s: float | None = None
    """From the mending until every door was proven."""

    @property
    def ratio(self) -> float | None:
        if self.written_ms is None or not self.reference_ms:
            return None
        return self.written_ms / self.reference_ms


class Cell:
    """One cell under way on one campus."""

    def __init__(self, campus: Campus, fault: Fault, phase: Phase, reference_ms: float | None) -> None:
        self._campus = campus
        self._fault = fault
        self._presses: list[Press] = []
        self._released: dict[str, tuple[int, int]] = {}
        self._phase = phase
        self._reference_ms = reference_ms
        self.result = Result(fault.name, phase, reference_ms=reference_ms)

    def run(self) -> Result:
        """Strike, press, mend, judge, and leave everything at rest. Raises AssertionError where the campus is lost."""
        campus, fault = self._campus, self._fault
        record = campus.record()
        before = {str(row["id"]) for row in record.rows}
        began_us = time.monotonic_ns() // 1000
        claims, restarts = len(campus.button.claims), campus.daemon.restarts
        try:
            _PHASES[self._phase](self)
            self._until_answered()
            told = fault.shown(campus)
            if told:
                self.result.failed.append(told)
        finally:
            fault.mend(campus)
        mended_s = time.monotonic()
        wait_for("every press accepted", lambda: all(one.answers for one in self._presses), RECOVERY_S)
        campus.until_secured(RECOVERY_S)
        self.result.proven_s = time.monotonic() - mended_s
        campus.until("recorded", lambda now: not now["appliance"]["journal"]["trouble"], RECOVERY_S)
        ended_us = time.monotonic_ns() // 1000
        found = campus.record()
        rows = [dict(row) for row in found.rows if row["id"] not in before]
        self._tell(rows, found)
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
            record_lost=fault.loses_rows,
            before=record.rows,
            after=found.rows,
            ends_us=[round(one.ended_s * 1e6) for one in campus.daemon.runs if one.ended_s is not None],
        )
        self.result.restarts = campus.daemon.restarts - restarts
        self.result.failed += broken(story) + self._too_late()
        campus.quiet()
        return self.result

    # --- the phases ---------------------------------------------------------------------------

    def _idle(self) -> None:
        self._fault.strike(self._campus)
        self._fault.settle(self._campus)
        self._measure(self._press("pb-native"), self._fault.healthy)

    def _at_press(self) -> None:
        if self._fault.follows:
            press = self._press("pb-native")
            self._fault.strike(self._campus)
        else:
            self._fault.strike(self._campus)
            press = self._press("pb-native")
        self._measure(press, self._fault.healthy)

    def _in_lockdown(self) -> None:
        """Police inside had one door of each driver released: a second press locks them again."""
        self._locked_down()
        asked = self._release()
        asked.thread.join(15)
        assert asked.ok, f"not released: {asked.answer} {asked.said}"
        self._campus.until("released", lambda now: set(verdicts(now, *RELEASED).values()) == {"released"})
        wait_for("the bolts are back", lambda: not any(self._campus.thrown(one) for one in RELEASED))
        self._fault.strike(self._campus)
        self._measure(self._press("pb-2"), frozenset(RELEASED) & self._fault.healthy)

    def _release(self) -> Asked:
        asked = self._campus.release(*RELEASED)
        self._released = dict.fromkeys(RELEASED, (asked.at_us, 2**62))
        return asked

    def _in_release(self) -> None:
        self._locked_down()
        if self._fault.follows:
            asked = self._release()
            self._fault.strike(self._campus)
        else:
            self._fault.strike(self._campus)
            asked = self._release()
        doors = frozenset(RELEASED) & self._fault.healthy
        patience_s = max(2.0, self._fault.within_of(self._phase) + 1.0)
        last_us = self._campus.until_written(doors, asked.at_us, locks=False, patience_s=patience_s)
        asked.thread.join(15)
        self.result.released = asked.told()
        if last_us is not None:
            self.result.written_ms = (last_us - asked.at_us) / 1000
        elif asked.ok:
            self.result.failed.append("the release was granted and not every healthy door was told so")
        again = self._press("pb-2")
        self._released = dict.fromkeys(RELEASED, (asked.at_us, again.at_us + LATE_US))

    # --- inside -------------------------------------------------------------------------------

    def _locked_down(self) -> None:
        self._press("pb-native")
        self._campus.until_secured()

    def _press(self, button: str) -> Press:
        press = self._campus.button.press(button)
        self._presses.append(press)
        return press

    def _measure(self, press: Press, doors: frozenset[str]) -> None:
        last_us = self._campus.until_written(doors, press.at_us)
        if last_us is None:
            self.result.failed.append("not every healthy door was written")
        else:
            self.result.written_ms = (last_us - press.at_us) / 1000

    def _until_answered(self) -> None:
        """While it is still broken: an answer comes within a second, durable or not, where anybody can answer."""
        ends = time.monotonic() + ANSWER_S
        while time.monotonic() < ends and not all(one.answers for one in self._presses):
            time.sleep(0.01)

    def _too_late(self) -> list[str]:
        took, reference = self.result.written_ms, self._reference_ms
        if took is None or reference is None:
            return []
        most = SLACK * reference + self._fault.within_of(self._phase) * 1000
        return (
            [f"the last healthy door was written after {took:.0f} ms, not {most:.0f}"] if took > most else []
        )

    def _tell(self, rows: list[dict[str, Any]], found: Record) -> None:
        """The effect on the record, in a few words."""
        last = self._presses[-1]
        if last.answers:
            self.result.accepted_ms = (last.answers[0][0] - last.at_us) / 1000
            self.result.durable = last.answers[0][1]
        epochs = [row["data"]["reason"] for row in rows if row["kind"].startswith("epoch.started/")]
        said = "whole" if not found.problems else "broken"
        repeated = sum(
            row["kind"].startswith("press.heard/") and row["data"]["standing"] == "repeated" for row in rows
        )
        parts = [said, *(f"new epoch: {one}" for one in epochs)]
        if repeated:
            parts.append(f"{repeated} repeated")
        self.result.record = ", ".join(parts)


_PHASES: Final[Mapping[Phase, Callable[[Cell], None]]] = {
    "idle": Cell._idle,
    "press": Cell._at_press,
    "lockdown": Cell._in_lockdown,
    "release": Cell._in_release,
}


def reference(campus: Campus, phases: Iterable[Phase]) -> tuple[dict[Phase, float], list[Result]]:
    """What each phase takes where nothing is broken, in ms (median), and the cells that showed it."""
    found: dict[Phase, float] = {}
    results = []
    for phase in phases:
        cells = [Cell(campus, Nothing(), phase, None).run() for _ in range(CELLS_IN_REFERENCE)]
        times = [one.written_ms for one in cells if one.written_ms is not None]
        found[phase] = statistics.median(times) if times else 0.0
        cells[0].written_ms = cells[0].reference_ms = found[phase] or None
        cells[0].failed += [one for cell in cells[1:] for one in cell.failed]
        results.append(cells[0])
    return found, results
