"""A few cells of the fault matrix (`make faults` runs all): the running daemon is broken, and every promise is kept.

Times are no part of it here: `make faults` measures them, beside the same press with nothing broken.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.campus import Campus
from tests.faults.cell import Cell
from tests.faults.fault import Nothing, Phase
from tests.faults.matrix import faults

FAULTS = {fault.name: fault for fault in faults()}
SHARED: tuple[tuple[str, Phase], ...] = (
    ("kill -9", "press"),
    ("kill -9", "lockdown"),
    ("OOM", "lockdown"),
    ("SIGSTOP 1 s", "press"),
    ("board acks, bolt does not move", "press"),
    ("door forced open", "lockdown"),
    ("serial bus babbles", "release"),
    ("presses doubled and reordered", "press"),
    ("hostile bytes on every port", "idle"),
    ("bit flipped in the WAL", "lockdown"),
)
OF_THEIR_OWN: tuple[tuple[str, Phase], ...] = (
    ("disk full", "press"),
    ("ext4 of 1 kB blocks nearly full", "idle"),
    ("clock two weeks back", "press"),
)


def skip_where_missing(name: str) -> None:
    missing = FAULTS[name].missing()
    if missing:
        pytest.skip(f"NOT TESTED: {missing}")


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campus]:
    with Nothing().campus(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.mark.parametrize(("name", "phase"), SHARED, ids=lambda one: str(one))
def test_every_promise_is_kept_under(campus: Campus, name: str, phase: Phase) -> None:
    skip_where_missing(name)

    assert Cell(campus, FAULTS[name], phase, None).run().failed == []


@pytest.mark.parametrize(("name", "phase"), OF_THEIR_OWN, ids=lambda one: str(one))
def test_every_promise_is_kept_on_a_campus_of_its_own_under(tmp_path: Path, name: str, phase: Phase) -> None:
    skip_where_missing(name)

    with FAULTS[name].campus(tmp_path) as campus:
        assert Cell(campus, FAULTS[name], phase, None).run().failed == []
