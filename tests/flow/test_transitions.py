"""A response is changed in mid-course through the page and the API of a real daemon; what may not follow says why."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.flow.browser import Browser
from tests.flow.rig import School, running
from tests.flow.school import school
from tests.flow.waiting import wait_for

NAME, PASSWORD = "R. Diaz", "walnut-ladder-47-violet-moss"


@pytest.fixture(scope="module")
def campus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("transitions")
    with running(folder, partial(school, folder)) as here:
        wait_for("the page", lambda: here.health("healthz") == 200)
        yield here


@pytest.fixture(scope="module")
def administrator(campus: School) -> Browser:
    """Signed in with a code given."""
    added = {"do": "user", "verb": "add", "name": NAME, "role": "administrator", "password": PASSWORD}
    assert campus.ask(added)["ok"]
    code = campus.ask({"do": "user", "verb": "codes", "name": NAME})["data"]["secret"][0]
    browser = Browser(campus.tree["web"]["listen"])
    signed = browser.sign_in(NAME, PASSWORD, code)
    assert signed.status == 303, signed.body
    return browser


@pytest.fixture
def diaz(campus: School, administrator: Browser) -> Iterator[Browser]:
    """The administrator; what she leaves live is closed."""
    yield administrator
    campus.end_incident("the test is over")


def start(browser: Browser, response: str, **more: Any) -> Any:
    asked = {"response": response, "zones": ["flow-school"], "kind": "real", "reason": "seen", **more}
    return browser.post("/api/v1/incidents", asked)


def holds(school: School) -> str:
    return str(school.ask({"do": "status"})["data"]["incidents"][0]["response"])


def test_a_lockdown_is_led_on_to_evacuate_only_as_a_change_and_no_door_is_unlocked(
    campus: School, diaz: Browser
) -> None:
    campus.broker.press("pb-native", "hold", "change-1")
    campus.until_secured("tcp-1", "tcp-2")

    refused = start(diaz, "evacuate")
    assert (refused.status, refused.json["code"]) == (409, "needs_change")
    assert "takes that place only as a change" in refused.json["detail"]
    hold = start(diaz, "hold-in-place", change=True)
    assert (hold.status, hold.json["code"]) == (409, "transition_refused")
    assert "the threat is inside" in hold.json["detail"]
    assert holds(campus) == "lockdown"

    changed = start(diaz, "evacuate", change=True, reason="police lead them out")
    assert changed.status == 200, changed.body
    assert holds(campus) == "evacuate"
    campus.until_secured("tcp-1", "tcp-2")
    kinds = [row["kind"] for row in campus.rows("response.changed", "transition.refused")]
    assert kinds == ["transition.refused/1", "transition.refused/1", "response.changed/1"]


def test_the_page_shows_what_may_follow_and_why_the_rest_may_not(campus: School, diaz: Browser) -> None:
    assert start(diaz, "fire").status == 200

    page = diaz.get("/change")

    assert "People are leaving a fire" in page.body.decode()
    radio = 'type="radio" name="response" value="{}"'
    assert radio.format("evacuate") in page.body.decode()
    assert radio.format("secure") not in page.body.decode()
    form = {
        "zone": campus.tree["campus"]["id"],
        "seen": "real fire",
        "response": "evacuate",
        "reason": "to the gym",
    }
    touched = diaz.send("/change", form)
    assert (touched.status, "type CHANGE" in touched.body.decode()) == (422, True)
    for lacks, says in (
        ({"seen": "real lockdown"}, "look again"),
        ({"response": "medical"}, "Choose what takes its place"),
        ({"reason": ""}, "Write why"),
    ):
        answer = diaz.send("/change", {**form, "word": "change", **lacks})
        assert (answer.status, says in answer.body.decode()) == (422, True)
    assert holds(campus) == "fire"
    done = diaz.send("/change", {**form, "word": "change", "key": "k"})
    assert done.status == 303, done.body
    assert holds(campus) == "evacuate"


def test_a_start_that_may_not_follow_says_why_on_the_page(campus: School, diaz: Browser) -> None:
    assert start(diaz, "lockdown").status == 200
    asked = {"response": "hold-in-place", "zone": campus.tree["campus"]["id"], "key": "h"}

    sent = diaz.send("/start", asked)

    assert sent.status == 303
    assert "Hold says business as usual" in diaz.get("/").body.decode()
    assert holds(campus) == "lockdown"


def test_a_medical_call_names_the_nearest_aed_in_service_and_locks_nothing(
    campus: School, diaz: Browser
) -> None:
    sheet = (
        "Name,Asset Type,State,Zone,Room\n"
        "Gym AED,aed,deployed,b,\n"
        "Hall AED,aed,deployed,a-1,Room 104\n"
        "Old AED,aed,retired,a-1,Room 101\n"
    )
    file = campus.folder / "assets.csv"
    file.write_text(sheet)
    imported = campus.cli("import", "assets", str(file))
    assert imported.returncode == 0, imported.stdout + imported.stderr
    called = start(diaz, "medical", zones=["a-1"]).json["incident"]

    incident = diaz.get(f"/incidents/{called}").body.decode()
    page = diaz.get(f"/incidents/{called}/nearest").body.decode()

    assert f'href="/incidents/{called}/nearest"' in incident
    assert page.index("Hall AED") < page.index("Gym AED")
    assert "Room 104" in page
    assert "Old AED" not in page
    assert "None in service" in page.partition("Trauma kit")[2]
    orders = [door["order"] for door in campus.status()["doors"]]
    assert [one for one in orders if one and one["incident"] == called] == []
    assert diaz.get("/incidents/inc-1/nearest").status == 404
