"""What `status` says of cameras: how many can be relied on, and of each other one why, since when, and what to do."""

from dataclasses import replace

from edge.cli.screen import screen
from edge.snapshot import snapshot
from rules.model.ids import CameraId
from rules.plan import CameraPlan
from rules.state import CameraLive
from tests.edge.campus import BOX, NOON, PLAN, A, quiet

HALL, GYM, GATE = CameraId("cam-hall"), CameraId("cam-gym"), CameraId("cam-gate")


def said(up: bool | None, **cameras: CameraLive) -> str:
    """The screen of a campus with three cameras; those that are not named were never heard of."""
    plans = {one: CameraPlan(one, one, A, (), 60_000_000) for one in (HALL, GYM, GATE)}
    plan, state = replace(PLAN, cameras=plans), quiet()
    known = {CameraId(f"cam-{name}"): live for name, live in cameras.items()}
    state = replace(state, live=replace(state.live, cameras=known, cameras_up=up))
    return screen(snapshot(plan, state, NOON, BOX), width=160)


def test_status_counts_cameras_and_says_of_each_blind_one_why() -> None:
    text = said(
        True,
        hall=CameraLive(True, NOON, "", "ok", "own", ""),
        gym=CameraLive(False, NOON.plus(-60_000_000), "unauthorized", "unknown", "own", ""),
    )

    assert "Cameras: 1 up, 2 blind, of 3" in text
    (gym,) = (line for line in text.splitlines() if "cam-gym" in line)
    assert "NO PICTURE" in gym
    assert "11:59:00" in gym
    assert "It does not take the name and password." in gym
    (gate,) = (line for line in text.splitlines() if "cam-gate" in line)
    assert "NEVER CAME" in gate


def test_status_believes_no_camera_while_nobody_watches() -> None:
    text = said(False, hall=CameraLive(True, NOON, "", "ok", "own", ""))

    assert "Cameras: 0 up, 3 blind, of 3" in text
    assert text.count("NOT WATCHED") == 3


def test_status_of_a_campus_without_cameras_says_nothing_of_them() -> None:
    assert "Cameras" not in screen(snapshot(PLAN, quiet(), NOON, BOX), width=160)
