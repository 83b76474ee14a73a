"""A simulated camera plays for real players, exactly what it says that it plays, and breaks in the ways cameras do."""

import asyncio
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from drivers.cameras.stream import START_CODE, Codec
from drivers.simulators.camera import MAIN, SUB, SimulatedCamera
from drivers.simulators.camera_auth import Algorithm, Doorkeeper
from drivers.simulators.camera_faults import SOUND, CameraFault, CameraFaultKind
from drivers.simulators.camera_loop import StreamSettings, Unit, nals_of
from drivers.simulators.camera_scene import read_code
from tests.drivers.simulators.watcher import Rtp, watching

SMALL = StreamSettings(width=320, height=180, fps=25, gop=10, bit_rate=400_000, seconds=1)
QUICK = {"probesize": "32", "fpsprobesize": "0"}
"""libavformat's own probing takes seconds."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loops")


@asynccontextmanager
async def camera_of(
    cache: Path, settings: StreamSettings = SMALL, **more: Any
) -> AsyncIterator[SimulatedCamera]:
    camera = SimulatedCamera({MAIN: settings}, cache, **more)
    await camera.start()
    try:
        yield camera
    finally:
        await camera.stop()
    assert camera.failed == ""


def played(url: str, transport: str, count: int) -> list[bytes]:
    """So many pictures from the next key picture on, as libavformat hands them over."""
    found: list[bytes] = []
    with av.open(url, options={**QUICK, "rtsp_transport": transport}, timeout=(10, 10)) as container:
        for packet in container.demux(video=0):
            if found or packet.is_keyframe:
                found.append(b"".join(START_CODE + nal for nal in nals_of(bytes(packet))))
            if len(found) == count:
                break
    return found


def luma_of(url: str) -> Any:
    with av.open(url, options={**QUICK, "rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
        for frame in container.decode(video=0):
            if frame.key_frame:
                return frame.to_ndarray()[: frame.height, : frame.width]
    raise AssertionError("no picture came")


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", ["h264", "h265"])
async def test_a_player_gets_every_picture_bit_by_bit(cache: Path, codec: Codec, transport: str) -> None:
    settings = StreamSettings(**{**vars_of(SMALL), "codec": codec})
    async with camera_of(cache, settings) as camera:
        found = await asyncio.to_thread(played, camera.url(), transport, 40)
        sent = [unit.data for unit in (await camera.loop()).units]
    at = sent.index(found[0])
    assert found == [sent[(at + number) % len(sent)] for number in range(40)]


def vars_of(settings: StreamSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in settings.__dataclass_fields__}


async def test_the_bar_code_of_a_decoded_picture_says_when_it_was_drawn(cache: Path) -> None:
    async with camera_of(cache) as camera:
        luma = await asyncio.to_thread(luma_of, camera.url())
    keys = [number * 1000 // SMALL.fps for number in range(0, SMALL.pictures, SMALL.gop)]
    assert read_code(luma) in keys


async def test_a_live_camera_shows_the_true_time(cache: Path) -> None:
    settings = StreamSettings(**{**vars_of(SMALL), "live": True})
    before = time.time_ns() // 1_000_000
    async with camera_of(cache, settings) as camera:
        luma = await asyncio.to_thread(luma_of, camera.url())
        after = time.time_ns() // 1_000_000
    assert before % 2**40 <= read_code(luma) <= after % 2**40


async def test_ffprobe_finds_what_was_configured(cache: Path) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed: Debian's package ffmpeg has it")
    settings = StreamSettings(**{**vars_of(SMALL), "b_frames": 2, "audio": "aac", "aggregate": True})
    async with camera_of(cache, settings) as camera:
        ask = [
            "ffprobe",
            "-v",
            "error",
            "-rtsp_transport",
            "tcp",
            "-show_streams",
            "-of",
            "json",
            camera.url(),
        ]
        answer = await asyncio.to_thread(
            subprocess.run, ask, capture_output=True, text=True, timeout=60, check=False
        )
    assert answer.returncode == 0  # joining between key pictures it may complain of what it cannot decode yet
    video, audio = json.loads(answer.stdout)["streams"]
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", 320, 180)
    assert video["has_b_frames"] == 2
    assert (audio["codec_name"], audio["sample_rate"]) == ("aac", "16000")


async def test_rtp_time_and_sequence_go_on_over_the_loops_seam(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        packets: list[Rtp] = []
        for _ in range(2 * SMALL.pictures + 3):
            packets += await watcher.picture()
    times = list(dict.fromkeys(packet.time for packet in packets))
    assert {(b - a) & 0xFFFFFFFF for a, b in itertools.pairwise(times)} == {SMALL.step}
    numbers = [packet.sequence for packet in packets]
    assert {(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)} == {1}


async def test_play_says_with_which_packet_it_begins(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        answer = await watcher.play(camera.url())
        first = await watcher.rtp()
    assert f"seq={first.sequence};rtptime={first.time}" in answer.headers["rtp-info"]


@pytest.mark.parametrize(("algorithm", "qop"), [("MD5", False), ("MD5", True), ("SHA-256", True)])
async def test_only_who_knows_the_password_sees_anything(
    cache: Path, algorithm: Algorithm, qop: bool
) -> None:
    keeper = Doorkeeper("admin", "secret", "digest", algorithm, qop)
    async with camera_of(cache, doorkeeper=keeper) as camera:
        for password, status in (("secret", 200), ("guess", 401)):
            async with watching(camera.port, "admin", password) as watcher:
                assert (await watcher.play(camera.url())).status == status
    assert keeper.refused == 1


async def test_basic_is_taken_only_where_it_is_offered(cache: Path) -> None:
    given = "Basic YWRtaW46c2VjcmV0"
    for scheme, status in (("basic", 200), ("both", 200), ("digest", 401)):
        keeper = Doorkeeper("admin", "secret", scheme)  # type: ignore[arg-type]
        async with camera_of(cache, doorkeeper=keeper) as camera, watching(camera.port) as watcher:
            assert (await watcher.ask("DESCRIBE", camera.url(), Authorization=given)).status == status


async def test_a_nonce_that_was_used_up_is_called_stale(cache: Path) -> None:
    keeper = Doorkeeper("admin", "secret", uses=1)
    async with (
        camera_of(cache, doorkeeper=keeper) as camera,
        watching(camera.port, "admin", "secret") as watcher,
    ):
        assert (await watcher.ask("DESCRIBE", camera.url())).status == 200
        assert (await watcher._once("DESCRIBE", camera.url(), {})).challenges[0].endswith('stale="true"')


async def test_a_session_without_a_word_ends_and_one_that_is_kept_alive_does_not(cache: Path) -> None:
    async with (
        camera_of(cache, session_s=1) as camera,
        watching(camera.port) as quiet,
        watching(camera.port) as talking,
    ):
        for watcher in (quiet, talking):
            await watcher.play(camera.url())
        ended = asyncio.create_task(quiet.ended())
        while not ended.done():
            await talking.ask("GET_PARAMETER", camera.url())
            await talking.frame()
        assert (await talking.ask("PLAY", camera.url())).status == 200


async def test_pause_stops_the_pictures_and_play_brings_them_back(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        await watcher.rtp()
        assert (await watcher.ask("PAUSE", camera.url())).status == 200
        assert camera.streams[MAIN].video == set()
        await watcher.ask("PLAY", camera.url())
        await watcher.rtp()
        assert (await watcher.ask("TEARDOWN", camera.url())).status == 200
        assert (await watcher.ask("PLAY", camera.url())).status == 454


async def test_sound_and_metadata_come_where_they_are_set_up(cache: Path) -> None:
    settings = StreamSettings(**{**vars_of(SMALL), "audio": "pcmu", "metadata": True})
    async with camera_of(cache, settings) as camera, watching(camera.port) as watcher:
        url = camera.url()
        await watcher.ask("DESCRIBE", url)
        for number in (1, 2, 3):
            offered = f"RTP/AVP/TCP;unicast;interleaved={2 * number}-{2 * number + 1}"
            assert (await watcher.ask("SETUP", f"{url}/trackID={number}", Transport=offered)).status == 200
        await watcher.ask("PLAY", url)
        while not {"channel 2", "channel 4", "channel 6"} <= set(watcher.seen):
            await watcher.frame()


async def test_a_second_stream_lies_at_its_own_path(cache: Path) -> None:
    sub = StreamSettings(**{**vars_of(SMALL), "width": 160, "height": 90})
    camera = SimulatedCamera({MAIN: SMALL, SUB: sub}, cache)
    await camera.start()
    assert (await asyncio.to_thread(luma_of, camera.url(MAIN))).shape == (180, 320)
    assert (await asyncio.to_thread(luma_of, camera.url(SUB))).shape == (90, 160)
    await camera.stop()


async def test_a_camera_takes_only_so_many_sessions(cache: Path) -> None:
    async with (
        camera_of(cache, most_sessions=1) as camera,
        watching(camera.port) as one,
        watching(camera.port) as other,
    ):
        assert (await one.play(camera.url())).status == 200
        assert (await other.play(camera.url())).status == 453


# --- faults ---


@pytest.mark.parametrize(
    ("kind", "status"), [("unauthorized", 401), ("not_found", 404), ("no_tcp", 461), ("redirect", 302)]
)
async def test_a_fault_of_the_answers_is_answered_so(cache: Path, kind: CameraFaultKind, status: int) -> None:
    async with camera_of(cache, doorkeeper=Doorkeeper("a", "b")) as camera:
        await camera.set_fault(CameraFault(kind, to="rtsp://127.0.0.1:9/main"))
        async with watching(camera.port, "a", "b") as watcher:
            answer = await watcher.play(camera.url())
        assert answer.status == status
        assert kind != "redirect" or answer.headers["location"] == "rtsp://127.0.0.1:9/main"
        await camera.set_fault(SOUND)
        async with watching(camera.port, "a", "b") as watcher:
            assert (await watcher.play(camera.url())).status == 200


async def test_a_camera_that_takes_no_tcp_plays_over_udp(cache: Path) -> None:
    async with camera_of(cache) as camera:
        await camera.set_fault(CameraFault("no_tcp"))
        assert len(await asyncio.to_thread(played, camera.url(), "udp", 3)) == 3


async def test_a_bad_description_is_none_and_one_without_parameter_sets_still_plays(cache: Path) -> None:
    async with camera_of(cache) as camera:
        await camera.set_fault(CameraFault("bad_description"))
        with pytest.raises(av.FFmpegError):
            await asyncio.to_thread(played, camera.url(), "tcp", 1)
        await camera.set_fault(CameraFault("no_parameter_sets"))
        async with watching(camera.port) as watcher:
            assert b"sprop" not in (await watcher.ask("DESCRIBE", camera.url())).body
        assert len(await asyncio.to_thread(played, camera.url(), "tcp", 3)) == 3


async def test_a_camera_that_goes_away_closes_everything_and_comes_back_on_its_port(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        port = camera.port
        await camera.set_fault(CameraFault("away"))
        await watcher.ended()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        await camera.set_fault(SOUND)
        async with watching(port) as again:
            assert (await again.play(camera.url())).status == 200


async def test_a_camera_that_refuses_resets_old_and_new_connections(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as old:
        await old.play(camera.url())
        await camera.set_fault(CameraFault("refusing"))
        await old.ended()
        async with watching(camera.port) as new:
            await new.ended()


async def test_a_silent_camera_says_nothing_and_answers_all_when_it_wakes(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        await watcher.rtp()
        await camera.set_fault(CameraFault("silent"))
        asking = asyncio.create_task(watcher.ask("OPTIONS", camera.url()))
        sent = camera.streams[MAIN].sent
        for _ in range(20):
            await asyncio.sleep(0)
        assert not asking.done()
        assert camera.streams[MAIN].sent == sent
        await camera.set_fault(SOUND)
        assert (await asking).status == 200
        await watcher.rtp()


async def test_media_may_stop_while_rtsp_answers(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        await camera.set_fault(CameraFault("media_stopped"))
        sent = camera.streams[MAIN].sent
        assert (await watcher.ask("GET_PARAMETER", camera.url())).status == 200
        assert camera.streams[MAIN].sent == sent


async def test_slow_answers_still_come(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await camera.set_fault(CameraFault("slow", seconds=0.05))
        assert (await watcher.play(camera.url())).status == 200


@pytest.mark.parametrize("kind", ["lossy", "duplicated"])
async def test_packets_are_lost_or_doubled(cache: Path, kind: CameraFaultKind) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        await camera.set_fault(CameraFault(kind, share=0.3))
        last = (await watcher.rtp()).sequence
        wanted = {"lossy": range(2, 200), "duplicated": range(1)}[kind]
        while ((number := (await watcher.rtp()).sequence) - last) & 0xFFFF not in wanted:
            last = number


async def test_datagrams_come_in_another_order(cache: Path) -> None:
    waiting: asyncio.Queue[bytes] = asyncio.Queue()

    class Heard(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            waiting.put_nowait(data)

    loop = asyncio.get_running_loop()
    rtp, _ = await loop.create_datagram_endpoint(Heard, ("127.0.0.1", 0))
    port = rtp.get_extra_info("sockname")[1]
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url(), f"RTP/AVP;unicast;client_port={port}-{port + 1}")
        await camera.set_fault(CameraFault("reordered", share=0.5))
        last = int.from_bytes((await waiting.get())[2:4], "big")
        while ((number := int.from_bytes((await waiting.get())[2:4], "big")) - last) & 0xFFFF < 0x8000:
            last = number
    rtp.close()


async def test_garbage_is_no_rtp(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        await camera.set_fault(CameraFault("garbage"))
        channel, packet = await watcher.frame()
        while channel or packet[0] == 0x80:
            channel, packet = await watcher.frame()


async def test_a_quarter_of_the_pictures_means_four_times_the_step(cache: Path) -> None:
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        await camera.set_fault(CameraFault("quarter_rate"))
        last = (await watcher.picture())[0].time
        while ((now := (await watcher.picture())[0].time) - last) & 0xFFFFFFFF != 4 * SMALL.step:
            last = now


async def test_a_wrong_clock_is_seen_in_the_sender_reports(cache: Path) -> None:
    async with camera_of(cache) as camera:
        await camera.set_fault(CameraFault("wrong_clock", seconds=3_600))
        async with watching(camera.port) as watcher:
            await watcher.play(camera.url())
            channel, packet = await watcher.frame()
            while channel != 1:
                channel, packet = await watcher.frame()
    said_s = int.from_bytes(packet[8:12], "big") - 2_208_988_800
    assert abs(said_s - time.time() - 3_600) < 60


@pytest.mark.parametrize("kind", ["frozen", "black", "covered", "turned", "resized"])
async def test_a_fault_of_the_pictures_is_seen_in_them(cache: Path, kind: CameraFaultKind) -> None:
    async with camera_of(cache) as camera:
        good = await asyncio.to_thread(luma_of, camera.url())
        await camera.set_fault(CameraFault(kind))
        bad = await asyncio.to_thread(luma_of, camera.url())
        units = (await camera.loop(MAIN, CameraFault(kind))).units
    middle = bad[60:150].astype(float)
    match kind:
        case "frozen":
            assert {read_code(bad)} == {0}
            assert 3 * typical(units) < typical((await camera.loop()).units)
        case "black":
            assert middle.mean() < 20
            assert middle.std() < 4
        case "covered":
            assert 60 < middle.mean() < 130
            assert 0 < middle.std() < 8
        case "turned":
            assert np.abs(good[60:150].astype(float) - middle).mean() > 10
        case _:
            assert bad.shape == (90, 160)


def typical(units: tuple[Unit, ...]) -> int:
    """The middle one of the sizes between key pictures."""
    sizes = sorted(len(unit.data) for unit in units if not unit.key)
    return sizes[len(sizes) // 2]


async def test_the_picture_changes_within_a_session(cache: Path) -> None:
    """A new size is said in band, as by a camera that somebody set up anew while it was watched."""
    async with camera_of(cache) as camera, watching(camera.port) as watcher:
        await watcher.play(camera.url())
        small = (await camera.loop(MAIN, CameraFault("resized"))).units[0].nals[0]
        await camera.set_fault(CameraFault("resized"))
        while (await watcher.rtp()).payload != small:
            pass


def test_a_loop_is_encoded_once(tmp_path: Path) -> None:
    async def twice() -> None:
        for _ in range(2):
            async with camera_of(tmp_path):
                pass

    asyncio.run(twice())
    assert len(list(tmp_path.iterdir())) == 1
