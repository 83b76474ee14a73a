"""Plans of four formats are read for what they draw; hostile and broken ones are refused with what, where and what to do."""

import io
import json
import math
import struct
import zipfile
from typing import Any

import pytest

from edge.floorplans import curves, drawn, reading
from edge.floorplans import png as pngs
from edge.floorplans.drawn import Unsound
from edge.floorplans.gathering import Told
from edge.floorplans.refusal import Refused
from tests.edge.floorplans.plans import (
    HEAD,
    PLACED,
    ROOT,
    archive,
    chunk,
    feature,
    features,
    geojson,
    imdf,
    png,
    point,
    read,
    square,
    svg,
)


def refusal(data: bytes, told: Told = PLACED) -> Refused:
    with pytest.raises(Refused) as no:
        reading.read(data, told)
    assert no.value.what
    assert no.value.do
    return no.value


# --- SVG --------------------------------------------------------------------------------------


def test_what_a_drawing_names_becomes_features_in_metres_and_the_rest_lines() -> None:
    body = """
      <g data-kind="room" data-zone="a-1"><rect data-name="101" x="10" y="10" width="20" height="10"/>
        <path id="room-102" d="M30 10h20v10h-20z"/></g>
      <circle id="aed-3" cx="40" cy="30" r="1"/>
      <g transform="translate(10 0)"><circle data-kind="door" data-ref="a-101" cx="10" cy="20" r="1"/></g>
      <line x1="0" y1="0" x2="100" y2="0"/><text x="1" y="2">not drawn</text>
    """
    told = read(svg(body))
    first, second, aed, door, wall = sorted(
        features(told), key=lambda one: ["room", "aed", "door", "wall"].index(one.kind)
    )
    assert (first.name, first.zone) == ("101", "a-1")
    assert first.points == ((5.0, 5.0), (15.0, 5.0), (15.0, 10.0), (5.0, 10.0))
    assert (second.name, second.zone) == ("102", "a-1")
    assert (aed.name, aed.points) == ("3", ((20.0, 15.0),))
    assert (door.ref, door.points) == ("a-101", ((10.0, 10.0),))
    assert wall.points == ((0.0, 0.0), (50.0, 0.0))
    assert [layer.name for layer in told.levels[0].layers] == ["rooms", "doors", "safety"]


def test_a_drawing_that_looks_east_is_turned_until_north_is_up() -> None:
    told = Told(level="floor-1", scale=1.0, north=90.0, x=100.0, y=50.0)
    (door,) = features(read(svg('<circle data-kind="door" cx="0" cy="-10" r="1"/>', HEAD), told))
    assert door.points == ((110.0, 50.0),)


def test_the_inkscape_label_and_the_title_name_a_thing() -> None:
    space = 'xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
    size = 'width="9" height="9"'
    body = f'<rect inkscape:label="room 7" {size}/><rect data-kind="room" {size}><title>Gym</title></rect>'
    assert [one.name for one in features(read(svg(body, f"{ROOT} {space}")))] == ["7", "Gym"]


