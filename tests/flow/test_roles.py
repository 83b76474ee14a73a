"""The roles of part 6 with real accounts: what teachers, the front office, officers and responders may, and may not."""

import json
from collections.abc import Iterator
from functools import partial

import pytest

from rules.rights import ROLES
from tests.flow.browser import Browser
from tests.flow.rig import School, running
from tests.flow.school import native, school
from tests.flow.waiting import wait_for

PASSWORD = "seven blue herons at dawn"
GIVEN_NOW = (
    "teacher",
    "substitute",
    "front-office",
    "safety-coordinator",
    "school-resource-officer",
    "security-officer",
    "responder",
)
ROOM = "/classroom/tcp-1"
WHY = {"reason": "searched by the police"}


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("roles")
    buttons = [native("pb-native"), native("pb-duress", {"single": "duress", "hold": "lockdown"})]
    with running(folder, partial(school, folder, buttons=buttons)) as here:
        wait_for("the page", lambda: here.health("healthz") == 200)
        yield here


@pytest.fixture
def quiet(campus: School) -> Iterator[School]:
    """Whatever a test left live is closed, every door at rest."""
    yield campus
    now = campus.status()
    if now["incidents"]:
        assert campus.end_incident("the test is over")["ok"]
    doors = [one["id"] for one in now["doors"] if one["order"] and one["order"]["word"] != "rest"]
    if doors:
        campus.release(*doors)
        campus.until_at_rest(*doors)


def signed_in(campus: School, role: str, *, factor: bool = False) -> Browser:
    """Somebody of a role, as the command line adds them, on the page. factor: with a printed code."""
    name = f"Kim {role}{' proven' if factor else ''}"
    known = {one["name"] for one in json.loads(campus.cli("user", "list", "--json").stdout)["items"]}
    if name not in known:
        file = campus.folder / "password"
        file.write_text(PASSWORD + "\n")
        made = campus.cli("user", "add", name, "--role", role, "--password-file", str(file))
        assert made.returncode == 0, made.stderr
    browser, code = Browser(campus.tree["web"]["listen"]), code_of(campus, name) if factor else ""
    signed = browser.sign_in(name, PASSWORD, code)
    assert signed.status == 303, signed.body
    return browser


def code_of(campus: School, name: str) -> str:
    done = campus.cli("user", "codes", name, "--json")
    return str(json.loads(done.stdout)["data"]["secret"][0])


def lockdown(campus: School, press: str) -> str:
    campus.broker.press("pb-native", "hold", press)
    campus.until_secured("tcp-1", "tcp-2")
    return str(campus.status()["incidents"][0]["id"])


def refused(browser: Browser, *paths: str) -> bool:
    return {browser.get(path).status for path in paths} == {403}


def test_each_of_them_is_added_and_what_has_no_page_yet_is_not(campus: School) -> None:
    for role in GIVEN_NOW:
        browser = signed_in(campus, role)
        assert browser.get("/").status == 200
    for role in ("it", "kiosk", "auditor", "district"):
        assert role in ROLES
        made = campus.ask({"do": "user", "verb": "add", "name": "Nobody", "role": role, "password": PASSWORD})
        assert made["code"] == "bad_role"
        assert "teacher" in made["words"]


@pytest.mark.parametrize("role", ["teacher", "substitute"])
def test_a_teacher_reports_a_room_and_starts_a_response_and_ends_and_opens_nothing(
    quiet: School, role: str
) -> None:
    browser = signed_in(quiet, role)
    incident = lockdown(quiet, f"room-{role}")
    assert "Lockdown" in browser.get(ROOM).body.decode()
    report = {"word": "safe", "people": "24", "incident": incident, "key": f"k-{role}"}
    assert browser.send(ROOM, report).status == 303
    post = json.loads(quiet.cli("post", "show", "--json").stdout)
    assert [(one["room"], one["word"], one["people"]) for one in post["rooms"]["heard"]] == [
        ("tcp-1", "safe", 24)
    ]
    assert refused(browser, "/close", "/release", "/people", f"/incidents/{incident}/responder", "/drills")
    assert browser.post(f"/api/v1/incidents/{incident}/close", WHY).status == 403
    assert browser.post("/api/v1/doors/tcp-1/unlock", WHY).status == 403
    assert browser.get("/assets").status == (200 if role == "teacher" else 403)
    assert browser.get(f"/incidents/{incident}/post").status == (200 if role == "teacher" else 403)
    medical = {"response": "medical", "zones": ["a"], "kind": "real", "reason": "a fall"}
    assert browser.post("/api/v1/incidents", medical).status == 200


