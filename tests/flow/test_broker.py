"""The broker goes away, comes back, or is the daemon's own and dies: what it had is not lost, other ways lock meanwhile."""

import os
import signal
import subprocess
from functools import partial
from pathlib import Path

from tests.flow.mosquitto import MOSQUITTO
from tests.flow.rig import School, flags, running
from tests.flow.school import native, school


def test_a_broker_restarted_at_the_press_loses_nothing_and_a_dead_one_leaves_wire_and_command_line(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "broker"
    with running(folder, partial(school, folder)) as campus:
        for number in range(2):
            campus.broker.press("pb-native", "hold", f"restart-{number}")
            campus.broker.end()
            campus.broker.start()
            campus.until_secured()
            campus.until("sessions back", lambda now: all(one["up"] for one in now["sessions"]))
            campus.close("tcp-1", "tcp-2")
            campus.until_at_rest("tcp-1", "tcp-2")
        standings = [row["data"]["standing"] for row in campus.rows("press.heard")]
        assert standings.count("acted") == 2
        assert set(standings) <= {"acted", "repeated"}

        campus.broker.end(signal.SIGKILL)
        down = campus.until("named", lambda now: not any(one["up"] for one in now["sessions"]))
        assert down["appliance"]["armed"], "the wired button still works"
        campus.devices.press("pb-office")
        campus.until_secured()
        campus.close("tcp-1", "tcp-2")
        campus.until_at_rest("tcp-1", "tcp-2")
        assert campus.cli("press", "pb-native", "--real", "--gesture", "hold").returncode == 0
        campus.until_secured()
        assert "presses_session_down" in flags(
            campus.until("flagged", lambda now: "presses_session_down" in flags(now))
        )
        campus.broker.start()
        campus.until("back", lambda now: all(one["up"] for one in now["sessions"]))
        campus.until_armed_on_the_broker()
        zone = campus.broker.retained("campus/state/zone/flow-school")
        assert zone is not None
        assert zone["response"] == "lockdown"


def test_a_killed_broker_of_the_daemons_own_is_back_within_seconds(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    make = partial(school, folder, embedded=True, buttons=[native("pb-native")])
    with running(folder, make, embedded=True) as campus:
        (broker,) = [pid for pid in campus.children() if _is_mosquitto(pid)]
        os.kill(broker, signal.SIGKILL)
        campus.until("down", lambda now: not all(one["up"] for one in now["sessions"]))
        campus.until("back", lambda now: all(one["up"] for one in now["sessions"]))
        _press(campus, "after-the-kill")
        campus.until_secured()
        below = campus.children()
        campus.end()
        assert not any(map(School.alive, below))


def _is_mosquitto(pid: int) -> bool:
    return MOSQUITTO.rpartition("/")[2].encode() in Path(f"/proc/{pid}/cmdline").read_bytes()


def _press(campus: School, press: str) -> None:
    port = campus.tree["mqtt"]["listen"].rpartition(":")[2]
    said = f'{{"press_id": "{press}", "gesture": "hold"}}'
    subprocess.run(
        ["mosquitto_pub", "-p", port, "-q", "1", "-t", "campus/button/pb-native/press", "-m", said],
        check=True,
        timeout=20,
    )
