"""Cameras beside the reflex: pictures from before the press stand sealed, and nothing of a camera holds up a door.

A real daemon, its real camera process, and cameras that play RTSP with a password.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from edge.boot import boot_id
from tests.flow.cameras import (
    PASSWORD,
    SMALL,
    Cameras,
    Journal,
    as_recorded,
    camera_process,
    clip_grows,
    descendants,
    evidence,
    has_camera_process,
    pictures_of,
    seconds,
    sounds_of,
    until_held,
    until_seen,
    with_cameras,
)
from tests.flow.mosquitto import Document
from tests.flow.rig import School, flags, running
from tests.flow.school import Tree, school
from tests.flow.waiting import wait_for

HALL, GATE, GYM, YARD = "cam-hall", "cam-gate", "cam-gym", "cam-yard"
DOORS = ("tcp-1", "tcp-2")
ACCEPTED = "campus/button/pb-native/accepted"
AUDIO = {"by": "J. Doe, superintendent", "date": "2026-08-14", "legal_note": "signs, state law 18-9.5-1"}
LIMITED = """
import sys, threading, time
from pathlib import Path
import edge.cameras
from edge.cli import main

def follow():
    usual, file = edge.cameras.MEMORY_BESIDE, Path(sys.argv[-1]).with_name("memory-beside")
    while True:
        edge.cameras.MEMORY_BESIDE = int(file.read_text()) if file.exists() else usual
        time.sleep(0.05)

