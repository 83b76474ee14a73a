"""One scenario measured: everything started, broken, loaded and pressed as its row says, and ended."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from edge.bench import children
from edge.bench.campus import board
from edge.bench.children import Lost
from edge.bench.importing import Imports
from edge.bench.loads import all_loads
from edge.bench.running import Pressed, Unwritten
from edge.bench.scenarios import Scenario
from edge.bench.stage import How, Stage, stage

BLOCK: Final = 4
"""Presses of one turn: more would be over later than the import beside them."""
TRIES: Final = 5


@dataclass(slots=True)
class Found:
    """What came of a scenario.

    reads_s, unread_ms: of the sound board that was read least often in quiet time, and the longest that any was not read.
    armed_s: of every start. broken_off: why it did not come to its end. skipped: what of it could not be had.
    """

    scenario: Scenario
    daemon: list[Pressed] = field(default_factory=list)
    bare: list[Pressed] = field(default_factory=list)
    healthy: list[Pressed] = field(default_factory=list)
    armed_s: list[float] = field(default_factory=list)
    complete_s: float = 0.0
    memory_mib: float = 0.0
    longest_ms: float | None = None
    reads_s: float = 0.0
    unread_ms: float = 0.0
    broken_off: str = ""
    skipped: list[str] = field(default_factory=list)
    imports_s: list[float] = field(default_factory=list)
    """How long each import took that came to its end."""

    @property
    def beside(self) -> list[Pressed]:
        """What the daemon's presses are held against; none of OSDP."""
        return self.healthy if self.scenario.beside == "healthy" else self.bare


def measure(scenario: Scenario, presses: int, how: How, folder: Path) -> Found:
    """Measure it. What goes wrong on the way ends it and is told in `broken_off`."""
    found = Found(scenario)
    try:
        with stage(scenario.shape, folder, how) as here:
            _Measuring(scenario, presses, here, found).all()
    except Lost as err:
        if isinstance(err, Unwritten):
            found.daemon.append(err.pressed)
        found.broken_off = str(err)
    return found


class _Measuring:
    def __init__(self, scenario: Scenario, presses: int, here: Stage, found: Found) -> None:
        self._scenario = scenario
        self._presses = presses
        self._here = here
        self._found = found
        self._spared: list[list[int]] = []

    def all(self) -> None:
        scenario, here, found = self._scenario, self._here, self._found
        found.armed_s.append(here.armed_s)
        found.complete_s = here.complete_s
        if scenario.lost is not None:
            self._spared = here.bare.do("connections")["connections"]
        if scenario.broken:
            self._by_turns(found.healthy, self._pressed)
            self._break()
        reads = here.running.reads()
        found.reads_s, found.unread_ms = reads["least_a_second"], reads["longest_ms"]
        if scenario.loaded:
            self._loaded()
        elif scenario.imported:
            self._imported()
        else:
            press = self._restarted if scenario.restarted else self._lost if scenario.lost else self._pressed
            self._by_turns(found.daemon, press)
        found.memory_mib = children.memory_mib(here.process.pid)
        found.longest_ms = here.running.longest_ms()

    def _by_turns(self, ours: list[Pressed], press: Callable[[], Pressed]) -> None:
        """The daemon and the bare script, each first every second time: a drift of the machine hits both."""
        for number in range(self._presses):
            for daemon in (number % 2 == 0, number % 2 == 1):
                if daemon:
                    ours.append(press())
                elif self._here.beside is not None:
                    self._found.bare.append(
                        self._here.running.press_bare(self._here.presser, self._here.beside)
                    )

    def _pressed(self) -> Pressed:
        return self._here.running.press_daemon(self._here.presser)

    def _lost(self) -> Pressed:
        return self._here.running.press_daemon(self._here.presser, before=self._lose)

    def _lose(self) -> None:
        scenario = self._scenario
        order = {"loss": scenario.lost, "spared": self._spared, "within_s": scenario.lost_s}
        if without := self._here.boards.do("lose", **order)["without"]:
            raise Lost(f"{without} boards had no connection of the daemon's to lose")
        time.sleep(scenario.lost_s)

    def _restarted(self) -> Pressed:
        self._here.start()
        self._found.armed_s.append(self._here.armed_s)
        return self._here.running.press_daemon(self._here.presser, paused=False)

    def _break(self) -> None:
        number = 0
        broken: list[str] = []
        for how, share in self._scenario.broken:
            some = [board(number + one) for one in range(round(share * self._scenario.shape.boards))]
            number += len(some)
            broken += some
            self._here.boards.do("break", controllers=some, how=how)
        self._here.running.until_broken(broken)
        self._here.running.without(broken)

    def _loaded(self) -> None:
        here = self._here
        with all_loads(here) as loads:
            self._found.skipped += loads.skipped

            def press() -> Pressed:
                pressed, doors = here.running.lock(here.presser, before=loads.press)
                loads.calm()
                here.running.release(doors)
                return pressed

            self._by_turns(self._found.daemon, press)

    def _imported(self) -> None:
        """Blocks of presses with none under way and of presses while one is."""
        here, found = self._here, self._found
        with contextlib.ExitStack() as stack:
            imports = Imports(stack, here.folder, self._scenario.imported)
            for begin in range(0, self._presses, BLOCK):
                some = min(BLOCK, self._presses - begin)
                found.healthy += [self._pressed() for _ in range(some)]
                for _ in range(some):
                    found.daemon.append(self._while_imported(imports))
                imports.end()
            found.imports_s += imports.took_s

    def _while_imported(self, imports: Imports) -> Pressed:
        for _ in range(TRIES):
            imports.begin()
            pressed, doors = self._here.running.lock(self._here.presser)
            meanwhile = imports.under_way()
            self._here.running.release(doors)
            if meanwhile:
                return pressed
        raise Lost("an import was over sooner than a press: nothing was measured beside it")
