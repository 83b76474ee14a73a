"""Floor plans as they come from elsewhere, small ones."""

import io
import json
import struct
import zipfile
import zlib
from typing import Any

from edge.floorplans import reading
from edge.floorplans.drawn import Drawn, Feature
from edge.floorplans.gathering import Told

HEAD = 'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 50"'
ROOT = f'{HEAD} data-level="floor-1" data-metres-per-unit="0.5" data-north="0"'
PLACED = Told(level="floor-1", scale=0.5, north=0.0)


def svg(body: str, root: str = ROOT) -> bytes:
    return f"<svg {root}>{body}</svg>".encode()


def png(wide: int = 4, high: int = 3, *, depth: int = 8, colour: int = 0, interlaced: int = 0, rows: bytes | None = None,
        more: bytes = b"") -> bytes:  # fmt: skip
    """A grey one, unless said otherwise."""
    data = b"".join(b"\0" + b"\x80" * wide for _ in range(high)) if rows is None else rows
    head = struct.pack(">IIBBBBB", wide, high, depth, colour, 0, 0, interlaced)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + more
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def feature(kind: str | None, geometry: Any, **told: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"kind": kind, **told}}


def point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def square(lon: float, lat: float, size: float = 0.0001) -> dict[str, Any]:
    ring = [[lon, lat], [lon + size, lat], [lon + size, lat - size], [lon, lat - size], [lon, lat]]
    return {"type": "Polygon", "coordinates": [ring]}


def geojson(*features: Any, **own: Any) -> bytes:
    document: dict[str, Any] = {"type": "FeatureCollection", "features": list(features)}
    if own:
        document["campus_map"] = own
    return json.dumps(document).encode()


def archive(**files: Any) -> bytes:
    """A zip of JSON files, by their names without `.geojson`; bytes as they are. The same bytes on any day."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, told in files.items():
            file = "manifest.json" if name == "manifest" else f"{name.replace('_', '-')}.geojson"
            data = told if isinstance(told, bytes) else json.dumps(told)
            packed.writestr(zipfile.ZipInfo(file), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def imdf(**more: Any) -> bytes:
    level = {
        "type": "Feature", "id": "L1", "feature_type": "level", "geometry": square(-89.6, 39.8, 0.001),
        "properties": {"ordinal": 0, "name": {"en": "Ground floor"}, "short_name": {"en": "G"}, "category": "unspecified"},
    }  # fmt: skip
    unit = {
        "type": "Feature", "id": "U1", "feature_type": "unit", "geometry": square(-89.6, 39.8),
        "properties": {"category": "classroom", "level_id": "L1", "name": {"en": "Room 101"}},
    }  # fmt: skip
    opening = {
        "type": "Feature", "id": "O1", "feature_type": "opening",
        "geometry": {"type": "LineString", "coordinates": [[-89.6, 39.8], [-89.59999, 39.8]]},
        "properties": {"category": "pedestrian.principal", "level_id": "L1", "name": {"en": "1"}},
    }  # fmt: skip
    files: dict[str, Any] = {
        "manifest": {"version": "1.0.0", "language": "en"},
        "level": {"type": "FeatureCollection", "features": [level]},
        "unit": {"type": "FeatureCollection", "features": [unit]},
        "opening": {"type": "FeatureCollection", "features": [opening]},
    }
    return archive(**{**files, **more})


def read(data: bytes, told: Told = Told()) -> Drawn:  # noqa: B008  it is immutable
    return reading.read(data, told).drawn


def features(drawn: Drawn) -> list[Feature]:
    return [one for level in drawn.levels for layer in level.layers for one in layer.features]