def test_the_front_office_sees_the_silent_call_and_ends_nothing(quiet: School) -> None:
    office, teacher = signed_in(quiet, "front-office", factor=True), signed_in(quiet, "teacher")
    quiet.broker.press("pb-duress", "single", "silent-1")
    quiet.until("duress", lambda now: any(one["silent"] for one in now["incidents"]))
    (silent,) = office.get("/api/v1/incidents").json["items"][:1]
    assert silent["silent"]
    assert silent["id"] not in str(teacher.get("/api/v1/incidents").json)
    assert office.post(f"/api/v1/incidents/{silent['id']}/close", WHY).status == 403
    assert office.get("/detections").status == 200


@pytest.mark.parametrize("role", ["school-resource-officer", "safety-coordinator"])
def test_who_answers_for_safety_goes_through_an_incident_to_its_end_by_name(quiet: School, role: str) -> None:
    browser = signed_in(quiet, role, factor=True)
    incident = lockdown(quiet, f"whole-{role}")
    for page in ("post", "responder"):
        assert browser.get(f"/incidents/{incident}/{page}").status == 200
    assert (
        browser.send(f"/incidents/{incident}/responding", {"who": "Officer Lee", "here": "yes"}).status == 303
    )
    opened = browser.send("/release/open", {"code": code_of(quiet, f"Kim {role} proven")})
    assert opened.status == 303, opened.body
    released = browser.post(f"/api/v1/incidents/{incident}/release", {"doors": ["tcp-1"], **WHY})
    assert released.status == 200, released.body
    ended = browser.post(f"/api/v1/incidents/{incident}/close", WHY)
    assert ended.status == 200, ended.body
    # Its second factor was proven at the sign-in; who may administer is another.
    assert refused(browser, "/people")
    name = f"Kim {role} proven"
    assert campus_row(quiet)["actor"] == next(
        one["id"]
        for one in json.loads(quiet.cli("user", "list", "--json").stdout)["items"]
        if one["name"] == name
    )


def campus_row(campus: School) -> dict[str, str]:
    return campus.rows("incident.closed")[-1]


def test_a_security_officer_sees_how_in_and_ends_nothing(quiet: School) -> None:
    browser = signed_in(quiet, "security-officer", factor=True)
    incident = lockdown(quiet, "security-1")
    assert browser.get(f"/incidents/{incident}/responder").status == 200
    assert browser.post(f"/api/v1/incidents/{incident}/close", WHY).status == 403
    assert refused(browser, "/close", "/drills")


def test_a_responder_is_a_guest_who_has_the_incident_and_nothing_in_quiet_times(quiet: School) -> None:
    browser = signed_in(quiet, "responder", factor=True)
    assert browser.get("/").status == 200
    assert browser.get("/map").status == 200
    assert refused(browser, "/release")
    unlock = browser.post("/api/v1/doors/tcp-1/unlock", WHY)
    assert (unlock.status, "while an incident or a drill is live" in unlock.json["detail"]) == (403, True)
    alone = ("release", "tcp-1", "--reason", "no incident", "--user", "Kim responder proven")
    (quiet.folder / "code").write_text(code_of(quiet, "Kim responder proven") + "\n")
    assert quiet.cli(*alone, "--code-file", str(quiet.folder / "code")).returncode == 1

    incident = lockdown(quiet, "guest-1")
    page = browser.get(f"/incidents/{incident}/responder").body.decode()
    assert "Room tcp-1" in page
    assert browser.post(f"/api/v1/incidents/{incident}/notes", {"text": "west wing searched"}).status == 200
    assert refused(browser, "/close", f"/incidents/{incident}/post", ROOM)
    assert browser.post(f"/api/v1/incidents/{incident}/close", WHY).status == 403
    opened = browser.send("/release/open", {"code": code_of(quiet, "Kim responder proven")})
    assert opened.status == 303, opened.body
    released = browser.post(f"/api/v1/incidents/{incident}/release", {"doors": ["tcp-1"], **WHY})
    assert released.status == 200, released.body

    assert quiet.end_incident("searched")["ok"]
    assert browser.get(f"/incidents/{incident}/responder").status == 403
    assert browser.post("/api/v1/doors/tcp-2/unlock", WHY).status == 403
    assert browser.get("/").status == 200
