"""The interlock on live devices: a magnet is never powered against people who leave or a fire alarm, and is named."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.flow.mosquitto import Document
from tests.flow.rig import School, flags, running, verdicts
from tests.flow.school import STRIKE, door, native, school, tcp

OTHERS = ("osdp-1", "rtu-1", "tcp-1", "tcp-2")


def gym(document: Document) -> tuple[str, str | None, str]:
    one = next(door for door in document["doors"] if door["id"] == "gym")
    return one["verdict"], one["by"], one["code"]


@pytest.fixture
def quiet(campus: School) -> Iterator[School]:
    """The shared campus; its inputs are quiet again afterwards."""
    yield campus
    for one in ("fire", "rex-gym"):
        campus.devices.turn(one, False)
    campus.until("inputs quiet", lambda now: {one["state"] for one in now["inputs"]} == {"quiet"})


def lockdown(campus: School, press: str) -> None:
    campus.broker.press("pb-native", "hold", press)


def test_a_magnet_waits_for_who_is_leaving_and_locks_by_itself_after(quiet: School) -> None:
    quiet.devices.turn("rex-gym", True)
    quiet.until("somebody leaves", lambda now: "active" in {one["state"] for one in now["inputs"]})
    lockdown(quiet, "rex-1")
    now = quiet.until_secured(*OTHERS)
    assert gym(now) == ("refused", "interlock", "leaving_active")
    assert now["doors"][0]["id"] == "gym"
    assert not quiet.devices.locked("gym")
    quiet.devices.turn("rex-gym", False)
    quiet.until_secured("gym")


def test_a_fire_alarm_holds_the_magnet_back_and_strikes_lock(quiet: School) -> None:
    quiet.devices.turn("fire", True)
    quiet.until("fire", lambda now: "active" in {one["state"] for one in now["inputs"]})
    lockdown(quiet, "fire-1")
    now = quiet.until_secured(*OTHERS)
    assert gym(now) == ("refused", "interlock", "fire_active")
    assert now["doors"][0]["id"] == "gym"
    assert not quiet.devices.locked("gym")


def test_a_hold_by_hardware_in_a_fire_locks_what_needs_no_power_and_puts_power_on_no_lock(
    tmp_path: Path,
) -> None:
    lockset = {**STRIKE, "type": "electrified-lockset", "on_power_loss": "safe", "on_comm_loss": "unlocked"}
    folder = tmp_path / "hold"

    def make(port: int) -> Document:
        keys = [native("pb-key", {"hold": "hold-in-place", "single": "lockdown"})]
        tree = school(folder, port, magnet=True, buttons=keys)
        tree["doors"] += [door("safe", "a-1", "plc", 3, lockset)]
        return tree

    with running(folder, make) as campus:
        campus.devices.turn("fire", True)
        campus.until("fire", lambda now: "active" in {one["state"] for one in now["inputs"]})
        for gesture in ("hold", "single"):
            campus.broker.press("pb-key", gesture, f"in-the-fire-{gesture}")
            now = campus.until_secured("tcp-1", "tcp-2")
            (its,) = [one for one in now["doors"] if one["id"] == "safe"]
            assert (its["verdict"], its["by"], its["code"]) == ("refused", "interlock", "fire_waits")
            assert True not in campus.devices.writes("safe")
        campus.devices.turn("fire", False)
        campus.until_secured("safe")


@pytest.mark.parametrize("word", ["named lock", "new press"])
def test_a_magnet_freed_by_fire_locks_again_only_by_a_persons_word(quiet: School, word: str) -> None:
    lockdown(quiet, f"before the {word}".replace(" ", "-"))
    quiet.until_secured()
    quiet.devices.turn("fire", True)
    quiet.until("freed", lambda now: gym(now)[2] == "fire_active" and not quiet.devices.locked("gym"))
    quiet.devices.turn("fire", False)
    now = quiet.until("quiet", lambda now: gym(now)[2] == "fire_freed")
    assert "freed_by_fire" in flags(quiet.until("flagged", lambda now: "freed_by_fire" in flags(now)))
    assert not quiet.devices.locked("gym")
    assert set(verdicts(now, *OTHERS).values()) == {"secured"}
    if word == "named lock":
        assert quiet.cli("lock", "gym", "--reason", "the alarm was a drill").returncode == 0
    else:
        lockdown(quiet, "after-the-fire")
    quiet.until_secured()


def test_a_magnet_waits_30_s_after_an_exit_button(tmp_path: Path) -> None:
    with running(tmp_path / "exit", partial(school, tmp_path / "exit", magnet=True)) as campus:
        campus.devices.turn("exit-gym", True)
        campus.until("pressed", lambda now: "active" in {one["state"] for one in now["inputs"]})
        campus.devices.turn("exit-gym", False)
        campus.until("let go", lambda now: {one["state"] for one in now["inputs"]} == {"quiet"})
        lockdown(campus, "exit-1")
        now = campus.until_secured("tcp-1", "tcp-2")
        assert gym(now) == ("refused", "interlock", "leaving_delay")
        refused = campus.cli("lock", "gym", "--reason", "now")
        assert refused.returncode == 1
        assert "30 s" in refused.stderr
        assert True not in campus.devices.writes("gym")


def test_a_magnet_waits_30_s_after_an_exit_button_though_the_daemon_was_killed_meanwhile(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "exit", partial(school, tmp_path / "exit", magnet=True)) as campus:
        campus.devices.turn("exit-gym", True)
        campus.until("pressed", lambda now: "active" in {one["state"] for one in now["inputs"]})
        campus.devices.turn("exit-gym", False)
        campus.until("let go", lambda now: {one["state"] for one in now["inputs"]} == {"quiet"})
        campus.restart()
        campus.until("read", lambda now: {one["state"] for one in now["inputs"]} == {"quiet"})
        lockdown(campus, "exit-2")
        now = campus.until_secured("tcp-1", "tcp-2")
        assert gym(now) == ("refused", "interlock", "leaving_delay")
        assert True not in campus.devices.writes("gym")


def test_a_daemon_killed_in_a_lockdown_holds_no_magnet_back_whose_exit_button_nobody_pressed(
    tmp_path: Path,
) -> None:
    # Of a reading that is too old nothing is known, and the magnet lets go: a busy machine is no such board.
    patient = partial(school, tmp_path / "kept", magnet=True, freshness="20s", timeout="2s")
    with running(tmp_path / "kept", patient) as campus:
        lockdown(campus, "kept-1")
        campus.until_secured("gym")
        campus.restart()
        campus.until_secured("gym")


def test_the_board_of_the_fire_input_dies_and_the_magnet_is_freed(tmp_path: Path) -> None:
    folder = tmp_path / "dead"

    def make(port: int) -> Document:
        tree = school(folder, port, magnet=True, buttons=[native("pb-native")])
        tree["controllers"].append(tcp("fire-panel"))
        tree["inputs"][0] |= {"controller": "fire-panel", "discrete_input": 0}
        return tree

    with running(folder, make) as campus:
        lockdown(campus, "dead-1")
        campus.until_secured()
        campus.devices.fault("fire-panel", "dead")
        now = campus.until(
            "freed", lambda now: gym(now)[2] == "fire_unsure" and not campus.devices.locked("gym")
        )
        assert set(verdicts(now, "tcp-1", "tcp-2").values()) == {"secured"}
        campus.devices.fault("fire-panel", "none")
        campus.until("still free", lambda now: gym(now)[2] == "fire_freed")
        assert not campus.devices.locked("gym")
