"""What the API shows of the live picture, from memory, and to whom."""

import json
from typing import Any

import pytest

from tests.edge.web.api.served import By, Served
from tests.flow.waiting import wait_for

NOUNS = (
    "doors",
    "buttons",
    "inputs",
    "controllers",
    "outputs",
    "flags",
    "walk-tests",
    "unanswered",
    "incidents",
)


def test_the_campus_is_one_document(api: Served) -> None:
    seen = api.get("campus", "viewer")

    assert seen.status == 200, seen.body
    campus = seen.json
    assert (campus["id"], campus["armed"], campus["timezone"]) == ("flow-school", True, "America/Chicago")
    assert campus["counts"]["doors"] == 3
    assert sum(campus["counts"]["verdicts"].values()) == 3
    assert [zone["id"] for zone in campus["zones"]] == ["flow-school", "a", "a-1", "b"]


@pytest.mark.parametrize("noun", NOUNS)
def test_each_list_is_items_and_next(api: Served, noun: str) -> None:
    listed = api.get(noun, "viewer")
    assert listed.status == 200, listed.body
    assert {"items", "next"} <= listed.json.keys()


def test_a_list_is_read_a_page_at_a_time_and_whole(api: Served) -> None:
    seen, after = [], None
    while True:
        page = api.get("doors?limit=2" + (f"&after={after}" if after else "")).json
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == ["gym", "tcp-1", "tcp-2"]


def test_doors_of_a_zone_are_those_in_it_and_below(api: Served) -> None:
    assert [one["id"] for one in api.get("doors?zone=a").json["items"]] == ["tcp-1", "tcp-2"]
    assert api.get("doors?zone=nowhere").status == 404


def test_a_door_shows_its_evidence_with_its_age(api: Served) -> None:
    door = api.get("doors/tcp-1").json
    assert door["bolt"]["fresh"] is True
    assert 0 <= door["bolt"]["age_ms"] < 5_000


@pytest.mark.parametrize(
    ("path", "mistake"),
    [
        ("doors?limit=0", "$.limit"),
        ("doors?limit=some", "$.limit"),
        ("doors?colour=red", "$.colour"),
        ("doors?limit=1&limit=2", "$.limit"),
        ("events?after=yesterday", "$.after"),
    ],
)
def test_a_query_that_does_not_hold_together_names_what(api: Served, path: str, mistake: str) -> None:
    refused = api.get(path)
    assert refused.status == 422
    assert [one["path"] for one in refused.json["errors"]] == [mistake]


def test_what_is_not_there_is_a_problem_of_rfc_9457(api: Served) -> None:
    for path in ("/api/v1/doors/none", "/api/v1/incidents/none", "/api/v2/doors", "/nowhere"):
        missing = api.send("GET", path, None, api.headers("administrator", "token"))
        assert missing.status == 404
        assert missing.headers["content-type"].startswith("application/problem+json")
        assert missing.json["status"] == 404
        assert missing.json["code"]


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/api/v1/doors"), ("GET", "/api/v1/doors/x/lock")])
def test_another_method_is_told_which_are_allowed(api: Served, method: str, path: str) -> None:
    refused = api.send(method, path, None, api.headers("administrator", "token"))
    assert refused.status == 405
    assert refused.headers["allow"] in ("GET,HEAD", "POST")
    assert refused.headers["content-type"].startswith("application/problem+json")


