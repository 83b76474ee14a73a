"""The verbs of persons as processes, against a real socket: what is asked, what is printed, and with which exit code."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from edge.control.desk import Reply
from edge.control.lock import StoreLock
from rules.links import links
from rules.model.alerts import DetectionAnswerAsked
from rules.model.events import (
    AnswerAsked,
    CloseAsked,
    LockAsked,
    PressAsked,
    SelfTestAsked,
    StartAsked,
    WalkTestAsked,
)
from rules.model.facts import Entry
from rules.model.ids import Actor, IncidentId
from rules.model.kinds import DRILL, EXERCISE, REAL, TEST
from rules.model.selftest import Outcome
from rules.model.selftest_facts import SelfTestEnded
from rules.record import fold
from tests.edge.campus import D1, D2, D3, PLAN, locked_down
from tests.edge.cli.conftest import Run, Site
from tests.edge.control.desks import PaperDesk, serving

ASKING: dict[str, tuple[list[str], Callable[[Any], bool]]] = {
    "a real press": (
        ["press", "pb-101", "--real"],
        lambda event: isinstance(event, PressAsked) and event.kind == REAL and event.gesture is None,
    ),
    "a drill": (["press", "pb-101", "--drill"], lambda event: event.kind == DRILL),
    "an exercise": (["press", "pb-101", "--exercise"], lambda event: event.kind == EXERCISE),
    "a test": (
        ["press", "pb-101", "--test", "--gesture", "hold"],
        lambda event: (event.kind, event.gesture) == (TEST, "hold"),
    ),
    "a lock": (
        ["lock", "a-101", "a-102", "--reason", "a fight"],
        lambda event: (
            isinstance(event, LockAsked) and event.doors == ("a-101", "a-102") and event.reason == "a fight"
        ),
    ),
    "a start": (
        ["answer", "7", "--start"],
        lambda event: isinstance(event, AnswerAsked) and (event.press, event.start) == (7, True),
    ),
    "a dismissal": (
        ["answer", "7", "--dismiss", "--reason", "a cleaner"],
        lambda event: (event.start, event.reason) == (False, "a cleaner"),
    ),
    "a real start": (
        ["start", "lockdown", "--real"],
        lambda event: (
            isinstance(event, StartAsked)
            and (event.response, event.kind, event.zones, event.change)
            == ("lockdown", REAL, (PLAN.campus,), False)
        ),
    ),
    "a drill in a part": (
        ["start", "shelter", "--drill", "--zone", "a", "--zone", "b", "--reason", "sirens"],
        lambda event: (event.kind, event.zones, event.reason) == (DRILL, ("a", "b"), "sirens"),
    ),
    "a change": (
        ["change", "evacuate", "--real", "--reason", "police lead them out"],
        lambda event: (event.response, event.change, event.role) == ("evacuate", True, ""),
    ),
    "a confirmed detection": (
        ["detection", "confirm", "3"],
        lambda event: isinstance(event, DetectionAnswerAsked) and (event.number, event.confirm) == (3, True),
    ),
    "a dismissed detection": (
        ["detection", "dismiss", "3", "--reason", "crisps"],
        lambda event: (event.number, event.confirm, event.reason) == (3, False, "crisps"),
    ),
    "a close": (
        ["close"],
        lambda event: (
            isinstance(event, CloseAsked) and (event.reason, event.incident, event.silent) == ("", None, True)
        ),
    ),
    "a close of one": (["close", "--incident", "inc-7"], lambda event: event.incident == "inc-7"),
    "a walk-test": (
        ["walk-test", "pb-101", "--minutes", "30", "--person", "R. Diaz"],
        lambda event: isinstance(event, WalkTestAsked) and (event.minutes, event.person) == (30, "R. Diaz"),
    ),
}


@pytest.mark.parametrize(("arguments", "as_meant"), ASKING.values(), ids=ASKING)
def test_each_verb_asks_for_what_it_says(
    run: Run, site: Site, arguments: list[str], as_meant: Callable[[Any], bool]
) -> None:
    desk = PaperDesk()

    with serving(site.store, desk):
        ended = run(*arguments)

    assert (ended.returncode, ended.stderr) == (0, "")
    assert len(desk.asked) == 1
    assert as_meant(desk.asked[0])
    assert ended.stdout.count("\n") == 1


def test_a_drill_begins_its_line_with_drill(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk()):
        assert run("press", "pb-101", "--drill").stdout.startswith("DRILL: ")


def test_what_the_daemon_refuses_is_exit_1_with_its_sentence(run: Run, site: Site) -> None:
    desk = PaperDesk(reply=Reply(False, "held", (("held", "a-101:fire_active"),)))

    with serving(site.store, desk):
        ended = run("lock", "a-101", "--reason", "a fight")

    assert ended.returncode == 1
    assert "a-101: Fire alarm" in ended.stderr
    assert ended.stdout == ""


def test_json_has_the_whole_reply(run: Run, site: Site) -> None:
    desk = PaperDesk(reply=Reply(True, incident=IncidentId("inc-9"), durable=False))

    with serving(site.store, desk):
        reply = json.loads(run("press", "pb-101", "--real", "--json").stdout)

    assert (reply["ok"], reply["incident"], reply["durable"]) == (True, "inc-9", False)


def test_a_verb_ends_as_a_process_with_the_code_of_its_answer(process: Run, site: Site) -> None:
    desk = PaperDesk()

    with serving(site.store, desk):
        assert process("press", "pb-101", "--real").returncode == 0
        desk.reply = Reply(False, "unknown_button", (("button", "pb-101"),))
        refused = process("press", "pb-101", "--real")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "No button pb-101" in refused.stderr
    assert process("press", "pb-101", "--real").returncode == 1


def test_what_is_not_on_disk_is_said(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(reply=Reply(True, durable=False))):
        assert "NOT yet recorded" in run("close").stdout


def test_closing_says_how_many_doors_are_still_ordered(run: Run, site: Site) -> None:
    desk = PaperDesk(reply=Reply(True, args=(("closed", 1), ("doors_still_locked", 2))))

    with serving(site.store, desk):
        assert "1 incident closed. 2 doors stay as ordered" in run("close").stdout


@pytest.mark.parametrize(
    "arguments", [["status"], ["press", "pb-101", "--real"], ["selftest"], ["close"]], ids=lambda one: one[0]
)
def test_without_a_daemon_a_verb_says_what_still_works_and_what_to_do(run: Run, arguments: list[str]) -> None:
    ended = run(*arguments)

    assert ended.returncode == 1
    assert "no daemon runs" in ended.stderr
    assert "keys" in ended.stderr
    assert "systemctl start campus-edge" in ended.stderr


def test_a_daemon_that_is_starting_is_told_from_none(run: Run, site: Site) -> None:
    with StoreLock(site.store):
        ended = run("status")

    assert ended.returncode == 1
    assert "starting or stopping" in ended.stderr


def test_status_shows_the_doors_not_secured_first_with_their_reason(run: Run, site: Site) -> None:
    desk = PaperDesk(locked_down({D1: "secured", D2: "not_latched", D3: "secured"}))

    with serving(site.store, desk):
        ended = run("status")

    assert ended.returncode == 0
    assert "ARMED since" in ended.stdout
    assert "1 NOT SECURED" in ended.stdout
    assert re.search(r"!!  a-102 .*not_latched .*Told to lock", ended.stdout)
    assert "secured: a-101 b-201" in ended.stdout


def test_status_as_json_is_the_picture_itself(run: Run, site: Site) -> None:
    desk = PaperDesk()

    with serving(site.store, desk):
        seen = json.loads(run("status", "--json").stdout)
    assert seen == {**json.loads(json.dumps(desk.snapshot())), "detections": [], "emergency_calls": []}


def test_leaving_safe_mode_where_there_is_none_is_exit_1(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(reply=Reply(False, "not_in_safe_mode"))):
        ended = run("status", "--leave-safe-mode")

    assert ended.returncode == 1
    assert "not in safe mode" in ended.stderr


def self_tested(*others: tuple[str, Outcome, str], ended: bool = True) -> PaperDesk:
    """A desk whose last self-test saw these links not proven, and all others of one door and one button proven."""
    desk = PaperDesk(
        locked_down({D1: "secured", D2: "secured", D3: "secured"}), Reply(True, args=(("number", 1),))
    )
    names = {one for one, _, _ in others}
    every = [link.name for link in links(PLAN)]
    proven = tuple(one for one in every if one not in names)
    record = desk.state.record
    if ended:
        fact = SelfTestEnded(1, "person", None, True, "", proven, others, ())
        record = fold(record, desk.state.live.now, Entry(fact, "x", Actor("rule")))
    desk.state = replace(desk.state, record=record)
    return desk


def test_selftest_holds_only_where_no_link_was_seen_not_to_work(run: Run, site: Site) -> None:
    with serving(site.store, desk := self_tested(("lock:a-102", "untestable", "no_bolt_sensor"))):
        good = run("selftest")
        found = json.loads(run("selftest", "--json").stdout)
    broken: tuple[tuple[str, Outcome, str], ...] = (
        ("controller:plc-east", "not_proven", "silent"),
        ("lock:a-101", "behind", "controller:plc-east"),
    )
    with serving(site.store, self_tested(*broken)):
        bad = run("selftest")

    assert isinstance(desk.asked[0], SelfTestAsked)
    assert good.returncode == 0
    assert "1 link cannot be tested silently" in good.stdout
    assert found["holds"] is True
    assert {one["id"]: one["outcome"] for one in found["links"]}["lock:a-102"] == "untestable"
    assert bad.returncode == 1
    assert re.search(r"NOT PROVEN +controller +plc-east", bad.stdout)
    assert re.search(r"not reached +reading of lock +a-101 .*behind controller plc-east", bad.stdout)
    assert "NOT every link is proven" in bad.stdout
    assert "No lock was moved" in bad.stdout


def test_selftest_shows_the_last_one_without_testing(run: Run, site: Site) -> None:
    with serving(site.store, desk := self_tested()):
        last = run("selftest", "--last")
    with serving(site.store, self_tested(ended=False)):
        none = run("selftest", "--last")

    assert (last.returncode, desk.asked) == (0, [])
    assert none.returncode == 1
    assert "no self-test came to its end yet" in none.stderr


def test_selftest_says_why_none_was_begun_or_came_to_its_end(run: Run, site: Site) -> None:
    refusing = PaperDesk(reply=Reply(False, "incident_live"))
    with serving(site.store, refusing):
        refused = run("selftest")
    with serving(site.store, self_tested(ended=False)):
        given_up = run("selftest")

    assert (refused.returncode, given_up.returncode) == (1, 1)
    assert "no self-test was begun" in refused.stderr
    assert "given up: an incident began" in given_up.stderr