threading.Thread(target=follow, daemon=True).start()
sys.exit(main())
"""
"""The daemon as it is, but for one number: what the camera process may take beside its pictures stands in a file."""


@pytest.fixture(scope="module")
def cameras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cameras]:
    """Four of them; the one in the hall hears as well."""
    streams = {
        name: replace(SMALL, audio="pcmu" if name == HALL else "none") for name in (HALL, GATE, GYM, YARD)
    }
    made = Cameras(tmp_path_factory.mktemp("pictures"), streams)
    yield made
    made.stop()


def usual(cameras: Cameras) -> list[Tree]:
    """One in building A, one outside that shows a door there, one in the gymnasium; the fourth is not configured."""
    return [
        cameras.section(HALL, "a-1"),
        cameras.section(GATE, "flow-school", doors=["tcp-1"]),
        cameras.section(GYM, "b", lost_after="1s", offline_after="5s"),
    ]


@pytest.fixture(scope="module")
def shared_campus(tmp_path_factory: pytest.TempPathFactory, cameras: Cameras) -> Iterator[School]:
    folder = tmp_path_factory.mktemp("watched")

    def make(port: int) -> Tree:
        return with_cameras(school(folder, port), usual(cameras), folder)

    with running(folder, make, started=False) as here:
        here.program = ("-c", LIMITED)
        here.start()
        yield here


@pytest.fixture
def campus(shared_campus: School, cameras: Cameras) -> Iterator[School]:
    """Every camera seen; whatever the journey left is made good again."""
    until_seen(shared_campus, HALL, GATE, GYM)
    yield shared_campus
    for name in (HALL, GATE, GYM):
        cameras.fault(name, "none")
    if shared_campus.status()["incidents"]:
        shared_campus.close(*DOORS)
        shared_campus.until_at_rest(*DOORS)


def assist(campus: School, press: str) -> str:
    """Somebody asks for help in building A; the incident."""
    campus.broker.press("pb-native", "single", press)
    now = campus.until("an incident", lambda found: found["incidents"])
    return str(now["incidents"][0]["id"])


def test_a_press_keeps_the_pictures_of_its_zone_from_before_it_and_they_stand_sealed_after_the_close(
    campus: School,
) -> None:
    until_held(campus, HALL, GATE)
    journal = Journal(campus)
    incident = assist(campus, "kept-1")
    journal.until("clips", lambda: set(journal.begun()) >= {HALL, GATE})
    for name in (HALL, GATE):
        clip_grows(campus, name)
    campus.close()
    journal.until("seals", lambda: all(journal.ended(name) for name in (HALL, GATE)))
    (opened,) = journal.of("incident.opened")
    (asked,) = journal.of("cameras.asked")

    assert asked["incident"] == incident
    assert asked["data"]["cameras"] == [HALL, GATE]
    assert sorted(journal.begun()) == sorted((HALL, GATE))
    for name in (HALL, GATE):
        (sealed,) = journal.ended(name)
        file = as_recorded(campus, sealed)
        assert sealed["end"] == "sealed"
        assert sealed["missing"] == sealed["dropped"] == 0
        assert sealed["first_us"] < seconds(opened["at"]) * 1e6 < sealed["last_us"]
        assert pictures_of(file) == sealed["pictures"]
        assert sounds_of(file) == 0
        assert file.stat().st_mode & 0o077 == 0

    def stills() -> list[Document]:
        return [one for one in journal.data("evidence.ended") if one["name"].endswith(".jpg")]

    # Made of what is looked at for the truth, by a process of its own that has its time.
    journal.until("stills", lambda: {one["camera"] for one in stills()} == {HALL, GATE})
    for one in stills():
        assert one["end"] == "sealed"
        assert as_recorded(campus, one).read_bytes().startswith(b"\xff\xd8")
    assert not list(evidence(campus).rglob("*.part"))


def test_an_incident_that_grows_to_a_lockdown_keeps_the_other_cameras_too_and_none_twice(
    campus: School,
) -> None:
    journal = Journal(campus)
    assist(campus, "grows-1")
    journal.until("clips", lambda: set(journal.begun()) == {HALL, GATE})
    campus.broker.press("pb-native", "hold", "grows-2")
    campus.until_secured(*DOORS)
    journal.until("the gymnasium's", lambda: GYM in journal.begun())
    campus.close(*DOORS)
    journal.until("seals", lambda: all(journal.ended(name) for name in (HALL, GATE, GYM)))
    assert sorted(journal.begun()) == sorted((HALL, GATE, GYM))


@pytest.mark.parametrize("how", ["killed", "stopped", "memory"])
def test_a_camera_process_that_ends_in_a_lockdown_costs_no_press_and_no_picture_that_was_written(
    campus: School, how: str
) -> None:
    journal, limit = Journal(campus), campus.folder / "memory-beside"
    assist(campus, f"{how}-1")
    journal.until("clips", lambda: set(journal.begun()) == {HALL, GATE})
    for name in (HALL, GATE):
        clip_grows(campus, name)
    process = camera_process(campus)
    below = descendants(process)
    if how == "memory":
        limit.write_text("1")
    else:
        os.kill(process, signal.SIGKILL if how == "killed" else signal.SIGSTOP)

    campus.broker.press("pb-native", "hold", f"{how}-2")
    campus.until_secured(*DOORS)
    journal.until("it is missed", lambda: journal.of("cameras.watched"))
    limit.unlink(missing_ok=True)
    until_seen(campus, HALL, GATE, GYM)
    journal.until("recovered", lambda: all(journal.ended(name) for name in (HALL, GATE)))
    journal.until("begun anew", lambda: journal.begun()[-3:] and {*journal.begun()[2:]} == {HALL, GATE, GYM})
    for name in (HALL, GATE, GYM):
        clip_grows(campus, name)

    assert [one["id"] for one in campus.status()["incidents"]]
    # A process that was only just beginning sees at the end of its beginning that nobody is there any more.
    wait_for("nothing of it is left", lambda: not any(campus.alive(one) for one in below))
    code = {"killed": "ended", "stopped": "hung", "memory": "memory"}[how]
    gap = [(one["up"], one["code"]) for one in journal.data("cameras.watched")]
    assert (gap[0], gap[-1]) == ((False, code), (True, ""))
    if how == "stopped":
        # It was noticed after two seconds: the press that came meanwhile did not wait for that.
        (missed, *_), (ordered, *_) = journal.of("cameras.watched"), journal.of("doors.ordered")
        assert ordered["seq"] < missed["seq"]
    for name in (HALL, GATE):
        cut = journal.ended(name)[0]
        assert cut["end"] == "recovered"
        assert pictures_of(as_recorded(campus, cut)) > 2
    campus.close(*DOORS)
    journal.until("seals", lambda: all(journal.ended(one)[-1:] for one in (HALL, GATE, GYM)))
    journal.until(
        "sealed", lambda: {journal.ended(one)[-1]["end"] for one in (HALL, GATE, GYM)} == {"sealed"}
    )
    for name in (HALL, GATE, GYM):
        as_recorded(campus, journal.ended(name)[-1])


def test_a_camera_process_that_hangs_at_the_very_press_holds_up_nothing_of_it_and_its_gap_is_recorded(
    campus: School,
) -> None:
    until_held(campus, HALL, GATE, GYM)
    journal, hung = Journal(campus), camera_process(campus)
    with campus.broker.listening(ACCEPTED) as listener:
        os.kill(hung, signal.SIGSTOP)
        # What it said before is heard: an answer comes behind it.
        campus.status()
        campus.broker.press("pb-native", "hold", "hangs-1")
        heard = listener.until(ACCEPTED, lambda one: one["press_id"] == "hangs-1")
    campus.until_secured(*DOORS)
    journal.until("another watches", lambda: [one["up"] for one in journal.data("cameras.watched")][1:])
    journal.until("clips", lambda: sorted(journal.begun()) == sorted((HALL, GATE, GYM)))
    for name in (HALL, GATE, GYM):
        clip_grows(campus, name)
    assert [one["id"] for one in campus.status()["incidents"]] == [heard["incident"]]
    campus.close(*DOORS)
    journal.until("seals", lambda: all(journal.ended(name) for name in (HALL, GATE, GYM)))

    assert heard["durable"]
    assert not campus.alive(hung)
    gone, back = journal.of("cameras.watched")
    assert [(one["data"]["up"], one["data"]["code"]) for one in (gone, back)] == [(False, "hung"), (True, "")]
    # The list of the press could not know it, and is told as soon as it is known that nobody saw anything at the press.
    (asked,), (found,), (opened,) = (
        journal.of(kind) for kind in ("cameras.asked", "cameras.found_blind", "incident.opened")
    )
    assert asked["data"]["blind"] == []
    assert found["incident"] == heard["incident"]
    assert found["data"]["blind"] == [[name, "unwatched"] for name in (HALL, GATE, GYM)]
    assert found["data"]["since_us"] <= seconds(opened["at"]) * 1e6
    # All of the press was over before anybody could know that the process hung.
    for kind in ("press.heard", "incident.opened", "doors.ordered", "cameras.asked"):
        assert journal.of(kind)[0]["seq"] < gone["seq"]
    assert [one["press"] for one in journal.data("press.heard")] == ["hangs-1"]
    for name in (HALL, GATE, GYM):
        (sealed,) = journal.ended(name)
        assert sealed["end"] == "sealed"
        # Of what nobody watched nothing is said to have been seen.
        assert seconds(gone["at"]) * 1e6 < sealed["first_us"]
        assert pictures_of(as_recorded(campus, sealed)) == sealed["pictures"]


def test_a_daemon_that_is_killed_in_a_lockdown_goes_on_keeping_its_pictures(campus: School) -> None:
    journal = Journal(campus)
    incident = assist(campus, "restart-1")
    journal.until("clips", lambda: set(journal.begun()) == {HALL, GATE})
    for name in (HALL, GATE):
        clip_grows(campus, name)
    below = descendants(camera_process(campus))
    campus.restart()
    wait_for("nobody of before is left", lambda: not any(campus.alive(one) for one in below))
    until_seen(campus, HALL, GATE, GYM)
    journal.until("recovered", lambda: all(journal.ended(name) for name in (HALL, GATE)))
    journal.until("begun anew", lambda: len(journal.begun()) == 4)
    for name in (HALL, GATE):
        clip_grows(campus, name)
    assert [one["id"] for one in campus.status()["incidents"]] == [incident]
    campus.close()
    journal.until("seals", lambda: all(len(journal.ended(name)) == 2 for name in (HALL, GATE)))
    for name in (HALL, GATE):
        cut, whole = journal.ended(name)
        assert (cut["end"], whole["end"]) == ("recovered", "sealed")
        assert as_recorded(campus, cut) != as_recorded(campus, whole)
    clips = [row for row in journal.of("evidence.ended") if not row["data"]["name"].endswith(".jpg")]
    assert {row["incident"] for row in clips} == {incident}


def test_a_camera_that_is_away_is_a_fact_a_blind_spot_and_beyond_its_limit_one_flag(
    campus: School, cameras: Cameras
) -> None:
    journal = Journal(campus)
    cameras.fault(GYM, "away")
    journal.until("lost", lambda: [one["up"] for one in journal.data("camera.turned")] == [False])
    campus.broker.press("pb-native", "hold", "blind-1")
    campus.until_secured(*DOORS)
    journal.until("asked", lambda: journal.of("cameras.asked"))
    campus.until("one flag", lambda now: "camera_offline" in flags(now))
    # Nobody knows of it meanwhile: that is no second flag, and no good news.
    os.kill(camera_process(campus), signal.SIGKILL)
    journal.until(
        "watched again", lambda: [one["up"] for one in journal.data("cameras.watched")] == [False, True]
    )
    until_seen(campus, HALL, GATE)
    assert "camera_offline" in flags(campus.status())
    cameras.fault(GYM, "none")
    until_seen(campus, GYM)
    campus.until("no flag", lambda now: "camera_offline" not in flags(now))

    (asked,) = journal.data("cameras.asked")
    assert asked["blind"] == [[GYM, "lost"]]
    turns = [(one["camera"], one["up"]) for one in journal.data("camera.turned")]
    assert turns[0] == (GYM, False)
    assert turns[-1] == (GYM, True)
    raised = [one for one in journal.data("flag.raised") if one["code"].startswith("camera_")]
    cleared = [one for one in journal.data("flag.cleared") if one["code"].startswith("camera_")]
    assert [(one["code"], one["subject"]) for one in raised] == [("camera_offline", GYM)]
    assert [(one["code"], one["subject"]) for one in cleared] == [("camera_offline", GYM)]


def test_a_reload_in_a_lockdown_takes_a_camera_changes_one_adds_one_and_leaves_the_others_a_gap_of_nothing(
    campus: School, cameras: Cameras
) -> None:
    journal, before = Journal(campus), campus.tree
    campus.broker.press("pb-native", "hold", "reload-1")
    campus.until_secured(*DOORS)
    journal.until("clips", lambda: set(journal.begun()) == {HALL, GATE, GYM})
    watched, played, process = cameras.watched_by(HALL), cameras.played(HALL), camera_process(campus)
    hall, gate, _ = before["cameras"]
    campus.write({**before, "cameras": [hall, {**gate, "transport": "udp"}, cameras.section(YARD, "b")]})
    campus.reload()
    until_seen(campus, HALL, GATE, YARD)
    journal.until("begun", lambda: journal.begun()[3:] and {*journal.begun()[3:]} >= {GATE, YARD})
    clip_grows(campus, GATE)

    assert cameras.watched_by(HALL) == watched
    assert cameras.played(HALL) == played
    assert camera_process(campus) == process
    assert [one["id"] for one in campus.status()["cameras"]] == [HALL, GATE, YARD]
    assert not journal.ended(HALL)
    assert journal.ended(GYM)
    turns = [(one["camera"], one["up"], one["code"]) for one in journal.data("camera.turned")]
    assert turns == [(GATE, False, "changed"), (GATE, True, "")]
    campus.write(before)
    campus.reload()
    until_seen(campus, HALL, GATE, GYM)
    for name in (HALL, GATE, GYM):
        clip_grows(campus, name)
    campus.close(*DOORS)
    journal.until("seals", lambda: journal.ended(HALL) and len(journal.ended(GATE)) == 3)
    journal.until("the gymnasium's", lambda: len(journal.ended(GYM)) == 2)
    (whole,) = journal.ended(HALL)
    assert whole["missing"] == 0
    assert cameras.watched_by(HALL) == watched
    for one in (*journal.ended(HALL), *journal.ended(GATE), *journal.ended(GYM), *journal.ended(YARD)):
        assert one["end"] == "sealed"
        as_recorded(campus, one)


def test_sound_is_kept_only_where_somebody_answers_for_it_and_each_turn_of_it_is_recorded(
    campus: School,
) -> None:
    journal, before = Journal(campus), campus.tree
    hall, *others = before["cameras"]
    campus.write({**before, "cameras": [{**hall, "audio": AUDIO}, *others]})
    campus.reload()
    journal.until("recorded", lambda: journal.of("camera.audio"))
    (turned,) = journal.of("camera.audio")
    assert turned["data"]["camera"] == HALL
    assert turned["data"]["on"] is True
    assert set(turned["sealed"]) == {"by", "note"}
    assert "by" not in turned["data"]
    until_seen(campus, HALL, GATE, GYM)
    assist(campus, "sound-1")
    clip_grows(campus, HALL)
    campus.restart()
    until_seen(campus, HALL, GATE, GYM)
    assert len(journal.of("camera.audio")) == 1
    campus.close()
    journal.until("sealed", lambda: journal.ended(HALL))
    assert sounds_of(as_recorded(campus, journal.ended(HALL)[0])) == 1

    campus.write(before)
    campus.reload()
    journal.until("off", lambda: [one["on"] for one in journal.data("camera.audio")] == [True, False])
    until_seen(campus, HALL, GATE, GYM)


def test_a_daemon_with_hung_cameras_and_a_hung_process_ends_at_once_and_leaves_nobody_behind(
    campus: School, cameras: Cameras
) -> None:
    for name in (HALL, GATE, GYM):
        cameras.fault(name, "silent")
    process = camera_process(campus)
    below = descendants(process)
    os.kill(process, signal.SIGSTOP)
    assert campus.end() == 0
    wait_for("nobody is left behind", lambda: not any(campus.alive(one) for one in below))
    for name in (HALL, GATE, GYM):
        cameras.fault(name, "none")
    campus.start()


def test_the_cameras_password_stands_in_no_log_no_command_line_no_record_and_no_answer(
    campus: School,
) -> None:
    assert campus.daemon is not None
    everybody = descendants(campus.daemon.pid)
    lines = {one: Path(f"/proc/{one}/cmdline").read_bytes() for one in everybody if campus.alive(one)}
    around = {
        one: Path(f"/proc/{one}/environ").read_bytes()
        for one in lines
        if os.access(f"/proc/{one}/environ", os.R_OK)
    }
    stored = {
        file: file.read_bytes()
        for file in campus.store.rglob("*")
        if file.is_file() and ("journal" in file.name or "views" in file.name or "evidence" in file.parts)
    }
    shown = {"log": campus.log.encode(), "status": repr(campus.status()).encode()}
    assert len(lines) >= 2
    assert any(file.name == "journal.db" for file in stored)
    found = [
        where
        for told in (lines, around, stored, shown)
        for where, text in told.items()
        if PASSWORD.encode() in text
    ]
    assert found == []


def test_where_there_is_no_camera_there_is_no_process_nor_in_safe_mode_and_it_comes_and_goes_with_them(
    tmp_path: Path, cameras: Cameras
) -> None:
    with running(tmp_path / "none", partial(school, tmp_path / "none")) as campus:
        assert not has_camera_process(campus)
        without = campus.tree
        campus.write(with_cameras(without, [cameras.section(YARD, "b")], campus.folder))
        campus.reload()
        until_seen(campus, YARD)
        process = camera_process(campus)
        campus.write(without)
        campus.reload()
        wait_for("it has ended", lambda: not campus.alive(process) and not has_camera_process(campus))
        wait_for("its connection as well", lambda: not cameras.watched_by(YARD))
        assert campus.status()["cameras"] == []
        assert "cameras_unwatched" not in flags(campus.status())

        campus.write(with_cameras(without, [cameras.section(YARD, "b")], campus.folder))
        campus.end()
        failed = [{"boot": boot_id(), "at_s": time.monotonic()}] * 3
        (campus.store / "starts.json").write_text(json.dumps(failed))
        played = cameras.played(YARD)
        now = campus.start()
        assert now["appliance"]["mode"] == "safe"
        campus.broker.press("pb-native", "hold", "safe-1")
        campus.until_secured(*DOORS)
        assert not has_camera_process(campus)
        assert cameras.played(YARD) == played
        assert campus.cli("status", "--leave-safe-mode").returncode == 0
        until_seen(campus, YARD)
        wait_for("the lockdown's pictures are kept", lambda: campus.rows("evidence.begun"))
