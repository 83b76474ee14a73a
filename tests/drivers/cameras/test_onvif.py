"""An ONVIF camera is asked what it is, what it streams, what time it has and what it notices; and nobody else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.cameras import onvif, onvif_discovery
from drivers.cameras.onvif import OnvifCamera, OnvifFailed
from drivers.cameras.onvif_model import LONGEST_TEXT, MOST_PROFILES, CameraEvent, Device, event_of
from drivers.simulators.camera import MAIN, SUB, SUB_SETTINGS, SimulatedCamera
from drivers.simulators.camera_auth import Doorkeeper
from drivers.simulators.camera_faults import CameraFault
from drivers.simulators.camera_loop import StreamSettings
from edge.simulated.addresses import spare_port
from edge.simulated.onvif_device import OnvifDevice

SECRET = "secret"
MAIN_SETTINGS = StreamSettings("h265", 1920, 1080, fps=15, gop=60, bit_rate=3_000_000)


@asynccontextmanager
async def device(tmp_path: Path, **more: Any) -> AsyncIterator[OnvifDevice]:
    """Its pictures are never asked for, so none is encoded."""
    camera = SimulatedCamera(
        {MAIN: MAIN_SETTINGS, SUB: SUB_SETTINGS}, tmp_path, doorkeeper=Doorkeeper("admin", "secret")
    )
    camera.port = 5_554
    simulated = OnvifDevice(camera, **more)
    await simulated.start()
    try:
        yield simulated
    finally:
        await simulated.stop()


def at(simulated: OnvifDevice, password: str = SECRET, seconds: float = 5.0) -> Device:
    return Device("127.0.0.1", simulated.port, "admin", password, seconds=seconds)


async def failure(simulated: OnvifDevice, **more: Any) -> str:
    async with OnvifCamera(at(simulated, **more)) as camera:
        with pytest.raises(OnvifFailed) as failed:
            await camera.describe()
    return failed.value.code


async def test_a_camera_says_what_it_is_and_what_it_streams(tmp_path: Path) -> None:
    async with device(tmp_path) as simulated, OnvifCamera(at(simulated)) as camera:
        found = await camera.describe()
    assert (found.identity.manufacturer, found.identity.firmware) == ("Simulated", "1.0.0")
    assert found.events
    main, sub = found.main, found.sub
    assert main is not None
    assert sub is not None
    assert (main.codec, main.width, main.fps, main.gop) == ("h265", 1920, 15, 60)
    assert main.bit_rate == 3_000_000
    assert (sub.codec, sub.width) == ("h264", 640)
    assert (main.url, sub.url) == ("rtsp://127.0.0.1:5554/main", "rtsp://127.0.0.1:5554/sub")


@pytest.mark.parametrize("skew_s", [-3_600.0, 0.0, 3_600.0])
async def test_a_camera_whose_clock_is_wrong_is_asked_all_the_same_and_its_skew_is_told(
    tmp_path: Path, skew_s: float
) -> None:
    async with device(tmp_path, skew_s=skew_s) as simulated, OnvifCamera(at(simulated)) as camera:
        clock = (await camera.describe()).clock
    assert clock is not None
    assert abs(clock.skew_us - skew_s * 1e6) <= clock.error_us + 100_000
    assert clock.set_by == "NTP"


async def test_the_clock_is_told_without_a_password(tmp_path: Path) -> None:
    async with device(tmp_path) as simulated, OnvifCamera(Device("127.0.0.1", simulated.port)) as camera:
        assert abs((await camera.clock()).skew_us) < 5_000_000


async def test_a_wrong_password_is_told_as_such(tmp_path: Path) -> None:
    async with device(tmp_path) as simulated:
        assert await failure(simulated, password="guess") == "unauthorized"


async def test_a_silent_camera_is_given_up(tmp_path: Path) -> None:
    async with device(tmp_path) as simulated:
        simulated.camera.fault = CameraFault("silent")
        assert await failure(simulated, seconds=0.2) == "silent"


async def test_where_nobody_listens_the_camera_is_unreachable(tmp_path: Path) -> None:
    async with OnvifCamera(Device("127.0.0.1", spare_port())) as camera:
        with pytest.raises(OnvifFailed, match="unreachable"):
            await camera.describe()


async def test_an_address_that_a_camera_invents_is_never_contacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It names another host for services, streams and subscriptions, and the environment names a proxy."""
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://192.0.2.1:9")
    async with device(tmp_path, advertised="192.0.2.7") as simulated, OnvifCamera(at(simulated)) as camera:
        found = await camera.describe()
    assert found.main is not None
    assert found.main.url == "rtsp://127.0.0.1:5554/main"
    refused = onvif._OneDevice(at(simulated))
    for url in ("http://192.0.2.7/", f"https://127.0.0.1:{simulated.port}/", "http://127.0.0.1:1/"):
        with pytest.raises(httpx.ConnectError, match="not its own"):
            await refused.handle_async_request(httpx.Request("POST", url))
    await refused.aclose()


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<tds:x>" * 5_000,
        "<tt:UTCDateTime><tt:Date><tt:Year>99999</tt:Year><tt:Month>13</tt:Month><tt:Day>0</tt:Day></tt:Date></tt:UTCDateTime>",
        "x" * (onvif.LARGEST_ANSWER + 1),
        "<trt:Profiles>" * 40 + "</trt:Profiles>" * 40,
        "<trt:Profiles/>" * 10_000,
    ],
)
async def test_what_no_camera_should_say_is_refused(tmp_path: Path, body: str) -> None:
    async with device(tmp_path) as simulated, OnvifCamera(at(simulated)) as camera:
        simulated.body = body
        with pytest.raises(OnvifFailed):
            await camera.clock()


