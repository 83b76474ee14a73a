"""SIGKILL at any moment: no press is lost, no door is released, no second incident opens, and nothing is claimed unread."""

import signal
import time
from functools import partial
from pathlib import Path

import pytest

from tests.flow.mosquitto import Document
from tests.flow.rig import School, running, verdicts
from tests.flow.school import native, school
from tests.flow.waiting import wait_for

DOORS = ("osdp-1", "rtu-1", "tcp-1", "tcp-2")
OFFSETS_MS = (0, 1, 2, 4, 6, 9, 14, 25)
"""After `mosquitto_pub` began: it needs about 5 ms to publish, and the daemon as much to lock and to write."""


def on_the_broker(campus: School) -> Document:
    """What the broker keeps of the whole school, without `at`: it is said again every ten seconds."""
    kept = campus.broker.retained("campus/state/zone/flow-school")
    assert kept is not None
    return {name: said for name, said in kept.items() if name != "at"}


def zone_of(document: Document) -> Document:
    found: Document = next(one for one in document["zones"] if one["id"] == "flow-school")
    return found


def test_a_daemon_killed_at_any_moment_of_a_press_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    with running(folder, partial(school, folder, buttons=[native("pb-native")])) as campus:
        campus.until_known_up()
        incidents: set[str] = set()
        for number, offset_ms in enumerate(OFFSETS_MS):
            press = f"cut-{number}"
            campus.broker.press("pb-native", "hold", press) if offset_ms else None
            if offset_ms:
                time.sleep(offset_ms / 1000)
                campus.kill()
            else:
                campus.kill()
                campus.broker.press("pb-native", "hold", press)
            campus.start()
            now = campus.until_secured()
            assert len(now["incidents"]) == 1
            incidents.add(now["incidents"][0]["id"])

            def standings(press: str = press) -> list[str]:
                heard = campus.rows("press.heard")
                return [row["data"]["standing"] for row in heard if row["data"]["press"] == press]

            # The doors are locked before the disk has it.
            done = wait_for("the press is on the disk", standings)
            assert done[0] == "acted"
            assert set(done[1:]) <= {"repeated"}
            campus.close("tcp-1", "tcp-2")
            campus.until_at_rest("tcp-1", "tcp-2")
        assert len(incidents) == len(OFFSETS_MS)
        verified = campus.cli("verify-journal")
        assert verified.returncode == 0, verified.stdout + verified.stderr


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_lockdown_stands_over_a_restart_and_is_proven_anew(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / how.name.lower()
    make = partial(school, folder, drivers=("modbus-tcp", "modbus-rtu", "osdp"))
    with running(folder, make) as campus:
        # One latch never moves, so that the daemon dies in the middle of it.
        campus.devices.jam("tcp-2")
        campus.broker.press("pb-native", "hold", "stands-1")
        before = campus.until_secured("osdp-1", "rtu-1", "tcp-1")
        written = {door: len(campus.devices.writes(door)) for door in DOORS}
        incident = before["incidents"][0]["id"]
        told = wait_for(
            "told", lambda: kept if (kept := on_the_broker(campus))["incident"] == incident else None
        )
        campus.end(how)
        assert on_the_broker(campus) == told
        gone = campus.until_gone()
        assert gone["armed"] is False
        for controller in ("plc", "bus", "reader"):
            campus.devices.fault(controller, "dead")
        campus.launch()
        unread = campus.until("answers", lambda _: True)
        assert set(verdicts(unread).values()) == {"unknown"}
        assert unread["incidents"] == before["incidents"]
        assert zone_of(unread) == zone_of(before)
        for controller in ("plc", "bus", "reader"):
            campus.devices.fault(controller, "none")
        campus.devices.jam("tcp-2", False)
        now = campus.until_secured()
        assert now["incidents"] == before["incidents"]
        assert now["appliance"]["number"] == before["appliance"]["number"]
        assert now["appliance"]["journal"]["epoch"] == before["appliance"]["journal"]["epoch"]
        for door in DOORS:
            assert set(campus.devices.writes(door)[written[door] :]) <= {True}
        campus.until_armed_on_the_broker()
        assert on_the_broker(campus) == told
        campus.close()
        closed = campus.until("closed", lambda found: not found["incidents"])
        assert closed["appliance"]["number"] == before["appliance"]["number"] + 1


def test_what_was_released_in_a_lockdown_stays_released_over_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "released"
    with running(folder, partial(school, folder)) as campus:
        campus.broker.press("pb-native", "hold", "released-1")
        campus.until_secured()
        assert campus.release("tcp-2", reason="police")["ok"]
        campus.until_at_rest("tcp-2")
        campus.kill()
        campus.start()
        campus.until_secured("tcp-1")
        now = campus.until_at_rest("tcp-2")
        assert verdicts(now, "tcp-2")["tcp-2"] == "released"


def test_a_walk_test_outlives_a_restart_of_the_daemon_within_its_minutes(tmp_path: Path) -> None:
    folder = tmp_path / "walk"
    with running(folder, partial(school, folder)) as campus:
        asked = {"do": "walk-test", "buttons": ["pb-native"], "minutes": 5, "person": "A. Tester"}
        assert campus.ask(asked)["ok"]
        campus.kill()
        now = campus.start()
        assert [one["button"] for one in now["walk_tests"]] == ["pb-native"]
        campus.broker.press("pb-native", "hold", "walk-over")
        campus.until("recorded", lambda found: found["walk_tests"][0]["pressed"])
        assert not campus.status()["incidents"]
        assert not campus.devices.locked("tcp-1")


def test_nothing_of_ours_is_left_behind_by_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "left"
    with running(
        folder,
        partial(school, folder, drivers=("modbus-tcp", "osdp"), embedded=True, buttons=[native("pb-native")]),
        embedded=True,
    ) as campus:
        assert campus.children(), "the daemon has an OSDP process and a broker"
        first = campus.children()
        campus.kill()
        campus.start()
        campus.until("the left-behind ones are gone", lambda _: not any(map(School.alive, first)))