def test_who_verified_a_drawing_and_when_is_said_in_it_or_beside_it() -> None:
    body = '<rect data-kind="room" width="9" height="9"/>'
    root = f'{ROOT} data-verified="2026-08-14" data-verified-by="R. Diaz" data-grid="5"'
    told = read(svg(body, root))
    assert (told.levels[0].layers[0].verified, told.levels[0].layers[0].by) == ("2026-08-14", "R. Diaz")
    assert told.grid is not None
    assert told.grid.cell == 5
    beside = read(svg(body, root), Told(verified="2026-11-30", by="J. Ott", cell=20.0))
    assert (beside.levels[0].layers[0].verified, beside.levels[0].layers[0].by) == ("2026-11-30", "J. Ott")
    assert beside.grid is not None
    assert beside.grid.cell == 20
    assert read(svg(body)).levels[0].layers[0].verified == ""


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    f"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>]><svg {ROOT}><text>&c;</text></svg>"
).encode()


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (svg("<script>alert(1)</script>"), "line 1"),
        (svg("\n\n<rect onclick='x()' width='1' height='1'/>"), "line 3"),
        (svg("<a href='https://example.org'><rect width='1' height='1'/></a>"), "line 1"),
        (svg("<image href='https://example.org/x.png'/>"), "line 1"),
        (svg("<image href='data:image/png;base64,AAAA'/>"), "line 1"),
        (svg("<rect style='fill:url(http://example.org/x)' width='1' height='1'/>"), "line 1"),
        (svg("<style>@import 'http://example.org/x.css';</style>"), "line 1"),
        (svg("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>"), "line 1"),
        (svg("<use href='other.svg#x'/>"), "line 1"),
        (svg("<animate attributeName='href' to='javascript:x()'/>"), "line 1"),
        (b'<?xml-stylesheet href="http://example.org/x.css"?>' + svg(""), "line 1"),
        (BOMB, "line 1"),
        (b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("&x;"), "line 1"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_what_acts_or_reaches_out_is_refused_where_it_stands(data: bytes, where: str) -> None:
    no = refusal(data)
    assert (no.code, no.where) == ("forbidden", where)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<svg", "unreadable"),
        (b"<html/>", "unreadable"),
        (svg("<g>" * 80 + "</g>" * 80), "too_large"),
        (svg("<rect/>" * 100_001), "too_large"),
        (svg("<path d='M0 0 L'/>"), "wrong"),
        (svg("<rect width='10mm' height='1'/>"), "wrong"),
        (svg("<rect transform='turn(3)' width='1' height='1'/>"), "wrong"),
        (svg("<rect data-kind='dragon' width='1' height='1'/>"), "wrong"),
        (svg("<rect data-kind='room' data-name='" + "x" * 101 + "' width='9' height='9'/>"), "wrong"),
        (svg("<rect data-kind='room' data-zone='A 1!' width='9' height='9'/>"), "wrong"),
        (svg("<rect data-kind='room' x='1e9' width='9' height='9'/>"), "wrong"),
        (svg(""), "empty"),
        (svg("<rect width='1' height='1'/>", HEAD.replace('svg"', 'other"')), "unreadable"),
        (svg("<rect width='9' height='9'/>", f'{ROOT} data-verified="yesterday"'), "wrong"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_broken_drawing_is_refused_and_says_why(data: bytes, code: str) -> None:
    assert refusal(data, Told()).code == code


def test_without_level_scale_or_north_a_drawing_lies_nowhere_and_the_answer_says_what_is_lacking() -> None:
    body = svg("<rect data-kind='room' width='9' height='9'/>", HEAD)
    assert "level" in refusal(body, Told()).what
    no = refusal(body, Told(level="floor-1"))
    assert (no.code, "--scale" in no.do, "--north" in no.do) == ("unplaced", True, True)
    assert "--north" not in refusal(body, Told(level="floor-1", north=0.0)).do


def test_curves_become_pieces_that_end_where_they_should() -> None:
    ((arc, closed),) = curves.pieces("M0 0 A10 10 0 0 1 20 0")
    assert (closed, arc[-1]) == (False, (20, 0))
    assert min(y for _, y in arc) == pytest.approx(-10, abs=0.2)
    found = list(curves.pieces("m1 1 c0 5 5 5 5 0 s5 -5 5 0 q1 1 2 0 t2 0 h1 v1 z m5 5 l1 1"))
    assert [one for _, one in found] == [True, False]
    assert found[1][0] == [(6, 6), (7, 7)]
    for wrong in ("L1 1", "M1", "M1 1 X", "M1e999 0", "Z", "M0 0 5"):
        with pytest.raises(curves.NoPath):
            list(curves.pieces(wrong))


# --- PNG --------------------------------------------------------------------------------------


def test_a_picture_is_the_back_of_its_level_and_bared_of_all_but_itself() -> None:
    found = reading.read(
        png(more=chunk(b"tEXt", b"Author\0somebody")), Told(level="floor-2", scale=0.1, north=30.0, x=5.0)
    )
    (level,) = found.drawn.levels
    picture = level.layers[0].picture
    assert (level.id, level.ordinal, level.layers[0].name) == ("floor-2", 1, "backdrop")
    assert picture is not None
    assert (picture.wide, picture.high, picture.scale, picture.north, picture.x) == (4, 3, 0.1, 30.0, 5.0)
    assert b"somebody" not in found.picture
    assert pngs.bared(found.picture).data == found.picture


def test_a_picture_that_unpacks_to_more_than_it_says_is_refused_before_it_does() -> None:
    bomb = png(rows=b"\0" * 40_000_000)
    assert len(bomb) < 100_000
    assert refusal(bomb).code == "too_large"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png(30_000, 30_000, rows=b"\0"), "too_large"),
        (png(rows=b"\0\x80\x80\x80\x80"), "wrong"),
        (png(rows=b"\7\x80\x80\x80\x80" * 3), "wrong"),
        (png(interlaced=1), "wrong"),
        (png(depth=3), "wrong"),
        (png()[:-20], "wrong"),
        (png().replace(b"IDAT", b"IDAU"), "wrong"),
        (png()[:40] + b"\1" + png()[41:], "wrong"),
        (png(more=chunk(b"IHDR", b"\0" * 13)), "wrong"),
        (png(more=chunk(b"CRIT", b"")), "wrong"),
        (b"\x89PNG\r\n\x1a\n", "wrong"),
    ],
)  # fmt: skip
def test_a_broken_picture_is_refused(data: bytes, code: str) -> None:
    assert refusal(data).code == code


