"""Clips on a disk: whole, sealed, played after a kill; a disk that is full, gone or hangs holds nobody up."""

import asyncio
import hashlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.cameras.stream import AccessUnit, AudioFrame, Track
from edge.media.clip_parts import PART_US
from edge.media.clip_writer import ClipWriter
from edge.media.ring import Budget, Ring
from edge.media.sealing import Sealed, Stamp, Unsealed
from tests.edge.media import clip_victim
from tests.edge.media.encoding import complaints, decoded, encode, moving, play
from tests.flow.disks import fill, small_disk

ERROR_US = 1_500
UTC_US = 1_790_000_000_000_000
LOST_MOST_S = 0.6
"""What the product promises of a killed process."""


def utc(mono_us: int) -> Stamp:
    return Stamp(UTC_US + mono_us, ERROR_US)


class Clips:
    """A writer, and what it told."""

    def __init__(self, store: Path, most_waiting_bytes: int = 64 << 20) -> None:
        self.store = store
        self.told: list[Sealed | Unsealed] = []
        self.writer = ClipWriter(store, utc, self.told.append, most_waiting_bytes=most_waiting_bytes)
        self.ring = Ring(30, Budget(1 << 30))

    @property
    def sealed(self) -> list[Sealed]:
        return [one for one in self.told if isinstance(one, Sealed)]

    def written(self) -> bytes:
        """What stands in the file that is being written."""
        return b"".join(part.read_bytes() for part in sorted(self.store.rglob("*.part")))


async def until(holds: Callable[[], object], patience_s: float = 30) -> None:
    async with asyncio.timeout(patience_s):
        while not holds():
            await asyncio.sleep(0.01)


@pytest.fixture
async def clips(tmp_path: Path) -> AsyncIterator[Clips]:
    made = Clips(tmp_path)
    made.writer.start()
    yield made
    await made.writer.close(10)


def give(ring: Ring, units: list[AccessUnit]) -> None:
    for unit in units:
        ring.unit(unit)


async def test_a_clip_has_each_picture_from_before_the_press_to_its_end_and_is_sealed(clips: Clips) -> None:
    units = list(encode(moving(8)))
    give(clips.ring, units[:70])
    clip = clips.writer.begin("cam-1", "incident-1", clips.ring, since_us=units[35].at_us)
    give(clips.ring, units[70:100])
    clips.ring.missing(3)
    clip.end()
    clip.end()
    give(clips.ring, units[100:])
    await until(lambda: clips.told)

    (told,) = clips.sealed
    file = clips.store / "incident-1" / "cam-1.mp4"
    assert told == Sealed(
        path="incident-1/cam-1.mp4",
        camera="cam-1",
        part=1,
        bytes=file.stat().st_size,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        first=utc(units[30].at_us),
        last=utc(units[99].at_us),
        pictures=70,
        missing=3,
        dropped=0,
        gaps=0,
        sound=False,
    )
    assert play(str(file), "h264")[0] == [unit.data for unit in units[30:100]]
    assert list(clips.store.rglob("*.part")) == []


async def test_another_track_is_another_part_and_each_part_is_sealed(clips: Clips) -> None:
    small, large = list(encode(moving(2))), list(encode(moving(2, width=640, height=360)))
    clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
    give(clips.ring, small)
    clips.ring.broken()
    give(clips.ring, [replace(unit, at_us=unit.at_us + 9_000_000) for unit in large])
    clip.end()
    await until(lambda: len(clips.told) == 2)
    assert [(one.path, one.part, one.pictures) for one in clips.sealed] == [
        ("i/cam-1.mp4", 1, 30),
        ("i/cam-1.2.mp4", 2, 30),
    ]
    assert play(str(clips.store / "i" / "cam-1.2.mp4"), "h264")[0] == [unit.data for unit in large]


