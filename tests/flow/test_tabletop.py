"""A tabletop on a real box: a past and a written incident replayed, no board written to, and a real press that takes over."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from edge.control import client
from tests.edge.floorplans.plans import svg
from tests.flow.chromium import Visitor, chromium
from tests.flow.mosquitto import Document
from tests.flow.rig import School, running
from tests.flow.school import STROBE, Tree, native, office, school
from tests.flow.test_page import PASSWORD, account
from tests.flow.waiting import wait_for

BANNER = "TABLETOP – a replay, nothing is live"  # noqa: RUF001  as it is shown
WRITTEN = "intruder-at-the-door"


def tree(out: Path, port: int) -> Tree:
    return school(out, port, buttons=[native("pb-native"), office()], outputs=True)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("tabletop")
    with running(folder, partial(tree, folder)) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture(autouse=True)
def quiet(here: School) -> Iterator[None]:
    yield
    for one in listing(here)["running"]:
        here.cli("tabletop", "end", one["id"])
    here.end_incident("flow")
    here.release("tcp-1", "tcp-2")
    here.until_at_rest("tcp-1", "tcp-2")
    # Doors that are at rest already are told so all the same: the next test counts what is written to the board.
    here.until(
        "no command is under way",
        lambda now: {one["command"]["ending"] for one in now["doors"] if one["command"]} <= {"written"},
    )


def ask(here: School, verb: str, of: str = "", /, **asked: Any) -> Document:
    request = {"do": "tabletop", "verb": verb, "tabletop": of, "asked": asked}
    # A film is made at the lowest priority: on a busy machine that takes a while.
    return client.ask(here.store / "control.sock", request, 120.0)


def listing(here: School) -> Document:
    found: Document = ask(here, "list")["data"]
    return found


def shown(here: School, of: str) -> Document:
    found: Document = ask(here, "show", of)["data"]
    return found


def begun(here: School, source: str, of: str) -> str:
    made = ask(here, "start", source=source, of=of)
    assert made["ok"], made
    assert (made["banner"], made["live"]) == (BANNER, False)
    return str(made["args"]["tabletop"])


def written_to(here: School) -> list[Any]:
    board = here.devices.campus.boards[next(iter(here.devices.campus.boards))]
    return here.devices.call(lambda: list(board.writes))


def past(here: School) -> str:
    """A lockdown of this campus with one latch that stuck, over and released."""
    here.devices.jam("tcp-2")
    here.broker.press("pb-native", "hold", f"past-{len(here.rows('incident.opened'))}")
    here.until(
        "one secured, one not latched",
        lambda now: {one["verdict"] for one in now["doors"]} == {"secured", "not_latched"},
    )
    (incident,) = [one["id"] for one in here.status()["incidents"]]
    here.close()
    here.devices.jam("tcp-2", stuck=False)
    here.release("tcp-1", "tcp-2")
    here.until_at_rest("tcp-1", "tcp-2")
    return str(incident)


def over(here: School, incident: str) -> bool:
    made = ask(here, "start", source="incident", of=incident)
    assert made["ok"] or made["code"] == "unknown_incident_over", made
    return bool(made["ok"])


def test_a_past_incident_is_replayed_at_speed_and_no_board_is_written_to(here: School) -> None:
    incident = past(here)
    wait_for("its end is in the views", lambda: over(here, incident))
    before, epoch = written_to(here), here.status()["state"]["number"] if "state" in here.status() else None
    one = listing(here)["running"][0]["id"]
    now = shown(here, one)
    assert (now["banner"], now["live"], now["position_ms"], now["playing"]) == (BANNER, False, 0, False)
    assert now["length_ms"] > 100
    # Step by step, as the record was folded then.
    seen: list[set[str]] = []
    while shown(here, one)["position_ms"] != now["length_ms"]:
        assert ask(here, "clock", one, do="step")["ok"]
        seen.append({f"{door['name']} {door['verdict']}" for door in shown(here, one)["doors"]})
    assert any("Room tcp-2 not_latched" in verdicts and "Room tcp-1 secured" in verdicts for verdicts in seen)
    assert shown(here, one)["incidents"] == []
    # Back to the press, then on by the clock: 20 seconds a second.
    assert ask(here, "clock", one, do="seek", at_ms=0)["ok"]
    assert here.cli("tabletop", "play", one, "--speed", "20").returncode == 0
    wait_for("it was played to its end", lambda: shown(here, one)["position_ms"] == now["length_ms"])
    assert any("real incident opened: lockdown" in line["words"] for line in shown(here, one)["timeline"])
    told = here.cli("tabletop", "show", one).stdout
    assert told.startswith(BANNER)
    assert "Room tcp-1" in told
    # Nothing of the campus heard of it.
    assert written_to(here) == before
    assert here.status()["incidents"] == []
    assert len(here.rows("incident.opened")) == 1
    assert epoch is None or here.status()["state"]["number"] == epoch


def test_a_written_incident_shows_what_the_campus_would_do_and_is_written_down_as_a_drill(
    here: School,
) -> None:
    before = written_to(here)
    opened = len(here.rows("incident.opened"))
    one = begun(here, "scenario", WRITTEN)
    assert [each["number"] for each in shown(here, one)["injects"]] == [1]
    ask(here, "join", one, name="R. Diaz", role="incident-commander")
    assert shown(here, one)["injects"][0]["expected"] == ""
    assert ask(here, "decide", one, inject=1, text="The office presses at once.", role="operations")["ok"]
    assert "Anybody presses" in shown(here, one)["injects"][0]["expected"]
    assert ask(here, "decide", one, inject=4, text="too early")["code"] == "bad_inject"
    # It stops by itself at the next question.
    ask(here, "clock", one, do="play", speed=20)
    wait_for("the second question", lambda: not shown(here, one)["playing"])
    now = shown(here, one)
    assert now["position_ms"] == 30_000
    assert {door["id"]: door["verdict"] for door in now["doors"]} == {
        "tcp-1": "not_latched",
        "tcp-2": "secured",
    }
    assert now["zones"] == [{"id": "flow-school", "name": "Flow School", "response": "lockdown"}]
    assert now["outputs"] == ["strobe"]
    ask(here, "clock", one, do="seek", at_ms=7 * 60_000)
    assert {door["verdict"] for door in shown(here, one)["doors"]} == {"secured"}
    ask(here, "find", one, text="Nobody knew who has the key of Room tcp-1")
    assert ask(here, "end", one, reason="done")["ok"]
    # Nothing moved, sounded or was opened; what was said is in the log of drills, and its finding closes as theirs do.
    assert written_to(here) == before
    assert len(here.rows("incident.opened")) == opened
    assert not here.devices.coil("plc", STROBE)
    record = here.ask({"do": "drills", "drill": one})["data"]
    assert (record["type"], record["kind"], record["counts"]) == ("tabletop", "exercise", False)
    assert record["tabletop"]["table"] == [{"role": "incident-commander", "name": "R. Diaz"}]
    assert record["tabletop"]["decided"][0]["text"] == "The office presses at once."
    assert record["findings"][0]["words"] == "Nobody knew who has the key of Room tcp-1"
    assert "ticket" in here.cli("drill", "finding", one, "0", "--ticket", "4711").stderr.lower()
    assert here.cli("drill", "finding", one, "0", "--change", "The key hangs in the office").returncode == 0
    assert listing(here)["over"][0]["open_findings"] == 0
    kinds = {row["kind"] for row in here.rows() if row["kind"].startswith("tabletop.")}
    assert kinds == {f"tabletop.{one}/1" for one in ("started", "joined", "decided", "found", "ended")}
    text = json.dumps(here.rows("tabletop.joined", "tabletop.decided"))
    assert "Diaz" not in text
    assert "presses at once" not in text


def test_a_real_press_secures_every_door_ends_the_tabletop_and_its_page_leads_there(
    here: School, browser: Browser
) -> None:
    account(here, "R. Diaz", "administrator")
    base = f"http://{here.tree['web']['listen']}"
    diaz = Visitor(browser, base, "R. Diaz", PASSWORD)
    one = begun(here, "scenario", WRITTEN)
    with diaz.window(java_script_enabled=False) as page, diaz.window() as paused:
        # Somebody writes at a page that stands still; another one plays, without a script.
        paused.goto(f"{base}/tabletop/{one}")
        paused.get_by_label("What the table decides").first.fill("We would")
        ask(here, "clock", one, do="play", speed=1)
        page.goto(f"{base}/tabletop/{one}")
        expect(page.get_by_text(BANNER)).to_be_visible()
        here.broker.press("pb-native", "hold", "real-in-tabletop")
        here.until_secured()
        (incident,) = here.status()["incidents"]
        assert incident["kind"] == "real"
        assert here.devices.locked("tcp-1")
        assert here.devices.locked("tcp-2")
        expect(paused.locator(".band", has_text="Lockdown")).to_be_visible()
        assert paused.locator(".band").get_attribute("href") == f"/incidents/{incident['id']}"
        expect(paused.get_by_label("What the table decides").first).to_have_value("We would")
        # The page that plays looks again by itself, without a script.
        expect(page.get_by_text("A REAL incident is live. Leave the table.")).to_be_visible(timeout=10_000)
        expect(page.get_by_text("ended by a real incident")).to_be_visible()
        page.get_by_role("link", name="Go to the real incident").click()
        expect(page).to_have_url(re.compile(f"/incidents/{incident['id']}$"))
    assert here.rows("tabletop.ended")[-1]["data"]["code"] == "real_incident"
    assert ask(here, "start", source="scenario", of=WRITTEN)["code"] == "real_incident_live"
    assert diaz.complaints == []


def test_it_is_held_on_a_phone_and_on_a_wide_screen_without_a_script(here: School, browser: Browser) -> None:
    account(here, "K. Lin", "administrator")
    base = f"http://{here.tree['web']['listen']}"
    lin = Visitor(browser, base, "K. Lin", PASSWORD)
    before = written_to(here)
    door = here.tree["doors"][0]
    room = (
        f'<rect data-kind="room" data-name="{door["id"]}" data-zone="{door["zone"]}" width="60" height="40"/>'
    )
    plan = here.folder / "floor.svg"
    plan.write_bytes(svg(f'{room}<circle data-kind="door" data-ref="{door["id"]}" cx="30" cy="40" r="1"/>'))
    assert here.cli("import", "floorplan", str(plan)).returncode == 0
    for width in (390, 1440):
        with lin.window(viewport={"width": width, "height": 900}, java_script_enabled=width == 1440) as page:
            page.goto(f"{base}/tabletop")
            expect(page.get_by_text(BANNER)).to_be_visible()
            row = page.locator("form", has_text="Intruder at the front door")
            row.get_by_role("button", name="Begin this TABLETOP").click()
            expect(page.get_by_role("heading", name="Question 1")).to_be_visible(timeout=60_000)
            page.get_by_label("What the table decides").first.fill("We press.")
            page.get_by_role("button", name="Write it down").first.click()
            expect(page.get_by_text("Expected: Anybody presses.")).to_be_visible()
            page.get_by_label("Go to").fill("0:12")
            page.get_by_role("button", name="Go there").click()
            expect(page.get_by_text("NOT SECURED").first).to_be_visible()
            expect(page.locator(".log").get_by_text("Room tcp-1: not latched")).to_be_visible()
            # Where it is, and whom one would look through: by names, and nothing of it live.
            expect(page.locator("#map-then .zonemap .badge").first).to_contain_text("TABLETOP Lockdown")
            expect(page.locator("#map-then .zonemap a")).to_have_count(0)
            expect(page.locator("#eyes-then")).to_contain_text("No camera is in these zones")
            expect(page.locator("#eyes-then img, #eyes-then video")).to_have_count(0)
            expect(page.locator(".log time").first).to_have_text("00:00:10")
            expect(page.get_by_text(BANNER)).to_be_visible()
            expect(page.locator("header").get_by_text("TABLETOP, not live", exact=True)).to_be_visible()
            expect(page.locator("header").get_by_text(re.compile("^Live"))).to_have_count(0)
            assert not page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
            page.screenshot(path=str(here.folder / f"tabletop-{width}.png"), full_page=True)
            page.get_by_role("button", name="Play 20×").click()  # noqa: RUF001
            expect(page.get_by_role("heading", name="Question 2")).to_be_visible(timeout=60_000)
            page.get_by_text("A finding: what would not have gone well").click()
            page.get_by_label("The finding").fill("No spare key")
            page.get_by_role("button", name="Note the finding").click()
            expect(page.get_by_role("heading", name="Findings")).to_be_visible()
            page.get_by_role("button", name="End the tabletop").click()
            expect(page.get_by_role("heading", name="At the table")).to_be_visible()
            expect(page.get_by_text("No spare key")).to_be_visible()
            expect(page.get_by_text("We press.")).to_be_visible()
    assert written_to(here) == before
    assert lin.complaints == []


def test_a_program_reads_it_marked_as_a_tabletop_and_a_bad_file_is_refused_by_its_lines(
    here: School, tmp_path: Path
) -> None:
    wait_for("the page is open", lambda: here.health() is not None)
    made = here.ask({"do": "token", "verb": "create", "name": "table", "role": "administrator"})
    token = made["data"]["secret"][0]

    def api(path: str, body: Document | str | None = None) -> tuple[int, Any]:
        url = f"http://{here.tree['web']['listen']}/api/v1/tabletop{path}"
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        kind = "application/yaml" if isinstance(body, str) else "application/json"
        head = {"Authorization": f"Bearer {token}", "Content-Type": kind}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, head), timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as err:
            with err:
                return err.code, json.load(err)

    steps = '  - {at: "0:10", start: {response: evacuate}}\n  - {at: "1:00", inject: "Where to?"}\n'
    good = f'tabletop: 1\ntitle: "Bus"\nsteps:\n{steps}'
    bad = good + '  - {at: "0:30", press: {button: pb-none}}\n  - {at: "2:00", shoot: {}}\n'
    status, refused = api("/scenarios/bus", bad)
    assert (status, refused["code"]) == (409, "scenario_wrong")
    assert [one["line"] for one in refused["rows"]] == [6, 7]
    # What the campus does not have is said by its line too.
    elsewhere = good.replace("response: evacuate", "response: evacuate, zone: q")
    status, refused = api("/scenarios/bus", elsewhere)
    assert (status, refused["rows"]) == (409, [{"line": 4, "words": "there is no zone q on this campus"}])
    file = tmp_path / "bus.yaml"
    file.write_text(good)
    assert here.cli("tabletop", "add", str(file)).returncode == 0
    assert api(f"/scenarios/{WRITTEN}", good)[1]["code"] == "bad_scenario_name"
    status, begun_ = api("", {"source": "scenario", "of": "bus", "minutes": 5})
    assert (status, begun_["live"], begun_["banner"]) == (200, False, BANNER)
    one = begun_["tabletop"]
    assert api(f"/{one}/clock", {"do": "seek", "at_ms": 60_000})[0] == 200
    status, now = api(f"/{one}")
    assert (status, now["live"], now["banner"]) == (200, False, BANNER)
    assert [each["response"] for each in now["incidents"]] == ["evacuate"]
    # A restart keeps what was decided, and the film is made again from the same file.
    assert api(f"/{one}/decisions", {"inject": 1, "text": "To the field."})[0] == 200
    here.restart()
    wait_for("the page is open", lambda: here.health() is not None)
    status, again = api(f"/{one}")
    assert (status, again["position_ms"], again["decided"][0]["text"]) == (200, 0, "To the field.")
    assert api(f"/{one}/end", {})[0] == 200
    assert api(f"/{one}")[0] == 404
    assert api("")[1]["over"][0]["decisions"] == 1
    assert here.cli("tabletop", "start", "--scenario", "nothing").returncode == 1
