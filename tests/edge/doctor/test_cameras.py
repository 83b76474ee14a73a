"""`doctor` plays every configured camera, says what is wrong with it, and shows the stanza of one nobody configured."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.cameras.stream import Source
from drivers.simulators.camera import MAIN, SUB, SimulatedCamera
from drivers.simulators.camera_auth import Doorkeeper
from drivers.simulators.camera_faults import CameraFault, CameraFaultKind
from drivers.simulators.camera_loop import StreamSettings
from edge import cli
from edge.config.devices import Camera
from edge.config.secrets import Secrets
from edge.config.yaml12 import compose, plain_of
from edge.doctor import cameras
from edge.doctor.stream import Played, play
from edge.simulated.addresses import spare_port
from edge.simulated.onvif_device import OnvifDevice
from tests.flow.school import office, school, tcp

BIG = StreamSettings(width=320, height=180, fps=15, gop=15, bit_rate=400_000, seconds=1)
TINY = StreamSettings(width=160, height=90, fps=15, gop=15, bit_rate=200_000, seconds=1)
SECRETS = Secrets({"password": b"admin:secret"})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loops")


@asynccontextmanager
async def camera_of(cache: Path, main: StreamSettings = BIG, **more: Any) -> AsyncIterator[SimulatedCamera]:
    camera = SimulatedCamera({MAIN: main, SUB: TINY}, cache, doorkeeper=Doorkeeper("admin", "secret"), **more)
    await camera.start()
    try:
        yield camera
    finally:
        await camera.stop()


def configured(camera: SimulatedCamera, *, sub: bool = True, name: str = "cam") -> Camera:
    return Camera(
        id=name,
        name=name,
        zone="a",
        url=camera.url(MAIN),
        sub_url=camera.url(SUB) if sub else None,
        credentials_file="password",
    )


async def played(camera: SimulatedCamera, password: str = "secret", longest_s: float = 12.0) -> Played:  # noqa: S107
    async with asyncio.timeout(60):
        return await play(Source("cam", camera.url(), "admin", password, answer_us=1_000_000), longest_s)


def codes(played: Played) -> set[str]:
    return {finding.code for finding in played.findings}


async def test_what_plays_is_measured(cache: Path) -> None:
    async with camera_of(cache) as camera:
        found = await played(camera)
    assert (found.lost, found.codec, found.width, found.height) == ("", "h264", 320, 180)
    assert (found.gop, found.transport) == (15, "tcp")
    assert 14.5 < found.fps < 15.5
    assert found.skew_us is not None
    assert found.findings == []


@pytest.mark.parametrize(
    "kind", ["away", "silent", "unauthorized", "not_found", "media_stopped", "bad_description"]
)
async def test_what_does_not_play_says_why_and_what_to_do(cache: Path, kind: CameraFaultKind) -> None:
    async with camera_of(cache) as camera:
        await camera.set_fault(CameraFault(kind))
        found = await played(camera, longest_s=2.0)
    assert found.lost
    assert [finding.weight for finding in found.findings if finding.code == found.lost] == ["failed"]
    assert all(finding.do for finding in found.findings)


async def test_a_long_interval_few_pictures_and_b_frames_are_notices(cache: Path) -> None:
    settings = StreamSettings(width=320, height=180, fps=4, gop=40, bit_rate=200_000, seconds=1, b_frames=2)
    async with camera_of(cache, settings) as camera:
        found = await played(camera, longest_s=11.0)
    assert {"long_gop", "few_pictures", "b_frames"} <= codes(found)
    assert {finding.weight for finding in found.findings} == {"notice"}


async def test_firmware_and_clock_are_asked_and_a_stranger_gets_a_stanza(cache: Path) -> None:
    port = spare_port()
    async with camera_of(cache) as ours, camera_of(cache) as other:
        device = OnvifDevice(ours, identity=("Axis", "M3085", "11.2", "s", "h"))
        await ours.set_fault(CameraFault("wrong_clock", seconds=300))
        stranger = OnvifDevice(other)
        for one in (device, stranger):
            await one.start()
            await one.be_found(port)
        examined, unconfigured = await cameras.examine(
            [configured(ours)], SECRETS, seconds=0.9, guest="admin:secret", discovery_port=port
        )
        for one in (device, stranger):
            await one.stop()
    (camera,) = examined
    assert not camera.failed
    assert camera.description is not None
    assert camera.description.identity.firmware == "11.2"
    assert [finding.code for finding in camera.findings] == ["clock"]
    assert "300 s ahead" in camera.findings[0].what
    (found,) = unconfigured
    node, _ = compose(f"cameras:\n{found.stanza}\n".encode(), "stanza")
    assert node is not None
    tree: Any = plain_of(node)
    (stanza,) = tree["cameras"]
    assert (stanza["url"], stanza["sub_url"]) == (other.url(MAIN), other.url(SUB))


async def test_h265_without_a_sub_stream_is_a_notice_and_with_one_is_none(cache: Path) -> None:
    settings = StreamSettings("h265", 320, 180, fps=15, gop=15, bit_rate=400_000, seconds=1)
    async with camera_of(cache, settings) as camera:
        for sub, expected in ((False, True), (True, False)):
            (found,), _ = await cameras.examine([configured(camera, sub=sub)], SECRETS, search=False)
            assert ("h265_alone" in {finding.code for finding in found.findings}) is expected
            assert not found.failed


def test_the_verb_says_it_in_words_and_in_json_and_exits_1_where_one_failed(
    cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = school(tmp_path, spare_port(), buttons=[office()])
    tree["controllers"] = [tcp("plc")]
    del tree["mqtt"]
    tree["cameras"] = [
        {"id": "cam-gone", "name": "Gone", "zone": "a", "url": f"rtsp://127.0.0.1:{spare_port()}/main"}
    ]
    config = tmp_path / "campus.yaml"
    config.write_text(json.dumps(tree))

    assert cli.main(["doctor", "--no-search", "--config", str(config)]) == 1
    assert "failed: cam-gone, main: does not play" in capsys.readouterr().out
    assert cli.main(["doctor", "--no-search", "--json", "--config", str(config)]) == 1
    (camera,) = json.loads(capsys.readouterr().out)["cameras"]
    assert camera["failed"]

    tree["cameras"] = []
    config.write_text(json.dumps(tree))
    assert cli.main(["doctor", "--no-search", "--config", str(config)]) == 0
    assert cli.main(["doctor", "--no-search", "--config", str(tmp_path / "none.yaml")]) == 78
