"""`/selftest`: anybody who may look sees what the last one saw; whoever may test begins one."""

from tests.edge.web.api.served import Document, Served
from tests.flow.waiting import wait_for


def test_one_that_is_begun_comes_to_its_end_and_tells_each_link(api: Served) -> None:
    begun = api.post("selftest", {}, "technician")
    assert begun.status == 200, begun.body
    number = begun.json["number"]

    def over() -> Document | None:
        found: Document = api.get("selftest", "viewer").json
        return found if found["last"] and found["last"]["number"] >= number else None

    found = wait_for("the self-test came to its end", over)

    kinds = {one["kind"] for one in found["last"]["links"]}
    assert {"daemon", "broker", "controller", "button", "decision", "lock"} <= kinds
    assert all(one["last_proven"] for one in found["last"]["links"] if one["outcome"] == "proven")
    assert found["exercises"] == []
    # By the figures too, from the box itself.
    text = api.send("GET", "/metrics", headers={}).body.decode()
    assert 'campus_edge_selftest_links{outcome="proven"}' in text
    assert "campus_edge_selftest_age_seconds" in text


def test_whoever_may_only_look_begins_none(api: Served) -> None:
    assert api.post("selftest", {}, "viewer").status == 403
    assert api.get("selftest", "viewer").status == 200
    assert api.get("selftest?what=1", "viewer").status == 422
    assert api.post("selftest", {"more": 1}, "technician").status == 422


def test_doors_and_buttons_say_when_they_were_last_proven(api: Served) -> None:
    assert all("last_proven" in one for one in api.get("doors", "viewer").json["items"])
    assert all(isinstance(one["last_proven"], dict) for one in api.get("buttons", "viewer").json["items"])
