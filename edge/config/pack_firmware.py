"""Loads `rules/packs/firmware.yaml`, which no site overrides: how old lists of published flaws may be."""

from functools import cache
from pathlib import Path
from typing import Final, cast

import rules
from edge.config.forms import Wrong, duration_us
from edge.config.pack_tables import BrokenPack
from edge.config.yaml12 import compose, plain_of
from rules.model.bundle_facts import BundleKind

FILE: Final = Path(rules.__file__).parent / "packs" / "firmware.yaml"


@cache
def shipped_limits() -> dict[BundleKind, int]:
    """Microseconds by kind. Raises `BrokenPack`."""
    return read_limits(FILE.read_bytes(), FILE.name)


def read_limits(data: bytes, file: str) -> dict[BundleKind, int]:
    """The limits in `data`, both of them. Raises `BrokenPack`."""
    root, problems = compose(data, file)
    try:
        pack = cast("dict[str, object]", plain_of(root)) if root is not None and not problems else {}
        said = cast("dict[str, object]", pack["bundle_old_after"])
        if set(said) != {"cve", "kev"} or not isinstance(pack["version"], int):
            raise ValueError("a limit for cve and one for kev, and a version")
        return {"cve": duration_us(str(said["cve"])), "kev": duration_us(str(said["kev"]))}
    except (KeyError, TypeError, ValueError, Wrong) as err:
        raise BrokenPack(f"{file}: {err!r}") from err
