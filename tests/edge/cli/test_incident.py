"""The record by the command line: from the files of a daemon that is gone, and through one that runs."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from edge.cli.record import account, listing, told
from edge.control.rows import row, wanted
from edge.journal.reader import Reader
from rules.model.camera_facts import EvidenceEnded
from rules.model.facts import DoorsOrdered, VerdictReached
from rules.model.ids import CameraId, CommandId
from tests.edge.campus import D1, D2, D3, INCIDENT, locked_down
from tests.edge.cli.conftest import Run, Site
from tests.edge.cli.records import SECRET_REASON, write_journal
from tests.edge.control.desks import PaperDesk, serving


@pytest.fixture
def recorded(site: Site) -> Site:
    write_journal(site.store)
    return site


def rows_of(store: Path, incident: str | None) -> list[dict[str, Any]]:
    with Reader.open(store) as reader:
        return [row(event) for event in reader.events() if wanted(event, incident)]


def test_the_list_has_each_incident_with_its_end(run: Run, recorded: Site) -> None:
    ended = run("incident", "list")
    items = json.loads(run("incident", "list", "--json").stdout)["items"]

    assert ended.returncode == 0
    assert "inc-1     REAL  lockdown  hs" in ended.stdout
    assert [(one["id"], one["opened"], one["closed"]) for one in items] == [
        ("inc-1", "2026-08-14T12:00:00.000000Z", "2026-08-14T12:00:09.000000Z")
    ]


def test_an_empty_record_says_so(run: Run, site: Site) -> None:
    ended = run("incident", "list")

    assert ended.returncode == 1
    assert "cannot be read" in ended.stderr


def test_an_incident_is_shown_with_its_doors_and_its_timeline(run: Run, recorded: Site) -> None:
    ended = run("incident", "show", "inc-1")
    found = json.loads(run("incident", "show", "inc-1", "--json").stdout)

    assert ended.returncode == 0
    assert "REAL: lockdown in hs" in ended.stdout
    assert SECRET_REASON in ended.stdout
    doors = {door["id"]: door for door in found["doors"]}
    assert doors["a-101"]["verdict"] == "secured"
    assert doors["a-101"]["ledger"]["verdict_ms"] == 350.5
    assert doors["a-102"]["held"] == "fire_active"
    assert found["doors"][0]["id"] == "a-102"
    assert [one["after_ms"] for one in found["timeline"]][-1] == 9_000.0


def test_a_door_ordered_again_by_a_press_that_joined_keeps_what_was_proven(run: Run, site: Site) -> None:
    write_journal(
        site.store,
        (500_000, DoorsOrdered("lock", (D1, D2), (), (CommandId(2),), "")),
        (900_000, VerdictReached(D2, "secured", None, "", True, True, 0)),
    )

    found = json.loads(run("incident", "show", "inc-1", "--json").stdout)

    doors = {door["id"]: door for door in found["doors"]}
    assert (doors["a-101"]["verdict"], doors["a-101"]["ledger"]["verdict_ms"]) == ("secured", 350.5)
    assert (doors["a-102"]["verdict"], doors["a-102"]["ledger"]["verdict_ms"]) == ("secured", 400.0)
    assert doors["a-102"]["held"] == ""


def test_doors_that_reach_a_verdict_in_one_moment_share_a_line(run: Run, site: Site) -> None:
    write_journal(
        site.store, *((500_000, VerdictReached(one, "secured", None, "", True, True, 0)) for one in (D2, D3))
    )

    shown = run("incident", "show", "inc-1").stdout

    assert "500.0  device:pb-101  2 doors secured: a-102 b-201" in shown


def test_an_unknown_incident_is_exit_1_for_every_verb(run: Run, recorded: Site, tmp_path: Path) -> None:
    for verb in (["show"], ["replay"], ["export", "--out", str(tmp_path / "x.zip")]):
        ended = run("incident", verb[0], "inc-404", *verb[1:])
        assert ended.returncode == 1
        assert "no incident inc-404" in ended.stderr
    assert not (tmp_path / "x.zip").exists()


def test_an_export_verifies_with_the_key_and_breaks_with_one_changed_byte(
    run: Run, recorded: Site, tmp_path: Path
) -> None:
    out = tmp_path / "export.zip"
    exported = run("incident", "export", "inc-1", "--out", str(out))
    assert (exported.returncode, exported.stderr) == (0, "")
    key = tmp_path / "key.pem"
    with zipfile.ZipFile(out) as archive:
        name = next(one for one in archive.namelist() if one.startswith("keys/"))
        key.write_bytes(archive.read(name))

    assert run("incident", "verify", str(out), "--key", str(key)).returncode == 0
    unsure = run("incident", "verify", str(out))
    assert unsure.returncode == 0
    assert "does not show who signed" in unsure.stdout

    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(out) as archive, zipfile.ZipFile(changed, "w") as copy:
        for one in archive.namelist():
            copy.writestr(one, archive.read(one).replace(b"lockdown", b"medicall"))
    broken = run("incident", "verify", str(changed), "--key", str(key))
    assert broken.returncode == 1
    assert "does NOT hold" in broken.stdout


def test_a_redacted_export_holds_and_tells_no_reason(run: Run, recorded: Site, tmp_path: Path) -> None:
    out = tmp_path / "export.zip"

    run("incident", "export", "inc-1", "--out", str(out), "--redact")

    assert run("incident", "verify", str(out)).returncode == 0
    with zipfile.ZipFile(out) as archive:
        assert all(SECRET_REASON.encode() not in archive.read(one) for one in archive.namelist())


def test_an_incidents_pictures_travel_with_it_and_what_is_missing_is_said(
    run: Run, site: Site, tmp_path: Path
) -> None:
    kept, gone = b"moving pictures", b"no more"
    folder = site.store / "evidence" / "inc-1"
    folder.mkdir(parents=True)
    (folder / "cam-1.mp4").write_bytes(kept)
    write_journal(site.store, *(ended(name, data) for name, data in (("cam-1", kept), ("cam-2", gone))))
    out = tmp_path / "export.zip"

    assert run("incident", "export", "inc-1", "--out", str(out)).returncode == 0
    told = run("incident", "verify", str(out))
    record = run("verify-journal", "--evidence", "--json")

    assert told.returncode == 0
    assert "pictures: 1 of 2 files are here and as they were sealed" in told.stdout
    assert "pictures: inc-1/cam-2.mp4 is not here: gone" in told.stdout
    with zipfile.ZipFile(out) as archive:
        assert archive.read(f"files/{hashlib.sha256(kept).hexdigest()}") == kept
    assert [one.name for one in tmp_path.iterdir() if "campus-edge-" in one.name] == []
    assert record.returncode == 1
    found = json.loads(record.stdout)
    assert (found["pictures"], found["pictures_read"]) == (2, True)
    assert [one["code"] for one in found["problems"]] == ["evidence"]

    (folder / "cam-2.mp4").write_bytes(gone)
    assert run("verify-journal").returncode == 0


def ended(camera: str, data: bytes) -> tuple[int, EvidenceEnded]:
    digest = hashlib.sha256(data).hexdigest()
    name = f"inc-1/{camera}.mp4"
    return 9_500_000, EvidenceEnded(
        CameraId(camera), name, "sealed", "", digest, len(data), 1, 2, None, 3, 0, 0
    )


def test_an_export_never_overwrites(run: Run, recorded: Site, tmp_path: Path) -> None:
    out = tmp_path / "notes.txt"
    out.write_text("mine")

    ended = run("incident", "export", "inc-1", "--out", str(out))

    assert ended.returncode == 1
    assert out.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_export_does_not_hold(run: Run, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(content)

    ended = run("incident", "verify", str(file))

    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


def test_an_export_that_is_not_there_is_said(run: Run, tmp_path: Path) -> None:
    ended = run("incident", "verify", str(tmp_path / "none.zip"), "--key", str(tmp_path / "none.pem"))

    assert ended.returncode == 1
    assert "cannot be read" in ended.stderr


def test_a_replay_folds_what_was_decided_and_ends_where_the_record_did(run: Run, recorded: Site) -> None:
    ended = run("incident", "replay", "inc-1", "--json")
    items = json.loads(ended.stdout)["items"]

    assert ended.returncode == 0
    assert [one["number"] for one in items] == [0, 0, 1, 1, 1, 1, 2, 2]
    assert items[3]["orders"] == {"a-101": "lock", "a-102": "lock"}
    assert items[2]["zones"] == {"hs": "lockdown"}
    assert items[-1]["zones"] == {}
    assert all(one["known"] for one in items)


def test_the_journal_verifies_and_its_views_follow_from_it(process: Run, recorded: Site) -> None:
    ended = process("verify-journal", "--rebuild")

    assert ended.returncode == 0
    assert "The record holds" in ended.stdout
    assert "are equal" in ended.stdout


def test_while_a_daemon_runs_the_record_comes_through_it(run: Run, recorded: Site, tmp_path: Path) -> None:
    desk = PaperDesk()
    desk.rows_by_incident = {"inc-1": rows_of(recorded.store, "inc-1"), None: rows_of(recorded.store, None)}
    desk.exports["inc-1"] = tmp_path / "made-by-the-daemon.zip"
    desk.exports["inc-1"].write_bytes(b"an export")
    desk.verified = {"holds": False, "text": ["event 3: the link is broken"]}

    with serving(recorded.store, desk):
        assert "inc-1" in run("incident", "list").stdout
        assert "a-102" in run("incident", "show", "inc-1").stdout
        assert "8 events folded" in run("incident", "replay", "inc-1").stdout
        assert run("incident", "export", "inc-1", "--out", str(tmp_path / "mine.zip")).returncode == 0
        assert run("incident", "export", "inc-404", "--out", str(tmp_path / "none.zip")).returncode == 1
        broken = run("verify-journal")

    assert (tmp_path / "mine.zip").read_bytes() == b"an export"
    assert not desk.exports["inc-1"].exists()
    assert (broken.returncode, broken.stdout) == (1, "event 3: the link is broken\n")


def test_a_live_incident_shows_when_each_command_was_written(run: Run, recorded: Site) -> None:
    live = [one for one in rows_of(recorded.store, "inc-1") if one["kind"] != "incident.closed/1"]
    desk = PaperDesk(locked_down({D1: "secured"}))
    desk.rows_by_incident["inc-1"] = live

    with serving(recorded.store, desk):
        found = json.loads(run("incident", "show", "inc-1", "--json").stdout)

    door = next(one for one in found["doors"] if one["id"] == "a-101")
    assert (door["controller"], door["ledger"]["written_ms"], door["ledger"]["bolt_ms"]) == (
        "plc-east",
        8.0,
        350.5,
    )


def test_a_journal_that_somebody_else_reads_is_told_from_a_daemon(run: Run, recorded: Site) -> None:
    import fcntl

    with (recorded.store / "journal.lock").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        ended = run("incident", "list")

    assert ended.returncode == 1
    assert "starting or stopping" in ended.stderr


def test_a_kind_that_nobody_knows_is_shown_raw(recorded: Site) -> None:
    stranger = {**rows_of(recorded.store, "inc-1")[0], "kind": "weather.turned/1", "data": {"storm": True}}

    assert told(stranger) == "weather.turned/1 {'storm': True}"


def test_an_incident_that_was_never_closed_is_live() -> None:
    opened = {
        "kind": "incident.opened/1",
        "at": "2026-08-14T12:00:00.000000Z",
        "data": {"id": "inc-2", "kind": "drill", "response": "secure", "zone": "hs", "silent": False},
    }
    raised = {
        "kind": "incident.raised/1",
        "at": "",
        "data": {"id": "inc-2", "response": "lockdown", "zone": "a"},
    }

    assert listing([opened, raised])[0] == {
        "id": "inc-2",
        "kind": "drill",
        "response": "lockdown",
        "zone": "a",
        "zones": ["a", "hs"],
        "silent": False,
        "opened": "2026-08-14T12:00:00.000000Z",
        "closed": None,
    }


def test_rows_of_another_incident_make_no_account(recorded: Site) -> None:
    assert account(rows_of(recorded.store, "inc-404"), "inc-404") is None
    assert account(rows_of(recorded.store, INCIDENT), INCIDENT) is not None


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (
            "notices.ordered/1",
            {"response": "lockdown", "zone": "hs", "number": 3, "outputs": [["mail", 7]], "held": [["page", "fire_alarm"]]},
            "state 3: people of hs are told lockdown by mail; page held back: fire_alarm",
        ),
        (
            "notices.ordered/1",
            {"response": None, "zone": "hs", "number": 4, "outputs": [], "held": []},
            "state 4: people of hs are told over by none",
        ),
        (
            "notice.turned/1",
            {"notice": 7, "output": "mail", "outcome": "failed", "code": "refused", "told": 0, "of": 2},
            "output mail, notice 7: failed refused, told 0 of 2",
        ),
        (
            "second_channel.tried/1",
            {"number": 3, "unheard": [["screens", "101"], ["mail", ""]], "output": ""},
            "state 3 not acknowledged in time: screens 101 mail; tried by no other output: reach them another way",
        ),
        (
            "second_channel.tried/1",
            {"number": 3, "unheard": [["mail", ""]], "output": "sms"},
            "state 3 not acknowledged in time: mail; tried by sms",
        ),
        (
            "statements.prepared/1",
            {"number": 3, "statements": []},
            "state 3: words stand ready for the district: none",
        ),
    ],
)  # fmt: skip
def test_who_was_told_and_who_was_not_is_told_in_words(kind: str, data: dict[str, Any], words: str) -> None:
    assert told({"kind": kind, "data": data}) == words
