"""The matrix: every fault in every phase, on campuses that faults of one kind share, and the table of what each did."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.faults.box import boxes
from tests.faults.campus import Campus
from tests.faults.cell import Cell, Result, reference
from tests.faults.clock import clocks
from tests.faults.disk import disks
from tests.faults.fault import PHASES, Fault, Nothing, Phase
from tests.faults.traffic import traffic
from tests.faults.wire import boards

HEADER: Final = ("fault", "phase", "written", "ratio", "accepted", "record", "")


def faults() -> list[Fault]:
    """The rows of the matrix."""
    return [*boxes(), *boards(), *disks(), *traffic(), *clocks()]


def names(fault: Fault) -> list[tuple[str, Phase]]:
    """Its cells as `fault/phase`."""
    return [(f"{fault.name}/{phase}", phase) for phase in PHASES if phase in fault.phases]


def run(wanted: Callable[[str], bool], tell: Callable[[Result], None]) -> list[Result]:
    """Run the cells whose name is wanted; `tell` hears each as it comes. Never raises for what a cell shows."""
    rows = [
        (fault, phases)
        for fault in faults()
        if (phases := [phase for name, phase in names(fault) if wanted(name)])
    ]
    results: list[Result] = []

    def note(result: Result) -> None:
        results.append(result)
        tell(result)

    with tempfile.TemporaryDirectory(prefix="campus-edge-faults-") as folder:
        shared = _Shared(Path(folder))
        try:
            phases = [phase for phase in PHASES if any(phase in each for _, each in rows)]
            usual, cells = reference(shared.campus(), phases)
            for cell in cells:
                note(cell)
            for fault, cells_of in rows:
                missing = fault.missing()
                if missing:
                    for phase in cells_of:
                        note(Result(fault.name, phase, skipped=missing))
                elif fault.shared:
                    _row(fault, cells_of, usual, note, shared.campus, shared.lose)
                else:
                    with _own(fault, Path(folder)) as campus:
                        _row(fault, cells_of, usual, note, campus, lambda: None)
        finally:
            shared.lose()
    return results


class _Shared:
    """One campus for all faults that leave it as it was; made anew where one was lost."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self._open: contextlib.ExitStack | None = None
        self._campus: Campus | None = None

    def campus(self) -> Campus:
        if self._campus is None:
            self._made += 1
            folder = self._folder / f"shared-{self._made}"
            folder.mkdir()
            self._open = contextlib.ExitStack()
            self._campus = self._open.enter_context(Nothing().campus(folder))
        return self._campus

    def lose(self) -> None:
        campus, self._campus = self._campus, None
        if campus is not None and self._open is not None:
            self._open.close()


@contextlib.contextmanager
def _own(fault: Fault, folder: Path) -> Iterator[Callable[[], Campus]]:
    """A campus of its own, made at first use."""
    with contextlib.ExitStack() as stack:
        made: list[Campus] = []

        def campus() -> Campus:
            if not made:
                place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
                made.append(stack.enter_context(fault.campus(place)))
            return made[0]

        yield campus


def _row(
    fault: Fault,
    phases: Sequence[Phase],
    usual: dict[Phase, float],
    note: Callable[[Result], None],
    campus: Callable[[], Campus],
    lose: Callable[[], None],
) -> None:
    for phase in phases:
        try:
            cell = Cell(campus(), fault, phase, usual[phase])
        except AssertionError as err:
            note(Result(fault.name, phase, failed=[f"no campus: {_short(err)}"]))
            return
        try:
            cell.run()
        except AssertionError as err:
            # What came of it is lost too: the cells behind it begin on a campus of their own, or not at all.
            cell.result.failed.append(_short(err))
            note(cell.result)
            lose()
            if not fault.shared:
                return
            continue
        note(cell.result)


def line(result: Result) -> tuple[str, ...]:
    """One row of the table, by `HEADER`."""
    if result.skipped:
        return (result.fault, result.phase, "", "", "", "", f"SKIPPED: {result.skipped}")
    written = "-" if result.written_ms is None else f"{result.written_ms:.0f} ms"
    ratio = "" if result.ratio is None else f"{result.ratio:.1f}x"
    accepted = "-" if result.accepted_ms is None else f"{result.accepted_ms:.0f} ms"
    if result.durable is False:
        accepted += " (not durable)"
    record = result.record + (f"; release {result.released}" if result.released else "")
    verdict = "ok" if not result.failed else "FAILED: " + "; ".join(result.failed)
    return (result.fault, result.phase, written, ratio, accepted, record, verdict)


def _short(err: AssertionError) -> str:
    return " ".join(str(err).split())[:600] or "an assertion failed"
