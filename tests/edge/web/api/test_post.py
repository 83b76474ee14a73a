"""The command post through the API and the command line of a real daemon: tasks, roles, responders, rooms, timers."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.edge.web.api.served import Answer, Served

COMMANDER = "roles/incident-commander"


@pytest.fixture
def live(api: Served) -> str:
    """A live lockdown."""
    return str(api.start().json["incident"])


def post(api: Served, of: str, role: str = "administrator") -> dict[str, Any]:
    got = api.get(f"incidents/{of}/post", role)
    assert got.status == 200, got.body
    found: dict[str, Any] = got.json
    return found


def do(
    api: Served, of: str, what: str, said: object, role: str = "administrator", by: Any = "token"
) -> Answer:
    return api.post(f"incidents/{of}/{what}", said, role, by)


def test_a_lockdown_opens_its_packs_tasks_and_nobody_coordinates_yet(api: Served, live: str) -> None:
    found = post(api, live)
    assert found["coordinator"] is False
    assert {one["state"] for one in found["tasks"]} == {"open"}
    assert {one["role"] for one in found["tasks"]} >= {"incident-commander", "operations", "liaison"}
    (media,) = [one for one in found["timers"] if one["role"] == "public-information"]
    assert (media["every_s"], media["late"]) == (1_800, False)
    assert 1_700 < media["left_s"] <= 1_800
    assert found["people"] is None
    whole = api.get(f"incidents/{live}").json
    assert {one["number"] for one in whole["tasks"]} == {
        one["number"] for one in (*found["tasks"], *found["timers"])
    }
    assert api.get(f"incidents/{live}", "viewer").json["tasks"] is None


def test_a_task_is_taken_and_done_by_whom_and_when(api: Served, live: str) -> None:
    done = do(api, live, "tasks/1", {"state": "taken"}, "staff", "session")
    assert (done.status, done.json["durable"]) == (200, True)
    (task,) = [one for one in post(api, live)["tasks"] if one["number"] == 1]
    assert (task["state"], task["by"], task["since"] is not None) == ("taken", "Kim staff", True)
    refused = do(api, live, "tasks/1", {"state": "taken"})
    assert (refused.status, refused.json["code"]) == (409, "task_taken")
    assert do(api, live, "tasks/1", {"state": "done"}).status == 200
    assert do(api, live, "tasks/2", {"state": "not-applicable"}).status == 422
    assert do(api, live, "tasks/999", {"state": "done"}).status == 404
    assert do(api, live, "tasks/x", {"state": "done"}).status == 404
    kinds = [one["data"]["state"] for one in api.campus.rows("task.turned") if one["incident"] == live]
    assert kinds == ["taken", "done"]


def test_a_task_and_a_timer_are_added(api: Served, live: str) -> None:
    added = do(api, live, "tasks", {"text": "Water for the gym", "role": "logistics"})
    assert added.status == 200
    number = added.json["task"]
    assert any(
        one["number"] == number and one["text"] == "Water for the gym" for one in post(api, live)["tasks"]
    )
    said = {"text": "Ask police", "role": "liaison", "within_minutes": 10, "timer": True, "every": True}
    number = do(api, live, "tasks", said).json["task"]
    (timer,) = [one for one in post(api, live)["timers"] if one["number"] == number]
    assert (timer["every_s"], timer["last_done"]) == (600, None)
    assert do(api, live, f"tasks/{number}", {"state": "done"}).status == 200
    (timer,) = [one for one in post(api, live)["timers"] if one["number"] == number]
    assert (timer["state"], timer["last_done"] is not None) == ("open", True)
    refused = do(api, live, "tasks", {"text": "x", "role": "liaison", "timer": True})
    assert (refused.status, refused.json["code"]) == (422, "bad_time")


def test_command_is_taken_and_handed_over_with_a_reason(api: Served, live: str) -> None:
    assert do(api, live, COMMANDER, {"to": "me"}, "staff", "session").status == 200
    assert post(api, live)["coordinator"] is True
    refused = do(api, live, COMMANDER, {"to": "named", "name": "Chief Ott"})
    assert (refused.status, refused.json["code"]) == (422, "no_reason_role")
    said = {"to": "named", "name": "Chief Ott", "reason": "police took over"}
    assert do(api, live, COMMANDER, said).status == 200
    (commander,) = [one for one in post(api, live)["roles"] if one["role"] == "incident-commander"]
    assert commander["holder"]["name"] == "Chief Ott"
    (first, last) = [one for one in api.campus.rows("role.handed_over") if one["incident"] == live]
    assert (first["data"]["holder"], last["data"]["was"]) == ("account:staff", "account:staff")
    # No name of a person is in the clear part of the record.
    assert "Ott" not in json.dumps(last["data"])
    assert do(api, live, COMMANDER, {"to": "nobody", "reason": "police left"}).status == 200
    assert post(api, live)["coordinator"] is False
    assert do(api, live, "roles/king", {"to": "me"}).status == 404
    assert do(api, live, COMMANDER, {"to": "named"}).status == 422
    assert do(api, live, COMMANDER, {"to": "me", "name": "Kim"}).status == 422


def test_nobody_coordinates_and_responds_in_one_incident_without_a_reason(api: Served, live: str) -> None:
    # By whatever way they are named: an account's name means the account.
    assert do(api, live, "responders", {"here": True, "name": "Kim staff"}).status == 200
    refused = do(api, live, COMMANDER, {"to": "me"}, "staff", "session")
    assert (refused.status, refused.json["code"]) == (422, "responds_too")
    said = {"to": "me", "reason": "nobody else is in the building"}
    assert do(api, live, COMMANDER, said, "staff", "session").status == 200
    (commander,) = [one for one in post(api, live)["roles"] if one["role"] == "incident-commander"]
    assert commander["holder"]["coordinates_and_responds"] is True
    assert do(api, live, "responders", {"here": False, "name": "Kim staff"}).status == 200
    again = do(api, live, "responders", {"here": True, "name": "kim STAFF"})
    assert (again.status, again.json["code"]) == (422, "coordinates_too")


@pytest.mark.parametrize("by", ["session", "lapsed"])
def test_a_room_says_how_it_is_and_a_session_that_ran_out_may(api: Served, live: str, by: Any) -> None:
    silent = post(api, live)["rooms"]["silent"]
    room = silent[0]["room"]
    said = {"room": room, "word": "needs-help", "people": 22, "text": "a cut hand"}
    assert do(api, live, "rooms", said, "staff", by).status == 200
    found = post(api, live)
    assert room not in [one["room"] for one in found["rooms"]["silent"]]
    (heard,) = [one for one in found["rooms"]["heard"] if one["room"] == room]
    assert (heard["word"], heard["people"], heard["by"]) == ("needs-help", 22, "Kim staff")
    assert found["people"] == {"counted": 22, "places": 1}


def test_a_flood_of_reports_is_bounded_and_a_call_for_help_always_taken(api: Served, live: str) -> None:
    room = post(api, live)["rooms"]["silent"][0]["room"]
    statuses = [
        do(api, live, "rooms", {"room": room, "word": word}).status for word in ("safe", "missing") * 12
    ]
    assert 429 in statuses
    assert do(api, live, "rooms", {"room": room, "word": "intruder-seen"}).status == 200
    written = [one for one in api.campus.rows("room.reported") if one["incident"] == live]
    assert len(written) <= 8
    assert post(api, live)["rooms"]["heard"][0]["word"] == "intruder-seen"
    assert do(api, live, "rooms", {"room": None, "word": "safe"}).status == 422
    assert do(api, live, "rooms", {"room": "no-room", "word": "safe"}).status == 404


def test_a_drill_has_the_same_post_and_tells_nobody_outside(api: Served) -> None:
    of = str(api.start(kind="drill").json["incident"])
    call = next(one for one in post(api, of)["tasks"] if "911" in one["text"])
    assert call["text"].startswith("DRILL")


def test_what_is_over_has_no_post_and_takes_nothing(api: Served, live: str) -> None:
    api.post(f"incidents/{live}/close", {"reason": "over"}, "administrator", "session")
    assert api.get(f"incidents/{live}/post").status == 409
    room = {"room": None, "word": "safe", "text": "x"}
    for what, said in (("tasks/1", {"state": "done"}), (COMMANDER, {"to": "me"}), ("rooms", room)):
        refused = do(api, live, what, said)
        assert (refused.status, refused.json["code"]) == (409, "not_live")
    assert do(api, "inc-1", "tasks/1", {"state": "done"}).status == 404


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("tasks", {"text": "", "role": "safety"}),
        ("tasks", {"text": "x", "role": "king"}),
        ("tasks", {"text": "x", "role": "safety", "within_minutes": 0}),
        ("tasks/1", {"state": "lost"}),
        (COMMANDER, {"to": "them"}),
        ("responders", {"here": "yes"}),
        ("rooms", {"room": None, "word": "fine"}),
        ("rooms", {"room": None, "word": "safe", "people": -1}),
        ("rooms", {"word": "safe"}),
    ],
)
def test_what_is_no_request_is_refused_before_anything_is_done(
    api: Served, live: str, what: str, said: object
) -> None:
    assert do(api, live, what, said).status == 422


# --- the command line --------------------------------------------------------------------------


def cli(api: Served, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", "post", *args, "--config", str(api.campus.config)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, "COLUMNS": "300"},
    )


def test_the_command_line_shows_the_post_and_acts_there(api: Served, live: str) -> None:
    shown = cli(api, "show")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith("NOBODY COORDINATES.")
    assert "How many people where: not known." in shown.stdout
    for args in (
        ("task", "1", "taken"),
        ("add", "Ask police", "--role", "liaison", "--minutes", "5", "--every"),
        ("role", "incident-commander", "--to", "Chief Ott"),
        ("responder", "Officer Lee"),
        ("room", "injured", "--text", "hall by the gym", "--people", "3", "--incident", live),
    ):
        done = cli(api, *args)
        assert done.returncode == 0, (args, done.stdout, done.stderr)
    text = cli(api, "show").stdout
    assert "NOBODY" not in text
    for words in (
        "Incident commander: Chief Ott since",
        "Responding: Officer Lee",
        "hall by the gym: Somebody is injured, 3 there",
        "3 people counted in 1 place; of others nothing is known.",
        "Liaison: Ask police",
    ):
        assert words in text, text
    assert json.loads(cli(api, "show", "--json").stdout)["coordinator"] is True
    refused = cli(api, "role", "incident-commander", "--nobody")
    assert (refused.returncode, "Say why it passes on" in refused.stderr) == (1, True)


def test_the_command_line_says_that_nothing_is_live(api: Served) -> None:
    shown = cli(api, "show")
    assert (shown.returncode, "No such incident is live" in shown.stderr) == (1, True)