def test_rows_of_every_depth_are_counted_as_png_does() -> None:
    for depth, colour, bytes_a_row in ((1, 0, 1), (4, 3, 2), (8, 2, 12), (16, 6, 32), (8, 4, 8)):
        row = b"\0" + b"\0" * bytes_a_row
        palette = chunk(b"PLTE", b"\0\0\0") if colour == 3 else b""
        assert pngs.bared(png(depth=depth, colour=colour, rows=row * 3, more=palette)).wide == 4


# --- GeoJSON ----------------------------------------------------------------------------------


def test_degrees_become_metres_from_the_grids_origin() -> None:
    told = read(
        geojson(
            feature("room", square(-89.6, 39.8), name="101", level="floor-1"),
            feature("exterior-door", point(-89.5999, 39.7999), name="7", ref="a-107", level="floor-1"),
            feature(None, point(0, 0)),
            levels=[
                {
                    "id": "floor-1",
                    "name": "Floor 1",
                    "ordinal": 0,
                    "verified": {"rooms": {"on": "2026-08-14", "by": "R"}},
                }
            ],
            grid={"origin": [-89.6, 39.8], "cell": 8, "bearing": 12},
        )
    )
    room, door = features(told)
    assert room.points[0] == (0.0, 0.0)
    assert door.points[0] == pytest.approx((0.0001 * 111_320 * math.cos(math.radians(39.8)), 11.13), abs=0.01)
    assert (door.name, door.ref) == ("7", "a-107")
    assert told.zero == (-89.6, 39.8)
    assert told.grid is not None
    assert (told.grid.cell, told.grid.bearing) == (8, 12)
    assert told.left == {"without a kind": 1}
    assert [(one.name, one.verified) for one in told.levels[0].layers] == [
        ("rooms", "2026-08-14"),
        ("doors", ""),
    ]


def test_without_an_origin_the_map_begins_at_its_north_west_corner_or_where_the_map_that_is_here_does() -> (
    None
):
    data = geojson(feature("room", square(-89.6, 39.8), level="l"))
    alone = read(data)
    assert alone.zero is not None
    assert features(alone)[0].points[0] == pytest.approx((3.84, 5.0), abs=0.05)
    beside = read(data, Told(zero=(-89.601, 39.8)))
    assert features(beside)[0].points[0] == pytest.approx((85.53, 0), abs=0.05)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'{"a":' * 100_000, "unreadable"),
        (b'{"type":"FeatureCollection","features":[NaN]}', "unreadable"),
        (b"{}", "unreadable"),
        (geojson(7), "wrong"),
        (geojson(feature("dragon", point(0, 0))), "wrong"),
        (geojson(feature("room", point(0, 0), level="l")), "wrong"),
        (geojson(feature("aed", {"type": "Point", "coordinates": [500_000, 4_400_000]}, level="l")), "wrong"),
        (geojson(feature("aed", {"type": "Point", "coordinates": "x"}, level="l")), "wrong"),
        (geojson(feature("aed", {"type": "Polygon", "coordinates": []}, level="l")), "wrong"),
        (geojson(feature("aed", None, level="l")), "wrong"),
        (geojson(feature("aed", point(0, 0), level="l"), feature("aed", point(5, 5), level="l")), "wrong"),
        (geojson(feature("aed", point(0, 0))), "unplaced"),
        (geojson(feature("aed", point(0, 0), level="A B")), "wrong"),
        (geojson(feature("aed", point(0, 0), level="l", name=["x"])), "wrong"),
        (geojson(feature("aed", point(0, 0), level="l"), levels=[{"id": 3}]), "wrong"),
        (geojson(feature("aed", point(0, 0), level="l"), grid={"cell": "x"}), "wrong"),
        (geojson(feature("aed", point(0, 0), level="l"), verified={"rooms": 1}), "wrong"),
        (geojson(), "empty"),
    ],
    ids=lambda one: str(one)[:60],
)
def test_a_broken_map_is_refused(data: bytes, code: str) -> None:
    assert refusal(data, Told()).code in (code, "unreadable" if data[:1] == b"[" else code)


