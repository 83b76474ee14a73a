"""One seed of the simulation from beginning to end. `python -m tests.simulation.simulate SEED` replays one aloud."""

import argparse
import asyncio
import gc
import itertools
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from edge.journal.verify import verify_directory
from tests.simulation import invariants
from tests.simulation.box import LOGGED, Box, exchanged
from tests.simulation.broker import Broker, Buttons
from tests.simulation.days import watched
from tests.simulation.disk import scratch
from tests.simulation.light import light
from tests.simulation.loop import UTC_S, in_virtual_time
from tests.simulation.network import NetworkLoop
from tests.simulation.notes import Notes, Violation
from tests.simulation.season import season
from tests.simulation.site import CONFIGURATION, Site
from tests.simulation.story import Story
from tests.simulation.truth import Truth
from tests.simulation.week import Week

START_S: Final = 6.0
SETTLE_S: Final = 24.0
LOOK_S: Final = 0.5


@dataclass(slots=True)
class Outcome:
    """What came of one seed. again: the command that replays it."""

    seed: int
    violations: list[Violation]
    trace: str
    told: list[str]
    steps: int
    seconds: float
    again: str
    counts: Counter[str] = field(default_factory=Counter)


class _Stop(Exception):
    """A law is broken: what comes after it tells nothing more."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a seed is run: `seconds` in which something happens each `every_s` on the average, then all is mended and judged.

    wire: with the real Modbus drivers and their peers, else `light`.
    only: nothing but these happens (`story.ACTS`); empty: all. days: a week's story of so many days instead (`week`).
    """

    wire: bool = True
    seconds: float = 30.0
    every_s: float = 0.8
    only: tuple[str, ...] = ()
    days: int = 0

    def again(self, seed: int) -> str:
        """The command that replays a seed aloud."""
        drivers = "" if self.wire else "--light "
        how = (
            f"--days {self.days}"
            if self.days
            else f"{drivers}--seconds {self.seconds} --every {self.every_s}"
        )
        return f'make sim SEED={seed} ARGS="{how}"'


def simulate(seed: int, form: Form = Form()) -> Outcome:  # it is frozen
    """Run one seed."""
    folder = scratch() / f"campus-edge-simulation-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    collecting = gc.isenabled()
    gc.disable()
    LOGGED.clear()
    try:
        return _simulate(seed, folder, form)
    finally:
        if collecting:
            gc.enable()
        gc.collect()
        shutil.rmtree(folder, ignore_errors=True)


def _simulate(seed: int, folder: Path, form: Form) -> Outcome:
    its = season(seed) if form.days else None
    loop = NetworkLoop(seed, UTC_S if its is None else round(its.moment(0, 0.0)) - 60)
    truth = Truth()
    broker = Broker(loop)
    site = Site(loop, truth)
    box = Box(loop, folder, CONFIGURATION if its is None else its.text, broker)
    buttons = Buttons(loop, broker, Random(f"buttons {seed}"))
    notes = Notes(loop, truth, site, box, buttons, said=broker.said)
    notes.step_laws, notes.permit_laws = invariants.AT_EACH_EVENT, invariants.AT_EACH_PERMIT
    notes.start_laws, notes.answer_laws = invariants.AT_EACH_START, invariants.AT_EACH_ANSWER
    notes.looked_laws = invariants.NOW_AND_THEN
    box.watching = notes
    story = Story(seed, loop, notes) if its is None else Week(seed, loop, notes, watched(its, notes))

    def stop_if_broken() -> None:
        if notes.violations:
            raise _Stop

    loop.step_done = stop_if_broken
    makers = {} if form.wire else light(site)
    with in_virtual_time(loop, seed), exchanged(box, loop, broker, makers):
        try:
            loop.run_until_complete(_live(notes, story, form))
        except _Stop:
            pass
        finally:
            box.close()
            loop.step_done = lambda: None
            loop.close()
    return Outcome(
        seed,
        notes.violations,
        loop.trace,
        story.told,
        loop.steps,
        loop.world_s - 1_000.0 + loop.leapt_ns / 1e9,
        form.again(seed),
        notes.counts,
    )


