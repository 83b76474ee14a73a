"""The floor plan on a tabletop's page: what the film shows and nothing that is live, and the cameras that would be looked at."""

from pathlib import Path
from typing import Any

from edge.floorplans.campus_map import CampusMap
from edge.web.pages.scene import Scene, scene
from edge.web.pages.tabletop_map import map_then
from edge.web.pages.times import zone_of
from rules.model.ids import CameraId
from tests.edge.campus import D1, D2, D3, HS, A, B, locked_down
from tests.edge.floorplans.plans import svg
from tests.edge.floorplans.test_campus_map import laid
from tests.edge.web.pages.camera_scenes import GATE, GYM, HALL, with_cameras
from tests.edge.web.pages.conftest import Office
from tests.edge.web.pages.test_zones_map import ROOMS

CAMERAS = (
    '<circle data-kind="camera" data-ref="cam-hall" cx="30" cy="30" r="1"/>'
    '<circle data-kind="camera" data-ref="cam-gym" cx="90" cy="30" r="1"/>'
)


def seen(plan: CampusMap) -> Scene:
    """The campus of now: locked down for real, with doors that are not as in the film."""
    made = Office(state=locked_down({D1: "not_latched", D2: "secured", D3: "not_latched"}))
    made.plan = with_cameras()
    return scene(made.snapshot(), made.plan, made.state, zone_of("UTC"), duress=True, campus_map=plan)


def then(zones: dict[str, str], rooms: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "zones": [{"id": zone, "name": zone, "response": said} for zone, said in zones.items()],
        "rooms": [{"room": room, "word": word} for room, word in (rooms or {}).items()],
    }


def row(door: str, name: str, attention: str = "not_secured") -> dict[str, Any]:
    return {"id": door, "name": name, "symbol": "ajar", "tone": "act", "word": "open", "attention": attention}


def test_the_plan_shows_the_films_moment_and_no_door_of_now(tmp_path: Path) -> None:
    rows = [row(D2, "Room 102"), row(D1, "Room 101", "")]
    made = map_then(seen(laid(tmp_path, svg(ROOMS))), then({A: "lockdown"}, {D1: "safe"}), rows)

    (level,) = made["zone_levels"]
    assert [(pin["title"], pin["href"]) for pin in level["pins"]] == [("Room 102: open", "")]
    (badge,) = level["badges"]
    assert (badge["says"], badge["name"], badge["bad"], badge["silent"]) == (
        "TABLETOP Lockdown",
        "Building A",
        1,
        1,
    )
    assert [mark["title"] for mark in level["marks"]] == ["102: not heard from"]
    assert {one["held"] for one in level["areas"]} == {"exercise", ""}


def test_the_gravest_of_a_zone_and_those_above_it_is_shown(tmp_path: Path) -> None:
    made = map_then(seen(laid(tmp_path, svg(ROOMS))), then({HS: "secure", A: "lockdown"}), [])
    (level,) = made["zone_levels"]
    assert {one["id"]: one["says"] for one in level["badges"]} == {
        "a": "TABLETOP Lockdown",
        "b": "TABLETOP Secure",
    }


def test_the_cameras_of_the_zones_and_their_doors_are_named_with_their_place_those_on_bad_doors_first(
    tmp_path: Path,
) -> None:
    plan = laid(tmp_path, svg(ROOMS + CAMERAS))
    made = map_then(seen(plan), then({A: "lockdown"}), [row(D1, "Room 101")])

    assert [(one["id"], one["shows"]) for one in made["looked"]] == [(HALL, "Room 101"), (GATE, "Room 101")]
    assert [one["place"] for one in made["looked"]] == ["floor-1 B2", ""]
    (level,) = made["zone_levels"]
    assert [pin["title"] for pin in level["pins"] if pin["mark"] == "camera"] == ["Hall"]
    assert CameraId("cam-gym") not in {one["id"] for one in made["looked"]}

    both = map_then(seen(plan), then({A: "lockdown", B: "secure"}), [])
    assert {one["id"] for one in both["looked"]} == {HALL, GATE, GYM}


def test_before_anything_holds_there_is_no_plan_and_no_camera_to_look_at(tmp_path: Path) -> None:
    made = map_then(seen(laid(tmp_path, svg(ROOMS))), then({}), [])
    assert (made["zone_levels"], made["looked"]) == ([], [])
