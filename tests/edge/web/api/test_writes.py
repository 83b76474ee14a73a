"""What persons and programs do through the API: done once, answered once durable, refused with what to do."""

import json
import threading
from typing import Any

import pytest

from tests.edge.web.api.served import By, Served, code_now
from tests.flow.rig import flags, verdicts

WHY = {"reason": "responder inside"}


def live(api: Served) -> list[dict[str, Any]]:
    return [one for one in api.get("incidents").json["items"] if one["closed"] is None]


# --- starting ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "by"), [("staff", "session"), ("staff", "lapsed"), ("device", "token")])
def test_whoever_may_start_locks_the_campus_and_is_told_when_it_is_on_disk(
    api: Served, role: str, by: Any
) -> None:
    said = {"response": "lockdown", "zones": ["flow-school"], "kind": "real", "reason": ""}

    done = api.post("incidents", said, role, by)

    assert done.status == 200, done.body
    assert done.json["durable"] is True
    api.campus.until_secured()
    (asked,) = [one for one in api.campus.rows("start.asked") if one["incident"] == done.json["incident"]]
    assert asked["actor"] == (f"token:{role}" if by == "token" else f"account:{role}")


def test_kind_has_no_default(api: Served) -> None:
    refused = api.post("incidents", {"response": "lockdown", "zones": ["flow-school"], "reason": ""})
    assert refused.status == 422
    assert refused.json["errors"] == [{"path": "$.kind", "detail": "It is missing."}]
    assert live(api) == []


def test_a_name_given_twice_is_refused_for_nobody_knows_which_was_meant(api: Served) -> None:
    said = b'{"response": "lockdown", "zones": ["flow-school"], "kind": "drill", "kind": "real"}'
    known = {**api.headers("administrator", "token"), "Content-Type": "application/json"}
    got = api.send("POST", "/api/v1/incidents", said, known)
    assert got.status == 422
    assert [one["path"] for one in got.json["errors"]] == ["$.kind"]
    assert api.get("campus").json["incidents"] == []


def test_every_mistake_is_named_at_once_with_its_path(api: Served) -> None:
    said = {"response": "panic", "zones": ["a", 7, ""], "kind": "test", "reason": 5, "colour": "red"}

    refused = api.post("incidents", said)

    assert refused.status == 422
    paths = {one["path"] for one in refused.json["errors"]}
    assert paths == {"$.response", "$.zones[1]", "$.zones[2]", "$.kind", "$.reason", "$.colour"}


def test_a_start_on_a_live_incident_of_its_kind_joins_it(api: Served) -> None:
    first = api.start("secure").json["incident"]
    assert api.start("lockdown").json["incident"] == first
    assert live(api)[0]["response"] == "lockdown"


def test_staff_may_start_a_real_one_and_no_drill(api: Served) -> None:
    said = {"response": "secure", "zones": ["flow-school"], "kind": "drill", "reason": ""}
    assert api.post("incidents", said, "staff", "session").status == 403
    assert api.post("incidents", said, "safety-coordinator", "session").status == 200
    assert [one["kind"] for one in live(api)] == ["drill"]


def test_a_zone_that_is_not_there_starts_nothing(api: Served) -> None:
    refused = api.start(zones=["moon"])
    assert (refused.status, refused.json["code"]) == (404, "unknown_zone")


# --- once ---------------------------------------------------------------------------------------


