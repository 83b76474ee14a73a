"""Drill, exercise, test, walk-test and duress: what each reaches, and that a real press is real during any of them."""

import json

from tests.flow.rig import School, verdicts
from tests.flow.school import ALL_DOORS, STROBE

ACCEPTED = "campus/button/pb-native/accepted"


def none_locked(campus: School) -> bool:
    return not any(campus.devices.locked(door) for door in ALL_DOORS)


def strobe(campus: School) -> bool:
    return campus.devices.coil("plc", STROBE)


def test_a_drill_locks_and_is_shown_as_a_drill_and_a_real_press_ends_it(campus: School) -> None:
    assert campus.cli("press", "pb-office", "--drill").returncode == 0
    drilling = campus.until_secured()
    assert [one["kind"] for one in drilling["incidents"]] == ["drill"]
    assert {zone["kind"] for zone in drilling["zones"]} == {"drill"}
    with campus.broker.listening("campus/state/zone/flow-school") as listener:
        campus.broker.press("pb-native", "hold", "ends-the-drill")
        zone = listener.until("campus/state/zone/flow-school", lambda one: one["kind"] == "real")
    now = campus.until_secured()
    assert [one["kind"] for one in now["incidents"]] == ["real"]
    assert zone["incident"] == now["incidents"][0]["id"] != drilling["incidents"][0]["id"]
    assert zone["number"] > drilling["appliance"]["number"]
    assert strobe(campus)
    assert all(False not in campus.devices.writes(door)[-1:] for door in ALL_DOORS)


def test_no_drill_starts_beside_a_real_incident(campus: School) -> None:
    campus.broker.press("pb-native", "hold", "real-first")
    campus.until_secured()
    refused = campus.cli("press", "pb-office", "--drill")
    assert refused.returncode == 1
    assert "real incident" in refused.stderr
    assert [one["kind"] for one in campus.status()["incidents"]] == ["real"]


def test_an_exercise_moves_no_lock_and_is_on_no_state_topic(campus: School) -> None:
    before = campus.status()["appliance"]["number"]
    with campus.broker.listening("campus/state/zone/#") as listener:
        assert campus.cli("press", "pb-office", "--exercise").returncode == 0
        now = campus.status()
        assert [one["kind"] for one in now["incidents"]] == ["exercise"]
        campus.broker.press("pb-native", "hold", "after-the-exercise")
        campus.until_secured()
        listener.until("campus/state/zone/a", lambda one: one["kind"] == "real")
        assert "exercise" not in {one["kind"] for one in listener.heard("campus/state/zone/a", live=False)}
    assert now["appliance"]["number"] == before
    assert {one["verdict"] for one in now["doors"]} <= {"released", "closed_unlocked"}
    assert [one["kind"] for one in campus.status()["incidents"]] == ["real"]


def test_a_test_press_is_recorded_and_reaches_nothing(campus: School) -> None:
    writes = {door: len(campus.devices.writes(door)) for door in ALL_DOORS}
    assert campus.cli("press", "pb-office", "--test").returncode == 0
    now = campus.status()
    assert not now["incidents"]
    assert none_locked(campus)
    assert not strobe(campus)
    assert writes == {door: len(campus.devices.writes(door)) for door in ALL_DOORS}
    assert campus.rows("press.heard")[-1]["data"]["standing"] == "test"


def test_a_press_without_a_kind_is_a_usage_error(campus: School) -> None:
    assert campus.cli("press", "pb-office").returncode == 2
    assert not campus.status()["incidents"]