# --- IMDF -------------------------------------------------------------------------------------


def test_an_imdf_archive_gives_levels_rooms_and_openings() -> None:
    told = read(imdf())
    room, door = features(told)
    assert (told.format, told.levels[0].id, told.levels[0].name) == ("imdf", "ground-floor", "Ground floor")
    assert (room.kind, room.name, door.kind, door.name) == ("room", "Room 101", "exterior-door", "1")


def test_what_imdf_has_no_word_for_stands_in_a_file_of_ours() -> None:
    own = json.loads(geojson(feature("gas-shut-off", point(-89.6, 39.8), level="ground-floor")))
    told = read(imdf(campus_edge=own, amenity={"type": "FeatureCollection", "features": [{}, {}]}))
    assert {one.kind for one in features(told)} == {"room", "exterior-door", "gas-shut-off"}
    assert told.left == {"amenity": 2}


def amenity(category: object, units: object = ("U1",), geometry: Any = None, **told: Any) -> dict[str, Any]:
    """A feature of amenity.geojson, as OGC 20-094 has it: a point that names its units and no level."""
    properties = {"category": category, "unit_ids": units, "name": None, "alt_name": None, **told}
    where = point(-89.6, 39.8) if geometry is None else geometry
    return {
        "type": "Feature",
        "id": "A",
        "feature_type": "amenity",
        "geometry": where,
        "properties": properties,
    }


def of_amenities(*some: Any, **more: Any) -> dict[str, Any]:
    return {"amenity": {"type": "FeatureCollection", "features": list(some)}, **more}


def test_defibrillators_and_extinguishers_of_an_archive_stand_on_the_map() -> None:
    told = read(
        imdf(
            **of_amenities(
                amenity("defibrillator", name={"en": "AED by the gym"}),
                amenity("fireextinguisher", alt_name={"en": "Kitchen"}),
            )
        )
    )
    found = {one.kind: one for one in features(told) if one.kind in ("aed", "extinguisher")}
    assert {kind: (one.form, one.name) for kind, one in found.items()} == {
        "aed": ("point", "AED by the gym"),
        "extinguisher": ("point", "Kitchen"),
    }
    assert told.left == {}
    (level,) = told.levels
    assert [one.name for one in level.layers if one.name == "safety"] == ["safety"]


def test_of_an_amenity_that_is_none_of_ours_it_is_told_what_it_is() -> None:
    told = read(
        imdf(
            **of_amenities(
                amenity("firstaid"),
                amenity("firstaid"),
                amenity("meetingpoint"),
                amenity("<b>"),
                amenity(7),
                7,
                {"properties": None},
            )
        )
    )
    assert told.left == {"amenity": 4, "amenity firstaid": 2, "amenity meetingpoint": 1}
    assert {one.kind for one in features(told)} == {"room", "exterior-door"}


def test_an_amenity_lies_on_the_level_of_its_unit_and_one_that_nobody_places_is_told() -> None:
    archive_of = imdf()
    with zipfile.ZipFile(io.BytesIO(archive_of)) as packed:
        level, unit = (json.loads(packed.read(f"{one}.geojson")) for one in ("level", "unit"))
    up = {**level["features"][0], "id": "L2", "properties": {"ordinal": 1, "name": {"en": "Upstairs"}}}
    void = {**unit["features"][0], "id": "U2"}
    void["properties"] = {"category": "opentobelow", "level_id": "L2"}
    told = read(
        imdf(
            **of_amenities(
                amenity("defibrillator", ["gone", 3, "U2"]),
                amenity("defibrillator", []),
                amenity("defibrillator", None),
            ),
            level={"type": "FeatureCollection", "features": [level["features"][0], up]},
            unit={"type": "FeatureCollection", "features": [unit["features"][0], void]},
        )
    )
    lies = [(level.id, one.kind) for level in told.levels for layer in level.layers for one in layer.features]
    assert [one for one in lies if one[1] == "aed"] == [("upstairs", "aed")]
    assert told.left == {"amenity defibrillator on no known level": 2, "unit": 1}


