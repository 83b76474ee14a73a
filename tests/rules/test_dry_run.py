"""What a press would do now is asked of the rules themselves, and nothing of it happens."""

from dataclasses import replace

import pytest

from rules import presses
from rules.dry_run import DryRun, drives, dry_run
from rules.model.ids import ButtonId, DoorId
from rules.model.responses import Ask
from rules.plan import Escalation
from tests.rules.campus import CAMPUS, MAGLOCK, PLC, campus, contact, door
from tests.rules.failing import Raises
from tests.rules.story import DESK, LOCKDOWN, WIRED, Story, desk, running, standard


def asked(story: Story, name: ButtonId = DESK) -> DryRun:
    return dry_run(story.plan, story.state, name, story.now)


def test_it_says_what_would_be_locked_and_changes_nothing() -> None:
    story = running()
    before = story.state

    found = asked(story)

    assert (found.standing, found.named, found.told, found.held) == ("acted", 3, 3, ())
    assert story.state is before
    assert story.incidents == []


def test_a_wired_button_is_asked_as_it_would_be_read() -> None:
    assert WIRED in standard().buttons
    found = asked(running(), WIRED)

    assert (found.standing, found.named, found.told) == ("acted", 3, 3)


def test_it_names_the_doors_that_the_interlock_would_hold_back_and_why() -> None:
    story = Story(
        campus(
            door("a", 0),
            door("bare", 1, hardware=None),
            door("magnet", 2, MAGLOCK, rex=("rex",), fire=("fire",)),
            inputs=[contact("fire", 50, "fire-alarm"), contact("rex", 51)],
            buttons=[desk(DESK, {"hold": LOCKDOWN})],
            controllers=(PLC,),
        )
    )
    story.turn("fire")
    story.sessions()
    story.run(3)

    found = asked(story)

    assert (found.named, found.told) == (3, 1)
    assert dict(found.held) == {DoorId("bare"): "no_record", DoorId("magnet"): "fire_active"}


def test_it_names_what_would_be_switched_and_lets_no_permit_out() -> None:
    story = running()
    ready = drives(story.plan, story.state, DESK, story.now)
    opened_by_it = list(story.incidents)
    permits = story.hear(DESK).permits

    assert opened_by_it == []
    assert ready == tuple((one.controller, one.drives) for one in permits) != ()


def test_a_button_in_a_walk_test_would_lock_nothing() -> None:
    story = running()
    story.walk_test(DESK)

    found = asked(story)

    assert (found.standing, found.named, found.told) == ("test", 0, 0)


def test_a_button_whose_highest_has_no_gesture_of_its_own_is_asked_by_one_that_means_it() -> None:
    story = running()
    planned = story.plan.buttons[DESK]
    more = replace(planned, highest=Ask("lockdown", CAMPUS), asks={"single": Ask("staff-assist", CAMPUS)})
    more = replace(more, escalation=Escalation(3, 1, Ask("lockdown", CAMPUS)))
    story.plan = replace(story.plan, buttons={**story.plan.buttons, DESK: more})

    assert asked(story).told == 3


def test_a_press_of_a_button_that_locks_nothing_names_no_door() -> None:
    story = running()
    planned = story.plan.buttons[DESK]
    calm = Ask("staff-assist", CAMPUS)
    more = replace(planned, highest=calm, asks={"single": calm}, escalation=None)
    story.plan = replace(story.plan, buttons={**story.plan.buttons, DESK: more})

    assert (asked(story).named, asked(story).standing) == (0, "acted")


def test_a_rule_that_would_raise_at_a_press_raises_here(broken: Raises) -> None:
    story = running()
    broken(presses, "heard")

    with pytest.raises(RuntimeError):
        asked(story)
    with pytest.raises(KeyError):
        asked(story, ButtonId("nobody"))
