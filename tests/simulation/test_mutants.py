"""A law that finds no bug is none: each bug that is planted into the rules or the daemon is found by the simulation."""

import pytest

from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.simulate import simulate

MOST_SEEDS = 10


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_found(mutant: Mutant) -> None:
    for seed in range(mutant.first, mutant.first + MOST_SEEDS):
        with mutant.planted():
            outcome = simulate(seed, mutant.form)
        if outcome.violations:
            break

    assert outcome.violations, f"not found in {MOST_SEEDS} seeds"
