"""Loads `rules/packs/merging.yaml`: what becomes of a ticket that was edited on both sides. No policy changes it."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import rules
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from rules.book.merge_pack import RULES, FieldRule, MergePack
from rules.book.merges import ADDED
from rules.book.ticket_fields import FIELDS

FILE: Final = Path(rules.__file__).parent / "packs" / "merging.yaml"
FIXED: Final = {"state": "safer", "weight": "higher"}
"""What no version of the pack may have otherwise."""
BY_CAMPUS: Final = frozenset({"before", "recovered", "escalated"})
_Row = Mapping[str, Any]


@cache
def shipped_merging() -> MergePack:
    """The pack of this version. Raises `BrokenPack`."""
    return read_merging(FILE.read_bytes(), FILE.name)


def read_merging(data: bytes, file: str) -> MergePack:
    """The pack in `data`. Raises `BrokenPack` for what does not hold together."""
    root, problems = compose(data, file)
    if root is None or problems:
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: empty")
    try:
        said = cast("_Row", plain_of(root))
        if set(said) != {"version", "fields"}:
            raise ValueError("its keys are version and fields")
        fields = {name: _rule(name, row) for name, row in said["fields"].items()}
        if set(fields) != {*FIELDS, *ADDED, *BY_CAMPUS}:
            raise ValueError(f"fields: {sorted(set(fields) ^ {*FIELDS, *ADDED, *BY_CAMPUS})}")
        return MergePack(int(said["version"]), hashlib.sha256(data).hexdigest(), fields)
    except (AttributeError, KeyError, TypeError, ValueError) as err:
        raise BrokenPack(f"{file}: {err!r}") from err


def _rule(name: str, row: _Row) -> FieldRule:
    if unknown := set(row) - {"rule", "district", "quiet"}:
        raise ValueError(f"{name}: {sorted(unknown)} unknown")
    made = FieldRule(row["rule"], row.get("district", True), row.get("quiet", False))
    if made.rule not in RULES or not isinstance(made.district, bool) or not isinstance(made.quiet, bool):
        raise ValueError(f"{name}: {row!r}")
    # What is only ever added may be said at any hour; nothing else takes nothing from sight for certain.
    if (
        made.rule != FIXED.get(name, made.rule)
        or (made.rule == "all") != (name not in FIELDS)
        or (made.quiet and made.rule != "all")
        or (made.district and name in BY_CAMPUS)
    ):
        raise ValueError(f"{name}: {row!r} is not for this field")
    return made
