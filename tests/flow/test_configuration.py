"""A broken configuration, a missing secret, a taken port or a daemon that cannot start: none of them disarms a school."""

import copy
import json
import os
import signal
import socket
import time
from contextlib import closing
from functools import partial
from pathlib import Path

from edge.config.remembered import remembered
from edge.journal.places import Places
from edge.journal.witness import read_witness
from edge.simulated.addresses import spare_port
from tests.flow.mosquitto import Document
from tests.flow.rig import School, flags, running
from tests.flow.school import native, school
from tests.flow.waiting import PATIENCE_S, wait_for

NO_PAGE = ("", "sign-in", "set-up", "metrics", "api/v1/openapi.json", "api/v1/campus")
"""In safe mode nothing of all this is there."""


def mode(document: Document) -> str:
    return str(document["appliance"]["mode"])


def locks(campus: School, press: str) -> None:
    """A press locks, and everything is at rest again after."""
    campus.broker.press("pb-native", "hold", press)
    campus.until_secured("tcp-1", "tcp-2")
    campus.close("tcp-1", "tcp-2")
    campus.until_at_rest("tcp-1", "tcp-2")


def live_on_disk(campus: School) -> bool:
    """Whether another start finds that a response is live in this store: a kill before that is a kill before the press."""
    told = read_witness(Places(campus.store).witness)
    return remembered(campus.config) == campus.store and told is not None and bool(told.said.get("zones"))


def test_a_first_start_on_a_broken_file_ends_with_78_and_every_problem_at_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "never"
    with running(folder, partial(school, folder), started=False) as campus:
        whole = copy.deepcopy(campus.tree)
        whole["doors"][0]["controller"] = "plk"
        whole["doors"][1]["hardware"]["type"] = "stricke"
        campus.write(whole)
        campus.launch()
        assert campus.daemon is not None
        assert campus.daemon.wait(PATIENCE_S) == 78
        lines = [line for line in campus.log.splitlines() if line.startswith(f"{campus.config}:")]
        assert any("doors[tcp-1].controller" in line for line in lines)
        assert any("doors[tcp-2].hardware.type" in line for line in lines)
        for line in lines:
            assert line.removeprefix(f"{campus.config}:").partition(":")[0].isdigit()
        campus.config.unlink()
        campus.environment["STATE_DIRECTORY"] = str(
            folder / "state"
        )  # not this machine's /var/lib/campus-edge
        campus.launch()
        assert campus.daemon.wait(PATIENCE_S) == 78


def test_a_broken_edit_or_a_missing_secret_starts_the_last_accepted_one(tmp_path: Path) -> None:
    folder = tmp_path / "accepted"
    with running(folder, partial(school, folder, drivers=("modbus-tcp", "osdp"))) as campus:
        good = campus.config.read_text()
        campus.end()
        campus.config.write_text(good.replace('"plc"', '"plk"', 1))
        now = campus.start()
        assert mode(now) == "last_accepted"
        assert "last_accepted" in flags(campus.until("red", lambda found: "last_accepted" in flags(found)))
        locks(campus, "on-the-last")

        campus.config.write_text(good)
        campus.reload()
        campus.until("normal", lambda found: mode(found) == "normal" and "last_accepted" not in flags(found))
        campus.end()

        (folder / "secrets" / "reader").unlink()
        now = campus.start()
        assert mode(now) == "last_accepted"
        campus.broker.press("pb-native", "hold", "without-secret")
        campus.until_secured()
        campus.end()

        # The file itself is gone, or says nothing any more: the store is where it was when it was last accepted.
        campus.config.unlink()
        now = campus.start()
        assert mode(now) == "last_accepted"
        assert [one["response"] for one in now["incidents"]] == ["lockdown"]
        assert "Running on the last accepted configuration" in campus.cli("status").stdout
        campus.end()
        campus.config.write_text("campus: [\n")
        assert mode(campus.start()) == "last_accepted"


