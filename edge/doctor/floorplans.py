"""The map's section of `doctor`: how much of what a floor plan may be the plans that count draw, and what their files take."""

from pathlib import Path
from typing import Final

import msgspec

from edge.doctor.finding import Finding
from edge.floorplans.campus_map import Counts
from edge.floorplans.drawn import Drawn, Limits, Unsound, read
from edge.floorplans.places import CURRENT, FOLDER, MOST_KEPT, plan_of
from rules.model.values import dataclass

NEARLY: Final = 0.8
_counts: Final = msgspec.json.Decoder(tuple[Counts, ...])


@dataclass(frozen=True, slots=True)
class Kept:
    """plans: how many count. things, points: of the largest. kept: bytes of all files, those of former plans too."""

    plans: int = 0
    things: int = 0
    points: int = 0
    kept: int = 0
    findings: tuple[Finding, ...] = ()


def examined(store: Path, limits: Limits) -> Kept:
    """What lies in the store; a box that never had a plan has nothing. May block; changes nothing."""
    folder = store / FOLDER
    try:
        kept = sum(one.stat().st_size for one in folder.iterdir())
        counts = _counts.decode((folder / CURRENT).read_bytes())
    except FileNotFoundError:
        return Kept()
    except (OSError, msgspec.MsgspecError) as err:
        what = f"what counts as the map cannot be read: {type(err).__name__}"
        return Kept(
            findings=(Finding("failed", "map_unreadable", what, "run doctor as the daemon's user, or root"),)
        )
    found = {one.plan: _plan(store, one.plan) for one in counts}
    sizes = [_size(one) for one in found.values() if one is not None]
    things = max((one for one, _ in sizes), default=0)
    points = max((one for _, one in sizes), default=0)
    return Kept(len(found), things, points, kept, tuple(_findings(found, things, points, kept, limits)))


def _findings(
    found: dict[str, Drawn | None], things: int, points: int, kept: int, limits: Limits
) -> list[Finding]:
    said = []
    if lost := sum(one is None for one in found.values()):
        what = f"{lost} of {len(found)} floor plans cannot be read, and their layers are missing"
        said.append(
            Finding("failed", "map_lost", what, "bring them again: campus-edge import floorplan FILE")
        )
    if things > limits.things or points > limits.points:
        what = (
            f"a plan draws {things} things and {points} points, more than policies.floorplans lets in now: "
            "it counts, and would not be taken again"
        )
        said.append(
            Finding("notice", "map_over_limits", what, "raise things or points there, or draw it with less")
        )
    if kept > NEARLY * MOST_KEPT:
        what = (
            f"files of floor plans take {kept // 1_048_576} of the {MOST_KEPT // 1_048_576} MB that they have"
        )
        said.append(
            Finding(
                "notice",
                "map_room",
                what,
                "take plans that no longer count out of the store's folder floorplans",
            )
        )
    return said


def _plan(store: Path, sha256: str) -> Drawn | None:
    try:
        return read(plan_of(store, sha256).read_bytes())
    except (OSError, Unsound):
        return None


def _size(plan: Drawn) -> tuple[int, int]:
    features = [one for level in plan.levels for layer in level.layers for one in layer.features]
    return len(features), sum(len(one.points) for one in features)
