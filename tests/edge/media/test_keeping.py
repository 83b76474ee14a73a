"""What incidents keep: from before the press, of every camera named, to the end; and what a disk does to it is told."""

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from drivers.simulators.camera_faults import CameraFault
from edge.media import keeping
from edge.media.messages import File
from edge.media.seals import SEALS
from tests.edge.media.encoding import play
from tests.edge.media.lives import Life, cameras, keep, life, of, opened
from tests.flow.disks import fill, small_disk


async def test_a_press_keeps_each_picture_from_before_it_to_its_end_and_a_still(tmp_path: Path) -> None:
    async with cameras() as (one,), life(opened(tmp_path, of("cam-1", one.url()))) as lives:
        await lives.until_held("cam-1")
        press = keep("inc-1", "cam-1")
        await lives.process.take(press)
        await lives.until(lambda: lives.files(None))
        await lives.until(lambda: [file for file in lives.files("sealed") if file.name.endswith(".jpg")])
        hub = lives.process.cameras["cam-1"].main.hub
        pressed = hub.last_at_us
        await lives.until(lambda: hub.last_at_us > pressed)
        lives.process._keeping.over("inc-1")
        await lives.until(lambda: len(lives.files("sealed")) == 2)

    assert [(file.name, file.incident) for file in lives.files(None)] == [("inc-1/cam-1.mp4", "inc-1")]
    still, clip = lives.files("sealed")
    assert (still.name, clip.name) == ("inc-1/cam-1.jpg", "inc-1/cam-1.mp4")
    for file in (still, clip):
        content = (tmp_path / file.name).read_bytes()
        assert (file.sha256, file.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert clip.first_us is not None
    assert clip.last_us is not None
    assert clip.first_us <= press.opened_us - 1_000_000
    assert clip.last_us >= press.opened_us
    assert len(play(str(tmp_path / clip.name), "h264")[0]) == clip.pictures > 30


async def test_a_second_keep_adds_cameras_and_begins_none_twice(tmp_path: Path) -> None:
    async with cameras(2) as two:
        first = opened(tmp_path, *(of(f"cam-{number}", one.url()) for number, one in enumerate(two)))
        async with life(first) as lives:
            await lives.until_held("cam-0", 500_000)
            await lives.until_held("cam-1", 500_000)
            await lives.process.take(keep("inc-1", "cam-0"))
            await lives.until(lambda: lives.files(None))
            await lives.process.take(keep("inc-1", "cam-0", "cam-1"))
            await lives.until(lambda: len(lives.files(None)) == 2)
            lives.process._keeping.over("inc-1")
            await lives.until(lambda: len(lives.files("sealed")) == 4)

    assert {file.name for file in lives.files("sealed")} == {
        f"inc-1/cam-{number}.{kind}" for number in (0, 1) for kind in ("jpg", "mp4")
    }


def stills(lives: Life) -> list[File]:
    return [file for file in lives.files("sealed", "failed") if file.name.endswith(".jpg")]


@pytest.mark.parametrize(
    "ago_us", [3_600_000_000, -3_600_000_000], ids=["an hour ago", "by a clock set back"]
)
async def test_an_incident_that_is_long_open_is_kept_from_all_that_is_held(
    tmp_path: Path, ago_us: int
) -> None:
    async with cameras() as (one,), life(opened(tmp_path, of("cam-1", one.url()))) as lives:
        await lives.until_held("cam-1")
        began = lives.process.cameras["cam-1"].ring._gops[0].first_us
        await lives.process.take(keep("inc-1", "cam-1", ago_us=ago_us))
        await lives.until(lambda: lives.files(None))
        if ago_us < 0:
            # Before the clip's end: the process that decodes may take longer than the writer.
            await lives.until(lambda: stills(lives))
        lives.process._keeping.over("inc-1")
        await lives.until(lambda: [file for file in lives.files("sealed") if file.name.endswith(".mp4")])

    clip = next(file for file in lives.files("sealed") if file.name.endswith(".mp4"))
    assert clip.pictures >= 55
    assert clip.first_us is not None
    assert began > 0
    # A picture of now is none of a press an hour ago.
    assert bool(stills(lives)) == (ago_us < 0)


async def test_a_camera_that_shows_nothing_is_told_as_such(tmp_path: Path) -> None:
    async with cameras() as (one,):
        await one.set_fault(CameraFault("not_found"))
        async with life(opened(tmp_path, of("cam-1", one.url()))) as lives:
            await lives.process.take(keep("inc-1", "cam-1"))
            await lives.until(lambda: lives.files("failed"))
            lives.process._keeping.over("inc-1")
            await lives.until(lambda: len(lives.files("failed")) == 2)

    assert {(file.name, file.code) for file in lives.files("failed")} == {
        ("inc-1/cam-1.jpg", "none"),
        ("inc-1/cam-1.mp4", "empty"),
    }
    assert lives.files(None, "sealed") == []


async def test_a_camera_that_is_removed_ends_its_clip_and_one_that_is_changed_begins_another(
    tmp_path: Path,
) -> None:
    async with cameras(3) as three:
        same, changed, removed = (of(name, one.url()) for name, one in zip("abc", three, strict=True))
        async with life(opened(tmp_path, same, changed, removed)) as lives:
            for name in "abc":
                await lives.until_held(name, 300_000)
            await lives.process.take(keep("inc-1", "a", "b", "c"))
            await lives.until(lambda: len(lives.files(None)) == 3)
            ring, connections = lives.process.cameras["a"].ring, three[0].asked["PLAY"]
            held = ring.held_bytes
            await lives.process.take(opened(tmp_path, same, of("b", three[1].url(), lost_after_us=7_000_000)))
            await lives.until(lambda: len(lives.files(None)) == 4)
            kept = lives.process.cameras["a"].ring
            lives.process._keeping.over("inc-1")
            await lives.until(
                lambda: len([file for file in lives.files("sealed") if file.name.endswith(".mp4")]) == 4
            )

    assert kept is ring
    assert held > 0
    assert three[0].asked["PLAY"] == connections
    clips = sorted(file.name for file in lives.files("sealed") if file.name.endswith(".mp4"))
    assert clips == ["inc-1/a.mp4", "inc-1/b.2.mp4", "inc-1/b.mp4", "inc-1/c.mp4"]


async def test_another_time_before_a_press_breaks_no_stream(tmp_path: Path) -> None:
    async with cameras() as (one,):
        settings = of("cam-1", one.url())
        async with life(opened(tmp_path, settings)) as lives:
            await lives.until_held("cam-1", 500_000)
            before = lives.process.cameras["cam-1"]
            await lives.process.take(opened(tmp_path, settings, before_us=6_000_000))
            assert lives.process.cameras["cam-1"] is before
            await lives.until_held("cam-1", 5_000_000)

    assert one.asked["PLAY"] == 1


async def test_a_camera_that_is_configured_after_the_press_is_kept_from_then_on(tmp_path: Path) -> None:
    async with cameras() as (one,), life(opened(tmp_path)) as lives:
        await lives.process.take(keep("inc-1", "cam-1"))
        await lives.process.take(opened(tmp_path, of("cam-1", one.url())))
        await lives.until(lambda: lives.files(None))


async def test_a_drill_waits_for_room_and_that_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "store", 16) as disk:
        async with (
            cameras() as (one,),
            life(opened(disk.place, of("cam-1", one.url()), reserve=4_000_000)) as lives,
        ):
            await lives.until_held("cam-1", 500_000)
            fill(disk.place / "everything else")
            await lives.until(lambda: lives.condition("evidence_disk_full"))
            await lives.process.take(keep("drill-1", "cam-1", kind="drill"))
            await lives.process.take(keep("drill-1", "cam-1", kind="drill"))
            await lives.until(lambda: lives.files("failed"))
            assert [(file.name, file.code) for file in lives.files("failed")] == [
                ("drill-1/cam-1.mp4", "disk_full")
            ]
            assert not list(disk.place.rglob("*.mp4*"))
            (disk.place / "everything else").unlink()
            await lives.until(lambda: lives.files(None))
            assert lives.condition("evidence_disk_full") is None