def test_where_there_is_one_level_an_amenity_without_a_unit_lies_on_it() -> None:
    told = read(imdf(**of_amenities(amenity("defibrillator", []))))
    assert [one.kind for one in features(told) if one.kind == "aed"] == ["aed"]


def test_an_amenity_that_lies_nowhere_on_earth_is_refused_with_its_place() -> None:
    wrong = refusal(imdf(**of_amenities(amenity("defibrillator", geometry={"type": "Point"}))))
    assert (wrong.code, wrong.where) == ("wrong", "amenity.geojson features[0]")


def test_of_very_many_kinds_that_were_not_taken_the_rarest_are_told_together() -> None:
    some = [amenity(f"{'x' * n}") for n in range(1, 41)] + [amenity(f"y{'x' * n}") for n in range(1, 31)]
    told = read(imdf(**of_amenities(amenity("firstaid"), amenity("firstaid"), *some)))
    assert len(told.left) == 50
    assert told.left["amenity firstaid"] == 2
    assert sum(told.left.values()) == 72


def _zip(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in files:
            # Of a fixed day: the bytes name the test, and each process must know it by the same name.
            packed.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def test_an_archive_that_unpacks_to_a_flood_is_refused_before_it_does() -> None:
    bomb = _zip(("manifest.json", b"{}"), ("unit.geojson", b" " * 60_000_000))
    assert len(bomb) < 1_000_000
    assert refusal(bomb).code == "too_large"
    lying = bomb.replace(struct.pack("<I", 60_000_000), struct.pack("<I", 100))
    assert refusal(lying).code in ("too_large", "unreadable")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (_zip(("../../etc/passwd", b"x")), "forbidden"),
        (_zip(("/manifest.json", b"{}")), "forbidden"),
        (_zip(*[(f"f{n}.json", b"{}") for n in range(65)]), "too_large"),
        (_zip(("a/manifest.json", b"{}"), ("manifest.json", b"{}")), "wrong"),
        (_zip(("readme.txt", b"x")), "unreadable"),
        (archive(manifest={}), "wrong"),
        (archive(manifest={"version": "1"}), "unplaced"),
        (imdf(level={"type": "FeatureCollection", "features": [{"properties": {}}]}), "wrong"),
        (imdf(unit={"type": "FeatureCollection", "features": [{"properties": {"level_id": "no"}}]}), "wrong"),
        (imdf(unit={"type": "FeatureCollection", "features": 7}), "unreadable"),
        (imdf(unit=b"\xff"), "unreadable"),
        (b"PK\x03\x04" + b"\0" * 100, "unreadable"),
    ],
    ids=lambda one: str(one)[:40],
)
def test_a_broken_archive_is_refused(data: bytes, code: str) -> None:
    assert refusal(data).code == code


# --- all --------------------------------------------------------------------------------------


def test_what_is_of_no_format_and_what_is_said_wrongly_beside_it_is_refused() -> None:
    assert refusal(b"").code == "empty"
    assert refusal(b"%PDF-1.7").code == "unreadable"
    body = svg("<rect data-kind='room' width='9' height='9'/>")
    for told in (
        Told(scale=0.0),
        Told(north=math.nan),
        Told(cell=0.1),
        Told(x=1e9),
        Told(verified="soon"),
        Told(by="\0"),
    ):
        assert refusal(body, told).code == "wrong"


def test_what_was_read_lies_in_the_store_and_is_read_again_as_it_was() -> None:
    told = read(svg('<rect data-kind="room" data-name="é" width="9" height="9"/>'))
    assert drawn.read(drawn.written(told)) == told
    for wrong in (b"{}", b"\xff", drawn.written(told).replace(b'"version":1', b'"version":9')):
        with pytest.raises(Unsound):
            drawn.read(wrong)
