"""What a newcomer types: `demo`, `demo --press`, and `simulate` on the shipped example; none leaves a process behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.control.client import Broken, NotRunning, ask
from edge.simulated.control import page_of
from tests.flow.chromium import chromium
from tests.flow.rig import School
from tests.flow.waiting import PATIENCE_S, wait_for

EXAMPLE = Path(__file__).parents[2] / "config" / "campus.example.yaml"
EDGE = [sys.executable, "-m", "edge"]


@contextmanager
def child(*arguments: str, log: Path) -> Iterator["subprocess.Popen[str]"]:
    # A shell that has Python write at once would hide that a line waits in a buffer.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with log.open("w") as out:
        running = subprocess.Popen(
            ["env", "--default-signal", *EDGE, *arguments], stdout=out, stderr=out, text=True, env=environ
        )
        try:
            yield running
        finally:
            if running.poll() is None:
                running.terminate()
            running.wait(PATIENCE_S)


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for one in Path(f"/proc/{pid}/task").glob("*/children"):
        for below in one.read_text().split():
            found |= {int(below)} | descendants(int(below))
    return found


def test_demo_press_locks_24_doors_and_proves_each() -> None:
    done = subprocess.run([*EDGE, "demo", "--press"], check=False, timeout=90, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "24 of 24 doors secured" in done.stdout
    assert "on disk: True" in done.stdout


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP], ids=["by kill", "by its closed terminal"])
def test_a_demo_that_is_told_to_end_leaves_no_process_behind(told: signal.Signals, tmp_path: Path) -> None:
    log = tmp_path / "demo.log"
    with child("demo", log=log) as demo:
        wait_for("armed", lambda: "Armed: 24 doors" in log.read_text(), 60)
        below = descendants(demo.pid)
        assert len(below) >= 3
        demo.send_signal(told)
        assert demo.wait(PATIENCE_S) == 0
    wait_for("all ended", lambda: not any(map(School.alive, below)))


def test_the_shipped_example_is_simulated_and_a_daemon_arms_on_it(tmp_path: Path) -> None:
    config = _with_secrets(tmp_path)
    log = tmp_path / "simulate.log"
    with child("simulate", "--config", str(config), log=log) as simulators:
        found = wait_for("simulated", lambda: re.search(r"run --config (\S+)", log.read_text()))
        moved = Path(found[1])
        with child("run", "--config", str(moved), log=tmp_path / "run.log") as daemon:
            socket = moved.parent / "store" / "control.sock"

            def armed() -> bool:
                assert daemon.poll() is None, (tmp_path / "run.log").read_text()
                try:
                    now = ask(socket, {"do": "status"})["data"]
                except (NotRunning, Broken):
                    return False
                return bool(now["appliance"]["armed"]) and all(one["up"] for one in now["controllers"])

            wait_for("armed on every controller", armed)
            assert ask(socket, {"do": "press", "button": "pb-office", "kind": "real"})["ok"]

            def locked() -> bool:
                now = ask(socket, {"do": "status"})["data"]
                verdicts = {one["id"]: one["verdict"] for one in now["doors"]}
                return {verdicts[door] for door in ("a-101", "front", "stair-2")} == {"secured"}

            wait_for("locked", locked)
            below = descendants(simulators.pid) | descendants(daemon.pid)
    wait_for("all ended", lambda: not any(map(School.alive, below)))


def _with_secrets(folder: Path) -> Path:
    """The example with its secret files, made by the line that its own head gives."""
    text = EXAMPLE.read_text()
    config = folder / "campus.yaml"
    config.write_text(text)
    line = next(one for one in text.splitlines() if one.startswith("#   umask 077;"))
    subprocess.run(["bash", "-euc", line.removeprefix("#   ")], cwd=folder, check=True, capture_output=True)
    return config


def test_the_page_that_breaks_things_fits_a_phone() -> None:
    devices = {
        "doors": [{"id": f"door-{n}-{'x' * 40}", "locked": True, "latch_stuck": False} for n in range(3)],
        "buttons": [{"id": "pb-101", "battery": 90, "topic": "campus/button/pb-101/accepted"}],
    }
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
        page.set_content(page_of(devices))
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.evaluate("window.innerWidth") == 390
