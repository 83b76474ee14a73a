"""The map in documents: its levels with their layers, what lies in a cell, what differs; for API, socket and CLI. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from edge.floorplans.campus_map import CampusMap, CellHolds, MapLevel
from edge.floorplans.compared import WORDS, Difference, is_old
from edge.floorplans.drawn import Feature
from edge.floorplans.placing import letters, place_of
from edge.journal.stored import rfc3339

Document = dict[str, Any]


def levels(campus: CampusMap, days: int, today: date | None = None) -> Document:
    """Which levels and layers there are, and how the grid lies. days: how long a layer counts as verified."""
    day = today or datetime.now(UTC).date()
    return {
        "known": campus.known,
        "grid": {
            "cell": campus.grid.cell,
            "bearing": campus.grid.bearing,
            "said": campus.grid.said,
            "columns": campus.columns,
            "rows": campus.rows,
            "first": "A1",
            "last": f"{letters(campus.columns - 1)}{campus.rows}",
            "origin": None if campus.zero is None else list(campus.zero),
        },
        "levels": [_level(one, day, days) for one in campus.levels],
    }


def _level(level: MapLevel, today: date, days: int) -> Document:
    return {
        "id": level.id,
        "name": level.name,
        "ordinal": level.ordinal,
        "layers": [
            {
                "layer": one.name,
                "verified": one.verified or None,
                "by": one.by,
                "old": is_old(one.verified, today, days),
                "lost": one.lost,
                "features": len(one.features),
                "sha256": one.sha256,
                "taken_at": rfc3339(one.taken_us),
            }
            for one in level.layers
        ],
    }


def cells(campus: CampusMap, level: str, cell: str) -> Iterator[tuple[MapLevel, CellHolds]]:
    """What lies in a cell, by level. level `""`: on every one. Nothing: there is no such cell, or no such level."""
    place = place_of(cell)
    if place is None or place[0] >= campus.columns or place[1] >= campus.rows:
        return
    name = f"{letters(place[0])}{place[1] + 1}"
    for one in campus.levels:
        if level in ("", one.id):
            yield one, campus.holds(one, place, name)


def cell_document(campus: CampusMap, level: str, cell: str) -> list[Document]:
    """The same as a document; empty: there is none."""
    return [
        {
            "level": one.id,
            "level_name": one.name,
            "cell": holds.cell,
            "rooms": [thing(campus, each) for each in holds.areas],
            "doors": [thing(campus, each) for each in holds.points if each.kind.endswith("door")],
            "cameras": [thing(campus, each) for each in holds.points if each.kind == "camera"],
            "others": [
                thing(campus, each)
                for each in holds.points
                if each.kind != "camera" and not each.kind.endswith("door")
            ],
        }
        for one, holds in cells(campus, level, cell)
    ]


def thing(campus: CampusMap, one: Feature) -> Document:
    """One thing on the map. cells: all that it reaches into."""
    there = [campus.cell(one.points[0])] if one.form == "point" else list(campus.cells_of(one))
    return {
        "kind": one.kind,
        "name": one.name,
        "ref": one.ref or None,
        "zone": one.zone or None,
        "note": one.note,
        "cells": [each for each in there if each],
    }


def different(rows: Iterable[Difference]) -> list[Document]:
    """What differs, with the words for it."""
    return [
        {
            "code": one.code,
            "kind": one.kind,
            "id": one.id or None,
            "name": one.name,
            "level": one.level or None,
            "cell": one.cell or None,
            "words": WORDS[one.code],
        }
        for one in rows
    ]
