"""A campus by seed: whatever fails in whatever order, no law is broken; and the same seed is the same run, bit for bit.

The long form is `make sim ARGS="--seeds 10000"`; one seed aloud is `make sim SEED=7`.
"""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.simulate import Form, Outcome, simulate

MOST_SEEDS = 10
LIGHT = Form(wire=False, seconds=20.0, every_s=0.5)
WIRE = Form(wire=True, seconds=20.0, every_s=0.6)


@cache
def run(seed: int, form: Form) -> Outcome:
    """One seed; it is the same however often it is asked for."""
    return simulate(seed, form)


def said(outcome: Outcome) -> str:
    """For who reads a failure: what was broken, what had happened, and how to see it again."""
    return "\n".join([*map(str, outcome.violations), *outcome.told[-40:], f"make sim SEED={outcome.seed}"])


def regressions() -> list[tuple[int, Form]]:
    lines = (Path(__file__).parent / "regressions.txt").read_text().splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return [
        (int(seed), Form(wire == "wire", float(seconds), float(every_s)))
        for wire, seed, seconds, every_s, *_ in words
    ]


@pytest.mark.parametrize("first", [1, 9, 17])
def test_no_order_of_faults_people_and_kills_breaks_a_law(first: int) -> None:
    for seed in range(first, first + 8):
        outcome = run(seed, LIGHT)
        assert not outcome.violations, said(outcome)


def test_nor_does_one_over_the_real_drivers_and_their_wire() -> None:
    for seed in range(1, 4):
        outcome = run(seed, WIRE)
        assert not outcome.violations, said(outcome)


@pytest.mark.parametrize(("seed", "form"), regressions())
def test_what_once_failed_holds(seed: int, form: Form) -> None:
    outcome = simulate(seed, form)

    assert not outcome.violations, said(outcome)


def test_the_same_seed_is_the_same_run_and_another_is_another() -> None:
    first, again, other = simulate(2, WIRE), run(2, WIRE), run(3, WIRE)

    assert (first.trace, first.told) == (again.trace, again.told)
    assert first.trace != other.trace


def test_everything_that_may_happen_does_happen() -> None:
    """A law that nothing tests is none: each kind of event, permit and answer is among what a few seeds do."""
    counts = sum((run(seed, LIGHT).counts for seed in range(1, 17)), start=Counter[str]())

    wanted = {
        "PressHeard",
        "ReleaseAsked",
        "StartAsked",
        "CloseAsked",
        "Scanned",
        "CommandEnded",
        "kill",
        "disk",
    }
    assert {name for name in wanted if counts[name] < 5} == set()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant) -> None:
    for seed in range(1, MOST_SEEDS + 1):
        with mutant.planted():
            outcome = simulate(seed, mutant.form)
        if outcome.violations:
            break

    assert outcome.violations, f"not found in {MOST_SEEDS} seeds"