def test_a_reload_is_taken_whole_or_refused_and_a_live_incident_keeps_its_devices(tmp_path: Path) -> None:
    folder = tmp_path / "reload"
    with running(folder, partial(school, folder)) as campus:
        first = campus.tree
        more = copy.deepcopy(first)
        more["buttons"].append(native("pb-new"))
        campus.write(more)
        campus.reload()
        campus.until("taken", lambda now: "pb-new" in [one["id"] for one in now["buttons"]])
        # Until then the broker gives nobody what a button says that nobody had asked for.
        campus.until("its topic", lambda _: "session='presses' topics=4" in campus.log)
        campus.until("both sessions", lambda now: all(one["up"] for one in now["sessions"]))
        campus.until("armed", lambda now: now["appliance"]["armed"])

        campus.broker.press("pb-new", "hold", "by-the-new-one")
        campus.until_secured()

        fewer = copy.deepcopy(more)
        fewer["doors"] = fewer["doors"][:1]
        campus.write(fewer)
        campus.reload()
        refused = campus.until("refused", lambda now: "config_refused" in flags(now))
        assert [one["id"] for one in refused["doors"]] == ["tcp-1", "tcp-2"]
        campus.restart()
        now = campus.until_secured()
        assert mode(now) == "last_accepted"
        assert [one["id"] for one in now["doors"]] == ["tcp-1", "tcp-2"]
        assert campus.end_incident("over")["ok"]
        campus.reload()
        campus.until("taken", lambda now: [one["id"] for one in now["doors"]] == ["tcp-1"])
        campus.until("normal", lambda now: mode(now) == "normal" and "config_refused" not in flags(now))

        for wrong in (
            json.dumps(first).replace('"zones"', '"zonse"', 1),
            json.dumps({**first, "campus": {**first["campus"], "id": "another-campus"}}),
            json.dumps({**first, "campus": {**first["campus"], "callback_phone": "217-555-0100"}}),
        ):
            campus.config.write_text(json.dumps(fewer))
            campus.reload()
            campus.until("taken", lambda now: "config_refused" not in flags(now))
            campus.config.write_text(wrong)
            campus.reload()
            campus.until("refused", lambda now: "config_refused" in flags(now))
        assert "217-555-0100" in campus.log
        # What a file quotes may be anybody's name or number: the record knows how many problems, and where.
        assert "217-555-0100" not in json.dumps(campus.rows())
        campus.broker.press("pb-native", "hold", "after-the-refusal")
        campus.until_secured("tcp-1")
        turned = [row["data"]["accepted"] for row in campus.rows("configuration.turned")]
        assert turned.count(True) >= 2
        assert turned.count(False) >= 2


def test_an_edit_that_moves_the_store_leaves_no_live_lockdown_behind(tmp_path: Path) -> None:
    folder = tmp_path / "moved"
    with running(folder, partial(school, folder)) as campus:
        campus.broker.press("pb-native", "hold", "before-the-move")
        incident = campus.until_secured()["incidents"][0]["id"]
        wait_for("on disk", lambda: live_on_disk(campus))
        campus.kill()
        campus.write({**campus.tree, "store": {"directory": str(folder / "elsewhere")}})

        campus.start()
        now = campus.until_secured()
        assert mode(now) == "last_accepted"
        assert [one["id"] for one in now["incidents"]] == [incident]
        assert campus.cli("close", "--reason", "all clear").returncode == 0
        campus.end()

        campus.launch()
        socket = folder / "elsewhere" / "control.sock"
        wait_for("started in the new store", lambda: campus.cli("status").returncode == 0 and socket.exists())


def test_a_kill_right_behind_the_commit_and_an_edit_that_moves_the_store_leave_no_lockdown_behind(
    tmp_path: Path,
) -> None:
    """The head witness is written behind the commit: a kill in between leaves one that knows of nothing yet."""
    folder = tmp_path / "behind"
    with running(folder, partial(school, folder)) as campus:
        wait_for("accepted", lambda: remembered(campus.config) == campus.store)
        quiet = Places(campus.store).witness.read_bytes()
        campus.broker.press("pb-native", "hold", "behind-the-commit")
        incident = campus.until_secured()["incidents"][0]["id"]
        wait_for("on disk", lambda: live_on_disk(campus))
        campus.kill()
        Places(campus.store).witness.write_bytes(quiet)
        campus.write({**campus.tree, "store": {"directory": str(folder / "elsewhere")}})

        campus.start()
        now = campus.until_secured()
        assert [one["id"] for one in now["incidents"]] == [incident]
        assert not (folder / "elsewhere").exists()


def test_a_taken_web_port_leaves_the_school_armed_and_the_page_comes_later(tmp_path: Path) -> None:
    folder = tmp_path / "port"
    port = spare_port()

    def make(broker: int) -> Document:
        return {**school(folder, broker), "web": {"listen": f"127.0.0.1:{port}"}}

    with running(folder, make, started=False) as campus:
        with closing(socket.create_server(("127.0.0.1", port))):
            campus.start()
            assert "web_port" in flags(campus.until("red", lambda now: "web_port" in flags(now)))
            campus.broker.press("pb-native", "hold", "no-page")
            campus.until_secured()
        wait_for("the page", lambda: campus.health("readyz") == 200)
        assert campus.health("healthz") == 200
        campus.until("no longer red", lambda now: "web_port" not in flags(now))


