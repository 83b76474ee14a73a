"""The record: verified live and stopped, exported to a stranger, redacted; and a lockdown that outlives its database."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from typing import Literal

import pytest

from tests.flow.disks import fill, small_disk
from tests.flow.mosquitto import Document
from tests.flow.rig import School, flags, running
from tests.flow.school import STROBE, native, school
from tests.flow.stranger import verified

SECRET = "officer Miller said so"
Damage = Literal["deleted", "corrupted", "cut"]


def test_the_record_of_an_incident_is_verified_live_and_stopped_and_by_a_stranger(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    with running(folder, partial(school, folder)) as campus:
        campus.broker.press("pb-native", "hold", "recorded-1")
        incident = campus.until_secured()["incidents"][0]["id"]
        assert campus.cli_release("tcp-2", reason=SECRET).returncode == 0
        campus.until_at_rest("tcp-2")
        assert campus.cli_close(SECRET).returncode == 0

        live = campus.cli("verify-journal", "--rebuild")
        assert live.returncode == 0, live.stdout + live.stderr
        export, redacted = tmp_path / "export.zip", tmp_path / "redacted.zip"
        assert campus.cli("incident", "export", incident, "--out", str(export)).returncode == 0
        made = campus.cli("incident", "export", incident, "--out", str(redacted), "--redact")
        assert made.returncode == 0, made.stderr
        assert incident in campus.cli("incident", "list").stdout
        assert "tcp-1" in campus.cli("incident", "show", incident).stdout
        assert campus.cli("incident", "replay", incident).returncode == 0
        campus.end()

        stopped = campus.cli("verify-journal", "--rebuild")
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr
        later = tmp_path / "later.zip"
        assert campus.cli("incident", "export", incident, "--out", str(later)).returncode == 0

    for file in (export, later):
        events, opened = verified(file)
        assert SECRET in [one["value"] for one in opened.values()]
        told = [one["kind"] for one in events if one["incident"] == incident]
        # That it was taken out, and words for families that it is over, are told behind the close.
        kinds = [kind for kind in told if kind not in ("incident.exported/1", "statements.prepared/1")]
        assert kinds[0] == "press.heard/1"
        assert kinds[-1] == "incident.closed/1"
        assert SECRET not in json.dumps(events)
        assert _verify(file).returncode == 0
        assert _by_its_own_verifier(file, tmp_path).returncode == 0
    _, opened = verified(redacted)
    assert not opened
    assert SECRET.encode() not in redacted.read_bytes()
    assert _verify(redacted).returncode == 0

    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(export) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"secured"', b'"forced!"'))
    assert _verify(changed).returncode == 1
    with pytest.raises(AssertionError):
        verified(changed)


def test_a_record_that_cannot_be_signed_or_read_is_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "refused"
    with running(folder, partial(school, folder), started=False) as campus:
        campus.store.mkdir(mode=0o700)
        (campus.store / "signing-key.pem").write_text("no key")
        (campus.store / "journal.db").mkdir()
        campus.start()
        campus.broker.press("pb-native", "hold", "unsigned-1")
        incident = campus.until_secured()["incidents"][0]["id"]

        unread = campus.cli("verify-journal")
        (campus.store / "journal.db").rmdir()
        campus.until("recorded", lambda now: not now["appliance"]["journal"]["trouble"])
        unsigned = campus.cli("incident", "export", incident, "--out", str(tmp_path / "export.zip"))

    assert (unread.returncode, unsigned.returncode) == (1, 1)
    assert "database cannot be opened" in unread.stderr
    assert "signing-key.pem" in unsigned.stderr


@pytest.mark.parametrize("damage", ["deleted", "corrupted", "cut"])
def test_a_lockdown_outlives_the_loss_of_its_database_by_the_head_witness(
    tmp_path: Path, damage: Damage
) -> None:
    folder = tmp_path / damage
    with running(folder, partial(school, folder)) as campus:
        kept = tmp_path / "kept.db"
        campus.end()
        shutil.copy(campus.store / "journal.db", kept)
        campus.start()
        campus.broker.press("pb-native", "hold", f"before-{damage}")
        before = campus.until_secured()
        campus.release("tcp-2", reason="a child inside")
        campus.until_at_rest("tcp-2")
        written = len(campus.devices.writes("tcp-1"))
        campus.kill()
        _damage(campus.store, damage, kept)
        campus.start()
        now = campus.until_secured("tcp-1")
        campus.until_at_rest("tcp-2")
        assert [(one["id"], one["kind"], one["response"]) for one in now["incidents"]] == [
            (one["id"], one["kind"], one["response"]) for one in before["incidents"]
        ]
        assert set(campus.devices.writes("tcp-1")[written:]) <= {True}
        assert now["appliance"]["number"] >= before["appliance"]["number"]
        old, new = before["appliance"]["journal"], now["appliance"]["journal"]
        assert new["epoch"] != old["epoch"]
        begun = next(row for row in campus.rows("epoch.started") if row["epoch"] == new["epoch"])
        assert begun["seq"] == 1
        assert old["epoch"] in json.dumps(begun["data"])
        assert campus.cli("verify-journal").returncode == 0
        zone = campus.broker.retained("campus/state/zone/flow-school")
        assert zone is not None
        campus.until(
            "told",
            lambda _: (
                (campus.broker.retained("campus/state/zone/flow-school") or {})["epoch"] == new["epoch"]
            ),
        )
        assert zone["response"] == "lockdown"
        # An edited file may not take away what the lockdown stands on, however it was restored.
        campus.kill()
        _damage(campus.store, "deleted", kept)
        fewer = {**campus.tree, "doors": campus.tree["doors"][1:]}
        campus.write(fewer)
        now = campus.start()
        assert [one["id"] for one in sorted(now["doors"], key=lambda one: str(one["id"]))] == [
            "tcp-1",
            "tcp-2",
        ]
        campus.until_secured("tcp-1")


def test_a_release_that_the_journal_lost_is_not_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "released"
    with running(folder, partial(school, folder)) as campus:
        campus.broker.press("pb-native", "hold", "cut-tail")
        campus.until_secured()
        campus.kill()
        kept = tmp_path / "kept"
        kept.mkdir()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(campus.store / name, kept / name)
        campus.start()
        campus.until_secured()
        assert campus.release("tcp-2", reason="a child inside")["ok"]
        campus.until_at_rest("tcp-2")
        written = len(campus.devices.writes("tcp-2"))
        campus.kill()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(kept / name, campus.store / name)
        campus.start()
        now = campus.until_secured("tcp-1")
        campus.until_at_rest("tcp-2")
        assert True not in campus.devices.writes("tcp-2")[written:]
        assert len(now["incidents"]) == 1
        assert "events_lost" in json.dumps(campus.rows("epoch.started")[-1])


def test_a_close_that_the_journal_lost_is_not_taken_back(tmp_path: Path) -> None:
    folder, kept = tmp_path / "closed", tmp_path / "kept"
    kept.mkdir()
    with running(folder, partial(school, folder, outputs=True)) as campus:
        campus.broker.press("pb-native", "hold", "first")
        campus.until_secured()
        campus.kill()
        for name in ("journal.db", "journal.db-wal"):
            shutil.copy(campus.store / name, kept / name)
        campus.start()
        campus.close("tcp-1", "tcp-2")
        campus.until_at_rest("tcp-1", "tcp-2")

        def lose() -> Document:
            campus.kill()
            for name in ("journal.db", "journal.db-wal"):
                shutil.copy(kept / name, campus.store / name)
            return campus.start()

        quiet = lose()
        assert quiet["incidents"] == []
        assert not quiet["outputs"][0]["ordered_on"]
        assert not campus.devices.coil("plc", STROBE)

        campus.broker.press("pb-native", "hold", "second")
        second = campus.until_secured()["incidents"][0]["id"]
        assert [one["id"] for one in lose()["incidents"]] == [second]
        campus.until_secured()
        assert campus.cli("verify-journal").returncode == 0


def test_a_full_disk_keeps_no_door_from_locking_and_says_what_is_not_durable(tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    with small_disk(folder / "store"), running(folder, partial(school, folder)) as campus:
        filler = campus.store / "filler"
        fill(filler)
        topic = "campus/button/pb-native/accepted"
        with campus.broker.listening(topic) as listener:
            campus.broker.press("pb-native", "hold", "full-1")
            campus.until_secured()
            told = listener.until(topic)
            assert told["press_id"] == "full-1"
            if not told["durable"]:
                trouble = campus.until(
                    "red", lambda now: any(one.startswith("journal") for one in flags(now))
                )
                assert trouble["appliance"]["armed"]
                filler.unlink()
                listener.until(topic, lambda one: bool(one["durable"]))
        filler.unlink(missing_ok=True)
        campus.until("no trouble", lambda now: not now["appliance"]["journal"]["trouble"])
        campus.restart()
        now = campus.until_secured()
        assert len(now["incidents"]) == 1
        assert campus.cli("verify-journal").returncode == 0


def test_a_store_that_takes_nothing_leaves_the_school_armed(tmp_path: Path) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    with small_disk(folder / "store") as disk, running(folder, partial(school, folder)) as campus:
        campus.end()
        disk.remount("ro")
        campus.launch()
        _locks_without_a_socket(campus, "read-only-1")
        disk.remount("rw")
        now = campus.until("the socket is back", lambda now: now["appliance"]["armed"], 30)
        assert len(now["incidents"]) == 1


def test_a_store_that_cannot_be_made_leaves_the_school_armed(tmp_path: Path) -> None:
    folder = tmp_path / "no-store"

    def make(port: int) -> Document:
        (folder / "file").write_text("no directory")
        return {
            **school(folder, port, buttons=[native("pb-native")]),
            "store": {"directory": str(folder / "file" / "store")},
        }

    with running(folder, make, started=False) as campus:
        campus.launch()
        _locks_without_a_socket(campus, "no-store-1")


def _locks_without_a_socket(campus: School, press: str) -> None:
    topic = "campus/button/pb-native/accepted"
    campus.until_armed_on_the_broker()
    with campus.broker.listening("campus/state/door/#", topic) as listener:
        campus.broker.press("pb-native", "hold", press)
        for door in ("tcp-1", "tcp-2"):
            listener.until(f"campus/state/door/{door}", lambda one: one["verdict"] == "secured")
        assert listener.until(topic)["durable"] is False


def _damage(store: Path, damage: Damage, kept: Path) -> None:
    database = store / "journal.db"
    if damage == "corrupted":
        with database.open("r+b") as file:
            file.write(os.urandom(4_096 * 4))
        return
    for suffix in ("", "-wal", "-shm"):
        (store / f"journal.db{suffix}").unlink(missing_ok=True)
    if damage == "cut":
        shutil.copy(kept, database)


def _verify(export: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "edge", "incident", "verify", str(export)],
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )


def _by_its_own_verifier(export: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """The `verify.py` inside, as a stranger runs it: nothing of ours can be imported."""
    with zipfile.ZipFile(export) as archive:
        program, key = folder / "verify.py", folder / "key.pem"
        program.write_bytes(archive.read("verify.py"))
        name = next(one for one in archive.namelist() if one.startswith("keys/"))
        key.write_bytes(archive.read(name))
    return subprocess.run(
        [sys.executable, "-I", str(program), str(export), str(key)],
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
        cwd=folder,
    )
