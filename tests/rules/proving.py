"""`make prove`: every reachable state of a small campus through `decide` itself, counted by machine; a breach with its way.

Four machines, each with the moves that are its own, so that its state space closes or is cut at a bound that is said.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.rules.exploring import Found, explore, plan


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: its name and the moves that may happen in it, by the beginnings of their names."""

    name: str
    moves: tuple[str, ...]


EVIDENCE: Final = ("scan as", "500 ms", "2500 ms")
MACHINES: Final = (
    Machine("response", ("press", "close", "command written", *EVIDENCE)),
    Machine("door", ("press desk", "command", "scan", "release twin-1", "500 ms", "2500 ms")),
    Machine(
        "fire",
        (
            "press desk",
            "fire",
            "exit",
            "command written",
            "release magnet",
            "controller",
            *EVIDENCE,
            "31000 ms",
        ),
    ),
    Machine("walk-test", ("press", "walk-test", "close", "500 ms", "31000 ms")),
    Machine("all together", ("",)),
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was gone through. whole: every reachable state was; else the bound cut it off."""

    machine: str
    states: int
    decisions: int
    whole: bool
    seconds: float
    trace: tuple[str, ...]
    found: tuple[Found, ...]

    def __str__(self) -> str:
        rate = self.states / max(self.seconds, 1e-9)
        all_of_them = "every reachable state" if self.whole else "cut off there"
        line = f"{self.machine:14} {self.states:8} states ({all_of_them}), {self.decisions:9} decisions, {rate:6.0f} states/s"
        if not self.found:
            return f"{line}: every law holds in each"
        way = "".join(f"\n    {number}. {move}" for number, move in enumerate(self.trace, 1))
        return f"{line}\n  BROKEN: {'; '.join(f'{law} ({what})' for law, what in self.found)}, by the shortest way:{way}"


def prove(machine: Machine, most_states: int) -> Proof:
    """Go through one machine, breadth first, until a law breaks, nothing is left or `most_states` were seen."""
    began_s = time.perf_counter()
    seen, decisions, trace, found = explore(plan(), most_states=most_states, only=machine.moves)
    took_s = time.perf_counter() - began_s
    return Proof(machine.name, seen, decisions, seen < most_states, took_s, tuple(trace), tuple(found))


def main(arguments: list[str], say: Callable[[str], object] = sys.stdout.write) -> int:
    """Every machine in turn; 1 where a law is broken."""
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument("--states", type=int, default=25_000, help="of each machine, at the most")
    given = parser.parse_args(arguments)
    broken = False
    for machine in MACHINES:
        proof = prove(machine, given.states)
        say(f"{proof}\n")
        sys.stdout.flush()
        broken = broken or bool(proof.found)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