async def _live(notes: Notes, story: Story, form: Form) -> None:
    box, loop = notes.box, notes.loop
    await notes.site.build()
    box.start()
    looking = loop.create_task(_look(notes))
    await asyncio.sleep(START_S)
    if isinstance(story, Week):
        await story.live(form.days)
    else:
        await story.run(form.seconds, form.every_s, form.only)
    await story.last_press()
    await story.mend()
    await asyncio.sleep(SETTLE_S)
    notes.broken(*_judged(invariants.everything_comes_to_rest, notes))
    looking.cancel()
    # The last start reads what all the others left.
    await box.stop()
    if not notes.violations:
        report = verify_directory(box.disk.store)
        notes.broken("The chain holds, link by link", [problem.text for problem in report.problems])
        box.start()
        await asyncio.sleep(1.0)
        for law in invariants.AT_THE_END:
            notes.broken(*_judged(law, notes))
        await box.stop()
    for message, error in loop.raised:
        notes.broken("Nothing is raised where nobody catches it", [f"{message}: {error!r}"])


def _judged(law: Callable[[Notes], object], notes: Notes) -> tuple[object, list[str]]:
    return law, list(law(notes))  # type: ignore[call-overload]


async def _look(notes: Notes) -> None:
    while True:
        await asyncio.sleep(LOOK_S)
        if notes.box.ended and notes.box.ended[-1] != 0:
            notes.broken("The daemon never ends by itself", [f"it ended with {notes.box.ended[-1]}"])
        for law in notes.looked_laws:
            notes.broken(*_judged(law, notes))


def main(arguments: list[str]) -> int:
    """The long form: `--seeds 10000`, or one seed aloud."""
    parser = argparse.ArgumentParser(prog="make sim", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="replay this one, telling what happens")
    parser.add_argument("--seeds", type=int, default=200, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument(
        "--light", action="store_true", help="without the real drivers and their wire: five times as fast"
    )
    parser.add_argument("--seconds", type=float, default=Form().seconds)
    parser.add_argument(
        "--every", type=float, default=Form().every_s, help="seconds between two things that happen"
    )
    parser.add_argument("--days", type=int, default=0, help="a week's story, of so many days, for each seed")
    given = parser.parse_args(arguments)
    seeds = [given.seed] if given.seed is not None else range(given.first, given.first + given.seeds)
    form = Form(not (given.light or given.days), given.seconds, given.every, days=given.days)
    began_s, failed, simulated_s = time.perf_counter(), 0, 0.0
    counts: Counter[str] = Counter()
    for number, seed in enumerate(seeds, 1):
        outcome = simulate(seed, form)
        simulated_s += outcome.seconds
        counts += outcome.counts
        if outcome.violations:
            failed += 1
            sys.stdout.write(f"seed {seed}: {outcome.violations[0]}\n  {outcome.again}\n")
        if given.seed is not None:
            sys.stdout.write("\n".join(outcome.told) + "\n" + "\n".join(map(str, outcome.violations)) + "\n")
            sys.stdout.write("".join(f"{one}\n" for one in itertools.islice(reversed(LOGGED), 3)))
            sys.stdout.write(f"trace {outcome.trace}, {outcome.steps} steps\n")
        elif number % 100 == 0:
            sys.stdout.write(f"{number} seeds, {failed} failed\n")
        sys.stdout.flush()
    took_s = time.perf_counter() - began_s
    sys.stdout.write(
        f"{len(seeds)} seeds, {failed} failed; {simulated_s:.0f} simulated s in {took_s:.0f} s "
        f"({simulated_s / took_s:.0f} times real time)\n"
    )
    sys.stdout.write(", ".join(f"{name} {count}" for name, count in counts.most_common()) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
