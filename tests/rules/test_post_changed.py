"""Tasks once another response has taken the place of theirs: the way out is nobody's task in a lockdown."""

from dataclasses import replace

from edge.config.packs import shipped
from rules import post
from rules.model.kinds import EXERCISE
from rules.model.post_facts import TaskOverdue
from rules.plan import Plan
from tests.rules.campus import CAMPUS, A, B
from tests.rules.story import GYM, Story, without
from tests.rules.test_transitions import ask, plan


def planned() -> Plan:
    """The shipped pack with its tasks."""
    return replace(plan(), tasks=shipped().tasks)


def behind(story: Story) -> dict[str, tuple[str, ...]]:
    """By their codes, the tasks that wait for nobody any more, and what they were for."""
    (live,) = story.incidents
    found = {
        one.code: post.left_behind(story.plan, story.state.record, live, one)
        for one in story.state.record.posts[live.id].tasks.values()
    }
    return {one: of for one, of in found.items() if of}


def late(story: Story) -> set[str]:
    """The codes of tasks that were named as late."""
    (live,) = story.incidents
    tasks = story.state.record.posts[live.id].tasks
    return {
        tasks[entry.fact.number].code for _at, entry in story.entries if isinstance(entry.fact, TaskOverdue)
    }


def test_a_change_leaves_behind_what_only_the_response_before_it_asked_for() -> None:
    story = Story(planned())
    ask(story, "evacuate")
    assert behind(story) == {}
    ask(story, "lockdown")
    story.run(1)

    left = behind(story)
    assert left["route"] == ("evacuate",)
    assert left["roll"] == ("evacuate", "fire")
    # What the lockdown asks for as well stays somebody's task.
    assert not {"call-911", "media-statement", "rooms", "unproven-doors"} & set(left)


def test_what_is_left_behind_is_never_late() -> None:
    story = Story(planned())
    ask(story, "evacuate")
    ask(story, "lockdown")
    story.wait(11 * 60_000)
    story.run(1)

    assert "rooms" in late(story)
    assert not {"route", "roll", "sweep-rooms"} & late(story)


def test_what_holds_in_a_part_is_left_behind_by_nobody_and_what_is_outranked_is() -> None:
    story = Story(planned())
    ask(story, "lockdown", B)
    ask(story, "evacuate")
    story.run(1)
    assert behind(story) == {}

    other = Story(planned())
    ask(other, "hold-in-place", A)
    ask(other, "evacuate")
    other.run(1)
    assert behind(other)["clear-halls"] == ("hold-in-place",)


def test_what_an_exercise_plays_in_each_of_its_zones_is_somebodys_task() -> None:
    story = Story(planned())
    ask(story, "lockdown", A, kind=EXERCISE)
    ask(story, "evacuate", B, kind=EXERCISE)
    assert behind(story) == {}
    ask(story, "lockdown", B, kind=EXERCISE)
    assert behind(story)["route"] == ("evacuate",)


def test_a_call_for_help_stands_whatever_holds_and_so_does_a_task_by_hand() -> None:
    story = Story(planned())
    ask(story, "medical", A)
    ask(story, "lockdown", A)
    story.run(1)
    assert not {"aed", "meet-ambulance", ""} & set(behind(story))


def test_of_a_zone_that_left_the_configuration_nothing_is_left_behind() -> None:
    story = Story(planned())
    ask(story, "evacuate", A)
    story.hear(GYM, "single")
    ask(story, "evacuate", B)
    story.run(1)
    story.plan = without(story.plan, A)
    assert "unproven-doors" not in behind(story)
    assert CAMPUS in story.plan.zones
