"""The store's disk full, slow, overwritten, unmounted or deleted under the running daemon: doors lock all the same, the
fault is said while it lasts, and the record goes on as if nothing had been.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.flow.disks import fill, small_disk
from tests.flow.mosquitto import Document
from tests.flow.rig import School, flags, running
from tests.flow.school import school
from tests.flow.waiting import wait_for

WITHIN_S = 60
"""The issue: by then a fault shows."""
TOPIC = "campus/button/pb-native/accepted"
RECORDED = {"press.heard", "incident.opened"}


def _press(campus: School, press: str) -> Document:
    """Press, until every door is proven locked on the broker; what the button heard first."""
    with campus.broker.listening(TOPIC, "campus/state/door/#") as listener:
        campus.broker.press("pb-native", "hold", press)
        for door in ("tcp-1", "tcp-2"):
            listener.until(f"campus/state/door/{door}", lambda one: one["verdict"] == "secured")
        return listener.until(TOPIC, lambda one: one["press_id"] == press)


def _durable_at_last(campus: School) -> Document:
    return campus.until(
        "everything is recorded", lambda now: not now["appliance"]["journal"]["trouble"], WITHIN_S
    )


def _whole(campus: School, press: str) -> None:
    """After a restart: the lockdown stands, the press is in the record, in one epoch, and every link holds."""
    epochs = {row["epoch"] for row in campus.rows()}
    assert press in str(campus.rows("press.heard"))
    campus.restart()
    now = campus.until_secured()
    assert len(now["incidents"]) == 1
    assert now["appliance"]["journal"]["epoch"] in epochs
    assert len(epochs) == 1
    campus.end()
    verified = campus.cli("verify-journal", "--rebuild")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_full_disk_is_said_and_its_ballast_lets_the_record_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    with small_disk(folder / "store", 24) as disk, running(folder, partial(school, folder)) as campus:
        wait_for("there is a ballast", (disk.place / "ballast").exists)
        fill(disk.place / "filler")
        _press(campus, "full-1")
        now = campus.until("said", lambda now: {"room_given", "disk_low"} <= flags(now), WITHIN_S)
        assert now["appliance"]["armed"]
        assert not (disk.place / "ballast").exists()
        _durable_at_last(campus)
        assert {row["kind"].partition("/")[0] for row in campus.rows()} >= RECORDED
        (disk.place / "filler").unlink()
        campus.until("over", lambda now: not {"room_given", "disk_low"} & flags(now), WITHIN_S)
        assert (disk.place / "ballast").exists()
        _whole(campus, "full-1")


def test_a_database_overwritten_in_a_lockdown_is_put_together_again_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "overwritten"
    with running(folder, partial(school, folder)) as campus:
        _press(campus, "before")
        _durable_at_last(campus)
        database = campus.store / "journal.db"
        for name in ("journal.db", "journal.db-wal"):
            with (campus.store / name).open("r+b") as file:
                file.write(random.Random(7).randbytes((campus.store / name).stat().st_size))
        now = campus.until("said", lambda now: "journal_rebuilt" in flags(now), WITHIN_S)
        assert len(now["incidents"]) == 1
        assert list(campus.store.glob("journal.db.corrupt-*"))
        campus.close("tcp-1", "tcp-2")
        _press(campus, "after")
        _durable_at_last(campus)
        assert database.exists()
        assert "before" in str(campus.rows("press.heard"))
        _whole(campus, "after")


def test_a_database_that_is_noise_at_the_start_is_made_of_its_copy(tmp_path: Path) -> None:
    folder = tmp_path / "noise"
    with running(folder, partial(school, folder)) as campus:
        _press(campus, "noise-1")
        _durable_at_last(campus)
        campus.end()
        _copy(campus.store)
        with (campus.store / "journal.db").open("r+b") as file:
            file.write(random.Random(7).randbytes((campus.store / "journal.db").stat().st_size))
        campus.start()
        now = campus.until_secured()
        assert "journal_rebuilt" in flags(now)
        assert not {"journal_new_epoch", "journal_corrupt", "events_lost"} & flags(now)
        _whole(campus, "noise-1")


def test_a_store_that_is_unmounted_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "unmounted"
    folder.mkdir()
    with small_disk(folder / "store", 24) as disk, running(folder, partial(school, folder)) as campus:
        wait_for("the page is there", lambda: campus.health() == 200)
        disk.unmount()
        heard = _press(campus, "unmounted-1")
        assert heard["durable"] is False
        wait_for("said", lambda: not _recording(campus), WITHIN_S)
        assert not list(disk.place.glob("journal.*"))
        with campus.broker.listening(TOPIC) as listener:
            disk.mount()
            listener.until(TOPIC, lambda one: bool(one["durable"]))
        _durable_at_last(campus)
        _whole(campus, "unmounted-1")


def test_a_daemon_that_is_ended_before_its_disk_is_back_says_what_ends_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "ended"
    folder.mkdir()
    with small_disk(folder / "store", 24) as disk, running(folder, partial(school, folder)) as campus:
        disk.unmount()
        heard = _press(campus, "ended-1")
        assert heard["durable"] is False
        with campus.broker.listening("campus/state/appliance") as listener:
            assert campus.end() == 1
            listener.until("campus/state/appliance", lambda one: not one["armed"])
        assert f"live=['{heard['incident']}']" in campus.log


def test_a_store_that_is_deleted_is_written_again_from_what_is_open(tmp_path: Path) -> None:
    folder = tmp_path / "deleted"
    with running(folder, partial(school, folder)) as campus:
        _press(campus, "deleted-1")
        _durable_at_last(campus)
        campus.store.rename(tmp_path / "away")
        shutil.rmtree(tmp_path / "away")
        campus.until(
            "the socket is there again and all is recorded",
            lambda now: "journal_rebuilt" in flags(now) and not now["appliance"]["journal"]["trouble"],
            WITHIN_S,
        )
        _whole(campus, "deleted-1")


def test_a_disk_that_takes_thirty_seconds_for_each_sync_holds_up_no_door(tmp_path: Path) -> None:
    folder = tmp_path / "slow"
    with running(folder, partial(school, folder)) as campus:
        with _slow(campus):
            heard = _press(campus, "slow-1")
            assert heard["durable"] is False
            now = campus.until("said", lambda now: "journal_hung" in flags(now), WITHIN_S)
            assert now["appliance"]["armed"]
        campus.until("over", lambda now: "journal_hung" not in flags(now), WITHIN_S)
        _durable_at_last(campus)
        _whole(campus, "slow-1")


def _copy(store: Path) -> None:
    """What the daemon does each minute, of a store that nobody has open."""
    from tests.edge.journal.test_good_copy import copying

    copying(store, campus="flow-school").keep_up(0.0)


def _recording(campus: School) -> bool:
    with urllib.request.urlopen(f"http://{campus.tree['web']['listen']}/metrics", timeout=5) as answer:
        return b"campus_edge_journal_recording 1.0" in answer.read()


@contextlib.contextmanager
def _slow(campus: School) -> Iterator[None]:
    """Every sync of the daemon takes 30 s."""
    assert campus.daemon is not None
    inject = ["-e", "trace=fdatasync,fsync", "-e", "inject=fdatasync,fsync:delay_enter=30s"]
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("NOT TESTED: without strace no disk is slow")
    command = [strace, "-f", "-qq", "-o", os.devnull, *inject, "-p", str(campus.daemon.pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_for("traced", partial(_is_traced, campus.daemon.pid, tracer))
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=60)


def _is_traced(pid: int, tracer: "subprocess.Popen[bytes]") -> bool:
    if tracer.poll() is not None:
        pytest.skip("NOT TESTED: strace cannot attach here, no disk is slow")
    threads = list(Path(f"/proc/{pid}/task").glob("*/status"))
    return all(f"TracerPid:\t{tracer.pid}\n" in file.read_text() for file in threads)
