"""Each configured camera that answers ONVIF is visited at its own address and heard; and nobody else is asked anything."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.cameras.onvif_model import CameraEvent, EventKind
from drivers.simulators.camera import MAIN, SUB, SUB_SETTINGS, SimulatedCamera
from drivers.simulators.camera_auth import Doorkeeper
from drivers.simulators.camera_loop import StreamSettings
from edge.media import onvif_notices
from edge.media.messages import Notice, Visited
from edge.media.onvif_messages import AskedCamera, Look
from edge.media.onvif_notices import Notices
from edge.media.onvif_search import plain
from edge.media.onvif_visits import Pace, Visits, asset
from edge.simulated.addresses import spare_port
from edge.simulated.onvif_device import OnvifDevice

FAST = Pace(spread=0.0, first=0.05, most=0.05, refused=3_600.0, settle=0.3, gap=0.02)


@asynccontextmanager
async def device(tmp_path: Path, probes: int = 0, **more: Any) -> AsyncIterator[OnvifDevice]:
    """Its pictures are never asked for: no RTSP server stands behind its addresses."""
    camera = SimulatedCamera(
        {MAIN: StreamSettings(), SUB: SUB_SETTINGS}, tmp_path, doorkeeper=Doorkeeper("admin", "secret")
    )
    camera.port = spare_port()
    simulated = OnvifDevice(camera, **more)
    await simulated.start()
    if probes:
        await simulated.be_found(probes)
    try:
        yield simulated
    finally:
        await simulated.stop()


def asked(simulated: OnvifDevice, name: str = "cam", password: str = "secret", sub: str = SUB) -> AskedCamera:  # noqa: S107
    camera = simulated.camera
    return AskedCamera(name, camera.url(MAIN), camera.url(sub) if sub else "", "admin", password)


class Heard:
    """What the visits say, and a wait for it."""

    def __init__(self) -> None:
        self.said: list[Visited | Notice] = []
        self._came = asyncio.Event()

    def __call__(self, message: Visited | Notice) -> None:
        self.said.append(message)
        self._came.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self._came.clear()
                await self._came.wait()

    def visits(self, name: str = "cam") -> list[Visited]:
        return [one for one in self.said if isinstance(one, Visited) and one.camera == name]

    def notices(self) -> list[tuple[str, bool]]:
        return [(one.what, one.active) for one in self.said if isinstance(one, Notice)]


@asynccontextmanager
async def visiting(
    probes: int, *cameras: AskedCamera, pace: Pace = FAST
) -> AsyncIterator[tuple[Visits, Heard]]:
    heard = Heard()
    visits = Visits(heard, pace)
    visits.look(Look(cameras, probes))
    try:
        yield visits, heard
    finally:
        await visits.close()


async def test_a_visit_tells_what_the_camera_is_what_time_it_has_and_that_it_streams_what_is_configured(
    tmp_path: Path,
) -> None:
    probes = spare_port()
    identity = ("Axis", "M3085-V", "11.2.61", "ACCC8E01", "7F1")
    async with (
        device(tmp_path, probes, identity=identity, skew_s=-90.0) as simulated,
        visiting(probes, asked(simulated)) as (_, heard),
    ):
        await heard.until(lambda: bool(heard.visits()))
    (told,) = heard.visits()
    assert (told.code, told.manufacturer, told.model, told.firmware) == ("", "Axis", "M3085-V", "11.2.61")
    assert (told.serial, told.hardware, told.streams) == ("ACCC8E01", "7F1", True)
    assert told.skew_us is not None
    assert -92_000_000 < told.skew_us < -88_000_000


async def test_of_several_cameras_at_one_address_each_is_the_one_that_streams_what_is_configured(
    tmp_path: Path,
) -> None:
    probes = spare_port()
    async with (
        device(tmp_path, probes, identity=("A", "one", "1", "s", "h")) as one,
        device(tmp_path, probes, identity=("B", "two", "2", "s", "h")) as two,
        device(tmp_path, probes, identity=("C", "stranger", "3", "s", "h")),
        visiting(probes, asked(two, "cam-two"), asked(one, "cam-one")) as (_, heard),
    ):
        await heard.until(lambda: bool(heard.visits("cam-one") and heard.visits("cam-two")))
    assert [told.model for told in heard.visits("cam-one")] == ["one"]
    assert [told.model for told in heard.visits("cam-two")] == ["two"]


async def test_an_address_where_only_other_cameras_answer_has_none(tmp_path: Path) -> None:
    probes = spare_port()
    async with device(tmp_path, probes) as one, device(tmp_path, probes) as two:
        ours = AskedCamera("cam", f"rtsp://127.0.0.1:{spare_port()}/main", "", "admin", "secret")
        async with visiting(probes, ours) as (_, heard):
            await heard.until(lambda: bool(heard.visits()))
            assert heard.visits()[0].code == "none"
        assert "CreatePullPointSubscription" not in one.asked + two.asked


async def test_a_small_stream_that_the_camera_does_not_name_is_told(tmp_path: Path) -> None:
    probes = spare_port()
    async with (
        device(tmp_path, probes) as simulated,
        visiting(probes, asked(simulated, sub="/elsewhere")) as (_, heard),
    ):
        await heard.until(lambda: bool(heard.visits()))
    assert [told.streams for told in heard.visits()] == [False]


async def test_what_a_camera_notices_is_told_as_it_begins_and_as_it_ends(tmp_path: Path) -> None:
    probes = spare_port()
    async with device(tmp_path, probes) as simulated, visiting(probes, asked(simulated)) as (_, heard):
        await heard.until(lambda: ("tamper", False) in heard.notices())
        simulated.notice("tamper", active=True)
        await heard.until(lambda: ("tamper", True) in heard.notices())
        simulated.notice("tamper", active=False)
        simulated.notice("digital_input", active=True)
        await heard.until(lambda: {("input", True), ("tamper", False)} <= set(heard.notices()[-2:]))
    of_tamper = [one for one in heard.notices() if one[0] == "tamper"]
    assert of_tamper == [("tamper", False), ("tamper", True), ("tamper", False)]


async def test_what_goes_on_already_is_told_when_it_is_first_heard_of(tmp_path: Path) -> None:
    probes = spare_port()
    async with device(tmp_path, probes) as simulated:
        simulated.states["tamper"] = True
        async with visiting(probes, asked(simulated)) as (_, heard):
            await heard.until(lambda: ("motion", False) in heard.notices())
    assert heard.notices()[0] == ("tamper", True)
    assert ("tamper", False) not in heard.notices()


async def test_a_camera_that_was_away_is_visited_again_and_heard_again(tmp_path: Path) -> None:
    probes = spare_port()
    async with device(tmp_path, probes) as simulated, visiting(probes, asked(simulated)) as (_, heard):
        await heard.until(lambda: bool(heard.notices()))
        simulated.body = "<env:Fault/>"
        simulated.notice("motion", active=True)
        await heard.until(lambda: heard.visits()[-1].code != "")
        simulated.body = None
        await heard.until(lambda: heard.visits()[-1].code == "")
        simulated.notice("digital_input", active=True)
        await heard.until(lambda: ("input", True) in heard.notices())


async def test_a_password_that_was_refused_is_not_tried_again(tmp_path: Path) -> None:
    """Cameras lock out who guesses, and the stream with him."""
    probes = spare_port()
    async with device(tmp_path, probes) as simulated:
        other = asked(simulated, "other", sub="")
        wrong = asked(simulated, password="guess")
        async with visiting(probes, wrong) as (visits, heard):
            await heard.until(lambda: bool(heard.visits()))
            tried = simulated.asked.count("GetDeviceInformation")
            # Its address changes, its password does not.
            visits.look(Look((asked(simulated, password="guess", sub=""), other), probes))
            await heard.until(lambda: len(heard.visits()) == 2 and bool(heard.visits("other")))
        assert [told.code for told in heard.visits()] == ["unauthorized", "unauthorized"]
        assert [told.code for told in heard.visits("other")] == [""]
        assert simulated.asked.count("GetDeviceInformation") == tried + 1


async def test_where_nobody_answers_that_is_told_and_no_other_camera_waits_for_it(tmp_path: Path) -> None:
    probes = spare_port()
    nobody = AskedCamera("nobody", f"rtsp://127.0.0.2:{spare_port()}/main", "", "admin", "secret")
    async with (
        device(tmp_path, probes) as simulated,
        visiting(probes, nobody, asked(simulated)) as (_, heard),
    ):
        await heard.until(lambda: bool(heard.visits() and heard.visits("nobody")))
    assert heard.visits()[0].code == ""
    assert heard.visits("nobody")[0].code == "unreachable"


async def test_who_is_not_to_be_asked_any_more_is_left_and_the_others_go_on(tmp_path: Path) -> None:
    probes = spare_port()
    async with device(tmp_path, probes) as one, device(tmp_path, probes) as two:
        first, second = asked(one, "one"), asked(two, "two")
        async with visiting(probes, first, second) as (visits, heard):
            await heard.until(lambda: len(heard.notices()) >= 4)
            visits.look(Look((second,), probes))
            async with asyncio.timeout(30):
                while "Unsubscribe" not in one.asked:
                    await asyncio.sleep(0)
            two.notice("tamper", active=True)
            await heard.until(lambda: ("tamper", True) in heard.notices())
            assert "Unsubscribe" not in two.asked
            assert len(heard.visits("two")) == 1


def event(kind: EventKind, active: bool, source: str = "1", topic: str = "t") -> CameraEvent:
    return CameraEvent(kind, active, source, topic, "")


async def settled(said: list[Notice]) -> None:
    async with asyncio.timeout(10):
        while Notice("cam", "motion", active=False) not in said:
            await asyncio.sleep(0)


async def test_tampering_goes_on_until_the_last_rule_says_it_is_over() -> None:
    said: list[Notice] = []
    notices = Notices("cam", said.append, settle_s=0.01, gap_s=0.0)
    await settled(said)
    for topic, active in (("dark", True), ("blurry", True), ("dark", False)):
        notices.heard(event("tamper", active, topic=topic))
        await asyncio.sleep(0)
    assert [one.active for one in said if one.what == "tamper"] == [False, True]
    notices.heard(event("tamper", False, topic="blurry"))
    await asyncio.sleep(0)
    assert [one.active for one in said if one.what == "tamper"] == [False, True, False]
    notices.end()


async def test_a_camera_that_flutters_and_invents_inputs_is_bounded_and_its_last_state_is_told() -> None:
    said: list[Notice] = []
    notices = Notices("cam", said.append, settle_s=0.01, gap_s=0.05)
    await settled(said)
    for number in range(200):
        notices.heard(event("tamper", number % 2 == 0))
        notices.heard(event("digital_input", True, source=str(number)))
        await asyncio.sleep(0)
    notices.heard(event("tamper", True))
    async with asyncio.timeout(10):
        while [one.active for one in said if one.what == "tamper"][-1:] != [True]:
            await asyncio.sleep(0)
    # One in a gap: else they would be two hundred.
    assert len([one for one in said if one.what == "tamper"]) < 100
    assert len([one for one in said if one.what == "input"]) == onvif_notices.MOST_INPUTS
    notices.end()
    told = len(said)
    notices.heard(event("tamper", False))
    assert len(said) == told


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("rtsp://10.0.0.1/live", "rtsp://10.0.0.1:554/live", True),
        ("rtsp://10.0.0.1/live/", "rtsp://10.0.0.1/live", True),
        ("rtsp://CAM.example/live?a=1", "rtsp://cam.example/live?a=1", True),
        ("rtsp://10.0.0.1/live?a=1", "rtsp://10.0.0.1/live?a=2", False),
        ("rtsp://10.0.0.1/live", "rtsps://10.0.0.1/live", False),
    ],
)
def test_addresses_that_mean_the_same_are_the_same(ours: str, theirs: str, same: bool) -> None:
    assert (plain(ours) == plain(theirs)) == same


async def test_a_cameras_own_words_are_told_apart_from_the_codes_that_the_record_holds_open(
    tmp_path: Path,
) -> None:
    probes = spare_port()
    identity = ("Axis & Söhne", "<b>M3085</b>", "11.2.61", "ÄC:8E", "7F1")
    async with (
        device(tmp_path, probes, identity=identity) as simulated,
        visiting(probes, asked(simulated)) as (_, heard),
    ):
        await heard.until(lambda: bool(heard.visits()))
    (told,) = heard.visits()
    assert (told.manufacturer, told.model, told.firmware) == ("Axis - S-hne", "-b-M3085--b-", "11.2.61")
    assert told.words == "Axis & Söhne\n<b>M3085</b>\n11.2.61\n7F1"
    assert told.serial == "ÄC:8E"


def test_foreign_text_enters_as_a_code_of_sixty_four_signs() -> None:
    assert asset("  Ä\x00xis\n" + "x" * 100) == "--xis-" + "x" * 58
    assert len(asset("é" * 500)) == 64