async def test_of_too_many_profiles_only_so_many_are_taken_and_texts_are_cut(tmp_path: Path) -> None:
    async with device(tmp_path, identity=("M" * 5_000, "B\u200bad", "1", "2", "3")) as simulated:
        one = next(iter(simulated.camera.streams.values()))
        simulated.camera.streams |= {f"/p{number}": one for number in range(100)}
        async with OnvifCamera(at(simulated)) as camera:
            found = await camera.describe()
    assert len(found.profiles) == MOST_PROFILES
    assert len(found.identity.manufacturer) == LONGEST_TEXT
    assert found.identity.model == "Bad"


async def test_what_a_camera_notices_is_told_its_present_state_first(tmp_path: Path) -> None:
    async with device(tmp_path) as simulated, OnvifCamera(at(simulated)) as camera:
        heard: asyncio.Queue[CameraEvent] = asyncio.Queue()
        listening = asyncio.create_task(camera.events(heard.put_nowait))
        async with asyncio.timeout(20):
            first = [await heard.get() for _ in range(3)]
            assert {(one.kind, one.active) for one in first} == {
                ("motion", False),
                ("tamper", False),
                ("digital_input", False),
            }
            simulated.notice("tamper", True)
            changed = await heard.get()
        assert (changed.kind, changed.active, changed.source) == ("tamper", True, "Source=1")
        listening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listening
        assert simulated.asked[-1] == "Unsubscribe"


def test_a_topic_that_is_not_ours_and_a_state_that_is_none_mean_nothing() -> None:
    assert event_of("tns1:Media/ProfileChanged", {}, {"State": "true"}, "") is None
    assert event_of("tns1:VideoSource/MotionAlarm", {}, {"State": "perhaps"}, "") is None
    event = event_of("tns1:VideoSource/tns1:MotionAlarm", {"Source": "0"}, {"State": "1"}, "now")
    assert event is not None
    assert (event.kind, event.active) == ("motion", True)


# --- discovery ---


async def test_a_camera_answers_a_probe_sent_to_it_alone(tmp_path: Path) -> None:
    port = spare_port()
    async with device(tmp_path, advertised="192.0.2.7") as simulated:
        await simulated.be_found(port)
        (found,) = await onvif_discovery.probe("127.0.0.1", 0.6, port)
    assert (found.host, found.port) == ("127.0.0.1", simulated.port)
    assert (found.name, found.id) == ("SIM-1", simulated.urn)


async def test_cameras_are_found_by_multicast(tmp_path: Path) -> None:
    port = spare_port()
    async with device(tmp_path) as one, device(tmp_path) as other:
        for simulated in (one, other):
            await simulated.be_found(port)
        found = await onvif_discovery.discover(["127.0.0.1"], 0.6, port)
    assert {camera.port for camera in found} == {one.port, other.port}


async def test_an_interface_that_is_none_is_passed_over() -> None:
    assert await onvif_discovery.discover(["192.0.2.1"], 0.1, spare_port()) == ()


@pytest.mark.parametrize(
    ("document", "holds"),
    [
        (b"<a>" * 24 + b"</a>" * 24, True),
        (b"<a>" * 25 + b"</a>" * 25, False),
        (b'<a x="/>">' * 25 + b"</a>" * 25, False),
        (b"<a>" + b"<b/>" * 6_000 + b"</a>", False),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', False),
        (b"no XML at all", True),
    ],
)
def test_an_answer_that_would_cost_too_much_is_not_parsed(document: bytes, holds: bool) -> None:
    if holds:
        onvif.check_shape(document)
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            onvif.check_shape(document)


@given(st.binary(max_size=400))
def test_any_datagram_is_an_answer_or_nothing(datagram: bytes) -> None:
    assert isinstance(onvif.probe_matches(datagram), list)


@given(st.text(max_size=200))
def test_an_address_is_the_cameras_own_or_none(url: str) -> None:
    for told in (url, f"rtsp://10.0.0.1{url}", f"rtsp://u:p@10.0.0.1/{url}"):
        own = onvif._own_url(told, "10.0.0.1")
        assert own == "" or own.startswith(("rtsp://10.0.0.1", "rtsps://10.0.0.1"))
        assert "u:p@" not in own