async def test_a_full_disk_ends_a_drills_clips_and_no_incidents(tmp_path: Path) -> None:
    with small_disk(tmp_path / "store", 24) as disk:
        async with (
            cameras() as (one,),
            life(opened(disk.place, of("cam-1", one.url()), reserve=8_000_000)) as lives,
        ):
            await lives.until_held("cam-1", 500_000)
            await lives.process.take(keep("drill-1", "cam-1", kind="drill"))
            await lives.process.take(keep("inc-1", "cam-1"))
            await lives.until(lambda: len(lives.files(None)) == 2)
            (disk.place / "everything else").write_bytes(bytes(15 << 20))
            await lives.until(lambda: lives.condition("evidence_disk_full"))
            await lives.until(lambda: "drill-1/cam-1.mp4" in [file.name for file in lives.files("sealed")])
            size = (disk.place / "inc-1" / "cam-1.mp4.part").stat().st_size
            part = disk.place / "inc-1" / "cam-1.mp4.part"
            await lives.until(lambda: part.stat().st_size > size)

    assert ("drill-1/cam-1.mp4", "disk_full") in [(file.name, file.code) for file in lives.files("failed")]


async def test_what_a_crash_left_is_told_as_recovered_with_its_incident_and_kind(tmp_path: Path) -> None:
    async with cameras() as (one,):
        first = opened(tmp_path, of("cam-1", one.url()), drills_us=0)
        async with life(first) as lives:
            await lives.until_held("cam-1", 500_000)
            await lives.process.take(keep("drill-1", "cam-1", kind="drill"))
            await lives.until(lambda: lives.files(None))
            part = tmp_path / "drill-1" / "cam-1.mp4.part"
            await lives.until(lambda: (tmp_path / "drill-1" / SEALS).exists() and part.stat().st_size)
            left = part.read_bytes()
        (tmp_path / "drill-1" / "cam-1.mp4").unlink()
        part.write_bytes(left)

        async with life(first) as again:
            await again.until(lambda: again.files("recovered"))
            # And it is a drill's still: let go by a drill's age, not kept as a real incident's.
            await again.until(lambda: "drill-1/cam-1.mp4" in again.gone)

    (told,) = again.files("recovered")
    assert (told.name, told.incident, told.camera) == ("drill-1/cam-1.mp4", "drill-1", "cam-1")


