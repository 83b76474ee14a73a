"""A floor plan as a file says it, whatever its format: what it draws and what it cannot be read as. Pure."""

import hashlib
from typing import Final, NamedTuple

from edge.floorplans import geojson, imdf, png, svg
from edge.floorplans.drawn import Drawn, Format, Grid, LonLat, Picture
from edge.floorplans.gathering import Gathering, Told, day_of, number_of, text_of
from edge.floorplans.refusal import Refused

SUFFIXES: Final[dict[Format, str]] = {"svg": "svg", "png": "png", "geojson": "geojson", "imdf": "zip"}


class Read(NamedTuple):
    """picture: the PNG that `drawn` names; empty: none."""

    drawn: Drawn
    picture: bytes = b""


def format_of(data: bytes) -> Format:
    """By what it begins with; a name is a stranger's word. Raises Refused."""
    if data.startswith(png.SIGNATURE):
        return "png"
    if data.startswith(b"PK\x03\x04"):
        return "imdf"
    start = data[:4_096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<") or start.startswith((b"\xff\xfe<", b"\xfe\xff\x00<")):
        return "svg"
    if start.startswith(b"{"):
        return "geojson"
    raise Refused("unreadable", "it is no SVG, PNG, GeoJSON or IMDF archive", "save the plan as one of these")


def read(data: bytes, told: Told) -> Read:
    """Raises Refused."""
    _judge(told)
    if not data:
        raise Refused("empty", "the file is empty", "save the plan again")
    format_ = format_of(data)
    limits = told.limits
    most = limits.archive_bytes if format_ == "imdf" else limits.file_bytes
    if len(data) > most:
        do = (
            "leave out what no responder needs, bring a level a file, or say more under policies: floorplans:"
        )
        raise Refused("too_large", f"the file is larger than {most // 1_048_576} MiB", do)
    sha256 = hashlib.sha256(data).hexdigest()
    found = Gathering(told)
    grid: Grid | None = None
    zero: LonLat | None = None
    picture = b""
    match format_:
        case "svg":
            cell = svg.read(data, found)
            grid = None if cell is None else Grid(cell, said=True)
        case "png":
            picture = _picture(data, found)
        case "geojson":
            grid, zero = geojson.read(data, found)
        case "imdf":
            grid, zero = imdf.read(data, found)
    return Read(found.drawn(sha256, format_, grid, zero), picture)


def _judge(told: Told) -> None:
    """What a person says beside the file. Raises Refused."""
    if told.scale is not None:
        number_of(told.scale, 1e-6, 1_000, "the scale", "--scale")
    if told.north is not None:
        number_of(told.north, -360, 360, "true north", "--north")
    if told.cell is not None:
        number_of(told.cell, 1, 1_000, "the grid's cell", "--grid")
    for one in (told.x, told.y):
        number_of(one, -20_000, 20_000, "the place", "--at")
    day_of(told.verified, "--verified")
    text_of(told.by, "--by")
    text_of(told.level_name, "--level-name")


def _picture(data: bytes, found: Gathering) -> bytes:
    bared, told = png.bared(data), found.told
    level = found.level(told.level, told.level_name, told.ordinal, "--level" if not told.level else "")
    if told.scale is None or told.north is None:
        raise svg.placeless("png", told.scale is None, told.north is None, "")
    sha256 = hashlib.sha256(bared.data).hexdigest()
    level.picture = Picture(sha256, bared.wide, bared.high, told.x, told.y, told.scale, told.north)
    return bared.data
