"""Over a restart: presses that wait for a person, what of them is nobody's to know, and a stream taken up again."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from edge.simulated.addresses import spare_port
from tests.edge.web.api.listening import ears
from tests.edge.web.api.served import Served, serving
from tests.edge.web.api.test_record import all_events
from tests.flow.waiting import wait_for

OLDER_US = 100_000_000


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, Any]]]:
    """A campus that was away while two buttons were pressed: one silent, one not. With what listeners had heard before."""
    with serving(tmp_path_factory.mktemp("restarted")) as api:
        heard = {role: ears(api, role) for role in ("administrator", "technician")}
        api.start("secure")
        for one in heard.values():
            one.until("the start", "zone.response/1")
        api.campus.end()
        wait_for("the streams ended", lambda: all(one.ended for one in heard.values()) or None)
        for one in heard.values():
            one.hang_up()
        api.campus.broker.press("pb-duress", "single", "old-duress")
        api.campus.broker.press("pb-native", "hold", "old-lockdown")
        known = api.campus.store / "mqtt-last-known-up.json"
        said = json.loads(known.read_text())
        known.write_text(
            json.dumps({**said, "utc_us": said["utc_us"] - OLDER_US, "mono_us": said["mono_us"] - OLDER_US})
        )
        api.campus.start()
        api.campus.until(
            "both wait, and are flagged",
            lambda now: [one["code"] for one in now["flags"]].count("unanswered_press") == 2,
        )
        api.campus.until("the page is open", lambda _: api.campus.health("healthz") == 200)
        yield api, heard


def test_a_stream_is_taken_up_over_the_restart(restarted: tuple[Served, dict[str, Any]]) -> None:
    api, heard = restarted
    for role, before in heard.items():
        again = ears(api, role, before.last)
        last = all_events(api, role)[-1]
        again.until_last(f"{last['epoch']}:{last['seq']}")
        again.hang_up()
        every = [f"{one['epoch']}:{one['seq']}" for one in all_events(api, role)]
        ids = before.ids + again.ids
        assert ids[: len(every)] == every[every.index(ids[0]) :][: len(ids)]


def test_a_silent_press_that_waits_is_shown_by_no_row_number_count_or_flag(
    restarted: tuple[Served, dict[str, Any]],
) -> None:
    api, _ = restarted
    (shown,) = api.get("unanswered", "viewer").json["items"]
    both = api.get("unanswered").json["items"]

    assert (shown["button"], shown["response"], shown["number"]) == ("pb-native", "lockdown", None)
    assert {one["response"]: one["number"] for one in both} == {"duress": 1, "lockdown": 2}
    assert api.get("campus", "viewer").json["counts"]["unanswered"] == 1
    flags = [one for one in api.get("flags", "viewer").json["items"] if one["code"] == "unanswered_press"]
    assert [one["subject"] for one in flags] == ["pb-native"]
    assert "2" not in flags[0]["text"]
    events = [one for one in all_events(api, "technician") if one["kind"] == "press.unanswered/1"]
    assert [(one["subject"], one["data"]["number"]) for one in events] == [("pb-native", None)]
    hidden = next(one["id"] for one in both if one["response"] == "duress")
    assert api.post(f"unanswered/{hidden}/answer", {"answer": "start"}, "staff", "session").status == 404


def test_a_press_that_waits_is_started_by_one_touch_and_dismissed_only_by_whom_it_is(
    restarted: tuple[Served, dict[str, Any]],
) -> None:
    api, _ = restarted
    (shown,) = api.get("unanswered", "staff").json["items"]
    path = f"unanswered/{shown['id']}/answer"

    assert api.post(path, {"answer": "dismiss", "reason": "x"}, "staff", "session").status == 403
    assert api.post(path, {"answer": "dismiss"}, "administrator", "session").json["code"] == "no_reason"
    started = api.post(path, {"answer": "start"}, "staff", "lapsed")

    assert (started.status, started.json["durable"]) == (200, True)
    api.campus.until_secured()
    assert api.post(path, {"answer": "start"}, "staff", "session").status == 404
    silent = next(one for one in api.get("unanswered").json["items"])
    begun = api.post(f"unanswered/{silent['id']}/answer", {"answer": "start"}, "front-office", "session")
    assert (begun.status, begun.json["incident"]) == (200, None)
    assert all(not one["silent"] for one in api.get("incidents", "staff").json["items"])


def test_a_page_that_moves_to_another_address_forgets_nothing_that_was_done(tmp_path: Path) -> None:
    with serving(tmp_path) as api:
        incident = api.start("secure").json["incident"]
        note = partial(api.post, f"incidents/{incident}/notes", {"text": "once"}, Idempotency_Key="n-1")
        first = note()
        before = api.campus.status()["appliance"]["journal"]["seq"]

        tree = {**api.campus.tree, "web": {"listen": f"127.0.0.1:{spare_port()}"}}
        api.campus.write(tree)
        api.campus.reload()
        api.port = int(tree["web"]["listen"].rpartition(":")[2])
        api.campus.until("the page is open there", lambda _: api.campus.health("healthz") == 200)

        again = note()
        assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
        kinds = [one["kind"] for one in all_events(api, "administrator") if one["seq"] > before]
        assert "incident.note/1" not in kinds