async def test_what_was_told_and_not_taken_is_told_by_the_next_process(tmp_path: Path) -> None:
    (tmp_path / "inc-1").mkdir()
    (tmp_path / "inc-1" / "cam-1.mp4").write_bytes(b"whole")
    told = []
    for takes in (False, True, True):
        async with life(opened(tmp_path)) as lives:
            lives.takes = takes
            await lives.until(lambda: len(lives.told) > 5)
            if takes:
                await lives.until((tmp_path / "inc-1" / SEALS).exists)
        told.append([file.name for file in lives.files("recovered")])

    assert told == [["inc-1/cam-1.mp4"], ["inc-1/cam-1.mp4"], []]


async def test_a_finished_file_that_was_never_told_is_found_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "inc-1").mkdir()
    (tmp_path / "inc-1" / "cam-1.mp4").write_bytes(b"whole")

    async with life(opened(tmp_path)) as lives:
        await lives.until(lambda: lives.files("recovered"))
        await lives.until((tmp_path / "inc-1" / SEALS).exists)
    async with life(opened(tmp_path)) as again:
        await again.until(lambda: len(again.told) > 5)

    (told,) = lives.files("recovered")
    assert (told.name, told.camera, told.sha256) == (
        "inc-1/cam-1.mp4",
        "cam-1",
        hashlib.sha256(b"whole").hexdigest(),
    )
    assert again.files("recovered") == []


async def test_one_that_still_finishes_its_files_is_waited_for(tmp_path: Path) -> None:
    async with cameras() as (one,):
        first = opened(tmp_path, of("cam-1", one.url()))
        async with life(first) as old:
            # Its seals are not taken: else they are noted before the new one looks, or after, as threads have it.
            old.takes = False
            await old.until_held("cam-1", 500_000)
            await old.process.take(keep("inc-1", "cam-1"))
            await old.until(lambda: old.files(None))
            async with life(first) as new:
                await new.process.take(keep("inc-1", "cam-1"))
                await new.until_held("cam-1", 500_000)
                assert [path.name for path in tmp_path.rglob("*.mp4*")] == ["cam-1.mp4.part"]  # noqa: ASYNC240
                await old.end()
                await new.until(lambda: new.files(None) and new.files("recovered"))

    assert [file.name for file in new.files("recovered") if ".mp4" in file.name] == ["inc-1/cam-1.mp4"]
    assert new.files(None)[0].name == "inc-1/cam-1.2.mp4"


async def test_a_disk_that_hangs_is_told_and_holds_neither_the_loop_nor_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, hangs = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        hangs.set()
        let_go.wait(120)
        raise OSError(5, "let go")

    monkeypatch.setattr(keeping, "let_go", hang)
    monkeypatch.setattr(keeping, "folders", hang)
    monkeypatch.setattr(keeping, "STUCK_US", 500_000)
    monkeypatch.setattr("edge.media.remembered._read", lambda file: let_go.wait(120) and ())
    try:
        async with cameras() as (one,), life(opened(tmp_path, of("cam-1", one.url()))) as lives:
            await lives.process.take(keep("inc-1", "cam-1"))
            await lives.until(lambda: lives.condition("evidence_not_written") == ("hangs",))
            await lives.until_held("cam-1", 1_000_000)
            async with asyncio.timeout(30):
                await lives.process.close()
        assert hangs.is_set()
        assert not let_go.is_set()
    finally:
        let_go.set()


async def test_a_disk_that_is_read_only_is_told_by_the_systems_word(tmp_path: Path) -> None:
    with small_disk(tmp_path / "store") as disk:
        async with cameras() as (one,), life(opened(disk.place, of("cam-1", one.url()))) as lives:
            await lives.until_held("cam-1", 500_000)
            disk.remount("ro")
            await lives.process.take(keep("inc-1", "cam-1"))
            await lives.until(lambda: lives.condition("evidence_not_written") == ("EROFS",))
            disk.remount("rw")
            await lives.until(lambda: lives.condition("evidence_not_written") is None)
            await lives.until(lambda: lives.files(None))
