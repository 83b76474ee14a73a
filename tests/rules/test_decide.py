"""The index: every event has its rule, the parts of one event see each other in order, and permits are the interlock's."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest

from rules import decide as index
from rules.decide import decide
from rules.model.events import CommandEnded, ControllerChanged, Event, Scanned
from rules.model.facts import DoorsOrdered
from rules.model.ids import CommandId, DoorId
from rules.model.moments import Instant
from rules.model.seal import SEAL
from rules.state import DoorLive
from rules.step import Step
from tests.rules.campus import CAMPUS, MAGLOCK, OTHER, PLC, campus, contact, door, facts
from tests.rules.story import BUTTONS, ROOM_1, ROOM_2, WIRED, Story, locked


def test_every_event_of_the_vocabulary_is_decided() -> None:
    source = index.decide.__code__.co_names
    assert {one.__name__ for one in get_args(Event)} <= set(source)


def test_every_permit_of_a_decision_carries_the_interlocks_seal() -> None:
    story = Story()
    made = [story.hear(), *story.run(2), story.ask_release(ROOM_1), story.close()]
    permits = [permit for one in made for permit in one.permits]
    assert len(permits) > 3
    assert all(permit.seal is SEAL for permit in permits)
    assert len({permit.id for permit in permits}) == len(permits)


def test_a_decision_leaves_the_state_it_was_given_as_it_was() -> None:
    story = Story()
    story.run(1)
    before, plan = story.state, story.plan
    kept = replace(before)
    story.hear()
    assert (before.record, before.live) == (kept.record, kept.live)
    assert not before.record.incidents
    assert story.plan is plan


def test_nothing_happens_in_a_quiet_minute() -> None:
    story = Story()
    story.sessions()
    story.run(6)
    assert [entry for one in story.run(60) for entry in one.entries] == []


def test_what_fire_frees_is_not_locked_again_by_a_press_of_the_same_scan() -> None:
    plan = campus(
        door(ROOM_1),
        door(ROOM_2, 1, MAGLOCK, rex=("rex",), exits=("rex",), fire=("fire",)),
        inputs=[contact("fire", 50, "fire-alarm"), contact("rex", 51)],
        buttons=BUTTONS,
        controllers=(PLC,),
    )
    story = Story(plan)
    story.run(3)
    wired = plan.buttons[WIRED].wired
    assert wired is not None
    story.turn("fire")
    story.set(wired.contact.point, wired.contact.when)
    made = story.run(0.2)
    assert [one.order for one in facts(made) if isinstance(one, DoorsOrdered)] == ["free", "lock"]
    assert set().union(*(locked(one) for one in made)) == {ROOM_1}
    assert story.zone(CAMPUS) == "lockdown"


def test_a_controller_that_comes_back_is_commanded_at_once() -> None:
    story = Story()
    story.run(1)
    story.link(False)
    story.hear()
    for permit in list(story.state.live.commands):
        story.do(CommandEnded(story.now, permit, PLC, "not_sent", "down"))
    assert locked(story.link(True))


@pytest.mark.parametrize(
    "event",
    [
        lambda at: Scanned(at, OTHER, at, {("coil", 0): 1}),
        lambda at: ControllerChanged(at, OTHER, True, "up", ""),
        lambda at: CommandEnded(at, CommandId(99), PLC, "written", ""),
    ],
)
def test_what_a_stranger_says_changes_no_door_and_sends_nothing(event: Callable[[Instant], Event]) -> None:
    story = Story()
    made = decide(story.plan, story.state, event(story.now))
    assert not made.permits
    assert made.state.live.doors == story.state.live.doors


def test_a_step_shows_each_part_what_the_part_before_it_changed() -> None:
    story = Story()

    def rule(step: Step) -> None:
        assert step.door(ROOM_1) == DoorLive()
        step.set_door(ROOM_1, DoorLive(tries=3))
        assert step.live.doors[ROOM_1].tries == 3
        step.set_door(DoorId("other"), DoorLive(tries=4))
        step.change(next_command=CommandId(8))
        assert step.door(ROOM_1).tries == 3
        assert step.next_commands(2) == (8, 9)
        assert step.state.live.next_command == 10

    story.apply(rule)
