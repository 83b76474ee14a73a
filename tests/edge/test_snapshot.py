"""What the live picture tells of a campus, and what it must never make better than it is."""

import json
from dataclasses import replace
from typing import Any

import pytest

from edge.snapshot import Steady, not_secured, snapshot
from rules.model.ids import DoorId, IncidentId, PressId
from rules.model.moments import Instant
from rules.model.verdicts import VerdictWord
from rules.plan import Plan
from rules.state import ButtonLive, ControllerLive, DoorOrder, Flag, Incident, State, Unanswered, WalkTest
from tests.edge.campus import (
    BOX,
    D1,
    D2,
    D3,
    HS,
    INCIDENT,
    NOON,
    PB,
    PB_WIRED,
    PLAN,
    PLC,
    STARTED,
    A,
    B,
    locked_down,
    quiet,
)


def picture(state: State, plan: Plan = PLAN, now: Instant = NOON) -> dict[str, Any]:
    return snapshot(plan, state, now, BOX)


def by_id(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(one for one in items if one["id"] == name)


def test_a_quiet_campus_is_armed_and_no_door_needs_eyes() -> None:
    shown = picture(quiet())

    assert shown["appliance"]["armed"] is True
    assert shown["appliance"]["why_not"] == ""
    assert [door["attention"] for door in shown["doors"]] == ["", "", ""]
    assert not_secured(shown) == []
    assert json.loads(json.dumps(shown)) == shown


def test_a_picture_made_from_the_one_before_is_the_same_as_one_made_anew() -> None:
    steady = Steady()
    locked = locked_down({D1: "secured", D2: "not_latched", D3: "unconfirmed"})
    freed = {**locked.record.orders, D1: DoorOrder("free", NOON, INCIDENT)}
    ended = replace(locked.record, incidents={})
    later = NOON.plus(1_500_000)
    for state, now in (
        (quiet(), NOON),
        (locked, NOON),
        (locked, later),
        (replace(locked, record=replace(locked.record, orders=freed)), later),
        (replace(locked, record=ended), later),
        (replace(locked, live=replace(locked.live, controllers={})), later),
        (quiet(), later),
    ):
        assert snapshot(PLAN, state, now, BOX, steady) == picture(state, now=now)


def test_without_a_controller_it_is_not_armed_and_says_what_still_works() -> None:
    state = quiet()

    shown = picture(replace(state, live=replace(state.live, controllers={})))

    assert shown["appliance"]["armed"] is False
    assert shown["appliance"]["why_not"] == "no_controller"
    assert "keys" in shown["appliance"]["words"]


def test_doors_not_secured_come_first_in_the_order_of_the_plan() -> None:
    shown = picture(locked_down({D1: "secured", D2: "not_latched", D3: "unconfirmed"}))

    assert [door["id"] for door in shown["doors"]] == [D2, D3, D1]
    assert not_secured(shown) == [D2, D3]


def test_a_door_freed_by_the_fire_rule_counts_as_not_secured_whatever_its_bolt_says() -> None:
    state = locked_down({D1: "secured", D2: "secured", D3: "secured"})
    orders = {**state.record.orders, D1: DoorOrder("free", NOON, INCIDENT)}

    shown = picture(replace(state, record=replace(state.record, orders=orders)))

    assert not_secured(shown) == [D1]


def test_a_door_returned_to_its_rest_by_name_is_not_counted_as_not_secured() -> None:
    state = locked_down({D1: "released", D2: "secured", D3: "secured"})
    orders = {**state.record.orders, D1: DoorOrder("rest", NOON, INCIDENT)}

    assert not_secured(picture(replace(state, record=replace(state.record, orders=orders)))) == []


@pytest.mark.parametrize("word", ["unknown", "stale", "forced", "opened", "ajar"])
def test_a_quiet_door_that_nobody_can_vouch_for_is_to_be_looked_at(word: Any) -> None:
    state = quiet()
    doors = dict(state.live.doors)
    doors[D2] = replace(doors[D2], verdict=replace(doors[D2].verdict, word=word))

    shown = picture(replace(state, live=replace(state.live, doors=doors)))

    assert (shown["doors"][0]["id"], shown["doors"][0]["attention"]) == (D2, "look")


def test_a_door_never_read_is_unknown_and_has_no_ages() -> None:
    state = quiet()
    shown = picture(replace(state, live=replace(state.live, doors={}, controllers={})))

    door = by_id(shown["doors"], D1)
    assert door["verdict"] == "unknown"
    assert door["bolt"] == {"value": None, "age_ms": None, "fresh": False}
    assert door["ledger"] is None


def test_each_sensor_tells_its_value_and_its_age() -> None:
    door = by_id(picture(quiet())["doors"], D1)

    assert door["bolt"] == {"value": True, "age_ms": 100.0, "fresh": True}
    assert door["position"] == {"value": True, "age_ms": 100.0, "fresh": True}


@pytest.mark.parametrize(
    ("later_us", "up", "fresh"),
    [(1_900_000, True, True), (1_900_001, True, False), (0, False, False)],
    ids=["at its freshness", "older than its freshness", "its controller is down"],
)
def test_evidence_is_fresh_only_within_its_freshness_and_while_its_controller_answers(
    later_us: int, up: bool, fresh: bool
) -> None:
    state = quiet()
    controller = replace(state.live.controllers[PLC], up=up)
    state = replace(state, live=replace(state.live, controllers={PLC: controller}))

    door = by_id(picture(state, now=NOON.plus(later_us))["doors"], D1)

    assert door["bolt"]["fresh"] is fresh


def test_the_ledger_counts_from_the_command_and_the_command_from_its_order() -> None:
    ledger = by_id(picture(locked_down({D1: "secured"}))["doors"], D1)["ledger"]

    assert ledger == {
        "commanded_at": "2026-08-14T11:59:59.003000Z",
        "commanded_ms": 3.0,
        "written_ms": 8.0,
        "bolt_ms": 350.5,
        "position_ms": 350.5,
        "verdict_ms": 400.0,
    }


def test_an_order_of_an_earlier_boot_gives_no_false_time_to_its_command() -> None:
    state = locked_down({D1: "secured"})
    orders = {D1: DoorOrder("lock", Instant(NOON.utc_us - 10**9, 4_999_999_000), INCIDENT)}
    earlier = replace(state.live, started=NOON.plus(-2_000_000))

    shown = picture(State(replace(state.record, orders=orders), earlier))

    assert by_id(shown["doors"], D1)["ledger"]["commanded_ms"] is None


def test_a_time_before_the_command_is_not_shown_as_proof_of_it() -> None:
    state = locked_down({D1: "pending"})
    doors = {D1: replace(state.live.doors[D1], bolt_at=NOON.plus(-9_000_000))}

    shown = picture(replace(state, live=replace(state.live, doors=doors)))

    assert by_id(shown["doors"], D1)["ledger"]["bolt_ms"] is None


def test_a_zone_shows_what_holds_in_it_and_what_is_its_own() -> None:
    zones = picture(locked_down({D1: "secured"}))["zones"]

    assert by_id(zones, HS)["own"] == "lockdown"
    assert by_id(zones, A)["own"] is None
    assert by_id(zones, B)["response"] == "lockdown"
    assert by_id(zones, B)["kind"] == "real"


def test_a_silent_incident_is_marked_and_is_in_no_zone() -> None:
    state = quiet()
    duress = Incident(IncidentId("inc-2"), "real", "duress", A, True, NOON)

    shown = picture(replace(state, record=replace(state.record, incidents={duress.id: duress})))

    assert [(one["id"], one["silent"]) for one in shown["incidents"]] == [("inc-2", True)]
    assert all(zone["response"] is None for zone in shown["zones"])


@pytest.mark.parametrize(
    ("live", "supervision"),
    [
        (ButtonLive(heard=NOON.plus(-180_000_000)), "heard"),
        (ButtonLive(heard=NOON.plus(-180_000_001)), "silent"),
        (ButtonLive(heard=NOON, online=False), "offline"),
        (ButtonLive(), "silent"),
    ],
    ids=["at its limit", "past its limit", "said offline", "not heard for an hour since start"],
)
def test_a_button_is_shown_as_what_is_known_of_it(live: ButtonLive, supervision: str) -> None:
    state = quiet()

    shown = picture(replace(state, live=replace(state.live, buttons={PB: live})))

    assert by_id(shown["buttons"], PB)["supervision"] == supervision


def test_a_wired_button_of_a_board_that_is_away_is_silent() -> None:
    state = quiet()
    controllers = {PLC: ControllerLive(False, NOON, "silent")}

    assert by_id(picture(state)["buttons"], PB_WIRED)["supervision"] == "heard"
    shown = picture(replace(state, live=replace(state.live, controllers=controllers)))
    assert by_id(shown["buttons"], PB_WIRED)["supervision"] == "silent"


def test_an_unanswered_press_of_an_earlier_boot_has_a_true_age_and_its_place() -> None:
    state = quiet()
    an_hour_ago = Instant(NOON.utc_us - 3_600_000_000, NOON.mono_us + 777)
    waiting = Unanswered(7, PB, PressId("x"), "lockdown", HS, "too_old", an_hour_ago)

    shown = picture(replace(state, record=replace(state.record, unanswered={7: waiting})))["unanswered"]

    assert len(shown) == 1
    one = shown[0]
    assert (one["number"], one["room"], one["age_ms"]) == (7, "101", 3_600_000.0)
    assert (one["why"], one["in_zone"]) == ("too_old", HS)
    assert "90 s" in one["words"]


def test_a_walk_test_of_another_boot_has_nothing_left() -> None:
    state = quiet()
    until = NOON.plus(90_000_000)
    tests = {PB: WalkTest(until, "boot-1"), PB_WIRED: WalkTest(until, "boot-0")}

    shown = picture(replace(state, record=replace(state.record, walk_tests=tests)))

    assert {one["button"]: one["left_s"] for one in shown["walk_tests"]} == {PB: 90, PB_WIRED: 0}


def test_flags_are_told_with_what_to_do_and_a_condition_not_swept_yet_is_told_too() -> None:
    state = quiet()
    flags = {("button_silent", "pb-101"): Flag("button_silent", "pb-101", (), STARTED)}
    live = replace(state.live, conditions={"disk_low": ("12",), "button_silent": ()})

    shown = picture(State(replace(state.record, flags=flags), live))["flags"]

    assert [(one["code"], one["subject"]) for one in shown] == [
        ("button_silent", "pb-101"),
        ("nc_relay", "a-101"),
        ("disk_low", "hs"),
    ]
    assert "battery" in shown[0]["text"]
    assert "12 MB" in shown[2]["text"]


def test_a_door_that_is_held_back_says_why() -> None:
    state = locked_down({D1: "refused"})
    doors = {D1: replace(state.live.doors[D1], held="fire_active")}

    door = by_id(picture(replace(state, live=replace(state.live, doors=doors)))["doors"], DoorId("a-101"))

    assert (door["held"], door["attention"]) == ("fire_active", "not_secured")
    assert "Fire alarm" in door["words"]


@pytest.mark.parametrize("word", ["unknown", "stale", "no_answer"])
def test_a_door_of_which_nothing_is_known_says_that_first_even_where_it_is_held_back(
    word: VerdictWord,
) -> None:
    state = locked_down({D1: word})
    doors = {D1: replace(state.live.doors[D1], held="fire_freed")}

    door = by_id(picture(replace(state, live=replace(state.live, doors=doors)))["doors"], D1)

    assert "Treat as open" in door["words"]
    assert door["held"] == "fire_freed"


def test_a_session_with_the_broker_that_was_not_made_yet_is_not_up() -> None:
    state = quiet()
    begun = replace(state, live=replace(state.live, sessions={}))
    wired = replace(PLAN, buttons={PB_WIRED: PLAN.buttons[PB_WIRED]})

    assert [one["up"] for one in picture(begun)["sessions"]] == [False, False]
    assert picture(begun, wired)["sessions"] == []


def test_a_wired_button_that_is_not_read_has_no_battery_to_change() -> None:
    raised = {("button_silent", str(one)): Flag("button_silent", one, (), STARTED) for one in (PB, PB_WIRED)}
    state = quiet()

    shown = picture(replace(state, record=replace(state.record, flags=raised)))["flags"]

    said = {one["subject"]: one["text"] for one in shown if one["code"] == "button_silent"}
    assert "change its battery" in said[PB]
    assert "no battery: check its controller and its wire" in said[PB_WIRED]
