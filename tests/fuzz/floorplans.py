"""Floor plans of strangers: read, or refused with what, where and what to do; what was read is in bounds, and read again."""

import io
import json
import zipfile
from typing import Any

from edge.floorplans import drawn, png, reading
from edge.floorplans.campus_map import CampusMap
from edge.floorplans.drawn import FARTHEST_M, Drawn, Limits
from edge.floorplans.gathering import Told
from edge.floorplans.kinds import KINDS
from edge.floorplans.refusal import Refused
from tests.edge.floorplans.plans import HEAD, ROOT, chunk, feature, geojson, imdf, point, square, svg
from tests.edge.floorplans.plans import png as picture

_TOLD = Told(level="floor-1", scale=0.5, north=10.0)


def _whole(data: bytes) -> None:
    try:
        found = reading.read(data, _TOLD)
    except Refused as err:
        assert err.what
        assert err.do
        assert "\n" not in err.what
        return
    _sound(found.drawn)
    if found.picture:
        assert png.bared(found.picture).data == found.picture
        assert b"tEXt" not in found.picture[: found.picture.index(b"IDAT")]


def _sound(told: Drawn) -> None:
    assert drawn.read(drawn.written(told)) == told
    count = 0
    for level in told.levels:
        for layer in level.layers:
            for one in layer.features:
                count += 1
                kind = KINDS[one.kind]
                assert (kind.layer, kind.form) == (layer.name, one.form)
                assert len(one.points) >= {"point": 1, "line": 2, "area": 3}[one.form]
                assert all(abs(each) <= FARTHEST_M for place in one.points for each in place)
                assert one.form != "area" or one.points[0] != one.points[-1]
                assert all(text.isprintable() for text in (one.name, one.ref, one.zone, one.note))
                assert len(CampusMap().cell(one.points[0])) <= 5
    assert 0 < count <= Limits().things or any(one.picture for level in told.levels for one in level.layers)


def drawing(data: bytes) -> None:
    """A drawing: nothing that acts or reaches out is ever read."""
    if data[:1] == b"<":
        _whole(data)


def drawing_seeds() -> list[bytes]:
    return [
        svg(
            '<rect data-kind="room" data-name="101" width="9" height="9" transform="rotate(3 1 1) scale(2)"/>'
        ),
        svg(
            '<g id="rooms"><path d="M1 1h9v9h-9zM20 20c1 2 3 4 5 6s1 1 2 2a3 4 5 0 1 9 9q1 1 2 2t3 3z"/></g>'
        ),
        svg(
            '<circle id="aed-1" cx="1" cy="2" r="1"><title>Hall</title></circle><polyline points="1,1 2 3-4 5"/>'
        ),
        svg("<script>x</script>"),
        b'<!DOCTYPE svg [<!ENTITY a "aa">]>' + svg("&a;"),
        svg("<style>@import url(http://x);</style>", HEAD),
        f'<svg {ROOT} data-verified="2026-08-14" data-grid="8" data-ordinal="1"><ellipse rx="1" ry="2"/></svg>'.encode(),
    ]


def raster(data: bytes) -> None:
    """A picture: what is kept of it is bare."""
    _whole(png.SIGNATURE + data)


def raster_seeds() -> list[bytes]:
    kept = [
        picture(),
        picture(2, 2, depth=8, colour=2, rows=(b"\1" + b"\0" * 6) * 2),
        picture(
            colour=3, depth=4, rows=b"\0\0\0" * 3, more=chunk(b"PLTE", b"\0\0\0") + chunk(b"tRNS", b"\0")
        ),
        picture(more=chunk(b"tEXt", b"a\0b")),
        picture(interlaced=1),
    ]
    return [one[len(png.SIGNATURE) :] for one in kept]


def features(data: bytes) -> None:
    """A map of GeoJSON."""
    _whole(b"{" + data)


def features_seeds() -> list[bytes]:
    own: dict[str, Any] = {
        "levels": [
            {"id": "l", "name": "L", "ordinal": 1, "verified": {"rooms": {"on": "2026-08-14", "by": "R"}}}
        ],
        "grid": {"origin": [-89.6, 39.8], "cell": 8, "bearing": 12},
    }
    lines = {"type": "MultiPolygon", "coordinates": [square(1, 1)["coordinates"]]}
    kept = [
        geojson(
            feature("room", square(-89.6, 39.8), name="101", zone="a"),
            feature("aed", point(-89.6, 39.8)),
            **own,
        ),
        geojson(
            feature("building", lines, level="l"),
            feature("wall", {"type": "LineString", "coordinates": [[1, 1], [1, 1.0001]]}),
        ),
        geojson(
            feature("door", {"type": "MultiPoint", "coordinates": [[1, 1]]}, level="l"),
            verified={"doors": {"on": "x"}},
        ),
    ]
    return [one[1:] for one in kept]


def packed(data: bytes) -> None:
    """An archive as it comes; or its units alone, packed by us, for a checksum keeps mutants of the whole from much."""
    if data[:4] == b"PK\x03\x04":
        _whole(data)
        return
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(imdf())) as whole, zipfile.ZipFile(out, "w") as made:
        for name in whole.namelist():
            made.writestr(name, data if name == "unit.geojson" else whole.read(name))
    _whole(out.getvalue())


def packed_seeds() -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(imdf())) as whole:
        units = whole.read("unit.geojson")
    other = json.loads(units)
    other["features"][0]["properties"]["category"] = "stairs"
    return [imdf(), units, json.dumps(other).encode()]


def kept(data: bytes) -> None:
    """What lies in the store: ours, or none."""
    try:
        told = drawn.read(data)
    except drawn.Unsound:
        return
    assert drawn.read(drawn.written(told)) == told


def kept_seeds() -> list[bytes]:
    return [drawn.written(reading.read(drawing_seeds()[0], _TOLD).drawn), b"{}"]
