"""What detectors report at the command line: shown before all else, judged by a person, and nobody's without the right."""

import json
from dataclasses import replace

from edge.cli.screen import screen
from edge.control.desk import Reply
from edge.snapshot import snapshot
from rules.model.alerts import CallRecorded, DetectionRecorded, DetectionShown
from rules.model.facts import Entry, Fact
from rules.model.ids import Actor, AlertId, DetectorId, IncidentId, PhoneSystemId
from rules.record import fold
from rules.state import State
from tests.edge.campus import BOX, NOON, PLAN, locked_down, quiet
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving

GUN = DetectorId("gun-front")


def report(number: int, place: str, confidence: int | None = None) -> DetectionRecorded:
    return DetectionRecorded(
        number, GUN, AlertId(f"alert-{number}"), "waiting", "weapon", "", 0, None, confidence,
        PLAN.campus, "lockdown", PLAN.campus, place, "",
    )  # fmt: skip


def call() -> CallRecorded:
    return CallRecorded(
        1,
        PhoneSystemId("pbx"),
        AlertId("call-1"),
        "waiting",
        "",
        0,
        PLAN.campus,
        "2101",
        "Kim",
        "Room 101",
        "",
    )


def reported(*facts: Fact, state: State | None = None) -> State:
    state = state or quiet()
    record = state.record
    for fact in facts:
        record = fold(record, NOON, Entry(fact, "x", Actor("device:gun-front")))
    return replace(state, record=record)


def test_what_waits_stands_before_everything_but_whether_the_box_is_armed(run: Run, site: Site) -> None:
    state = reported(report(1, "Door 7", 93), DetectionShown(1, ("ab" * 32,)), call(), state=locked_down({}))
    with serving(site.store, PaperDesk(state)):
        shown = run("status").stdout
        listed = run("detections").stdout
        as_json = json.loads(run("detections", "--json").stdout)
        picture = json.loads(run("status", "--json").stdout)
    lines = shown.splitlines()
    first = next(number for number, line in enumerate(lines) if "DETECTED AND NOT CONFIRMED" in line)
    assert first < next(
        number for number, line in enumerate(lines) if "lockdown in" in line and "since" in line
    )
    assert "campus-edge detection confirm NUMBER" in lines[first]
    for text in (shown, listed):
        assert "Weapon reported, 93 % sure" in text
        assert "Door 7" in text
        assert "picture" in text
    assert "911 WAS CALLED" in shown
    assert "Room 101" in shown
    assert [one["number"] for one in as_json] == [1]
    assert [one["number"] for one in picture["emergency_calls"]] == [1]


def test_where_nothing_waits_nothing_is_said_of_it(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk()):
        assert "DETECTED" not in run("status").stdout
        assert run("detections").stdout == "No report of a detector waits.\n"


def test_a_confirmation_says_that_it_is_real_and_which_incident(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(reply=Reply(True, incident=IncidentId("inc-9")))):
        assert run("detection", "confirm", "1").stdout.startswith("REAL: report 1 is confirmed")
        assert "inc-9" in run("detection", "confirm", "1").stdout
        assert "Nothing was locked" in run("detection", "dismiss", "1", "--reason", "crisps").stdout
    with serving(site.store, PaperDesk(reply=Reply(False, "detection_answered"))):
        late = run("detection", "confirm", "1")
    assert (late.returncode, late.stderr) == (
        1,
        "campus-edge: Somebody answered this report before. Nothing was changed.\n",
    )


def test_a_picture_of_who_may_not_see_reports_says_nothing_of_them() -> None:
    assert "DETECTED" not in screen(snapshot(PLAN, reported(report(1, "Door 7")), NOON, BOX))


def test_without_a_daemon_nobody_says_that_nothing_waits(run: Run) -> None:
    ended = run("detections")
    assert (ended.returncode, ended.stdout) == (1, "")
