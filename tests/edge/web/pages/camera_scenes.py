"""Scenes with cameras, for the tests of their pages."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edge.media.messages import Figures, StreamFigures
from edge.snapshot import snapshot
from edge.web.pages.scene import Scene, scene
from edge.web.pages.times import zone_of
from rules.model.camera_facts import BlindCode, Picture
from rules.model.ids import CameraId
from rules.plan import CameraPlan, Plan
from rules.state import CameraLive, State
from tests.edge.campus import BOX, D1, D2, NOON, PLAN, A, B
from tests.edge.web.pages.conftest import LIVE, Office

HALL, GYM, GATE = CameraId("cam-hall"), CameraId("cam-gym"), CameraId("cam-gate")
NAMES = {HALL: "Hall", GYM: "Gym", GATE: "Gate"}
SHA = "ab" * 32


def with_cameras(names: Mapping[CameraId, str] = NAMES) -> Plan:
    places = {HALL: (A, (D1, D2)), GYM: (B, ()), GATE: (B, (D1,))}
    return replace(
        PLAN,
        cameras={
            one: CameraPlan(one, names[one], zone, doors, 60_000_000) for one, (zone, doors) in places.items()
        },
    )


def seeing(state: State, **of: Picture | str) -> State:
    """All cameras up and right, but for those named: by what is seen, or by why nothing comes (`lost:silent`), or `never`."""
    found = {}
    for camera in (HALL, GYM, GATE):
        word = of.get(camera.removeprefix("cam-"), "ok")
        lost, _, code = word.partition(":")
        if word == "never":
            continue
        up = lost != "lost"
        picture: Any = word if up else "unknown"
        found[camera] = CameraLive(up, NOON.plus(-90_000_000), code, picture, "own", "")
    live = replace(state.live, cameras=found, cameras_up=True, cameras_since=NOON.plus(-3_600_000_000))
    return replace(state, live=live)


def blind_at_the_press(state: State, *blind: tuple[CameraId, BlindCode]) -> State:
    record = replace(state.record, keeping={LIVE: frozenset({HALL, GYM, GATE})}, blind={LIVE: tuple(blind)})
    return replace(state, record=record)


def stream(**more: Any) -> StreamFigures:
    values: dict[str, Any] = {
        "up": True, "codec": "h264", "width": 1280, "height": 720, "transport": "tcp", "engine": "own", "engine_detail": "",
        "first_us": NOON.utc_us - 90_000_000, "last_us": NOON.utc_us - 400_000, "age_us": 400_000, "last_rtp": 9,
        "fps_milli": 14_960, "bits_a_second": 2_040_000, "key_us": 2_000_000, "gaps": 1, "gap_at_us": NOON.utc_us,
        "missing": 7, "skew_us": -12_000, "reordered": False, "connections": 2, **more,
    }  # fmt: skip
    return StreamFigures(**values)


def counted(camera: CameraId = HALL, *, sub: bool = True, **more: Any) -> Figures:
    small = stream(width=640, height=360) if sub else None
    return Figures(camera, stream(**more), small, 28_000_000, 7_200_000, NOON.utc_us - 3_000_000)


def office(state: State, plan: Plan | None = None) -> Office:
    made = Office(state=state, plan=plan or with_cameras())
    made.figures = {one: counted(one) for one in (HALL, GYM, GATE)}
    return made


def seen(state: State) -> Scene:
    plan = with_cameras()
    return scene(snapshot(plan, state, NOON, BOX), plan, state, zone_of("America/Chicago"), duress=False)


def tiles(text: str) -> list[str]:
    return re.findall(r'<figure class="camera" data-camera="([^"]*)"', text)
