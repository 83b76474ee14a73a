"""The limits of the weekly sweep of exterior doors: `rules/packs/sweep.yaml`, with what the site's policies put in place."""

from typing import Final

from rules.model.values import dataclass

MINUTE_US: Final = 60_000_000
DAY_US: Final = 1_440 * MINUTE_US


@dataclass(frozen=True, slots=True)
class ExteriorPack:
    """sha256: of the file's bytes and of what policies put in place of it. Lengths are microseconds: see the file."""

    version: int = 0
    sha256: str = ""
    open_us: int = 5 * MINUTE_US
    unlocked_us: int = 15 * MINUTE_US
    unseen_us: int = 10 * MINUTE_US
    unproven_us: int = 8 * DAY_US
    unsigned_us: int = 3 * DAY_US
    settled_us: int = 10 * MINUTE_US
