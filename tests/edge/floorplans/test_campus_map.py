"""The map laid together of several files: cells, what lies in them, what differs from the inventory, and out again."""

import hashlib
import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from edge.floorplans import reading, telling, writing
from edge.floorplans.campus_map import CampusMap, Counts, built
from edge.floorplans.compared import WORDS, differences
from edge.floorplans.drawn import Grid, written
from edge.floorplans.gathering import Told
from edge.floorplans.places import FOLDER, plan_of
from edge.floorplans.placing import cell_of, letters, middle, place_of, touches
from tests.edge.floorplans.plans import PLACED, ROOT, feature, geojson, point, square, svg

TODAY = date(2026, 11, 30)
ROOM = '<rect data-kind="room" data-name="101" data-zone="a-1" x="10" y="10" width="40" height="20"/>'


def thing(kind: str, ref: str, x: int, y: int) -> str:
    return f'<circle data-kind="{kind}" data-ref="{ref}" cx="{x}" cy="{y}" r="1"/>'


def laid(store: Path, *files: bytes, told: Told = PLACED) -> CampusMap:
    """The map of these files, brought in this order."""
    (store / FOLDER).mkdir(exist_ok=True)
    counts: dict[tuple[str, str], Counts] = {}
    for at, file in enumerate(files):
        plan = reading.read(file, told if file.startswith(b"<") else Told()).drawn
        data = written(plan)
        sha256 = hashlib.sha256(data).hexdigest()
        plan_of(store, sha256).write_bytes(data)
        for level in plan.levels:
            for layer in level.layers:
                said = (plan.sha256, sha256, plan.format, layer.verified, len(layer.features), at)
                counts[level.id, layer.name] = Counts(level.id, layer.name, *said)
    return built(store, tuple(counts.values()))


def plan_with(doors: dict[str, str] | None = None, rooms: dict[str, str] | None = None) -> Any:
    """As much of a plan as a map is compared with."""
    return SimpleNamespace(
        doors={
            one: SimpleNamespace(id=one, name=f"Door {one}", zone=zone) for one, zone in (doors or {}).items()
        },
        cameras={},
        zones={"a-1": None, "b": None},
        buttons={one: SimpleNamespace(id=one, room=room) for one, room in (rooms or {}).items()},
        flags=SimpleNamespace(map_days=365),
    )


def codes(campus: CampusMap, plan: Any, assets: Any = (), gone: Any = ()) -> list[tuple[str, str]]:
    found = differences(campus, plan, assets, gone, TODAY)
    assert all(one.code in WORDS for one in found)
    return [(one.code, one.id) for one in found if one.code not in ("never_verified", "old")]


def test_any_point_gives_a_cell_and_any_cell_its_rooms_doors_and_cameras(tmp_path: Path) -> None:
    body = ROOM + thing("door", "a-101", 30, 30) + thing("camera", "c", 12, 12)
    campus = laid(tmp_path, svg(body))
    assert campus.cell((15.0, 15.0)) == "B2"
    assert (campus.columns, campus.rows) == (3, 2)
    (cell,) = telling.cell_document(campus, "", "b2")
    assert [one["name"] for one in cell["rooms"]] == ["101"]
    assert [one["ref"] for one in cell["doors"]] == ["a-101"]
    (first,) = telling.cell_document(campus, "floor-1", "A1")
    assert [one["ref"] for one in first["cameras"]] == ["c"]
    assert first["rooms"][0]["cells"] == ["A1", "B1", "C1", "A2", "B2", "C2"]
    assert telling.cell_document(campus, "", "Z9") == telling.cell_document(campus, "", "0") == []


def test_cells_have_letters_along_and_numbers_down_also_on_a_turned_grid() -> None:
    assert [letters(one) for one in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
    assert [place_of(one) for one in ("a1", "AA12", "A0", "", "1A", "A1B", "É1", "AAA1")] == [
        (0, 0), (26, 11), None, None, None, None, None, None,
    ]  # fmt: skip
    turned = Grid(10.0, 90.0)
    assert cell_of(turned, (-5.0, 15.0)) == "B1"
    assert cell_of(turned, (5.0, 15.0)) == ""
    room = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0))
    assert touches(Grid(10.0), room, (0, 0))
    assert not touches(Grid(10.0), room, (1, 0))
    assert middle(((0.0, 0.0), (9.0, 0.0), (9.0, 1.0), (1.0, 1.0), (1.0, 9.0), (0.0, 9.0)))[0] >= 0


def test_another_file_takes_the_place_of_its_own_layers_and_leaves_the_others(tmp_path: Path) -> None:
    door = thing("door", "a-101", 30, 30)
    later = svg(thing("door", "a-102", 5, 5))
    campus = laid(tmp_path, svg(ROOM + door), later)
    assert {one.ref or one.name for one in campus.levels[0].features()} == {"101", "a-102"}


def test_files_that_lie_on_earth_are_laid_over_one_another_wherever_each_began(tmp_path: Path) -> None:
    rooms = geojson(feature("room", square(-89.6, 39.8), name="1", level="l"), grid={"origin": [-89.6, 39.8]})
    doors = geojson(
        feature("door", point(-89.6, 39.8), ref="d", level="l"), grid={"origin": [-89.601, 39.801]}
    )
    campus = laid(tmp_path, rooms, doors)
    room, door = campus.levels[0].features()
    assert campus.zero == (-89.601, 39.801)
    assert room.points[0] == door.points[0]


