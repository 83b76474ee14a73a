"""The short form of `make soak`: some days of ordinary life leave nothing behind, and a planted leak is seen."""

from pathlib import Path

import pytest

from tests.soak.life import Life, Sample, living, slope
from tests.soak.run import MOST_KIB_A_DAY, judged, memory_slope

STATUSES = 25
"""Of each button in a day, and in a burst."""
LEAK_BYTES = 40_000
"""Kept with each event: 6 MB for a burst of six buttons."""


def growth_kib(life: Life, times: int = 4) -> float:
    """Of memory, with every burst of statuses."""
    found: list[float] = []
    for _ in range(times):
        life.statuses(STATUSES)
        found.append(float(life.sample().memory_kib))
    return slope(found)


def test_ordinary_days_leave_no_file_task_or_row_behind_and_a_planted_leak_is_seen(tmp_path: Path) -> None:
    with living(tmp_path / "clean", day_s=1.0) as life:
        days = [life.day(STATUSES) for _ in range(2)]
        clean_kib = growth_kib(life)
        life.campus.end()
        assert life.telemetry_rows() > 0
    with living(tmp_path / "leaking", day_s=1.0, leak=LEAK_BYTES) as life:
        leaking_kib = growth_kib(life)

    # Within a day a file or task may be on its way; that more each day stay is what a leak is.
    assert slope([float(one.files) for one in days]) <= 1
    assert slope([float(one.tasks) for one in days]) <= 1
    assert days[-1].spill_bytes == 0
    assert leaking_kib > 4 * max(clean_kib, 1.0), (
        f"clean {clean_kib:.0f} KiB, leaking {leaking_kib:.0f} KiB a burst"
    )


def sample(day: int, **other: int) -> Sample:
    plain = {"memory_kib": 60_000, "files": 25, "tasks": 30, "rows": 100 * day, "views_kib": 5_000}
    return Sample(**{**plain, "spill_bytes": 0, "log_kib": day, **other})


@pytest.mark.parametrize(
    ("grows", "said"),
    [
        ({"memory_kib": 2_000}, "memory grows by 2000"),
        ({"files": 1}, "files grow by 1.00"),
        ({"tasks": 2}, "tasks grow by 2.00"),
        ({"rows": 9_000}, "the journal grows by 9000"),
    ],
    ids=["memory", "files", "tasks", "rows"],
)
def test_what_grows_each_day_is_named(grows: dict[str, int], said: str) -> None:
    ((name, each),) = grows.items()
    days = [sample(day, **{name: 1_000 + each * day}) for day in range(1, 31)]

    assert said in judged(days, telemetry=0)[0]


def test_days_that_differ_and_do_not_grow_hold() -> None:
    days = [sample(day, memory_kib=60_000 + 3_000 * (day % 3), files=25 + day % 2) for day in range(1, 31)]

    assert judged(days, telemetry=200_000) == []
    assert abs(memory_slope(days)) < MOST_KIB_A_DAY
    assert "telemetry" in judged(days, telemetry=200_001)[0]
