"""A daemon visits its camera by ONVIF, records what it is, and flags that it is tampered with and that its clock is wrong."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from drivers.simulators.camera import MAIN, SUB, SUB_SETTINGS, SimulatedCamera
from drivers.simulators.camera_auth import Doorkeeper
from drivers.simulators.camera_loop import StreamSettings
from edge.simulated.addresses import spare_port
from edge.simulated.onvif_device import OnvifDevice
from tests.edge.web.api.served import Document, Served, lay_book
from tests.flow.rig import running
from tests.flow.school import native, school
from tests.flow.waiting import wait_for


def flags(now: Document) -> set[tuple[str, str]]:
    return {(one["code"], one["subject"]) for one in now["flags"]}


def journey(folder: Path, simulated: OnvifDevice, loop: asyncio.AbstractEventLoop) -> None:
    (folder / "password").write_text("admin:secret")
    (folder / "password").chmod(0o600)
    url = simulated.camera.url(MAIN)
    camera: dict[str, Any] = {
        "id": "cam-front",
        "name": "Front",
        "zone": "a",
        "url": url,
        "credentials_file": "password",
    }

    def make(port: int) -> Document:
        return {**school(folder, port, buttons=[native("pb-native")]), "cameras": [camera]}

    with running(folder, make, started=False) as campus:
        keys = lay_book(campus.store)
        campus.start()
        served = Served(campus, keys)
        campus.until("the page is open", lambda _: campus.health("healthz") == 200)

        def visited() -> Document | None:
            found: Document = served.get("cameras/cam-front", "viewer").json
            return found if found["onvif"]["code"] == "ok" else None

        found = wait_for("the camera was visited", visited)
        assert found["identity"]["model"] == "M3085-V"
        assert "ACCC8E01" not in str(found)
        assert found["onvif"]["streams"] is True
        assert found["onvif"]["clock_ms"] < -80_000
        campus.until("its clock is flagged", lambda now: ("camera_clock", "cam-front") in flags(now))
        loop.call_soon_threadsafe(simulated.notice, "tamper", True)
        campus.until("tampering is flagged", lambda now: ("camera_tampered", "cam-front") in flags(now))
        (identified,) = campus.rows("camera.identified")
        assert identified["data"]["firmware"] == "11.2.61"
        assert "ACCC8E01" not in str(identified)
        (noticed,) = campus.rows("camera.noticed")
        assert (noticed["data"]["what"], noticed["data"]["active"]) == ("tamper", True)

        # Left alone from now on: nothing that it said of itself stands as a flag.
        campus.write(campus.tree | {"cameras": [{**camera, "onvif": False}]})
        campus.reload()
        campus.until("nothing of it is flagged", lambda now: not _own(flags(now)))
        now = served.get("cameras/cam-front", "viewer").json
        assert now["onvif"]["code"] == "off"
        assert now["identity"]["model"] == "M3085-V"


def _own(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return found & {("camera_tampered", "cam-front"), ("camera_clock", "cam-front")}


def exchanged(folder: Path, simulated: OnvifDevice) -> None:
    (folder / "password").write_text("admin:secret")
    (folder / "password").chmod(0o600)
    camera = {
        "id": "cam-front",
        "name": "Front",
        "zone": "a",
        "url": simulated.camera.url(MAIN),
        "credentials_file": "password",
    }

    def make(port: int) -> Document:
        return {**school(folder, port, buttons=[native("pb-native")]), "cameras": [camera]}

    with running(folder, make) as campus:
        wait_for("the camera says what it is", lambda: campus.rows("camera.identified"))
        assert campus.cli("asset", "set", "cam-front", "serial=AC:CC:8E:01").returncode == 0
        wait_for("it is shown", lambda: "ACCC8E01" in campus.cli("assets", "cam-front").stdout)
        campus.kill()

        # One of the same make and firmware hangs there when the box is back.
        name = simulated.identity
        simulated.identity = (*name[:3], "ACCC8E02", name[4])
        campus.start()
        shown = campus.until("it is flagged", lambda now: ("other_piece", "cam-front") in flags(now))
        assert "ACCC8E0" not in str(shown)
        told = campus.cli("flags")
        assert "says that it is another piece" in told.stdout, told.stdout
        work = "cam-front .*says that it is another piece"
        wait_for("it is work", lambda: re.search(work, campus.cli("tickets").stdout))

        replaced = (
            "asset",
            "replace",
            "cam-front",
            "--serial",
            "ACCC8E02",
            "--reason",
            "the lens was cracked",
        )
        assert campus.cli(*replaced).returncode == 0
        now = campus.until(
            "it is to be commissioned again", lambda now: ("recommission", "cam-front") in flags(now)
        )
        campus.until("it is known", lambda now: ("other_piece", "cam-front") not in flags(now))
        assert now["appliance"]["armed"]
        assert campus.cli("verify-journal").returncode == 0


@asynccontextmanager
async def hanging(folder: Path) -> AsyncIterator[OnvifDevice]:
    """A camera that is found and asks for its password."""
    camera = SimulatedCamera(
        {MAIN: StreamSettings(), SUB: SUB_SETTINGS}, folder, doorkeeper=Doorkeeper("admin", "secret")
    )
    camera.port = spare_port()
    simulated = OnvifDevice(camera, skew_s=-90.0, identity=("Axis", "M3085-V", "11.2.61", "ACCC8E01", "7F1"))
    await simulated.start()
    try:
        await simulated.be_found()
        yield simulated
    finally:
        await simulated.stop()


async def test_a_camera_is_known_by_its_own_words_until_it_is_left_alone(tmp_path: Path) -> None:
    async with hanging(tmp_path) as simulated:
        await asyncio.to_thread(journey, tmp_path, simulated, asyncio.get_running_loop())


async def test_a_camera_exchanged_while_the_box_was_off_is_a_flag_and_work_until_it_is_said(
    tmp_path: Path,
) -> None:
    async with hanging(tmp_path) as simulated:
        await asyncio.to_thread(exchanged, tmp_path, simulated)