def test_what_is_gone_from_the_store_or_damaged_says_so_and_the_rest_stands(tmp_path: Path) -> None:
    campus = laid(tmp_path, svg(ROOM), svg(thing("aed", "x", 5, 5)))
    kept = sorted((tmp_path / FOLDER).iterdir())
    plan = next(one for one in kept if b'"aed"' in one.read_bytes())
    plan.write_bytes(plan.read_bytes()[:-4])
    counts = [
        Counts(level.id, layer.name, layer.sha256, one.name.partition(".")[0], "svg", "", 1, 0)
        for level in campus.levels
        for layer, one in zip(level.layers, sorted(kept, key=lambda file: file == plan), strict=True)
    ]
    again = built(tmp_path, counts)
    assert [(one.name, one.lost, len(one.features)) for one in again.levels[0].layers] == [
        ("rooms", False, 1), ("safety", True, 0),
    ]  # fmt: skip
    assert ("lost", "floor-1") in codes(again, plan_with())


def test_what_is_on_the_map_and_not_in_the_inventory_or_the_reverse_is_listed(tmp_path: Path) -> None:
    things = (
        ("door", "a-101"),
        ("door", "a-199"),
        ("door", ""),
        ("aed", "aed-1"),
        ("aed", "aed-2"),
        ("aed", "aed-3"),
        ("hydrant", ""),
    )
    body = ROOM + "".join(
        f'<circle data-kind="{kind}" data-ref="{ref}" cx="{12 + 5 * n}" cy="15" r="1"/>'
        for n, (kind, ref) in enumerate(things)
    )
    campus = laid(tmp_path, svg(body))
    assets = [
        {"id": "aed-1", "type": "aed", "name": "AED", "zone": "a-1", "room": "Room 101"},
        {"id": "tk-1", "type": "trauma-kit", "name": "Kit", "zone": "a-1", "room": "Attic"},
    ]
    plan = plan_with({"a-101": "a-1", "a-102": "a-1"}, {"pb-1": "101", "pb-2": "Cellar"})
    assert sorted(codes(campus, plan, assets, ["aed-3"])) == sorted(
        [
            ("not_configured", "a-199"), ("unnamed", ""), ("not_listed", "aed-2"), ("gone", "aed-3"),
            ("not_drawn", "a-102"), ("not_drawn", "tk-1"), ("no_such_room", "tk-1"), ("no_such_room", "pb-2"),
        ]
    )  # fmt: skip


def test_zones_that_differ_what_is_there_twice_or_off_the_grid_is_listed(tmp_path: Path) -> None:
    body = (
        ROOM.replace("a-1", "nowhere")
        + thing("door", "d", 30, 20)
        + thing("door", "d", 31, 20)
        + '<circle data-kind="hydrant" cx="-30" cy="20" r="1"/>'
    )
    found = codes(laid(tmp_path, svg(body)), plan_with({"d": "b"}))
    assert sorted(found) == [
        ("off_grid", ""), ("other_zone", "d"), ("other_zone", "d"), ("twice", "d"), ("unknown_zone", "nowhere"),
    ]  # fmt: skip


def test_a_layer_of_last_year_is_old_one_without_a_day_was_never_verified_and_tomorrow_is_none(
    tmp_path: Path,
) -> None:
    def said(day: str) -> list[str]:
        root = f'{ROOT} data-verified="{day}"' if day else ROOT
        return [one.code for one in differences(laid(tmp_path, svg(ROOM, root)), plan_with(), (), (), TODAY)]

    assert [said(day) for day in ("2026-01-01", "2025-11-29", "2027-06-01", "")] == [
        [], ["old"], ["old"], ["never_verified"],
    ]  # fmt: skip
    told = telling.levels(laid(tmp_path, svg(ROOM)), 365, TODAY)
    assert told["levels"][0]["layers"][0]["old"] is True


def test_what_is_taken_out_is_read_again_as_the_same_map(tmp_path: Path) -> None:
    body = (
        ROOM
        + '<circle data-kind="exterior-door" data-ref="a-1" data-name="7" cx="30" cy="30" r="1"/><line x2="9"/>'
    )
    campus = laid(tmp_path, svg(body, f'{ROOT} data-verified="2026-08-14" data-verified-by="R. Diaz"'))
    out = writing.geojson(campus, {"campus": "c"})
    assert out["campus_map"]["placed_on_earth"] is False
    assert (
        next(one for one in out["features"] if one["properties"]["kind"] == "exterior-door")["properties"][
            "cell"
        ]
        == "B2"
    )
    again = laid(tmp_path, json.dumps(out).encode())
    assert list(again.levels[0].features()) == list(campus.levels[0].features())
    assert [(one.name, one.verified, one.by) for one in again.levels[0].layers] == [
        (one.name, one.verified, one.by) for one in campus.levels[0].layers
    ]
    assert (again.columns, again.rows) == (campus.columns, campus.rows)