def test_every_answer_is_kept_by_nobody_and_framed_by_nobody(api: Served) -> None:
    for answer in (api.get("campus"), api.get("doors/none"), api.get("campus", by="none")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["server"] == "campus-edge"


# --- what is silent ----------------------------------------------------------------------------


def buttons(api: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("buttons", "viewer").json["items"]
    return found


def test_a_duress_incident_is_nowhere_for_those_without_the_right(api: Served) -> None:
    # A press is a sign of life, as a button's report every minute is: heard it was before.
    api.campus.broker.publish("campus/button/pb-duress/status", {"battery": 90})
    wait_for(
        "it was heard",
        lambda: {one["id"]: one["supervision"] for one in buttons(api)}["pb-duress"] == "heard",
    )

    def seen() -> dict[str, Any]:
        nouns = ("incidents", "unanswered", "flags", "walk-tests")
        found = {noun: api.get(noun, "viewer").json for noun in nouns}
        # What the book of assets does not know is told whenever it has looked, whatever was pressed.
        found["flags"]["items"] = [one for one in found["flags"]["items"] if one["code"] != "asset_unknown"]
        return found

    before = seen()
    # The doors that the test before locked are on their way to rest.
    wait_for(
        "all doors are shown at rest",
        lambda: set(api.get("campus", "viewer").json["counts"]["verdicts"]) <= {"closed_unlocked"} or None,
    )
    counts = api.get("campus", "viewer").json["counts"]
    api.campus.broker.press("pb-duress", "single", "d-1")
    api.campus.until("duress is live", lambda now: any(one["silent"] for one in now["incidents"]))
    silent = next(one for one in api.get("incidents").json["items"] if one["silent"] and not one["closed"])

    after = seen()
    campus = api.get("campus", "viewer").json

    assert after == before
    assert campus["incidents"] == []
    assert campus["counts"] == counts
    assert all(zone["response"] is None for zone in campus["zones"])
    for role in ("viewer", "staff", "technician"):
        assert api.get(f"incidents/{silent['id']}", role).status == 404
    assert api.post(f"incidents/{silent['id']}/notes", {"text": "x"}, "staff").status == 404
    assert api.get("campus").json["incidents"][0]["id"] == silent["id"]
    assert silent["id"] in {one["id"] for one in api.get("incidents", "front-office").json["items"]}


def test_a_second_silent_call_shows_its_zone_to_those_with_the_right_and_changes_nothing_for_others(
    api: Served,
) -> None:
    def seen(role: str) -> tuple[dict[str, Any], str]:
        page = api.send("GET", "/", None, api.headers(role, "token")).body.decode()
        return api.get("incidents", role).json, page

    assert api.start("duress", zones=["a"]).status == 200
    (silent,) = api.get("campus").json["incidents"]
    others = api.get("incidents", "viewer").json
    assert api.start("duress", zones=["b"]).status == 200

    (now,) = api.get("campus").json["incidents"]
    assert (silent["zones"], now["zones"], now["id"]) == (["a"], ["a", "b"], silent["id"])
    _, home = seen("administrator")
    assert "Building A, Gymnasium" in home
    assert api.get("incidents", "viewer").json == others
    for role in ("viewer", "staff", "technician"):
        listed, page = seen(role)
        assert silent["id"] not in str(listed) + page
        assert "duress" not in page.lower()
    by: tuple[str, By] = ("administrator", "session")
    assert api.post(f"incidents/{silent['id']}/close", {"reason": "over"}, *by).status == 200
    over = next(one for one in api.get("incidents").json["items"] if one["id"] == silent["id"])
    assert over["zones"] == ["a", "b"]
    assert silent["id"] not in str(api.get("incidents", "viewer").json)


def test_an_incident_that_is_over_names_every_zone_that_it_was_in(api: Served) -> None:
    incident = api.start("lockdown", zones=["a"]).json["incident"]
    assert api.start("hold-in-place", zones=["b"]).json["incident"] == incident
    wait_for("both are named", lambda: api.get("incidents").json["items"][0]["zones"] == ["a", "b"])
    by: tuple[str, By] = ("administrator", "session")
    assert api.post(f"incidents/{incident}/close", {"reason": "over"}, *by).status == 200

    (over,) = [one for one in api.get("incidents").json["items"] if one["id"] == incident]
    assert (over["zone"], over["zones"], over["closed"] is None) == ("a", ["a", "b"], False)
    page = api.send("GET", "/incidents", None, api.headers("administrator", "token")).body.decode()
    row = page[page.index(incident) :][:800]
    assert "Building A, Gymnasium" in row
    told = api.campus.cli("incident", "list", "--json").stdout
    (line,) = [one for one in json.loads(told)["items"] if one["id"] == incident]
    assert line["zones"] == ["a", "b"]
    assert "a, b" in api.campus.cli("incident", "list").stdout
    assert "in a, also b, incident" in api.campus.cli("incident", "show", incident).stdout


def test_a_button_tells_of_its_silent_gesture_only_to_those_with_the_right(api: Served) -> None:
    def gestures(role: str) -> set[str]:
        buttons = api.get("buttons", role).json["items"]
        return set(next(one["gestures"] for one in buttons if one["id"] == "pb-duress"))

    assert gestures("administrator") == {"single", "hold"}
    assert gestures("viewer") == {"hold"}
