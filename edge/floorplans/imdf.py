"""IMDF (OGC 20-094): an archive of GeoJSON, unpacked within bounds. Pure but for the archive that is handed in.

Rooms, openings and a few amenities have their categories; what IMDF has no word for (shut-offs, cameras, what a door is called
here) stands in a member `campus-edge.geojson` of our own form.
"""

import io
import re
import zipfile
import zlib
from typing import Any, Final

from edge.floorplans.drawn import Grid, Limits, LonLat
from edge.floorplans.gathering import Gathering, text_of
from edge.floorplans.geojson import Document, Flat, Frame, features_of, frame_of, parsed, placed, rings_of
from edge.floorplans.refusal import Refused

MOST_MEMBERS: Final = 64
OWN: Final = "campus-edge.geojson"
_CORRIDORS: Final = frozenset({"walkway", "lobby", "foyer", "vestibule"})
_UNITS: Final = {"stairs": "stair", "steps": "stair", "elevator": "elevator", "escalator": "stair"}
_NOT_DRAWN: Final = frozenset({"opentobelow", "structure", "column", "nonpublic.void"})
_AMENITIES: Final = {"defibrillator": "aed", "fireextinguisher": "extinguisher"}
"""Of the amenity categories of OGC 20-094 (docs.ogc.org/cs/20-094/Categories) those that are a thing of ours, and no more:
`firstaid` is a place and no trauma kit, `firealarmpullstation` no panel, `meetingpoint` nowhere that people are led to.
It has none for key boxes, shut-offs or hydrants.
"""
_CATEGORY: Final = re.compile(r"[a-z][a-z.]{0,39}")
_OUTSIDE: Final = frozenset({"pedestrian.principal", "emergencyexit"})
_AGAIN: Final = "pack the archive again, with the files of IMDF and nothing else"


def read(data: bytes, found: Gathering) -> tuple[Grid | None, LonLat | None]:
    """Read an archive into `found`; its grid, and where its zero lies. Raises Refused."""
    limits = found.told.limits
    members = unpacked(data, limits)
    if "manifest.json" not in members:
        raise Refused("unreadable", "it has no manifest.json, so it is no IMDF", _AGAIN)
    manifest = parsed(members["manifest.json"], limits, "manifest.json")
    if not isinstance(manifest.get("version"), str):
        raise Refused("wrong", "its manifest has no version", _AGAIN, "manifest.json")
    if "level.geojson" not in members:
        raise Refused("unplaced", "it has no levels", "bring the archive with its level.geojson")
    frame = frame_of(parsed(members[OWN], limits, OWN)) if OWN in members else Frame()
    language = manifest.get("language")
    ids = _levels(parsed(members["level.geojson"], limits, "level.geojson"), frame, language)
    flats: list[Flat] = []
    units: dict[str, str] = {}
    for name, kind_of in (("unit", _unit), ("opening", _opening)):
        if f"{name}.geojson" in members:
            document = parsed(members[f"{name}.geojson"], limits, f"{name}.geojson")
            flats += _flats(name, document, kind_of, ids, language, found)
            if name == "unit":
                units = _levels_of_units(document, ids)
    if "amenity.geojson" in members:
        document = parsed(members["amenity.geojson"], limits, "amenity.geojson")
        flats += _amenities(document, units, ids, language, found)
    for name in ("fixture", "occupant", "kiosk", "section"):
        if f"{name}.geojson" in members:
            told = parsed(members[f"{name}.geojson"], limits, f"{name}.geojson").get("features")
            found.left[name] += len(told) if isinstance(told, list) else 0
    if OWN in members:
        flats += features_of(parsed(members[OWN], limits, OWN), found, f"{OWN} features")
    return placed(flats, frame, found)


