"""The sample campus as floor plans: two drawings, SVG as any drawing program writes it, made for the demo's doors and cameras.

`python -m edge.simulated.floorplans FOLDER` writes them, with a list of the things that they show.
"""

import sys
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

VERIFIED: Final = ("2026-08-14", "Demo Fire Marshal")
WEST: Final = 16
"""Where building A begins; a room of it is eight metres wide, and its hallway lies between two rows of rooms."""
ASSETS: Final = (
    ("aed-a", "AED, hallway of floor 1", "aed", "a-1", ""),
    ("aed-gym", "AED, gymnasium", "aed", "b", "Gymnasium"),
    ("trauma-a", "Trauma kit, front office", "trauma-kit", "a-1", "Front office"),
    ("ext-a-1", "Extinguisher, kitchen", "extinguisher", "a-1", "Kitchen"),
    ("ext-a-2", "Extinguisher, hallway of floor 2", "extinguisher", "a-2", ""),
    ("gas-a", "Gas shut-off, south wall", "gas-shut-off", "a-1", ""),
    ("water-a", "Water shut-off, front office", "water-shut-off", "a-1", "Front office"),
    ("power-a", "Main switch, kitchen", "power-shut-off", "a-1", "Kitchen"),
    ("panel-a", "Fire alarm panel, main entrance", "fire-alarm-panel", "a-1", ""),
    ("key-a", "Key box, west entrance", "key-box", "a-1", ""),
)
"""(id, name, type, zone, room), of `campus-edge import assets`."""


def write(folder: Path) -> tuple[Path, Path, Path]:
    """Write both floors and the list of things; the files."""
    files = folder / "floor-1.svg", folder / "floor-2.svg", folder / "things.csv"
    for file, text in zip(files, (_floor_1(), _floor_2(), _assets()), strict=True):
        file.write_text(text, encoding="utf-8")
    return files


def _assets() -> str:
    head = "id,name,type,class,state,zone,room"
    return "\n".join([head, *(f'{i},"{n}",{t},safety,deployed,{z},{r}' for i, n, t, z, r in ASSETS)]) + "\n"


def _drawing(level: str, name: str, ordinal: int, wide: int, high: int, *parts: str) -> str:
    day, by = VERIFIED
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" data-level="{level}"',
            f'  data-level-name="{name}" data-ordinal="{ordinal}" data-metres-per-unit="1" data-north="0" data-grid="10"',
            f'  data-verified="{day}" data-verified-by="{by}">',
            *parts,
            "</svg>\n",
        )
    )


def _rect(kind: str, x: float, y: float, wide: float, high: float, name: str = "", zone: str = "") -> str:
    said = f" data-name={quoteattr(name)}" if name else ""
    said += f' data-zone="{zone}"' if zone else ""
    return f'<rect data-kind="{kind}"{said} x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}"/>'


def _point(kind: str, x: float, y: float, name: str = "", ref: str = "", note: str = "") -> str:
    said = "".join(
        f" data-{word}={quoteattr(value)}"
        for word, value in (("name", name), ("ref", ref), ("note", note))
        if value
    )
    return f'<circle data-kind="{kind}"{said} cx="{x:g}" cy="{y:g}" r="0.5"/>'


def _floor_1() -> str:
    rooms = [_rect("room", WEST + 8 * n, 8, 8, 10, str(101 + n), "a-1") for n in range(7)]
    doors = [_point("door", WEST + 8 * n + 4, 18, "", f"a-{101 + n}") for n in range(7)]
    return _drawing(
        "floor-1", "Floor 1 and grounds", 0, 80, 80,
        _rect("grounds", 2, 40, 22, 38, "Ball field"),
        _rect("grounds", 2, 2, 10, 34, "Bus loop"),
        _rect("building", WEST, 8, 56, 26, "Building A", "a-1"),
        *rooms,
        _rect("corridor", WEST, 18, 56, 6, "", "a-1"),
        _rect("room", WEST, 24, 16, 10, "Front office", "a-1"),
        _rect("room", WEST + 16, 24, 16, 10, "Library", "a-1"),
        _rect("room", WEST + 32, 24, 16, 10, "Kitchen", "a-1"),
        _rect("stair", WEST + 48, 24, 8, 10, "", "a-1"),
        _rect("building", 40, 44, 32, 30, "Gymnasium", "b"),
        _rect("room", 40, 44, 32, 20, "Gymnasium", "b"),
        _rect("room", 40, 64, 16, 10, "Coach's office", "b"),
        _rect("room", 56, 64, 16, 10, "Equipment room", "b"),
        *doors,
        _point("exterior-door", WEST, 21, "1", "a-108"),
        _point("exterior-door", 56, 44, "2", "gym-1"),
        _point("door", 48, 64, "", "b-101"),
        _point("door", 64, 64, "", "b-102"),
        _point("camera", 22, 21, "Main entrance", "cam-entrance"),
        _point("camera", 68, 49, "Gymnasium", "cam-gym"),
        _point("aed", 40, 22.4, "", "aed-a"),
        _point("aed", 45, 50, "", "aed-gym"),
        _point("trauma-kit", 28, 26.2, "", "trauma-a"),
        _point("extinguisher", 50, 26.2, "", "ext-a-1"),
        _point("gas-shut-off", 60, 36.2, "", "gas-a", "Behind the grey door, quarter turn"),
        _point("water-shut-off", 20, 32, "", "water-a"),
        _point("power-shut-off", 61, 32, "", "power-a"),
        _point("panel", 20, 26.2, "", "panel-a"),
        _point("key-box", 12.5, 17, "", "key-a"),
        _point("hydrant", 30, 38, "Hydrant on Main Street"),
        _point("assembly", 13, 56, "Ball field"),
        _point("reunification", 13, 66, "Ball field, south"),
        _point("command", 7, 30, "Bus loop"),
        _point("media", 13, 73, "South lot"),
        _point("staging", 7, 7, "Bus loop, north"),
    )  # fmt: skip


def _floor_2() -> str:
    return _drawing(
        "floor-2", "Floor 2", 1, 80, 40,
        _rect("building", WEST, 8, 56, 26, "Building A", "a-2"),
        *[_rect("room", WEST + 8 * n, 8, 8, 10, str(201 + n), "a-2") for n in range(7)],
        _rect("corridor", WEST, 18, 56, 6, "", "a-2"),
        *[_rect("room", WEST + 8 * n, 24, 8, 10, str(210 + n), "a-2") for n in range(6)],
        _rect("stair", WEST + 48, 24, 8, 10, "", "a-2"),
        *[_point("door", WEST + 8 * n + 4, 18, "", f"a-{201 + n}") for n in range(7)],
        *[_point("door", WEST + 8 * n + 4, 24, "", f"a-{210 + n}") for n in range(6)],
        _point("camera", 18.5, 21, "Corridor, floor 2", "cam-corridor"),
        _point("extinguisher", 68, 21, "", "ext-a-2"),
    )  # fmt: skip


if __name__ == "__main__":
    for written in write(Path(sys.argv[1])):
        sys.stdout.write(f"{written}\n")
