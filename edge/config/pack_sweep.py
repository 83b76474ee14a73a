"""Loads `rules/packs/sweep.yaml`, and puts what a site's policies say in place of its limits, by name."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

import rules
from edge.config.forms import Wrong, duration_us
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from rules.book.exterior_pack import ExteriorPack

FILE: Final = Path(rules.__file__).parent / "packs" / "sweep.yaml"
LIMITS: Final = ("open", "unlocked", "unseen", "unproven", "unsigned")


@cache
def shipped_sweep() -> ExteriorPack:
    """The pack of this version. Raises `BrokenPack`."""
    return read_sweep(FILE.read_bytes(), FILE.name)


def with_limits(pack: ExteriorPack, limits: Mapping[str, int]) -> ExteriorPack:
    """The pack with other limits, microseconds by name; with a hash of both."""
    if not limits:
        return pack
    said = "".join(f"{name} {limits[name]}\n" for name in sorted(limits))
    digest = hashlib.sha256(f"{pack.sha256}\n{said}".encode()).hexdigest()
    return replace(pack, sha256=digest, **{f"{name}_us": value for name, value in limits.items()})


def read_sweep(data: bytes, file: str) -> ExteriorPack:
    """The pack in `data`. Raises `BrokenPack` for what does not hold together."""
    root, problems = compose(data, file)
    if root is None or problems:
        raise BrokenPack("; ".join(one.text() for one in problems) or f"{file}: empty")
    try:
        said = cast("Mapping[str, Any]", plain_of(root))
        if set(said) != {"version", "limits", "settled"} or set(said["limits"]) != set(LIMITS):
            raise ValueError(f"its keys are version, settled and limits: {LIMITS}")
        limits = {f"{name}_us": duration_us(said["limits"][name]) for name in LIMITS}
        return ExteriorPack(
            int(said["version"]),
            hashlib.sha256(data).hexdigest(),
            settled_us=duration_us(said["settled"]),
            **limits,
        )
    except (AttributeError, KeyError, TypeError, ValueError, Wrong) as err:
        raise BrokenPack(f"{file}: {err!r}") from err
