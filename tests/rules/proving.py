"""`make prove`: every reachable state of small campuses through `decide` itself, counted by machine; a breach with its way.

Each machine is gone through until nothing is left ("closed"); the campus with everything at once does not close within
any night, and is gone through as far as `--states` says. What a machine leaves out stands beside its name.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rules.model.moments import SECOND_US
from tests.rules.exploring import Explored, Machine, explore
from tests.rules.machines import (
    door_machine,
    drill_machine,
    fire_machine,
    latch_machine,
    leaving_machine,
    response_machine,
    together,
    transition_machine,
    walk_machine,
)

COMPARED_IN_256: Final = 2


def machines() -> tuple[Machine, ...]:
    """What is gone through to its end, the longest first; steps as fine as some minutes allow."""
    return (
        leaving_machine(30 * SECOND_US),
        fire_machine(30 * SECOND_US),
        latch_machine(30 * SECOND_US),
        door_machine(5 * SECOND_US),
        response_machine(10 * SECOND_US),
        transition_machine(10 * SECOND_US),
        walk_machine(10 * SECOND_US),
        drill_machine(10 * SECOND_US),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """What was gone through of one machine."""

    machine: str
    step_us: int
    bounds: tuple[str, ...]
    explored: Explored
    seconds: float

    def __str__(self) -> str:
        its = self.explored
        how = f"closed: {its.states} states" if its.closed else f"not closed within {its.states} states"
        line = (
            f"{self.machine:15} {how}, {its.transitions} transitions, {its.deepest} moves deep, "
            f"{its.beyond} out of bounds, {its.compared} pairs of one form alike, {self.seconds:.0f} s"
        )
        if its.found:
            way = "".join(f"\n    {number}. {move}" for number, move in enumerate(its.trace, 1))
            broken = "; ".join(f"{law} ({what})" for law, what in its.found)
            return f"{line}\n  BROKEN: {broken}, by the shortest way:{way}"
        bounds = "; ".join((f"time passes in steps of {self.step_us / SECOND_US:g} s", *self.bounds))
        return f"{line}: every law holds in each\n  bounds: {bounds}"


def prove(machine: Machine, most_states: int | None = None, compare: int = COMPARED_IN_256) -> Proof:
    """Go through one machine, breadth first, until a law breaks, nothing is left or `most_states` were seen."""
    began_s = time.perf_counter()
    explored = explore(machine, most_states=most_states, compare=compare)
    return Proof(machine.name, machine.scope.step_us, machine.bounds, explored, time.perf_counter() - began_s)


def _prove(job: tuple[int, int | None]) -> Proof:
    """In a process of its own: a machine is made of functions, which do not travel; its number does."""
    number, most_states = job
    return prove((*machines(), together())[number], most_states)


def _proofs(jobs: list[tuple[int, int | None]], processes: int) -> Iterator[Proof]:
    if processes < 2:
        yield from map(_prove, jobs)
        return
    with multiprocessing.Pool(processes) as pool:
        yield from pool.imap(_prove, jobs)


def main(arguments: list[str], say: Callable[[str], object] = sys.stdout.write) -> int:
    """Every machine; 1 where a law is broken or one that should close did not."""
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument(
        "--states", type=int, default=5_000, help="of the campus with everything at once, at the most"
    )
    parser.add_argument("--most", type=int, help="states of each machine, at the most: it is cut off there")
    parser.add_argument(
        "--jobs",
        type=int,
        default=min(2, os.cpu_count() or 1),
        help="processes beside each other; below 2: this one",
    )
    given = parser.parse_args(arguments)
    closing = len(machines())
    jobs = [(number, given.most) for number in range(closing)] + [(closing, given.states)]
    bad = False
    for number, proof in enumerate(_proofs(jobs, given.jobs)):
        say(f"{proof}\n")
        sys.stdout.flush()
        cut = number < closing and given.most is None and not proof.explored.closed
        bad = bad or cut or bool(proof.explored.found)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
