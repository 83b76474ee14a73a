"""The tasks of a responses pack: each has an owner and a time that can come, and says one thing wherever it is asked for."""

from pathlib import Path

import pytest

from edge.config.pack_tasks import MOST, read_tasks
from edge.config.packs import shipped, with_responses
from rules.model.moments import MINUTE_US
from rules.model.post_facts import INCIDENT_ROLES

RESPONSES = Path("rules/packs/responses.yaml").read_bytes()


def test_every_response_of_the_shipped_pack_has_tasks_and_each_an_owner() -> None:
    tasks = shipped().tasks
    assert set(tasks) == set(shipped().responses)
    assert all(one.role in INCIDENT_ROLES for listed in tasks.values() for one in listed)
    media = next(one for one in tasks["lockdown"] if one.timer)
    assert (media.id, media.every_us, media.within_us) == ("media-statement", 30 * MINUTE_US, 30 * MINUTE_US)


def test_what_tells_somebody_outside_says_in_a_drill_that_nobody_is_told() -> None:
    for listed in shipped().tasks.values():
        for one in listed:
            if any(word in one.text for word in ("911", "olice", "families", "family", "ambulance")):
                assert one.drill.startswith("DRILL") or one.id in ("take-command", "unproven-doors"), one


def test_a_pack_without_tasks_opens_none() -> None:
    bare = RESPONSES[: RESPONSES.index(b"\ntasks:")]
    packs, problems = with_responses(bare, "own.yaml")
    assert packs is not None
    assert (packs.tasks, problems) == ({}, ())


@pytest.mark.parametrize(
    ("tasks", "what"),
    [
        ("tasks: []", "is not responses with their tasks"),
        ("tasks: {panic: []}", "is no response"),
        ("tasks: {fire: x}", "is no list"),
        ("tasks: {fire: [x]}", "other keys"),
        ("tasks: {fire: [{id: a, text: T}]}", "other keys"),
        ("tasks: {fire: [{id: a, role: safety, text: T, who: me}]}", "other keys"),
        ("tasks: {fire: [{id: A b, role: safety, text: T}]}", "no slug"),
        ("tasks: {fire: [{id: [], role: safety, text: T}]}", "no slug"),
        ("tasks: {fire: [{id: a, role: janitor, text: T}]}", "its role is none of"),
        ("tasks: {fire: [{id: a, role: safety, text: ' '}]}", "its text is not words"),
        ("tasks: {fire: [{id: a, role: safety, text: T, drill: 3}]}", "its drill is not words"),
        ("tasks: {fire: [{id: a, role: safety, text: T, within: soon}]}", "within is no time"),
        ("tasks: {fire: [{id: a, role: safety, text: T, within: 1s}]}", "within is no time"),
        ("tasks: {fire: [{id: a, role: safety, text: T, every: 400d}]}", "every is no time"),
        ("tasks: {fire: [{id: a, role: safety, text: T}, {id: a, role: safety, text: T}]}", "twice"),
        ("tasks: {fire: [{id: a, role: safety, text: T}], secure: [{id: a, role: liaison, text: T}]}", "another task"),
    ],
)  # fmt: skip
def test_tasks_that_do_not_hold_together_are_refused(tasks: str, what: str) -> None:
    found, problems = read_tasks(tasks.encode(), "own.yaml")
    assert found is None
    assert any(what in one.what for one in problems), problems


def test_tasks_are_bounded_and_what_is_no_yaml_is_refused() -> None:
    rows = ", ".join(f"{{id: t-{n}, role: safety, text: T}}" for n in range(MOST + 1))
    assert read_tasks(f"tasks: {{fire: [{rows}]}}".encode(), "own.yaml")[0] is None
    assert read_tasks(b"\xff", "own.yaml")[0] is None
    assert read_tasks(b"[]", "own.yaml")[0] == {}


def test_a_sites_own_pack_with_a_task_of_nobody_is_refused_whole() -> None:
    bad = RESPONSES.replace(b"role: operations", b"role: nobody", 1)
    packs, problems = with_responses(bad, "own.yaml")
    assert packs is None
    assert problems[0].path == "tasks.lockdown"