def unpacked(data: bytes, limits: Limits) -> dict[str, bytes]:
    """The members of an archive by their names. Raises Refused."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _members(archive, limits)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
        OSError,
        IndexError,
    ):
        raise Refused("unreadable", "it cannot be unpacked", _AGAIN) from None


def _members(archive: zipfile.ZipFile, limits: Limits) -> dict[str, bytes]:
    infos = [one for one in archive.infolist() if not one.is_dir()]
    if len(infos) > MOST_MEMBERS:
        raise Refused("too_large", f"it has more than {MOST_MEMBERS} files", _AGAIN)
    found: dict[str, bytes] = {}
    total = 0
    for one in infos:
        name = one.filename
        if name.startswith("/") or "\\" in name or ".." in name.split("/"):
            raise Refused("forbidden", "a file in it would lie outside of it", _AGAIN)
        if name.count("/") > 1 or name.startswith("__MACOSX/"):
            continue
        base = name.rpartition("/")[2]
        if not base.endswith((".json", ".geojson")) or not re.fullmatch(r"[a-z0-9._-]{1,60}", base):
            continue
        if one.flag_bits & 1:
            raise Refused("forbidden", "it is locked with a password", "pack it without one", base)
        if base in found:
            raise Refused("wrong", "a file is in it twice", _AGAIN, base)
        with archive.open(one) as packed:
            # What the archive says of a file's size is a stranger's word: it is read until it is too much.
            body = packed.read(limits.file_bytes + 1)
        total += len(body)
        if len(body) > limits.file_bytes or total > 3 * limits.file_bytes:
            much = f"it unpacks to more than {limits.file_mb} MiB a file, or {3 * limits.file_mb} MiB in all"
            raise Refused("too_large", much, _AGAIN, base)
        found[base] = body
    return found


def _list(document: Document, name: str) -> list[Document]:
    told = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(told, list):
        raise Refused("unreadable", "it is no FeatureCollection", _AGAIN, f"{name}.geojson")
    for place, one in enumerate(told):
        if not isinstance(one, dict) or not isinstance(one.get("properties"), dict):
            raise Refused(
                "wrong", "this is no feature with properties", _AGAIN, f"{name}.geojson features[{place}]"
            )
    return told


def _levels(document: Document, frame: Frame, language: object) -> dict[str, str]:
    """Our ids of the levels by IMDF's."""
    ids: dict[str, str] = {}
    for place, one in enumerate(_list(document, "level")):
        where, told = f"level.geojson features[{place}]", one["properties"]
        number = told.get("ordinal")
        if not isinstance(one.get("id"), str) or not isinstance(number, int) or isinstance(number, bool):
            raise Refused("wrong", "a level has no id or no ordinal", _AGAIN, where)
        name = _label(told.get("name"), language, where) or _label(told.get("short_name"), language, where)
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or f"level-{number}"
        if slug in ids.values():
            slug = f"{slug}-{len(ids)}"
        ids[one["id"]] = slug
        frame.levels.setdefault(slug, (name or slug, number))
    return ids


def _label(said: object, language: object, where: str) -> str:
    """Of a name in several languages that of the archive, else the first."""
    if isinstance(said, dict):
        said = (
            said.get(language)
            if isinstance(language, str) and language in said
            else next(iter(said.values()), "")
        )
    return text_of(said, where)


def _flats(
    name: str, document: Document, kind_of: Any, ids: dict[str, str], language: object, found: Gathering
) -> list[Flat]:
    flats = []
    for place, one in enumerate(_list(document, name)):
        where, told = f"{name}.geojson features[{place}]", one["properties"]
        category, level = told.get("category"), told.get("level_id")
        if level not in ids:
            raise Refused("wrong", "its level is not among the levels", _AGAIN, where)
        kind = kind_of(category) if isinstance(category, str) else ""
        if not kind:
            found.left[name] += 1
            continue
        label = _label(told.get("name"), language, where) or _label(told.get("alt_name"), language, where)
        if not label and category in (
            "restroom",
            "kitchen",
            "office",
            "storage",
            "library",
            "auditorium",
            "lobby",
        ):
            label = str(category)
        words = {"name": label, "ref": "", "zone": "", "note": ""}
        flats.append(Flat(kind, rings_of(one.get("geometry"), where), words, ids[level], where))
    return flats


def _levels_of_units(document: Document, ids: dict[str, str]) -> dict[str, str]:
    """Our ids of levels by IMDF's of units, those that are not drawn too."""
    return {
        one["id"]: ids[one["properties"]["level_id"]]
        for one in _list(document, "unit")
        if isinstance(one.get("id"), str)
    }


def _amenities(
    document: Document, units: dict[str, str], ids: dict[str, str], language: object, found: Gathering
) -> list[Flat]:
    """Those that are a thing of ours. Of every other it is told what it is, and of one that nobody places too."""
    told = document.get("features")
    only = next(iter(ids.values())) if len(ids) == 1 else ""
    flats = []
    for place, one in enumerate(told if isinstance(told, list) else []):
        where = f"amenity.geojson features[{place}]"
        said = one.get("properties") if isinstance(one, dict) else None
        category = said.get("category") if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(category, str) or not _CATEGORY.fullmatch(category):
            found.left["amenity"] += 1
            continue
        kind = _AMENITIES.get(category)
        if kind is None:
            found.left[f"amenity {category}"] += 1
            continue
        named = said.get("unit_ids")
        level = next((units[unit] for unit in _texts(named) if unit in units), only)
        if not level:
            found.left[f"amenity {category} on no known level"] += 1
            continue
        label = _label(said.get("name"), language, where) or _label(said.get("alt_name"), language, where)
        words = {"name": label, "ref": "", "zone": "", "note": ""}
        flats.append(Flat(kind, rings_of(one.get("geometry"), where), words, level, where))
    return flats


def _texts(given: object) -> list[str]:
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _unit(category: str) -> str:
    if category in _NOT_DRAWN:
        return ""
    if category in _CORRIDORS:
        return "corridor"
    return _UNITS.get(category, "room")


def _opening(category: str) -> str:
    if category in _OUTSIDE:
        return "exterior-door"
    return "door" if category.startswith("pedestrian") or category == "service" else ""
