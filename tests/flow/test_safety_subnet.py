"""A daemon in a network of its own, beside real neighbours: who is listed nowhere, who is elsewhere, and who lets anybody in.

The journey runs as a process of its own in a namespace: `unshare --net python -m tests.flow.test_safety_subnet FOLDER`.
"""

import asyncio
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from drivers.simulators.camera import MAIN, SimulatedCamera
from drivers.simulators.camera_loop import StreamSettings
from edge.simulated.addresses import spare_port
from tests.flow.chromium import Visitor, chromium
from tests.flow.mosquitto import Document
from tests.flow.rig import flags, running
from tests.flow.school import native, school
from tests.flow.test_page import PASSWORD, account, codes, wrong

CODE: Final = Path(__file__).parents[2]
OURS, CAMERA, STRANGER, FAR = "10.20.1.2", "10.20.1.11", "10.20.1.66", "10.20.9.7"
PATIENCE_S: Final = 150.0
"""The box looks at its neighbours once a minute, and first of all 20 s after its start."""
WRONG: Final = frozenset(
    {
        "unlisted_device",
        "device_off_subnet",
        "modbus_asks_nobody",
        "broker_anonymous",
        "camera_open",
        "password_default",
    }
)


def test_what_is_heard_on_the_safety_subnet_is_told_and_who_asks_for_no_password(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or shutil.which("ip") is None or shutil.which("nsenter") is None:
        pytest.skip("no namespaces of networks here")
    here = ["unshare", "--net", sys.executable, "-m", "tests.flow.test_safety_subnet", str(tmp_path)]
    done = subprocess.run(here, capture_output=True, text=True, timeout=600, check=False, cwd=CODE)
    if "Operation not permitted" in done.stderr or "not supported" in done.stderr:
        pytest.skip("this machine gives no network of our own")
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-6_000:]


class Neighbourhood:
    """The other end of a cable, in another namespace: a camera's address and a stranger's."""

    def __init__(self) -> None:
        _run("ip", "link", "set", "lo", "up")
        _run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
        self._held = subprocess.Popen(["unshare", "--net", "sleep", "1000"])
        while _namespace(self._held.pid) == _namespace(0):
            assert self._held.poll() is None
        _run("ip", "link", "set", "v1", "netns", str(self._held.pid))
        _run("ip", "address", "add", f"{OURS}/24", "dev", "v0")
        _run("ip", "link", "set", "v0", "up")
        for address in (CAMERA, STRANGER):
            self._there("ip", "address", "add", f"{address}/24", "dev", "v1")
        self._there("ip", "link", "set", "v1", "up")

    def exchange(self, mac: str) -> None:
        """Other hardware at the same addresses."""
        self._there("ip", "link", "set", "v1", "down")
        self._there("ip", "link", "set", "v1", "address", mac)
        self._there("ip", "link", "set", "v1", "up")

    def speak(self, address: str) -> None:
        """Something of theirs for the box: its kernel learns who said it."""
        said = (
            "import socket; one = socket.socket(type=socket.SOCK_DGRAM); "
            f"one.bind(({address!r}, 0)); one.sendto(b'x', ({OURS!r}, 9))"
        )
        self._there(sys.executable, "-c", said)

    def end(self) -> None:
        self._held.terminate()
        self._held.wait(10)

    def _there(self, *command: str) -> None:
        _run("nsenter", "--target", str(self._held.pid), "--net", *command)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=30)


def _namespace(pid: int) -> str:
    return str(Path(f"/proc/{pid or 'self'}/ns/net").readlink())


@contextmanager
def open_camera(folder: Path) -> Iterator[SimulatedCamera]:
    """A real one that asks nobody for a password."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    camera = SimulatedCamera({MAIN: StreamSettings()}, folder)
    camera.port = spare_port()
    asyncio.run_coroutine_threadsafe(camera.start(), loop).result(30)
    try:
        yield camera
    finally:
        asyncio.run_coroutine_threadsafe(camera.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def campus_of(folder: Path, port: int, camera: SimulatedCamera) -> Document:
    tree: Document = school(folder, port, buttons=[native("pb-native")])
    for name, said in (("default", "admin:admin"), ("own", "viewer:kettle-4711"), ("mqtt", "kettle-4712")):
        (folder / name).write_text(said)
        (folder / name).chmod(0o600)
    urls = {
        "cam-odd": f"rtsp://{CAMERA}:554/1",
        "cam-far": f"rtsp://{FAR}:554/1",
        "cam-open": camera.url(MAIN),
    }
    tree["cameras"] = [
        {
            "id": name, "name": name, "zone": "a", "url": url, "onvif": False,
            "credentials_file": "default" if name == "cam-odd" else "own",
        }
        for name, url in urls.items()
    ]  # fmt: skip
    tree["mqtt"] |= {"username": "campus", "password_file": "mqtt"}
    tree.setdefault("policies", {})["network"] = {"safety_subnets": ["10.20.1.0/24"]}
    return tree


def told(now: Document) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in now["flags"]:
        found.setdefault(one["code"], set()).add(one["subject"])
    return found


def journey(folder: Path) -> None:
    """Raises AssertionError where it is not so."""
    neighbours = Neighbourhood()
    out = folder / "school"
    try:
        with open_camera(folder) as camera, running(out, lambda port: campus_of(out, port, camera)) as here:
            neighbours.speak(CAMERA)
            neighbours.speak(STRANGER)
            now = here.until("all of it is told", lambda now: flags(now) >= WRONG, PATIENCE_S)
            found = told(now)
            assert found["device_off_subnet"] == {"cam-far"}
            assert (found["camera_open"], found["password_default"]) == ({"cam-open"}, {"cam-odd"})
            assert "device_mac_changed" not in found
            assert "kettle" not in str(now)
            shown = here.cli("flags").stdout
            assert "10.20.9.7" in shown or "cam-far" in shown, shown

            neighbours.exchange("5e:11:22:33:44:55")
            neighbours.speak(CAMERA)
            now = here.until("another MAC", lambda now: "device_mac_changed" in flags(now), PATIENCE_S)
            assert told(now)["device_mac_changed"] == {"cam-odd"}

            account(here, "R. Diaz", "administrator")
            base = f"http://{here.tree['web']['listen']}"
            with chromium() as browser:
                diaz = Visitor(browser, base, "R. Diaz", PASSWORD, codes(here, "R. Diaz")[0])
                with diaz.window() as page:
                    page.goto(f"{base}/flags")
                    for name in ("cam-odd", "cam-far", "cam-open"):
                        expect(page.locator("main")).to_contain_text(name)
                    assert wrong(page, "light") == []
                assert diaz.complaints == []

            # Once it is listed, it is no stranger.
            tree = here.tree
            tree["policies"]["network"]["known"] = [STRANGER, f"{CAMERA} 5e:11:22:33:44:55"]
            here.write(tree)
            here.reload()
            here.until(
                "all are known",
                lambda now: not flags(now) & {"unlisted_device", "device_mac_changed"},
                PATIENCE_S,
            )
            assert re.search("broker", here.cli("flags").stdout)
            assert here.cli("verify-journal").returncode == 0
    finally:
        neighbours.end()


if __name__ == "__main__":
    journey(Path(sys.argv[1]))
