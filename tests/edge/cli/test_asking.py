"""The verbs of persons as processes, against a real socket: what is asked, what is printed, and with which exit code."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from edge.control.desk import Reply
from edge.control.lock import StoreLock
from rules.model.events import AnswerAsked, CloseAsked, LockAsked, PressAsked, WalkTestAsked
from rules.model.ids import IncidentId
from rules.model.kinds import DRILL, EXERCISE, REAL, TEST
from tests.edge.campus import D1, D2, D3, locked_down
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
        assert json.loads(run("status", "--json").stdout) == json.loads(json.dumps(desk.snapshot()))


def test_leaving_safe_mode_where_there_is_none_is_exit_1(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(reply=Reply(False, "not_in_safe_mode"))):
        ended = run("status", "--leave-safe-mode")

    assert ended.returncode == 1
    assert "not in safe mode" in ended.stderr


def test_selftest_holds_only_where_every_part_does(run: Run, site: Site) -> None:
    with serving(site.store, PaperDesk(locked_down({D1: "secured", D2: "secured", D3: "secured"}))):
        good = run("selftest")
        found = json.loads(run("selftest", "--json").stdout)
    desk = PaperDesk()
    desk.state = type(desk.state)(
        desk.state.record, type(desk.state.live)(desk.state.live.started, "b", desk.state.live.now)
    )
    with serving(site.store, desk):
        bad = run("selftest")

    assert good.returncode == 0
    assert found["holds"] is True
    assert {one["part"]: one["count"] for one in found["parts"]}["door"] == 3
    assert bad.returncode == 1
    assert "plc-east: not_heard" in bad.stdout
    assert "No lock was moved" in bad.stdout
