"""Whatever holds the loop is seen, named and told of; and it is not told of what holds it once."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from edge.loop_watch import CLEAR_AFTER_MIN, LIMIT_S, MUCH_TOO_LONG_S, TOO_MANY, LoopWatch


class Heard:
    """What was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool, tuple[str, ...]]] = []

    def __call__(self, code: str, active: bool, args: tuple[str, ...]) -> None:
        self.told.append((code, active, args))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def watch(heard: Heard) -> Iterator[LoopWatch]:
    made = LoopWatch(heard)
    made.begin()
    yield made
    made.end()


async def hold(seconds: float, times: int = 1) -> None:
    """Hold the loop so long, and so often."""
    for _ in range(times):
        time.sleep(seconds)  # noqa: ASYNC251  this is what must not happen
        await asyncio.sleep(0)


async def test_what_holds_the_loop_for_long_is_told_by_the_name_of_its_task(
    watch: LoopWatch, heard: Heard
) -> None:
    await asyncio.create_task(hold(MUCH_TOO_LONG_S + 0.01), name="plc-east polling")
    watch.minute()

    ((code, active, (ms, name)),) = heard.told
    assert (code, active, name) == ("loop_slow", True, "plc-east polling")
    assert int(ms) >= MUCH_TOO_LONG_S * 1000
    assert watch.longest_s >= MUCH_TOO_LONG_S


async def test_many_short_ones_in_a_minute_are_told_and_a_few_are_only_counted(
    watch: LoopWatch, heard: Heard
) -> None:
    await hold(LIMIT_S * 1.2, TOO_MANY // 2)
    assert watch.over >= TOO_MANY // 2
    watch.minute()
    few = list(heard.told)
    await hold(LIMIT_S * 1.2, TOO_MANY + 1)
    watch.minute()

    assert few == []
    assert [one[:2] for one in heard.told] == [("loop_slow", True)]


async def test_the_flag_goes_after_ten_quiet_minutes_and_not_before(watch: LoopWatch, heard: Heard) -> None:
    await hold(MUCH_TOO_LONG_S + 0.01)
    for _ in range(CLEAR_AFTER_MIN):
        watch.minute()
    assert [active for _, active, _ in heard.told] == [True]
    watch.minute()

    assert [active for _, active, _ in heard.told] == [True, False]


async def test_after_its_end_nothing_is_timed_and_the_loop_is_as_it_was(heard: Heard) -> None:
    before = asyncio.Handle._run
    watch = LoopWatch(heard)
    watch.begin()
    watch.begin()
    watch.end()
    await hold(LIMIT_S * 1.2)

    assert asyncio.Handle._run is before
    assert watch.over == 0
