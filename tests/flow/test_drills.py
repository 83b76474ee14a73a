"""A drill on a real box: buttons enrolled, pressed, real again; scored from bolts; due by law; by command line, API and page."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from tests.flow.chromium import Visitor, chromium
from tests.flow.mosquitto import Document
from tests.flow.rig import School, running
from tests.flow.school import STROBE, Tree, native, office, school
from tests.flow.test_page import PASSWORD, account

ACCEPTED = "campus/button/pb-native/accepted"
DRILL = "pb-native"


def lawful(out: Path, port: int) -> Tree:
    tree = school(out, port, buttons=[native("pb-native"), native("pb-2"), office()], outputs=True)
    tree["policies"]["drills"] = {"law": "us-mi", "first_day": "08-17", "last_day": "06-10"}
    return tree


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("drills")
    with running(folder, partial(lawful, folder)) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(autouse=True)
def quiet(here: School) -> Iterator[None]:
    yield
    here.end_incident("flow")
    run = under_way(here)
    if run is not None:
        here.cli("drill", "end", run["id"])
    here.release("tcp-1", "tcp-2")
    here.until_at_rest("tcp-1", "tcp-2")


def drills(here: School) -> Document:
    found: Document = here.ask({"do": "drills"})["data"]
    return found


def under_way(here: School) -> Document | None:
    return next((one for one in drills(here)["drills"] if one["state"] == "under_way"), None)


def begun(here: School, *more: str) -> str:
    made = here.cli("drill", "begin", "lockdown", "--zone", "flow-school", "--button", DRILL, *more, "--json")
    assert made.returncode == 0, made.stderr
    return str(json.loads(made.stdout)["args"]["drill"])


def kinds(here: School) -> list[str]:
    return [one["kind"] for one in here.status()["incidents"]]


def test_an_enrolled_press_is_the_drills_and_every_door_is_timed_from_its_bolt(here: School) -> None:
    drill = begun(here, "--waits")
    assert kinds(here) == []
    with here.broker.listening(ACCEPTED) as listener:
        here.broker.press(DRILL, "hold", "drill-1")
        told = listener.until(ACCEPTED, lambda one: one["press_id"] == "drill-1")
    assert told["kind"] == "drill"
    here.until_secured()
    assert kinds(here) == ["drill"]
    assert here.cli("drill", "end", drill, "--reason", "done").returncode == 0
    record = here.ask({"do": "drills", "drill": drill})["data"]
    assert {one["door"] for one in record["doors"]} == {"tcp-1", "tcp-2"}
    assert all(0 < one["ms"] < 30_000 for one in record["doors"])
    assert (record["unsecured"], record["silent"], record["findings"]) == ([], [], [])
    assert [one["button"] for one in record["pressed"]] == [DRILL]
    assert here.cli("drill", "show", drill).stdout.count("secured after") == 2
    assert kinds(here) == []


def test_enrolment_outlives_a_killed_daemon_and_a_second_press_within_10_s_is_real(here: School) -> None:
    drill = begun(here, "--waits")
    here.restart()
    here.until_known_up()
    run = under_way(here)
    assert run is not None
    assert run["buttons"][0]["enrolled"]
    with here.broker.listening(ACCEPTED) as listener:
        here.broker.press(DRILL, "hold", "again-1")
        assert listener.until(ACCEPTED, lambda one: one["press_id"] == "again-1")["kind"] == "drill"
        here.broker.press(DRILL, "hold", "again-2")
        assert listener.until(ACCEPTED, lambda one: one["press_id"] == "again-2")["kind"] == "real"
    here.until(
        "the real one alone is live", lambda now: [one["kind"] for one in now["incidents"]] == ["real"]
    )
    assert under_way(here) is None
    real = [one["data"] for one in here.rows("drill.buttons_real")]
    assert {"id": drill, "buttons": [DRILL], "code": "second_press"} in real
    assert here.rows("drill.ended")[-1]["data"]["code"] == "real_press"
    assert not next(one for one in drills(here)["drills"] if one["id"] == drill)["counts"]


def test_any_other_button_is_real_ends_the_drill_and_every_output_turns_real(here: School) -> None:
    begun(here)
    here.until_secured()
    with here.broker.listening("campus/state/zone/flow-school") as listener:
        here.broker.press("pb-2", "hold", "real-1")
        listener.until("campus/state/zone/flow-school", lambda one: one["kind"] == "real")
    here.until("only the real one", lambda now: [one["kind"] for one in now["incidents"]] == ["real"])
    assert here.devices.coil("plc", STROBE)
    assert under_way(here) is None


def test_what_counts_as_failed_touches_no_device_and_stays_no_finding(here: School) -> None:
    drill = begun(here, "--fails", "door:tcp-2")
    here.until_secured()
    assert here.devices.locked("tcp-2")
    here.cli("drill", "end", drill)
    record = here.ask({"do": "drills", "drill": drill})["data"]
    assert [(one["door"], one["code"]) for one in record["unsecured"]] == [("tcp-2", "simulated")]
    assert [one["code"] for one in record["findings"]] == ["room_silent"]
    assert next(one for one in record["fields"] if one["field"] == "date")["value"]
    assert "At lunch, recess or between lessons" in record["missing"]
    # It closes with a ticket that there is, or with a change of the plan.
    assert "ticket" in here.cli("drill", "finding", drill, "0", "--ticket", "4711").stderr.lower()
    assert here.cli("drill", "finding", drill, "0", "--change", "Button moved to the desk").returncode == 0
    assert not here.ask({"do": "drills", "drill": drill})["data"]["open_findings"]


def test_the_law_says_what_is_due_and_a_logged_drill_counts(here: School) -> None:
    today = datetime.now(ZoneInfo("America/Chicago"))
    before = {one["id"]: one for one in drills(here)["items"]}
    assert (before["fire"]["needed"], before["fire"]["done"]) == (5, 0)
    note = ("--note", "R. Diaz: by the panel")
    made = here.cli("drill", "log", "fire", "--date", f"{today:%Y-%m-%d}", "--time", "00:00", *note)
    assert made.returncode == 0, made.stderr
    due = here.cli("drill", "due")
    assert "1 of 5" in due.stdout
    assert "https://www.thrunlaw.com" in due.stdout
    overdue = [one for one in drills(here)["items"] if one["progress"] == "overdue"]
    assert due.returncode == (1 if overdue else 0)
    flagged = {one["subject"] for one in here.status()["flags"] if one["code"] == "drill_overdue"}
    assert flagged == {f"drill-law-{one['id']}" for one in overdue}


def test_a_planned_drill_waits_for_a_person_and_is_printed_with_what_is_missing(
    here: School, browser: Browser
) -> None:
    account(here, "R. Diaz", "administrator")
    base = f"http://{here.tree['web']['listen']}"
    diaz = Visitor(browser, base, "R. Diaz", PASSWORD)
    today = datetime.now(ZoneInfo("America/Chicago"))
    for width in (390, 1440):
        with diaz.window(viewport={"width": width, "height": 900}, java_script_enabled=width == 1440) as page:
            page.goto(f"{base}/drills/new")
            page.get_by_label("Type").select_option("lockdown")
            page.get_by_label("Desk pb-native").check()
            page.get_by_label("Day").fill(f"{today:%Y-%m-%d}")
            page.get_by_label("Time").fill("00:00")
            page.get_by_role("button", name="Plan it").click()
            expect(page.get_by_text("Planned. It starts by a person's word")).to_be_visible()
            # Its time has passed, and nothing started.
            assert kinds(here) == []
            page.get_by_role("button", name="Start this DRILL now").click()
            expect(page.get_by_role("heading", name="Under way")).to_be_visible()
            here.until_secured()
            page.goto(f"{base}/drills")
            page.get_by_role("button", name="End the drill").click()
            expect(page.get_by_text("Every button is real.")).to_be_visible()
            page.get_by_role("link", name=re.compile("Lockdown")).first.click()
            expect(page.get_by_text("Missing: At lunch")).to_be_visible()
            page.get_by_label("Fill in").select_option("lunch_or_recess")
            page.get_by_label("What is to stand there").fill("at lunch")
            page.get_by_role("button", name="Write it into the record").click()
            expect(page.get_by_text("at lunch", exact=True)).to_be_visible()
            too_wide = page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
            assert not too_wide
        here.release("tcp-1", "tcp-2")
        here.until_at_rest("tcp-1", "tcp-2")
    assert diaz.complaints == []


def test_a_program_plans_begins_and_reads_a_drill_by_the_api(here: School) -> None:
    made = here.ask({"do": "token", "verb": "create", "name": "planner", "role": "administrator"})
    token = made["data"]["secret"][0]

    def api(path: str, body: Document | None = None) -> tuple[int, Any]:
        url = f"http://{here.tree['web']['listen']}/api/v1/drills{path}"
        data = None if body is None else json.dumps(body).encode()
        head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, head), timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as err:
            with err:
                return err.code, json.load(err)

    what = {"type": "lockdown", "zones": ["a-1"], "buttons": [DRILL]}
    status, planned = api("", {**what, "date": "2199-01-31", "time": "09:30", "announced": False})
    assert (status, planned["durable"]) == (200, True)
    assert api("", {**what, "date": "2199-02-31", "time": "09:30"})[0] == 409
    assert api(f"/{planned['drill']}/notices", {"whom": "parents", "how": "by letter"})[0] == 200
    status, begun_ = api(f"/{planned['drill']}/start", {"minutes": 5})
    assert (status, begun_["incident"]) == (200, under_way(here)["incident"])  # type: ignore[index]
    assert api("/begin", {**what, "minutes": 5})[1]["code"] == "drill_under_way"
    here.until_secured()
    assert api(f"/{planned['drill']}/end", {"reason": "over"})[0] == 200
    status, record = api(f"/{planned['drill']}/record")
    assert [one["how"] for one in record["notices"]] == ["by letter"]
    assert record["source"] == ["https://www.thrunlaw.com/content/school-safety-drill-reminders"]
    assert len(record["last"]) >= 1
    assert api("/due")[1]["law"] == "us-mi"
    assert api("")[1]["items"][0]["id"] == planned["drill"]
    assert api("/none/record")[0] == 404