def test_the_same_key_and_body_is_done_once_and_answered_alike(api: Served) -> None:
    incident = api.start("secure").json["incident"]
    path, note = f"incidents/{incident}/notes", {"text": "police at the gate"}

    first = api.post(path, note, Idempotency_Key="k-1")
    again = api.post(path, note, Idempotency_Key="k-1")

    assert (first.status, again.status, again.body) == (200, 200, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert len([one for one in api.campus.rows("incident.note") if one["incident"] == incident]) == 1


def test_one_key_for_two_requests_is_refused_and_each_caller_has_keys_of_their_own(api: Served) -> None:
    incident = api.start("secure").json["incident"]
    path = f"incidents/{incident}/notes"
    assert api.post(path, {"text": "one"}, Idempotency_Key="k-2").status == 200

    refused = api.post(path, {"text": "two"}, Idempotency_Key="k-2")
    other = api.post(path, {"text": "two"}, "staff", "session", Idempotency_Key="k-2")

    assert (refused.status, refused.json["code"]) == (409, "idempotency_key_used")
    assert other.status == 200


def test_a_double_touch_is_one_start(api: Served) -> None:
    answers: list[Any] = []
    said = {"response": "secure", "zones": ["flow-school"], "kind": "real", "reason": ""}
    threads = [
        threading.Thread(
            target=lambda: answers.append(api.post("incidents", said, Idempotency_Key="k-3").json)
        )
        for _ in range(4)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)

    assert len({str(one) for one in answers}) == 1
    rows = [one for one in api.campus.rows("start.asked") if one["incident"] == answers[0]["incident"]]
    assert len(rows) == 1


def test_a_cookie_that_comes_with_an_answer_comes_with_the_first_alone_and_is_kept_nowhere(
    api: Served,
) -> None:
    said = {"code": code_now()}

    first = api.post("release-session", said, "security-officer", "spare", Idempotency_Key="k-4")
    cookie = first.headers["set-cookie"].partition(";")[0]
    raised = {**api.headers("security-officer", "none"), "Cookie": cookie, "Content-Type": "application/json"}
    again = api.send(
        "POST",
        "/api/v1/release-session",
        json.dumps(said).encode(),
        {**raised, "Idempotency-Key": "k-4"},
    )

    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (200, first.body, "true")
    assert "set-cookie" not in again.headers


def test_a_key_that_is_none_is_refused(api: Served) -> None:
    assert api.post("incidents", {}, Idempotency_Key="x" * 200).status == 422


# --- doors --------------------------------------------------------------------------------------


def test_a_door_is_locked_by_name_and_proven(api: Served) -> None:
    done = api.post("doors/tcp-1/lock", {"reason": "work inside"})
    assert (done.status, done.json["durable"]) == (200, True)
    api.campus.until_secured("tcp-1")
    assert set(verdicts(api.campus.status(), "tcp-2").values()) != {"secured"}


def test_what_the_interlock_holds_back_is_refused_with_its_reason(api: Served) -> None:
    api.campus.devices.turn("fire", True)
    api.campus.until("fire is active", lambda now: any(one["state"] == "active" for one in now["inputs"]))

    refused = api.post("doors/gym/lock", WHY)

    api.campus.devices.turn("fire", False)
    assert (refused.status, refused.json["code"]) == (409, "held")
    assert [one["door"] for one in refused.json["held"]] == ["gym"]
    assert refused.json["held"][0]["words"]
    api.campus.until("fire is quiet", lambda now: all(one["state"] == "quiet" for one in now["inputs"]))


def test_a_program_unlocks_in_quiet_times_and_never_while_an_incident_is_live(api: Served) -> None:
    api.post("doors/tcp-1/lock", WHY)
    assert api.post("doors/tcp-1/unlock", WHY).status == 200
    api.campus.until_at_rest("tcp-1")

    api.start()
    api.campus.until_secured()
    refused = api.post("doors/tcp-1/unlock", WHY)

    assert (refused.status, refused.json["code"]) == (403, "not_by_a_program_now")
    assert api.campus.devices.locked("tcp-1")


def test_a_silent_incident_is_no_reason_that_a_program_hears_of(api: Served) -> None:
    api.campus.broker.press("pb-duress", "single", "d-unlock")
    api.campus.until("duress is live", lambda now: any(one["silent"] for one in now["incidents"]))
    assert api.post("doors/tcp-1/unlock", WHY).status == 200


def test_a_person_releases_by_name_within_a_release_session_and_never_by_token(api: Served) -> None:
    incident = api.start().json["incident"]
    api.campus.until_secured()
    path, said = f"incidents/{incident}/release", {"doors": ["tcp-1"], **WHY}
    by: tuple[str, By] = ("responder", "session")

    assert api.post(path, said, "administrator", "token").status == 403
    closed = api.post(path, said, *by)
    assert (closed.status, closed.json["code"]) == (403, "no_release_session")
    assert api.post("doors/tcp-1/unlock", WHY, *by).json["code"] == "no_release_session"
    wrong = api.post("release-session", {"code": "000000"}, *by)
    assert (wrong.status, wrong.json["code"]) == (403, "wrong")
    opened = api.post("release-session", {"code": code_now()}, *by)
    assert opened.status == 200, opened.body
    assert 0 < opened.json["left_s"] <= 300

    done = api.post(path, said, *by)

    assert (done.status, done.json["held"]) == (200, [])
    api.campus.until_at_rest("tcp-1")
    assert api.campus.devices.locked("tcp-2")
    assert api.post("doors/tcp-2/unlock", WHY, *by).status == 200
    assert api.campus.rows("doors.ordered")[-1]["actor"] == "account:responder"


# --- closing, noting ----------------------------------------------------------------------------


def test_close_ends_this_incident_and_leaves_every_door(api: Served) -> None:
    incident = api.start().json["incident"]
    api.campus.until_secured()

    by: tuple[str, By] = ("administrator", "session")
    closed = api.post(f"incidents/{incident}/close", {"reason": "all clear by the principal"}, *by)

    assert (closed.status, closed.json["doors_still_locked"]) == (200, 3)
    assert api.campus.devices.locked("tcp-1")
    assert api.post(f"incidents/{incident}/close", {"reason": "again"}).json["code"] == "no_incident"
    assert api.post(f"incidents/{incident}/notes", {"text": "debrief at 15:00"}).status == 200


def test_a_program_ends_a_drill_and_never_a_real_incident(api: Served) -> None:
    drill = api.start(kind="drill").json["incident"]
    assert api.post(f"incidents/{drill}/close", WHY).status == 200
    incident = api.start().json["incident"]

    refused = api.post(f"incidents/{incident}/close", WHY)

    assert (refused.status, refused.json["code"]) == (403, "person_first")
    assert "signs in on the page" in refused.json["detail"]
    assert [one["id"] for one in live(api)] == [incident]
    # A page that is opened with a token is a program's as well.
    token = {**api.headers("administrator", "token"), "Content-Type": "application/x-www-form-urlencoded"}
    form = f"reason=over&word=end&key=k&seen={incident}+lockdown".encode()
    api.send("POST", "/close", form, token)
    assert [one["id"] for one in live(api)] == [incident]
    by: tuple[str, By] = ("administrator", "session")
    assert api.post(f"incidents/{incident}/close", WHY, *by).status == 200


def test_the_box_itself_is_asked_who_ends_a_real_incident_and_not_who_ends_a_drill(api: Served) -> None:
    def at_the_box() -> dict[str, object]:
        return api.campus.ask({"do": "close", "reason": "over"})

    api.start(kind="drill")
    assert at_the_box()["ok"]
    api.start()
    alone = api.campus.cli("close", "--reason", "over")
    assert (alone.returncode, "--user NAME" in alone.stderr) == (1, True)
    assert at_the_box()["code"] == "person_first"
    assert live(api)
    assert api.campus.cli_close("over").returncode == 0
    assert not live(api)


def test_an_incident_is_shown_whole_and_its_timeline_only_with_the_right_to_the_record(api: Served) -> None:
    api.campus.broker.press("pb-native", "hold", "w-1")
    api.campus.until_secured()
    incident = live(api)[0]["id"]
    api.post(f"incidents/{incident}/notes", {"text": "police at the gate"})

    def whole(role: str) -> Any:
        return api.get(f"incidents/{incident}", role).json

    seen = whole("technician")
    assert {one["door"] for one in seen["ledger"] if one["now"] == "secured"} >= {"tcp-1", "tcp-2"}
    assert [(one["button"], one["standing"]) for one in seen["presses"]] == [("pb-native", "acted")]
    kinds = [one["kind"] for one in seen["timeline"]["items"]]
    assert kinds[:2] == ["press.heard/1", "incident.opened/1"]
    assert seen["timeline"]["items"][-1]["opened"] == {"text": "police at the gate"}
    assert [one["id"] for one in seen["outputs"]] == ["strobe"]
    assert whole("staff")["timeline"] is None
    page = api.get(f"incidents/{incident}/timeline?limit=1").json
    assert page["items"][0]["kind"] == "press.heard/1"
    assert api.get(f"incidents/{incident}/timeline?after={page['next']}").json["items"][0]["kind"] == (
        "incident.opened/1"
    )


# --- walk-tests --------------------------------------------------------------


def test_a_walk_test_needs_a_person_and_buttons_and_shows_them(api: Served) -> None:
    said = {"buttons": ["pb-native"], "minutes": 5, "person": "Kim Ito"}

    done = api.post("walk-tests", said, "technician", "session")

    assert done.status == 200, done.body
    assert [one["button"] for one in api.get("walk-tests").json["items"]] == ["pb-native"]
    assert api.post("walk-tests", {**said, "minutes": 31}).status == 422
    assert api.post("walk-tests", {**said, "minutes": 5.0}).status == 200
    assert api.post("walk-tests", {**said, "buttons": ["none"]}).status == 404
    assert api.post("walk-tests", said, "staff", "session").status == 403
    assert "walk_test" not in flags(api.campus.status())
    api.start("secure")  # a real one ends every walk-test
    assert api.get("walk-tests").json["items"] == []


# --- what cannot be read ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "form", "status"),
    [
        (b"[", "application/json", 400),
        (b"", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"[]", "application/json", 422),
        (b'{"reason": "' + b"x" * 300_000 + b'"}', "application/json", 413),
        (b'{"reason": "one\\u0007two"}', "application/json", 422),
    ],
    ids=[
        "no JSON",
        "nothing",
        "no UTF-8",
        "deep",
        "text",
        "a form",
        "a list",
        "too large",
        "a control character",
    ],
)
def test_a_body_that_cannot_be_taken_is_a_problem_and_does_nothing(
    api: Served, body: bytes, form: str, status: int
) -> None:
    told = {**api.headers("administrator", "token"), "Content-Type": form}
    refused = api.send("POST", "/api/v1/doors/tcp-1/lock", body, told)
    assert refused.status == status
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert not api.campus.devices.locked("tcp-1")
