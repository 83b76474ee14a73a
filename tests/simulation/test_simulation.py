"""A campus by seed: whatever fails in whatever order, no law is broken; and the same seed is the same run, bit for bit.

The long form is `make sim ARGS="--seeds 10000"`, weeks are `ARGS="--seeds 100 --days 7"`; one seed aloud is `make sim SEED=7`.
"""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from rules.model.ids import ButtonId, ControllerId, Space
from rules.model.moments import Instant
from rules.state import ButtonLive, ControllerLive, Live, Read
from tests.simulation.leap import renewed
from tests.simulation.simulate import Form, Outcome, simulate

LIGHT = Form(wire=False, seconds=20.0, every_s=0.5)
WIRE = Form(wire=True, seconds=20.0, every_s=0.6)
DAYS = Form(wire=False, days=2)

PLC, DESK = ControllerId("plc"), ButtonId("desk")


@cache
def run(seed: int, form: Form) -> Outcome:
    """One seed; it is the same however often it is asked for."""
    return simulate(seed, form)


def said(outcome: Outcome) -> str:
    """For who reads a failure: what was broken, what had happened, and how to see it again."""
    return "\n".join([*map(str, outcome.violations), *outcome.told[-40:], outcome.again])


def regressions() -> list[tuple[int, Form]]:
    lines = (Path(__file__).parent / "regressions.txt").read_text().splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    return [
        (int(seed), Form(wire == "wire", float(seconds), float(every_s)))
        for wire, seed, seconds, every_s, *_ in words
    ]


@pytest.mark.parametrize("first", [1, 9, 17])
def test_no_order_of_faults_people_and_kills_breaks_a_law(first: int) -> None:
    for seed in range(first, first + 5):
        outcome = run(seed, LIGHT)
        assert not outcome.violations, said(outcome)


def test_nor_does_one_over_the_real_drivers_and_their_wire() -> None:
    for seed in range(1, 4):
        outcome = run(seed, WIRE)
        assert not outcome.violations, said(outcome)


@pytest.mark.parametrize("seed", [1])
def test_nor_do_days_and_nights_of_school_life_whatever_the_clocks_do(seed: int) -> None:
    outcome = run(seed, DAYS)

    assert not outcome.violations, said(outcome)
    assert outcome.seconds > 2 * 86_400
    assert outcome.counts["nightly tests"]
    assert outcome.counts["exercise commands"]


def test_a_week_is_the_same_week_again() -> None:
    assert simulate(1, DAYS).trace == run(1, DAYS).trace


def test_a_leap_leaves_what_is_fresh_fresh_and_what_is_old_older() -> None:
    was = Instant(50_000_000, 50_000_000)
    old, fresh = Instant(10_000_000, 10_000_000), Instant(49_500_000, 49_500_000)
    reads: dict[tuple[Space, int], Read] = {("coil", 0): Read(1, old), ("coil", 1): Read(1, fresh)}
    board = ControllerLive(True, old, reads=reads)
    button = ButtonLive(heard=fresh, clock=(7_000_000, fresh))
    live = Live(old, "boot", was, controllers={PLC: board}, buttons={DESK: button}, swept=was)

    later = renewed(live, 600_000_000)

    assert later.now.since(was) == 600_000_000
    assert later.controllers[PLC].reads == {
        ("coil", 0): Read(1, old),
        ("coil", 1): Read(1, fresh.plus(600_000_000)),
    }
    assert later.controllers[PLC].since == old
    assert later.buttons[DESK].clock == (607_000_000, fresh.plus(600_000_000))
    assert (later.swept, later.started) == (was, old)


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