async def test_a_long_clip_is_sealed_in_parts_that_together_miss_nothing(clips: Clips) -> None:
    units = list(encode(moving(4)))
    later = [replace(one, at_us=one.at_us + PART_US, rtp=one.rtp + PART_US * 9 // 100) for one in units]
    clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
    give(clips.ring, units)
    give(clips.ring, later)
    clip.end()
    await until(lambda: len(clips.told) == 2)
    played = [play(str(clips.store / one.path), "h264")[0] for one in clips.sealed]
    assert played[0] + played[1] == 2 * [one.data for one in units]


async def test_a_reconnect_stands_as_long_in_the_clip_as_it_lasted(clips: Clips) -> None:
    units = list(encode(moving(2)))
    clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
    give(clips.ring, units)
    clips.ring.broken()
    gap_us = 7_000_000
    give(clips.ring, [replace(one, at_us=one.at_us + 2_000_000 + gap_us) for one in units])
    clip.end()
    await until(lambda: clips.told)
    (told,) = clips.sealed
    _, times = play(str(clips.store / told.path), "h264")
    assert told.gaps == 1
    assert times[30][1] - times[29][1] == 6_000 + gap_us * 9 // 100


async def test_sound_is_in_the_clip_from_before_the_press_too(clips: Clips) -> None:
    import av

    units = list(encode(moving(4)))
    sounds = [
        AudioFrame("pcmu", bytes([n + 1] * 160), 5_000 + n * 160, units[0].at_us + n * 20_000, 8000)
        for n in range(200)
    ]
    everything: list[AccessUnit | AudioFrame] = sorted([*units, *sounds], key=lambda one: one.at_us)
    clip = None
    for one in everything:
        if clip is None and one.at_us >= units[0].at_us + 3_000_000:
            clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
        if isinstance(one, AudioFrame):
            clips.ring.audio(one)
        else:
            clips.ring.unit(one)
    assert clip is not None
    clip.end()
    await until(lambda: clips.told)
    (told,) = clips.sealed
    assert told.sound
    with av.open(str(clips.store / told.path)) as container:
        packets = [packet for packet in container.demux(container.streams.audio[0]) if packet.size]
        length = container.streams.audio[0].duration
    heard = b"".join(bytes(packet) for packet in packets)
    assert heard in b"".join(one.data for one in sounds)
    assert len(heard) >= 190 * 160
    assert length is not None
    assert abs(length - 200 * 160) < 8000 // 2


@pytest.mark.parametrize("pictures", [37, 64, 101])
async def test_after_a_kill_all_but_the_last_moment_plays_and_is_sealed_at_the_next_start(
    tmp_path: Path, pictures: int
) -> None:
    victim = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.edge.media.clip_victim", str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert victim.stdout is not None
    said = []
    async for line in victim.stdout:
        said.append(line)
        if len(said) == pictures:
            victim.kill()
            break
    # What it gave between our reading and its end counts as well.
    said += (await victim.stdout.read()).splitlines(keepends=True)
    await victim.wait()
    given = [line.split() for line in said if line.endswith(b"\n")]
    held_up_s = max(float(late_s) for _, late_s in given)

    expected = [unit.data for unit in clip_victim.units()]
    part = tmp_path / "incident-1" / "cam-1.mp4.part"
    kept, _ = play(str(part), "h264")
    assert kept == expected[: len(kept)]
    # A machine that has no time for the process has none for its threads either.
    assert len(given) - len(kept) <= (LOST_MOST_S + 2 * held_up_s) * clip_victim.FPS

    clips = Clips(tmp_path)
    clips.writer.start()
    await until(lambda: clips.told)
    (told,) = clips.sealed
    file = tmp_path / "incident-1" / "cam-1.mp4"
    assert told.recovered
    assert (told.path, told.camera) == ("incident-1/cam-1.mp4", "cam-1")
    assert told.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert told.first is not None
    assert play(str(file), "h264")[0] == kept
    assert decoded(str(file)) == len(kept)
    assert complaints(file) == []
    await clips.writer.close(10)


async def test_what_a_crash_left_is_cut_to_what_is_whole_and_never_written_over(tmp_path: Path) -> None:
    units = list(encode(moving(2)))
    before = Clips(tmp_path)
    before.writer.start()
    before.writer.begin("cam-1", "i", before.ring, since_us=0)
    give(before.ring, units)
    (tmp_path / "i").mkdir(exist_ok=True)
    await until(lambda: len(before.written()) > sum(len(one.data) for one in units))
    part = tmp_path / "i" / "cam-1.mp4.part"
    left = part.read_bytes()
    await before.writer.close(10)

    (tmp_path / "i" / "cam-1.mp4").rename(tmp_path / "i" / "cam-1.mp4.part")
    (tmp_path / "i" / "cam-1.mp4.part").write_bytes(left + left[:1000])
    (tmp_path / "i" / "cam-2.mp4.part").write_bytes(left[:50])
    after = Clips(tmp_path)
    clip = after.writer.begin("cam-1", "i", after.ring, since_us=0)
    give(after.ring, units)
    after.writer.start()
    clip.end()
    await until(lambda: len(after.told) == 3)
    assert Unsealed("i/cam-2.mp4.part", "cam-2", "empty") in after.told
    assert {(one.path, one.recovered) for one in after.sealed} == {
        ("i/cam-1.mp4", True),
        ("i/cam-1.2.mp4", False),
    }
    assert (tmp_path / "i" / "cam-1.mp4").read_bytes() == left
    await after.writer.close(10)


async def test_a_full_disk_is_said_and_what_it_refused_is_written_when_there_is_room(tmp_path: Path) -> None:
    units = list(encode(moving(12), bit_rate=2_000_000))
    with small_disk(tmp_path / "store", size_mib=8) as disk:
        clips = Clips(disk.place)
        clips.writer.start()
        clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
        give(clips.ring, units[:15])
        await until(clips.written)
        fill(disk.place / "everything else")
        give(clips.ring, units[15:])
        clip.end()
        await until(lambda: clips.writer.figures.refused == "ENOSPC")
        (disk.place / "everything else").unlink()
        await until(lambda: clips.told)
        (told,) = clips.sealed
        assert told.pictures == len(units)
        assert told.dropped == 0
        assert play(str(disk.place / told.path), "h264")[0] == [one.data for one in units]
        assert clips.writer.figures.refused == ""
        await clips.writer.close(10)


async def test_a_still_that_comes_behind_the_end_holds_it_up_for_nobody(clips: Clips) -> None:
    assert await clips.writer.close(30)
    await until(lambda: clips.writer._sealed_off)
    clips.writer.keep("cam-1", "i", b"late", 1)
    assert await clips.writer.close(0.1)
    assert not list(clips.store.rglob("*.jpg*"))


async def test_the_last_of_a_disk_is_the_records_and_no_clips(tmp_path: Path) -> None:
    units = list(encode(moving(2)))
    with small_disk(tmp_path / "store", size_mib=8) as disk:
        clips = Clips(disk.place)
        clips.writer.leave_bytes = 4 << 20
        (disk.place / "everything else").write_bytes(bytes(5 << 20))
        clips.writer.start()
        clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
        give(clips.ring, units)
        clip.end()
        await until(lambda: clips.writer.figures.refused == "ENOSPC")
        assert clips.written() == b""
        (disk.place / "everything else").unlink()
        await until(lambda: clips.told)
        (told,) = clips.sealed
        assert (told.pictures, told.dropped) == (len(units), 0)
        assert play(str(disk.place / told.path), "h264")[0] == [one.data for one in units]
        await clips.writer.close(10)


class Hanging:
    """A disk that does not answer until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.let_go = threading.Event()
        self.hangs = threading.Event()
        true = os.pwrite

        def pwrite(descriptor: int, data: memoryview, offset: int) -> int:
            if not self.let_go.is_set():
                self.hangs.set()
                self.let_go.wait(60)
            return true(descriptor, data, offset)

        monkeypatch.setattr(os, "pwrite", pwrite)


async def test_a_disk_that_hangs_holds_nobody_up_and_what_found_no_place_is_counted_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = list(encode(moving(16), bit_rate=1_000_000))
    disk = Hanging(monkeypatch)
    clips = Clips(tmp_path, most_waiting_bytes=600_000)
    clips.writer.start()
    give(clips.ring, units[:15])
    clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
    await until(disk.hangs.is_set)
    give(clips.ring, units[15:150])
    figures = clip.figures
    assert figures.dropped > 0
    assert figures.pictures + figures.dropped == 150
    assert clips.writer.figures.waiting_bytes <= 600_000 + sum(len(one.data) for one in units[:15])
    assert clips.writer.figures.stuck_us > 0
    assert not await clips.writer.close(0.05), "a shutdown is not held up"
    disk.let_go.set()
    await until(lambda: clips.told)
    (told,) = clips.sealed
    assert told.dropped == figures.dropped
    assert told.pictures == figures.pictures
    played, _ = play(str(clips.store / told.path), "h264")
    assert len(played) == figures.pictures
    assert decoded(str(clips.store / told.path)) == figures.pictures, "no picture without those it builds on"


async def test_recording_goes_on_with_the_next_key_picture_behind_what_was_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = list(encode(moving(16), bit_rate=1_000_000))
    disk = Hanging(monkeypatch)
    clips = Clips(tmp_path, most_waiting_bytes=800_000)
    clips.writer.start()
    clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
    give(clips.ring, units[:130])
    await until(disk.hangs.is_set)
    disk.let_go.set()
    await until(lambda: clip.figures.waiting_bytes == 0)
    give(clips.ring, units[130:])
    clip.end()
    await until(lambda: clips.told)
    (told,) = clips.sealed
    assert told.gaps == 1
    assert told.dropped
    played, times = play(str(clips.store / told.path), "h264")
    assert played[-90:] == [one.data for one in units[150:]]
    assert times[-1][1] == units[-1].rtp
    await clips.writer.close(10)


async def test_a_file_that_is_taken_away_is_told_and_the_clip_goes_on_in_another(
    clips: Clips, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.media.clip_writer.GIVE_UP_US", 0)
    monkeypatch.setattr("edge.media.clip_writer.RETRY_US", 0)
    monkeypatch.setattr("edge.media.clip_writer.SYNC_S", 0.05)
    units = list(encode(moving(4)))
    clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
    give(clips.ring, units[:20])
    await until(clips.written)
    (part,) = clips.store.rglob("*.part")
    part.unlink()
    await until(lambda: clips.told)
    give(clips.ring, units[20:])
    clip.end()
    await until(lambda: clips.sealed)
    assert clips.told[0] == Unsealed("i/cam-1.mp4.part", "cam-1", "ENOENT")
    (told,) = clips.sealed
    assert play(str(clips.store / told.path), "h264")[0] == [one.data for one in units[30:]]


async def test_a_track_that_makes_no_file_is_told_and_holds_up_no_other(clips: Clips) -> None:
    units = list(encode(moving(2)))
    broken = [replace(one, track=Track("h264", b"\0\0\0\1\x67")) for one in units]
    bad = clips.writer.begin("cam-bad", "i", clips.ring, since_us=0)
    give(clips.ring, broken)
    bad.end()
    other = Ring(30, Budget(1 << 30))
    good = clips.writer.begin("cam-good", "i", other, since_us=0)
    give(other, units)
    good.end()
    await until(lambda: len(clips.told) == 2)
    assert Unsealed("i/cam-bad.mp4.part", "cam-bad", "unwritable") in clips.told
    assert [one.camera for one in clips.sealed] == ["cam-good"]


async def test_a_clip_of_a_camera_that_sent_nothing_ends_without_a_file(clips: Clips) -> None:
    clip = clips.writer.begin("cam-1", "i", clips.ring, since_us=0)
    clip.end()
    assert await clips.writer.close(10)
    assert list(clips.store.rglob("*")) == []