def test_a_walk_test_press_locks_nothing_and_its_second_press_is_real(campus: School) -> None:
    # A press before the button stands in the book is none of the device that stands in it.
    campus.until("it is in the book", lambda _: campus.cli("assets", "pb-native").returncode == 0)
    made = campus.cli("walk-test", "pb-native", "--minutes", "5", "--person", "A. Tester")
    assert made.returncode == 0
    with campus.broker.listening(ACCEPTED) as listener:
        campus.broker.press("pb-native", "hold", "walk-1")
        assert listener.until(ACCEPTED) == {
            "press_id": "walk-1",
            "incident": None,
            "kind": "test",
            "durable": True,
        }
        campus.broker.press("pb-native", "hold", "walk-1")
        campus.until("the repeat is answered", lambda _: len(listener.heard(ACCEPTED)) == 2)
        assert listener.heard(ACCEPTED)[1]["kind"] == "test"
        assert none_locked(campus)
        assert campus.status()["walk_tests"][0]["pressed"]
        campus.broker.press("pb-native", "hold", "walk-2")
        real = listener.until(ACCEPTED, lambda one: one["kind"] == "real")
    now = campus.until_secured()
    assert real["incident"] == now["incidents"][0]["id"]
    assert not now["walk_tests"]
    assert "A. Tester" not in str(campus.rows("walk_test.started"))
    campus.until(
        "its press counts as an inspection",
        lambda _: "a walk-test" in campus.cli("inspection", "history", "pb-native").stdout,
    )
    signed = json.loads(campus.cli("inspection", "history", "pb-native", "--json").stdout)
    number = str(signed["items"][0]["number"])
    assert "by evidence: press walk-1" in campus.cli("inspection", "show", number).stdout


def test_all_other_buttons_stay_real_during_a_walk_test(campus: School) -> None:
    assert campus.ask({"do": "walk-test", "buttons": ["pb-native"], "minutes": 5, "person": "A. Tester"})[
        "ok"
    ]
    campus.broker.press("pb-2", "hold", "not-in-test")
    now = campus.until_secured()
    assert [one["kind"] for one in now["incidents"]] == ["real"]
    assert not now["walk_tests"]


def test_a_walk_test_of_more_than_30_minutes_is_refused(campus: School) -> None:
    refused = campus.cli("walk-test", "pb-native", "--minutes", "31", "--person", "A. Tester")
    assert refused.returncode == 1
    assert not campus.status()["walk_tests"]


def test_duress_opens_a_silent_incident_and_shows_nothing_on_site(campus: School) -> None:
    topic = "campus/button/pb-duress/accepted"
    before = campus.status()
    with campus.broker.listening("campus/state/zone/#", topic) as listener:
        campus.broker.press("pb-duress", "single", "duress-1")
        told = listener.until(topic)
        now = campus.status()
        # The next press is what the zones tell of, and the only thing.
        campus.broker.press("pb-2", "single", "medical-1")
        zone = listener.until("campus/state/zone/b", lambda one: one["response"] is not None)
        others = [
            one
            for name in ("flow-school", "a", "a-1")
            for one in listener.heard(f"campus/state/zone/{name}", live=False)
        ]
    assert told == {"press_id": "duress-1", "incident": None, "kind": "real", "durable": True}
    assert [(one["response"], one["silent"]) for one in now["incidents"]] == [("duress", True)]
    assert now["appliance"]["number"] == before["appliance"]["number"]
    assert (zone["response"], zone["number"]) == ("medical", before["appliance"]["number"] + 1)
    assert {one["response"] for one in others} == {None}
    assert none_locked(campus)
    assert verdicts(now) == verdicts(before)


def test_staff_assist_holds_in_its_zone_and_locks_nothing(campus: School) -> None:
    with campus.broker.listening(ACCEPTED) as listener:
        campus.broker.press("pb-native", "single", "assist-1")
        incident = listener.until(ACCEPTED)["incident"]
    now = campus.status()
    assert {one["id"]: one["response"] for one in now["zones"]} == {
        "flow-school": None,
        "a": None,
        "a-1": "staff-assist",
        "b": None,
    }
    assert none_locked(campus)
    campus.broker.press("pb-native", "hold", "raised-1")
    raised = campus.until_secured()
    assert [(one["id"], one["response"]) for one in raised["incidents"]] == [(incident, "lockdown")]
    campus.broker.press("pb-native", "single", "not-lowered")
    campus.until("recorded", lambda _: campus.rows("press.heard")[-1]["data"]["response"] == "staff-assist")
    assert campus.status()["incidents"][0]["response"] == "lockdown"
