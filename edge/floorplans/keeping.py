"""Keeps a floor plan in the store, by what it is: the file as it came, what was read of it, and its picture.

    store/floorplans/<sha256>.<svg, png, geojson, zip>   the file as it came
    store/floorplans/<sha256>.plan.json                  what was read of it, under its own hash
    store/floorplans/<sha256>.picture.png                the picture of a level, bared

A crash between two steps leaves files that nobody names: the record alone says what counts.
"""

import contextlib
import hashlib
import os
from pathlib import Path
from typing import Any, Final

from edge.floorplans import reading
from edge.floorplans.drawn import Drawn, written
from edge.floorplans.gathering import Told
from edge.floorplans.places import FOLDER, MOST_KEPT, picture_of, plan_of
from edge.floorplans.refusal import Refused


def take(file: Path, store: Path, told: Told, *, keep: bool) -> dict[str, Any]:
    """Read a file, and keep it where that is asked. Raises Refused, with everything as it was before."""
    try:
        with file.open("rb") as source:
            data = source.read(told.limits.archive_bytes + 1)
    except OSError as err:
        do = "look whether the file is there and may be read"
        raise Refused("unreadable", f"the file cannot be read: {err.strerror}", do) from None
    if len(data) > told.limits.archive_bytes:
        larger = f"the file is larger than {2 * told.limits.file_mb} MiB"
        raise Refused("too_large", larger, "leave out what no responder needs")
    try:
        found = reading.read(data, told)
    except MemoryError:
        raise Refused(
            "too_large", "it needs more memory than a floor plan may take", "bring a level a file"
        ) from None
    plan = written(found.drawn)
    sha256 = hashlib.sha256(plan).hexdigest()
    if keep:
        _keep(store / FOLDER, found, data, sha256, plan)
    return _summary(found.drawn, sha256)


def _summary(drawn: Drawn, sha256: str) -> dict[str, Any]:
    return {
        "sha256": drawn.sha256,
        "plan": sha256,
        "format": drawn.format,
        "layers": [
            {"level": level.id, "layer": layer.name, "verified": layer.verified, "by": layer.by,
             "features": len(layer.features), "name": level.name}
            for level in drawn.levels
            for layer in level.layers
        ],
        "left": drawn.left,
    }  # fmt: skip


_ROOM: Final = "look at the store's room and its owner; what was taken before still holds"


def _keep(folder: Path, found: reading.Read, data: bytes, sha256: str, plan: bytes) -> None:
    drawn = found.drawn
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = [one.stat().st_size for one in folder.iterdir()]
        if sum(there) + len(data) + len(plan) + len(found.picture) > MOST_KEPT:
            raise Refused("no_room", "the floor plans that are kept take all the room that they have", _OLD)
        _write(folder / f"{drawn.sha256}.{reading.SUFFIXES[drawn.format]}", data)
        if found.picture:
            _write(picture_of(folder.parent, hashlib.sha256(found.picture).hexdigest()), found.picture)
        _write(plan_of(folder.parent, sha256), plan)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as err:
        raise Refused("no_room", f"it could not be kept: {err.strerror}", _ROOM) from None


_OLD: Final = "take files of plans that no longer count out of the store's folder floorplans"


def _write(place: Path, data: bytes) -> None:
    if place.exists():
        return
    staged = place.with_name(f"{place.name}.part")
    try:
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(place)
    finally:
        with contextlib.suppress(OSError):
            staged.unlink(missing_ok=True)
