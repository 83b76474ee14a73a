"""The ONVIF process is started for whom is to be asked, and killed, hung or told otherwise it asks again, and nothing waits."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.clock import instant
from edge import camera_notices
from edge.camera_notices import Said, Words
from edge.cameras import Cameras
from edge.media import onvif
from edge.media.messages import CameraSettings, Notice, Open, StreamFigures, Visited
from edge.media.messages import Figures as CameraFigures
from edge.media.onvif import Onvif
from edge.simulated.addresses import spare_port
from rules.model.camera_events import CameraClockTold, CameraSaid, CameraVisited
from rules.model.events import Event
from rules.model.ids import CameraId
from tests.edge.media.test_onvif_visits import Heard, asked, device


def opened(cameras: tuple[CameraSettings, ...], probes: int, *names: str, evidence: str = "/nowhere") -> Open:
    return Open(
        evidence=evidence,
        cameras=cameras,
        before_us=1_000_000,
        memory=16_000_000,
        disk=10**9,
        reserve=0,
        drills_us=1,
        incidents_us=None,
        district=False,
        address="",
        onvif=names,
        probes=probes,
    )


def settings(simulated: object, name: str = "cam") -> CameraSettings:
    its = asked(simulated, name)  # type: ignore[arg-type]
    return CameraSettings(name, its.url, its.sub_url, its.user, its.password, None, "own", 1, False)


@asynccontextmanager
async def running(wanted: Open) -> AsyncIterator[tuple[Onvif, Heard]]:
    heard = Heard()
    one = Onvif(heard)
    one.configure(wanted)
    task = asyncio.create_task(one.run())
    try:
        yield one, heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert one.process_id is None


def ended(process: int) -> bool:
    """It was waited for by its parent: no such process is left."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_camera_is_visited_and_heard_through_the_process(tmp_path: Path) -> None:
    probes = spare_port()
    async with (
        device(tmp_path, probes) as simulated,
        running(opened((settings(simulated),), probes, "cam")) as (_, heard),
    ):
        await heard.until(lambda: bool(heard.visits()))
        assert (heard.visits()[0].code, heard.visits()[0].model) == ("", "SIM-1")
        await until(lambda: "PullMessages" in simulated.asked)
        simulated.notice("tamper", active=True)
        await heard.until(lambda: ("tamper", True) in heard.notices())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_process_that_is_ended_is_gone_at_once_and_another_asks_again(
    tmp_path: Path, how: signal.Signals
) -> None:
    probes = spare_port()
    async with (
        device(tmp_path, probes) as simulated,
        running(opened((settings(simulated),), probes, "cam")) as (one, heard),
    ):
        await heard.until(lambda: bool(heard.visits()))
        first = one.process_id
        assert first is not None
        os.kill(first, how)
        await heard.until(lambda: len(heard.visits()) > 1)
        assert ended(first)
        assert one.restarts == 1


async def test_a_process_that_hangs_is_killed_and_another_asks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onvif, "TERMS", replace(onvif.TERMS, hung_ticks=15))
    probes = spare_port()
    async with (
        device(tmp_path, probes) as simulated,
        running(opened((settings(simulated),), probes, "cam")) as (one, heard),
    ):
        await heard.until(lambda: bool(heard.visits()))
        first = one.process_id
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        await heard.until(lambda: len(heard.visits()) > 1)
        assert ended(first)


async def test_a_camera_that_is_not_to_be_asked_is_told_as_such_and_nothing_is_started(
    tmp_path: Path,
) -> None:
    probes = spare_port()
    async with device(tmp_path, probes) as simulated:
        both = (settings(simulated), settings(simulated, "other"))
        async with running(opened(both, probes)) as (one, heard):
            await heard.until(lambda: len(heard.said) == 2)
            assert heard.said == [Visited("cam", "off"), Visited("other", "off")]
            assert one.process_id is None
            one.configure(opened(both, probes, "other"))
            await heard.until(lambda: bool([told for told in heard.visits("other") if not told.code]))
            process = one.process_id or 0
            assert process
            one.configure(opened(both, probes))
            await until(lambda: ended(process))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0)


def test_words_about_a_camera_that_is_not_asked_are_not_handed_on() -> None:
    heard = Heard()
    one = Onvif(heard)
    one._heard(Notice("nobody", "tamper", active=True))
    assert heard.said == []


# --- through the camera process to the daemon ---


async def test_what_a_camera_says_of_itself_comes_through_the_camera_process_as_events(
    tmp_path: Path,
) -> None:
    probes = spare_port()
    events: list[Event] = []
    async with device(tmp_path, probes) as simulated:
        cameras = Cameras(events.append)
        evidence = tmp_path / "evidence"
        evidence.mkdir()
        cameras.configure(opened((settings(simulated),), probes, "cam", evidence=str(evidence)))
        task = asyncio.create_task(cameras.run())
        try:
            await until(lambda: any(isinstance(one, CameraVisited) and one.code == "" for one in events))
            simulated.notice("tamper", active=True)
            await until(lambda: any(isinstance(one, CameraSaid) and one.active for one in events))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def figures(skew_us: int | None) -> CameraFigures:
    stream = StreamFigures(
        True, "h264", 1, 1, "tcp", "own", "", 1, 1, 1, 1, 1, 1, 1, 0, None, 0, skew_us, False, 1
    )
    return CameraFigures("cam", stream, None, 1, 1, None)


def test_a_stream_stamped_by_a_clock_that_moved_is_told_once_a_minute_and_an_uptime_never() -> None:
    events: list[Event] = []
    cameras = Cameras(events.append)
    cameras.configure(
        opened((CameraSettings("cam", "rtsp://10.0.0.1/s", "", "", "", None, "own", 1, False),), 3_702)
    )
    since_1970 = -instant().utc_us + 3_600_000_000
    for skew_us in (None, since_1970, -9_000_000, -9_200_000, 7_000_000, -9_000_000):
        cameras._heard(figures(skew_us))
    assert [(one.camera, one.skew_us) for one in events if isinstance(one, CameraClockTold)] == [
        (CameraId("cam"), -9_000_000)
    ]


async def test_a_camera_that_says_too_much_is_told_later_as_it_is_by_then_and_costs_no_process() -> None:
    told: list[Said] = []
    words = Words(told.append)
    for number in range(1_000):
        words.heard(Notice("cam", "tamper", active=number % 2 == 0))
        words.heard(Notice("cam", "input", active=True, source=str(number)))
    words.heard(Visited("cam", "silent"))
    words.heard(Notice("other", "tamper", active=True))
    assert len(told) < 2 * camera_notices.AT_ONCE
    assert told[-1] == Notice("other", "tamper", active=True)
    await until(lambda: Notice("cam", "tamper", active=False) in told[camera_notices.AT_ONCE + 1 :])
    words.keep(frozenset({"other"}))
    words.forget()
