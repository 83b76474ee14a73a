"""`/flags`, `/readiness` and `/dry-run` of a running box: what is wrong, whose it is, what it costs, what would fail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.edge.web.api.served import Document, Served
from tests.flow.waiting import wait_for


def hours(count: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=count)).isoformat()


def flags(api: Served, role: str = "viewer") -> dict[str, Document]:
    return {one["id"]: one for one in api.get("flags?limit=500", role).json["items"]}


KEY = "button_battery_low:pb-native"


@pytest.fixture
def key(api: Served) -> Iterator[str]:
    """A button's battery is low, and that is flagged; it has a new one after the test."""
    told = "campus/button/pb-native/status"
    api.campus.broker.publish(told, {"battery": 3})
    wait_for("the battery is flagged", lambda: KEY in flags(api) or None)
    yield KEY
    api.campus.broker.publish(told, {"battery": 90})
    wait_for("the flag is over", lambda: KEY not in flags(api) or None)


def test_every_flag_has_an_owner_an_end_its_evidence_and_a_place(api: Served, key: str) -> None:
    found = flags(api)
    assert (found[key]["place"], found[key]["points"]) == ("/buttons/pb-native", 3)
    assert {one["what"]: one["value"] for one in found[key]["evidence"]}["battery"] == "3 %"
    for one in found.values():
        assert one["owner"] in ("administrator", "technician")
        assert one["clears"]["words"].startswith("It ends")
        assert isinstance(one["evidence"], list)
        assert one["zones"]


def test_a_measure_stands_beside_its_flag_until_somebody_ends_it(api: Served, key: str) -> None:
    said = {"until": hours(5), "reason": "guard posted at the west entrance"}
    assert api.post(f"flags/{key}/measure", said, "viewer").status == 403
    taken = api.post(f"flags/{key}/measure", said, "technician")
    assert (taken.status, taken.json["durable"]) == (200, True)
    found = flags(api)[key]
    assert found["measure"]["text"] == "guard posted at the west entrance"
    assert found["measure"]["by"] == "token:technician"
    assert found["measure"]["until"][:13] == hours(5)[:13]
    assert api.post(f"flags/{key}/measure/end", {}, "technician").status == 200
    assert flags(api)[key]["measure"] is None
    again = api.post(f"flags/{key}/measure/end", {}, "technician")
    assert (again.status, again.json["code"]) == (404, "no_such_measure")


def test_a_measure_that_is_none_is_refused_with_what_to_do(api: Served, key: str) -> None:
    for until, code, status in (
        (hours(-1), "bad_until", 409),
        (hours(24 * 40), "bad_until", 409),
        ("Friday", "unprocessable", 422),
        ("2026-12-04T18:00:00", "unprocessable", 422),
    ):
        refused = api.post(f"flags/{key}/measure", {"until": until, "reason": "guard"}, "technician")
        assert refused.status == status, refused.body
        assert code == "unprocessable" or refused.json["code"] == code
    assert api.post(f"flags/{key}/measure", {"until": hours(1), "reason": ""}, "technician").status == 422
    unknown = api.post("flags/door_stale:nowhere/measure", {"until": hours(1), "reason": "x"}, "technician")
    assert (unknown.status, unknown.json["code"]) == (404, "unknown_flag")
    waiting = api.post(
        "flags/unanswered_press:pb-duress/measure", {"until": hours(1), "reason": "x"}, "technician"
    )
    assert (waiting.status, waiting.json["code"]) == (409, "no_measure")


def test_readiness_is_what_the_flags_cost_point_by_point(api: Served, key: str) -> None:
    found = api.get("readiness", "viewer").json
    assert found["score"] == max(0, 100 - sum(one["points"] for one in found["points"]))
    assert {(one["points"], one["flag"]) for one in found["points"]} >= {(3, key)}
    known = flags(api)
    for one in found["points"]:
        assert one["flag"] is None or one["flag"] in known
        assert one["owner"]
        assert one["title"]
    assert {one["zone"] for one in found["zones"]} >= {"flow-school", "a"}
    # A box that has run for four minutes has stated it; this one may be younger.
    assert all(0 <= one["score"] <= 100 for one in api.get("readiness/history", "viewer").json["items"])
    assert api.get("readiness/history?limit=0", "viewer").status == 422


def test_a_dry_run_names_what_would_fail_and_moves_nothing(api: Served) -> None:
    assert api.post("dry-run", {}, "viewer").status == 403
    before = {one["id"]: one["command"] for one in api.get("doors", "viewer").json["items"]}
    begun = api.post("dry-run", {}, "technician")
    assert begun.status == 200, begun.body

    def over() -> Document | None:
        found: Document = api.get("dry-run", "viewer").json
        return found if found["last"] and found["last"]["number"] >= begun.json["number"] else None

    found = wait_for("the dry run came to its end", over)
    assert found["last"]["asked"] >= 1
    assert {one["id"]: one["command"] for one in api.get("doors", "viewer").json["items"]} == before
    wait_for(
        "each door that would fail is a flag",
        lambda: (
            {f"would_not_lock:{one['door']}" for one in found["last"]["doors"]} <= set(flags(api)) or None
        ),
    )
    api.start("lockdown")
    refused = api.post("dry-run", {}, "technician")
    assert (refused.status, refused.json["code"]) == (409, "dry_run_incident")
