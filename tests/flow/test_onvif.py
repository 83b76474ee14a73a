"""A daemon visits its camera by ONVIF, records what it is, and flags that it is tampered with and that its clock is wrong."""

import asyncio
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


async def test_a_camera_is_known_by_its_own_words_until_it_is_left_alone(tmp_path: Path) -> None:
    camera = SimulatedCamera(
        {MAIN: StreamSettings(), SUB: SUB_SETTINGS}, tmp_path, doorkeeper=Doorkeeper("admin", "secret")
    )
    camera.port = spare_port()
    simulated = OnvifDevice(camera, skew_s=-90.0, identity=("Axis", "M3085-V", "11.2.61", "ACCC8E01", "7F1"))
    await simulated.start()
    try:
        await simulated.be_found()
        await asyncio.to_thread(journey, tmp_path, simulated, asyncio.get_running_loop())
    finally:
        await simulated.stop()
