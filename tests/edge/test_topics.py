"""What the retained state topics say, when they are said again, and what must never be on them."""

import json
from dataclasses import replace
from typing import Any

import pytest

from edge.topics import APPLIANCE, REFRESH_S, VALID_FOR_S, changed, messages, refreshed
from rules.model.ids import IncidentId, ZoneId
from rules.model.responses import Response
from rules.state import State, ZoneState
from tests.edge.campus import BOX, D1, D2, D3, HS, INCIDENT, NOON, PLAN, STARTED, A, locked_down, quiet


def said(state: State) -> dict[str, Any]:
    return {
        topic: json.loads(payload)
        for topic, payload in refreshed(messages(PLAN, state, BOX.epoch, STARTED), NOON)
    }


def in_zone(state: State, zone: ZoneId, response: Response, kind: Any) -> State:
    own = ZoneState(response, kind, IncidentId("inc-9"), NOON)
    return replace(state, record=replace(state.record, zones={**state.record.zones, zone: own}))


def test_a_zone_in_a_lockdown_is_said_as_the_contract_has_it() -> None:
    assert said(locked_down({D1: "secured"}))["campus/state/zone/b"] == {
        "response": "lockdown",
        "epoch": BOX.epoch,
        "number": 1,
        "kind": "real",
        "incident": INCIDENT,
        "since": "2026-08-14T11:59:59.000000Z",
        "at": "2026-08-14T12:00:00.000000Z",
        "valid_for": VALID_FOR_S,
    }


def test_a_quiet_zone_says_null_and_keeps_the_campus_number() -> None:
    zone = said(quiet())["campus/state/zone/a"]

    assert (zone["response"], zone["kind"], zone["incident"], zone["since"]) == (None, None, None, None)
    assert zone["number"] == 0


def test_every_zone_door_and_the_appliance_has_its_topic() -> None:
    zones = {f"campus/state/zone/{zone}" for zone in PLAN.zones}
    doors = {f"campus/state/door/{door}" for door in PLAN.doors}

    assert set(said(quiet())) == zones | doors | {APPLIANCE}


def test_a_door_says_its_verdict_with_its_evidence() -> None:
    door = said(locked_down({D1: "secured", D2: "not_latched"}))

    assert door["campus/state/door/a-101"]["verdict"] == "secured"
    assert door["campus/state/door/a-101"]["bolt_thrown"] is True
    assert door["campus/state/door/a-102"]["verdict"] == "not_latched"
    assert door["campus/state/door/a-102"]["valid_for"] == VALID_FOR_S


def test_a_door_never_read_is_unknown() -> None:
    state = quiet()

    assert (
        said(replace(state, live=replace(state.live, doors={})))["campus/state/door/a-101"]["verdict"]
        == "unknown"
    )


def test_the_appliance_says_that_it_is_armed_and_since_when() -> None:
    state = quiet()
    away = replace(state, live=replace(state.live, controllers={}))

    assert said(state)[APPLIANCE]["armed"] is True
    assert said(state)[APPLIANCE]["since"] == "2026-08-14T11:00:00.000000Z"
    assert said(away)[APPLIANCE]["armed"] is False


@pytest.mark.parametrize(
    ("response", "kind"),
    [("duress", "real"), ("lockdown", "exercise"), ("lockdown", "test"), ("duress", "drill")],
)
def test_duress_exercise_and_test_are_on_no_topic_even_where_a_rule_let_them_into_a_zone(
    response: Response, kind: str
) -> None:
    hidden = said(in_zone(quiet(), A, response, kind))

    assert hidden == said(quiet())


def test_a_silent_response_does_not_hide_the_open_one_below_it() -> None:
    open_one = in_zone(quiet(), HS, "secure", "real")

    both = said(in_zone(open_one, A, "duress", "real"))

    assert both["campus/state/zone/a"]["response"] == "secure"


def test_a_drill_is_said_as_a_drill() -> None:
    assert said(locked_down({D1: "secured"}, kind="drill"))["campus/state/zone/a"]["kind"] == "drill"


def test_only_what_changed_is_published() -> None:
    before = messages(PLAN, locked_down({D1: "pending", D2: "pending", D3: "pending"}), BOX.epoch, STARTED)
    after = messages(PLAN, locked_down({D1: "pending", D2: "secured", D3: "pending"}), BOX.epoch, STARTED)

    published = changed(before, after, NOON)

    assert [topic for topic, _ in published] == ["campus/state/door/a-102"]
    assert changed(after, after, NOON) == []


def test_a_response_change_renews_the_number_on_every_zone() -> None:
    before = messages(PLAN, quiet(), BOX.epoch, STARTED)
    state = quiet()
    after = messages(PLAN, replace(state, record=replace(state.record, number=5)), BOX.epoch, STARTED)

    assert {topic for topic, _ in changed(before, after, NOON)} == {
        f"campus/state/zone/{one}" for one in PLAN.zones
    }


def test_a_door_that_left_the_configuration_leaves_the_broker() -> None:
    smaller = replace(PLAN, doors={D1: PLAN.doors[D1]})
    before = messages(PLAN, quiet(), BOX.epoch, STARTED)

    gone = changed(before, messages(smaller, quiet(), BOX.epoch, STARTED), NOON)

    assert gone == [("campus/state/door/a-102", b""), ("campus/state/door/b-201", b"")]


def test_a_state_is_said_again_at_least_twice_before_it_lapses() -> None:
    assert 2 * REFRESH_S < VALID_FOR_S
