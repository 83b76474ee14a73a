"""Every configured camera is there on a simulated campus, plays with its password, and breaks when it is told to."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from drivers.cameras.onvif import OnvifCamera
from drivers.cameras.onvif_model import Device
from drivers.simulators.camera_loop import StreamSettings
from edge.setting import setting_of
from edge.simulated import cameras
from edge.simulated.addresses import moved, spare_port
from edge.simulated.demo import demo_tree
from edge.simulated.run import Simulation
from tests.flow.school import office, school, tcp

SCHOOL, HERE = Path("/school"), Path("/here")


def campus_with_cameras(folder: Path) -> Path:
    """Three cameras in pictures so small that they are encoded at once."""
    tree = school(folder, spare_port(), buttons=[office()])
    tree["controllers"] = [tcp("plc")]
    del tree["mqtt"]
    (folder / "password").write_text("viewer:secret")
    (folder / "password").chmod(0o600)
    tree["cameras"] = []
    for name in ("one", "two", "three"):
        port = spare_port()
        tree["cameras"].append(
            {"id": f"cam-{name}", "name": name, "zone": "a", "credentials_file": "password",
             "url": f"rtsp://127.0.0.1:{port}/main", "sub_url": f"rtsp://127.0.0.1:{port}/sub"}
        )  # fmt: skip
    config = folder / "campus.yaml"
    config.write_text(json.dumps(tree))
    return config


def first_picture(url: str, transport: str) -> tuple[str, int]:
    with av.open(url, options={"rtsp_transport": transport}, timeout=(20, 20)) as container:
        frame = next(container.decode(video=0))
        return container.streams.video[0].codec_context.name, frame.width


async def post(url: str, body: dict[str, object]) -> tuple[int, str]:
    async with aiohttp.ClientSession() as client, client.post(url, json=body) as answer:
        return answer.status, await answer.text()


async def test_simulated_cameras_play_break_and_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cameras, "MAIN", StreamSettings(width=320, height=180, seconds=1))
    monkeypatch.setattr(cameras, "SUB", StreamSettings(width=160, height=90, seconds=1))
    setting = setting_of(campus_with_cameras(tmp_path))
    async with Simulation(setting, spare_port(), tmp_path / "store") as running:
        await running.campus.cameras.ready()
        one, two, three = running.campus.document()["cameras"]
        assert [camera["failed"] for camera in (one, two, three)] == ["", "", ""]
        for camera, transport, codec in ((one, "tcp", "h264"), (two, "tcp", "hevc"), (three, "udp", "h264")):
            main, sub = (url.replace("//", "//viewer:secret@") for url in camera["urls"])
            assert await asyncio.to_thread(first_picture, main, transport) == (codec, 320)
            assert await asyncio.to_thread(first_picture, sub, transport) == ("h264", 160)
        with pytest.raises(av.FFmpegError):
            await asyncio.to_thread(first_picture, one["urls"][0], "tcp")

        status, _ = await post(f"{running.url}/cameras/cam-one", {"fault": "not_found"})
        assert status == 200
        assert running.campus.document()["cameras"][0]["fault"] == "not_found"
        assert (await post(f"{running.url}/cameras/cam-one", {"fault": "on fire"}))[0] == 400
        assert (await post(f"{running.url}/cameras/cam-nine", {"fault": "none"}))[0] == 404

        device = Device("127.0.0.1", two["onvif"], "viewer", "secret")
        async with OnvifCamera(device) as camera:
            found = await camera.describe()
        assert found.main is not None
        assert found.main.url == two["urls"][0]
        assert (await post(f"{running.url}/cameras/cam-two", {"notices": "tamper"}))[0] == 200
        assert running.campus.cameras.devices["cam-two"].states["tamper"]
        async with aiohttp.ClientSession() as client, client.get(running.url) as answer:
            assert "quarter_rate" in await answer.text()


def test_cameras_of_a_school_are_moved_onto_this_machine_with_their_password() -> None:
    there: list[dict[str, Any]] = [
        {
            "id": "a",
            "url": "rtsp://10.0.0.1/s1",
            "sub_url": "rtsp://10.0.0.1/s2",
            "credentials_file": "secrets/a",
        },
        {"id": "b", "url": "rtsps://10.0.0.2/cam?channel=1&subtype=0"},
    ]
    first, second = moved({"cameras": there}, SCHOOL, HERE)["cameras"]
    assert first["credentials_file"] == "/school/secrets/a"
    assert first["url"].startswith("rtsp://127.0.0.1:")
    assert first["sub_url"] == first["url"].replace("/main", "/sub")
    assert second["url"].startswith("rtsp://127.0.0.1:")
    assert second["url"] != first["url"]


def test_a_camera_on_this_machine_stays_where_it_is_unless_another_is_there() -> None:
    port = spare_port()
    there = [{"id": name, "url": f"rtsp://127.0.0.1:{port}/{name}"} for name in ("a", "b")]
    first, second = moved({"cameras": there}, SCHOOL, HERE)["cameras"]
    assert first["url"] == there[0]["url"]
    assert second["url"] != there[1]["url"]


def test_the_demo_has_three_cameras_at_doors_that_it_has(tmp_path: Path) -> None:
    tree = demo_tree(tmp_path, spare_port(), spare_port())
    doors = {door["id"] for door in tree["doors"]}
    assert len(tree["cameras"]) == 3
    assert {door for camera in tree["cameras"] for door in camera["doors"]} <= doors


def test_pictures_are_kept_in_the_users_cache_or_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cameras.kept_pictures() == tmp_path / "campus-edge" / "pictures"
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert cameras.kept_pictures() is None
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    assert cameras.kept_pictures() is None
