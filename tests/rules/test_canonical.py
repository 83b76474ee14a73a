"""States that count as one behave alike, by every move; and this shows where a form hides what a rule reads."""

import pytest

from rules.model.moments import SECOND_US, Instant
from rules.state import ControllerLive, DoorLive, Record, WalkTest
from tests.rules import canonical
from tests.rules.canonical import FIELDS, Scope, tries_told_apart
from tests.rules.exploring import Machine, explore
from tests.rules.machines import (
    door_machine,
    drill_machine,
    fire_machine,
    latch_machine,
    leaving_machine,
    response_machine,
    together,
    walk_machine,
)

STEP_US = 10 * SECOND_US
MACHINES = (
    door_machine(STEP_US),
    drill_machine(STEP_US),
    fire_machine(STEP_US),
    latch_machine(STEP_US),
    leaving_machine(STEP_US),
    response_machine(STEP_US),
    walk_machine(STEP_US),
    together(),
)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_states_of_one_form_reached_by_different_ways_do_alike(machine: Machine) -> None:
    seen = explore(machine, most_states=120, compare=128)

    assert seen.found == ()
    assert seen.compared > 3


@pytest.mark.parametrize(
    ("machine", "of", "field"),
    [
        (door_machine(STEP_US), DoorLive, "written"),
        (door_machine(STEP_US), DoorLive, "answered"),
        (door_machine(STEP_US), DoorLive, "unthrown"),
        (fire_machine(STEP_US), ControllerLive, "contacts"),
        (response_machine(STEP_US), Record, "unanswered"),
        (walk_machine(3 * STEP_US), WalkTest, "until"),
        (walk_machine(STEP_US), WalkTest, "last_press"),
        (walk_machine(STEP_US), Record, "buttons"),
    ],
    ids=lambda one: getattr(one, "name", getattr(one, "__name__", one)),
)
def test_a_form_that_hides_what_a_rule_reads_is_found(
    machine: Machine, of: type, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hiding = {**FIELDS, of: {**FIELDS[of], field: canonical._left_out}}
    monkeypatch.setattr(canonical, "FIELDS", hiding)
    monkeypatch.setattr(canonical, "_known", {})

    seen = explore(machine, most_states=600, compare=256)

    assert [law for law, _ in seen.found] == ["states of one form do alike"]


def test_a_moment_that_no_table_speaks_of_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    speaking = {name: form for name, form in FIELDS[DoorLive].items() if name != "written"}
    monkeypatch.setattr(canonical, "FIELDS", {**FIELDS, DoorLive: speaking})
    monkeypatch.setattr(canonical, "_known", {})

    with pytest.raises(TypeError, match="a moment that no table speaks of"):
        explore(door_machine(STEP_US), most_states=50)


def test_an_age_stands_exactly_as_far_as_it_is_compared_and_is_old_beyond() -> None:
    now = Instant(0, 100)

    assert [canonical.age(now, Instant(0, at), 30) for at in (100, 71, 70, 69, 0)] == [
        0,
        29,
        30,
        canonical.OLD,
        canonical.OLD,
    ]


def test_assertions_are_counted_as_far_as_the_next_pause_differs() -> None:
    assert tries_told_apart(Scope(SECOND_US // 2)) == 5
    assert tries_told_apart(Scope(10 * SECOND_US)) == 0
    assert tries_told_apart(Scope(10 * SECOND_US, boards_turn=True)) == 3
