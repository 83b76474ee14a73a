"""The map as a file that leaves the box: our campus map file, GeoJSON, which `import floorplan` reads again. Pure.

Coordinates are degrees (RFC 7946). A map of which nobody said where on Earth it lies is laid down at 0, 0, and says so:
`placed_on_earth` false; distances in it are true, its place is none.
"""

from typing import Any, Final

from edge.floorplans.campus_map import CampusMap
from edge.floorplans.drawn import Feature, LonLat
from edge.floorplans.geojson import OWN
from edge.floorplans.placing import to_earth

NOWHERE: Final[LonLat] = (0.0, 0.0)
Document = dict[str, Any]


def geojson(campus: CampusMap, about: Document) -> Document:
    """about: what else the file says of itself."""
    zero = campus.zero or NOWHERE
    levels, features = [], []
    for level in campus.levels:
        verified = {
            one.name: {"on": one.verified, "by": one.by} for one in level.layers if one.verified or one.by
        }
        levels.append({"id": level.id, "name": level.name, "ordinal": level.ordinal, "verified": verified})
        features += [_feature(campus, level.id, one, zero) for one in level.features()]
    grid = campus.grid
    own = {
        **about,
        "placed_on_earth": campus.zero is not None,
        "sensitivity": "for responders; not for publication",
        "levels": levels,
        "grid": {"origin": list(zero), "cell": grid.cell, "bearing": grid.bearing},
    }
    return {"type": "FeatureCollection", OWN: own, "features": features}


def _feature(campus: CampusMap, level: str, one: Feature, zero: LonLat) -> Document:
    degrees = [list(to_earth(zero, point)) for point in one.points]
    match one.form:
        case "point":
            geometry: Document = {"type": "Point", "coordinates": degrees[0]}
        case "line":
            geometry = {"type": "LineString", "coordinates": degrees}
        case _:
            geometry = {"type": "Polygon", "coordinates": [[*degrees, degrees[0]]]}
    told: Document = {"kind": one.kind, "level": level}
    for name in ("name", "ref", "zone", "note"):
        if getattr(one, name):
            told[name] = getattr(one, name)
    if one.form == "point":
        told["cell"] = campus.cell(one.points[0])
    elif one.form == "area" and one.kind not in ("building", "grounds"):
        told["cells"] = list(campus.cells_of(one))
    return {"type": "Feature", "properties": told, "geometry": geometry}