def test_a_reload_moves_the_page_and_leaves_the_button_sessions_alone(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    ports = spare_port(), spare_port()

    def make(broker: int) -> Document:
        return {**school(folder, broker), "web": {"listen": f"127.0.0.1:{ports[0]}"}}

    with running(folder, make) as campus:
        wait_for("the page", lambda: campus.health() == 200)
        sessions = campus.log.count("mqtt_session_up")
        first = campus.tree
        campus.write({**first, "web": {"listen": f"127.0.0.1:{ports[1]}"}})
        campus.reload()
        wait_for("the page on its new port", lambda: campus.health() == 200)
        campus.tree = first
        assert campus.health() is None

        campus.write({name: section for name, section in first.items() if name != "web"})
        campus.reload()
        campus.tree = {"web": {"listen": f"127.0.0.1:{ports[1]}"}}
        wait_for("no page any more", lambda: campus.health() is None)
        locks(campus, "page-or-not")
        assert campus.log.count("mqtt_session_up") == sessions


def test_a_reload_that_changes_no_serial_line_leaves_the_lines_alone(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    with running(folder, partial(school, folder, drivers=("modbus-tcp", "modbus-rtu", "osdp"))) as campus:
        of_the_line, armed = campus.children(), campus.status()["controllers"]
        tree = campus.tree
        campus.write({**tree, "doors": [{**one, "name": f"{one['name']}, new"} for one in tree["doors"]]})
        campus.reload()
        now = campus.until(
            "taken over", lambda found: all(one["name"].endswith(", new") for one in found["doors"])
        )
        assert campus.children() == of_the_line
        since = {one["id"]: one["since"] for one in armed}
        assert {one["id"]: one["since"] for one in now["controllers"]} == since
        locks(campus, "on-the-same-lines")


def test_three_starts_that_never_came_to_ready_lead_to_safe_mode_in_which_a_press_locks(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "safe"
    with running(folder, partial(school, folder)) as campus:
        campus.end()
        starts = campus.store / "starts.json"
        for number in range(1, 4):
            campus.launch()
            ends = time.monotonic() + PATIENCE_S
            while not starts.exists() or len(json.loads(starts.read_text())) < number:
                assert time.monotonic() < ends
            campus.kill()
        now = campus.start()
        assert mode(now) == "safe"
        assert "safe_mode" in flags(campus.until("red", lambda found: "safe_mode" in flags(found)))
        assert "SAFE MODE" in campus.cli("status").stdout
        wait_for("the health page", lambda: campus.health("healthz") == 200)
        assert campus.health("readyz") == 200
        assert {campus.health(one) for one in NO_PAGE} == {404}
        locks(campus, "in-safe-mode")
        assert campus.cli("status", "--leave-safe-mode").returncode == 0
        campus.until("normal", lambda found: mode(found) == "normal" and "safe_mode" not in flags(found))
        assert campus.cli("status", "--leave-safe-mode").returncode == 1
        locks(campus, "in-normal-mode")
        wait_for("the page again", lambda: campus.health("api/v1/openapi.json") == 200)
        campus.kill()
        assert mode(campus.start()) == "normal"


def test_a_second_daemon_on_the_same_store_is_refused_and_the_first_works_on(tmp_path: Path) -> None:
    folder = tmp_path / "twice"
    with running(folder, partial(school, folder)) as campus:
        second = campus.cli("run")
        assert second.returncode == 1
        assert "in use" in second.stderr
        locks(campus, "still-works")


def test_a_sigterm_ends_the_daemon_cleanly(tmp_path: Path) -> None:
    folder = tmp_path / "term"
    with running(folder, partial(school, folder)) as campus:
        began = time.monotonic()
        assert campus.end(signal.SIGTERM) == 0
        assert time.monotonic() - began < PATIENCE_S
        assert campus.until_gone()["armed"] is False


def test_an_edit_while_the_daemon_starts_is_neither_lost_nor_its_end(tmp_path: Path) -> None:
    folder = tmp_path / "early"
    with running(folder, partial(school, folder), started=False) as campus:

        def listening_early() -> int | None:
            """Start it, and stop it right where it has taken SIGHUP into its own hands (proc(5): SigCgt), with no store open."""
            if campus.daemon is not None:
                campus.kill()
            Places(campus.store).lock.unlink(missing_ok=True)
            campus.launch()
            assert campus.daemon is not None
            status = Path(f"/proc/{campus.daemon.pid}/status")
            while not int(status.read_text().partition("SigCgt:")[2].split()[0], 16) & 1 << signal.SIGHUP - 1:
                assert campus.daemon.poll() is None, campus.log
            campus.daemon.send_signal(signal.SIGSTOP)
            return None if Places(campus.store).lock.exists() else campus.daemon.pid

        pid = wait_for("caught early", listening_early)
        more = copy.deepcopy(campus.tree)
        more["buttons"].append(native("pb-new"))
        campus.write(more)
        campus.reload()
        os.kill(pid, signal.SIGCONT)

        campus.until("taken", lambda now: "pb-new" in [one["id"] for one in now["buttons"]])
        assert campus.daemon is not None
        assert campus.daemon.pid == pid
