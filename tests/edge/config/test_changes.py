"""What may not be edited while an incident stands on it."""

# ruff: noqa: E501 - one row of a table is one line

import pytest

from edge.config.changes import another_record, forbidden_changes, only_at_a_start
from tests.edge.config.campuses import SOUND, checked, edit, line_of

LIVE = frozenset({"a-101"})
OLD = checked(SOUND).config


def forbidden(*edits: tuple[str, str], live: frozenset[str] = LIVE) -> list[str]:
    assert OLD is not None
    new = checked(edit(SOUND, *edits))
    return [problem.path for problem in forbidden_changes(OLD, new, live)]


@pytest.mark.parametrize(
    ("edits", "path"),
    [
        ((("coil: 0,", "coil: 4,"),), "doors[a-101].lock.coil"),
        ((("locked_when: off}\n    bolt", "locked_when: on}\n    bolt"),), "doors[a-101].lock.locked_when"),
        ((("relay: no", "relay: nc"),), "doors[a-101].hardware.relay"),
        ((("rest: locked", "rest: unlocked"),), "doors[a-101].hardware.rest"),
        ((("on_comm_loss: hold", "on_comm_loss: unlocked"),), "doors[a-101].hardware.on_comm_loss"),
        ((("travel: 400ms", "travel: 500ms"),), "doors[a-101].hardware.travel"),
        ((("zone: a-1\n    kind", "zone: gym\n    kind"),), "doors[a-101].zone"),
        ((("kind: classroom", "kind: interior"),), "doors[a-101].kind"),
        ((("bolt: {discrete_input: 0", "bolt: {discrete_input: 12"),), "doors[a-101].bolt.discrete_input"),
        ((("    bolt: {discrete_input: 0, thrown_when: on}\n", ""),), "doors[a-101].bolt"),
        ((("host: 10.20.1.11", "host: 10.20.1.12"),), "controllers[plc].host"),
        ((("host: 10.20.1.11", "host: 10.20.1.11, unit: 2"),), "controllers[plc].unit"),
        ((("parent: a}", "parent: gym}"),), "zones[a-1].parent"),
        ((("  - {id: rex-101, kind: rex, controller: plc, discrete_input: 2, active_when: on, doors: [a-101]}\n", ""),),
         "inputs[rex-101]"),
        ((("discrete_input: 6", "discrete_input: 16"),), "inputs[fire].discrete_input"),
        ((("zones: [a]}", "zones: [gym]}"),), "inputs[fire].zones"),
        ((("- id: a-101", "- id: a-102"), ("active_when: on, doors: [a-101]}\n  - {id: exit", "active_when: on, doors: [a-102]}\n  - {id: exit"),
          ("active_when: on, doors: [a-101]}\ndoors", "active_when: on, doors: [a-102]}\ndoors")), "doors[a-101]"),
        ((("id: lincoln-hs", "id: lincoln"),), "campus.id"),
        ((("mqtt: {url", "store: {directory: /elsewhere}\nmqtt: {url"),), "store.directory"),
    ],
)  # fmt: skip
def test_a_device_of_a_live_incident_keeps_its_place_its_lock_and_its_zone(
    edits: tuple[tuple[str, str], ...], path: str
) -> None:
    assert path in forbidden(*edits)
    assert forbidden(*edits, live=frozenset()) == []


@pytest.mark.parametrize(
    "edits",
    [
        (("name: Room 101", "name: Room 101 (science)"),),
        (("host: 10.20.1.11", "host: 10.20.1.11, timeout: 300ms"),),
        (("lock: {output: 0, locked_when: on}", "lock: {output: 1, locked_when: on}"),),
        (("hold: lockdown", "hold: secure"),),
        (("address: 5", "address: 6"),),
    ],
    ids=["name", "time-out", "another door", "gestures", "another controller"],
)
def test_everything_else_may_be_edited(edits: tuple[tuple[str, str], ...]) -> None:
    assert forbidden(*edits) == []


def test_a_button_of_a_live_incident_keeps_its_way_in_and_may_change_its_gestures() -> None:
    live = frozenset({"pb-office", "pb-101"})

    assert forbidden(("discrete_input: 7", "discrete_input: 17"), live=live) == [
        "buttons[pb-office].wired.discrete_input"
    ]
    assert forbidden(("format: native", "format: native, topic: x/y"), live=live) == [
        "buttons[pb-101].mqtt.topic"
    ]
    assert forbidden(("hold: lockdown", "hold: secure"), live=live) == []
    assert forbidden(("host: 10.20.1.11", "host: 10.20.1.12"), live=live) == ["controllers[plc].host"]


def test_the_problem_stands_at_the_changed_key_and_says_what_to_do() -> None:
    assert OLD is not None
    text = edit(SOUND, ("rest: locked", "rest: unlocked"))

    (problem,) = forbidden_changes(OLD, checked(text), LIVE)

    assert problem.line == line_of(text, "rest: unlocked")
    assert problem.text().endswith(
        "doors[a-101].hardware.rest: 'a-101' belongs to a live incident and would be changed; "
        "close the incident first, then start on this file or reload it"
    )


def test_the_same_file_changes_nothing() -> None:
    assert (
        forbidden(live=frozenset({"a-101", "gym-west", "pb-101", "pb-office", "fire", "plc", "reader"})) == []
    )


def test_a_record_is_one_campuss_whether_an_incident_is_live_or_not() -> None:
    assert OLD is not None
    text = edit(SOUND, ("id: lincoln-hs", "id: lincoln"))

    (problem,) = another_record(OLD, checked(text))

    assert (problem.path, problem.line) == ("campus.id", line_of(text, "id: lincoln"))
    assert "that of campus 'lincoln-hs'" in problem.what
    assert only_at_a_start(OLD, checked(text)) == (problem,)
    assert another_record(OLD, checked(SOUND)) == ()


def test_another_store_is_taken_over_at_a_start_and_not_at_a_reload() -> None:
    assert OLD is not None
    moved = checked(edit(SOUND, ("mqtt: {url", "store: {directory: /elsewhere}\nmqtt: {url")))

    assert [problem.path for problem in only_at_a_start(OLD, moved)] == ["store.directory"]
    assert another_record(OLD, moved) == ()
    assert only_at_a_start(OLD, checked(SOUND)) == ()
