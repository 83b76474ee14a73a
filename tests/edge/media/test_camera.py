"""One camera's standing: told when it turns, at most twice a second, in the end always, and never after it is removed."""

from pathlib import Path

from drivers.cameras.stream import AccessUnit, Track
from drivers.clock import instant
from drivers.simulators.camera_faults import CameraFault
from edge.media.attempts import Attempts
from edge.media.camera import Camera, Shared
from edge.media.clock import utc
from edge.media.looking import Looking
from edge.media.looks import Looks
from edge.media.messages import Figures, Standing
from edge.media.picture import Judge
from edge.media.ring import Budget
from tests.edge.media.lives import cameras, life, of, opened


async def test_each_turn_of_a_camera_is_told_and_no_standing_twice(tmp_path: Path) -> None:
    async with cameras() as (one,), life(opened(tmp_path, of("cam-1", one.url()))) as lives:
        await lives.until(lambda: lives.of(Standing))
        await one.set_fault(CameraFault("away"))
        await lives.until(lambda: lives.of(Standing)[-1].code == "refused")
        await one.set_fault(CameraFault())
        await lives.until(lambda: lives.of(Standing)[-1].up)

    said = lives.of(Standing)
    assert [(one.up, one.code) for one in said] == [
        (True, ""),
        (False, "closed"),
        (False, "refused"),
        (True, ""),
    ]
    assert {one.camera for one in said} == {"cam-1"}


async def test_a_camera_that_is_changed_is_never_told_by_the_name_of_its_successor(tmp_path: Path) -> None:
    async with cameras(2) as (old, new), life(opened(tmp_path, of("cam-1", old.url()))) as lives:
        await lives.until(lambda: lives.of(Standing))
        before = lives.process.cameras["cam-1"]
        await lives.process.take(opened(tmp_path, of("cam-1", new.url())))
        await lives.until(lambda: len(lives.of(Standing)) == 3)
        before.main.lost("closed", "")
        before._turned()
        told = len(lives.told)
        await lives.until(lambda: len(lives.told) > told + 10)

    assert [(one.up, one.code) for one in lives.of(Standing)] == [
        (True, ""),
        (False, "changed"),
        (True, ""),
    ]


async def test_figures_say_what_comes_and_when_the_picture_was_last_looked_at(tmp_path: Path) -> None:
    async with cameras() as (one,), life(opened(tmp_path, of("cam-1", one.url()))) as lives:
        await lives.until(lambda: lives.process.cameras["cam-1"].judge.looked_at_us)
        looked = lives.process.cameras["cam-1"].judge.looked_at_us
        await lives.until(lambda: any(one.looked_us for one in lives.of(Figures)))

    said = next(one for one in lives.of(Figures) if one.looked_us)
    assert looked is not None
    assert said.main.last_us is not None
    assert said.main.first_us is not None
    # The look was at a picture that had come, and none that is still to come.
    assert said.main.first_us <= (said.looked_us or 0) <= said.main.last_us + 1_000_000
    assert (said.main.codec, said.main.width, said.main.connections) == ("h264", 640, 1)
    assert said.ring_us > 0


async def test_a_camera_whose_predicted_pictures_shrink_to_nothing_is_looked_at_next() -> None:
    """An encoder that is fed one picture over and over sends next to nothing between its key pictures."""
    looks = Looks(Looking(), lambda: instant().mono_us)
    shared = Shared(Attempts(), Budget(1 << 20), looks, utc, lambda standing: None)
    one = Camera(of("cam-1", "rtsp://127.0.0.1:9/main"), 1_000_000, Judge(), shared)
    track, watched = Track("h264", b""), looks._watched["cam-1"]

    def group(predicted: int) -> None:
        now_us = instant().mono_us
        for number in range(10):
            one.main.unit(AccessUnit(bytes(predicted if number else 9_000), not number, 0, now_us, track))

    watched.due_us = later_us = instant().mono_us + 1_000_000_000
    for _ in range(5):
        group(1_000)
    assert watched.due_us == later_us
    group(50)
    group(50)
    assert watched.due_us <= instant().mono_us
    await one.close()


async def test_a_camera_that_was_never_there_is_told_once(tmp_path: Path) -> None:
    async with cameras() as (one,):
        await one.set_fault(CameraFault("away"))
        async with life(opened(tmp_path, of("cam-1", one.url()))) as lives:
            await lives.until(lambda: len(lives.of(Figures)) >= 2)

    assert [(one.up, one.code) for one in lives.of(Standing)] == [(False, "refused")]


async def test_a_camera_that_is_lost_says_until_when_it_was_seen_through(tmp_path: Path) -> None:
    async with cameras() as (one,), life(opened(tmp_path, of("cam-1", one.url()))) as lives:
        await lives.until(lambda: lives.of(Standing))
        await one.set_fault(CameraFault("media_stopped"))
        await lives.until(lambda: lives.of(Standing)[-1].code == "silent")
        lost, last_us = lives.of(Standing)[-1], lives.process.cameras["cam-1"].main.hub.last_at_us
        await one.set_fault(CameraFault())
        await lives.until(lambda: lives.of(Standing)[-1].up)
    assert lost.since_mono_us == last_us
    assert {said.since_mono_us for said in lives.of(Standing) if said.up} == {None}
