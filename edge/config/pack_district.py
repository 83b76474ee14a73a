"""Loads `rules/packs/district.yaml`: which sealed fields travel to the district once an agreement names their family."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import rules
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of

FILE: Final = Path(rules.__file__).parent / "packs" / "district.yaml"
Fields = Mapping[str, frozenset[str]]
"""By kind without its version."""


@cache
def shipped_families() -> Mapping[str, Fields]:
    """The families of this version. Raises `BrokenPack`."""
    return read_families_shared(FILE.read_bytes(), FILE.name)


def read_families_shared(data: bytes, file: str) -> Mapping[str, Fields]:
    """By family the fields of each kind. Raises `BrokenPack`."""
    node, problems = compose(data, file)
    if node is None or problems:
        raise BrokenPack(f"{file}: is not YAML of ours")
    found = plain_of(node)
    if not isinstance(found, dict) or set(found) != {"version", "families"}:
        raise BrokenPack(f"{file}: has other keys than version and families")
    families: dict[str, Fields] = {}
    for family, kinds in found["families"].items():
        if not isinstance(kinds, dict):
            raise BrokenPack(f"{file}: families.{family} is not kinds with their fields")
        families[family] = {}
        for kind, fields in kinds.items():
            if not isinstance(fields, list) or not all(isinstance(one, str) for one in fields):
                raise BrokenPack(f"{file}: families.{family}.{kind} is no list of fields")
            families[family] = {**families[family], kind: frozenset(fields)}
    return families


def shared(families: Iterable[str]) -> Fields:
    """The fields of these families, by kind. Raises `BrokenPack`."""
    found: dict[str, frozenset[str]] = {}
    for family in families:
        for kind, fields in shipped_families()[family].items():
            found[kind] = found.get(kind, frozenset()) | fields
    return found
