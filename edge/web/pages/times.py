"""Times as people read them: of day in the campus's zone, and ages in words."""

import json
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.web.pages.language import _, say

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(8)
def zone_of(name: str) -> tzinfo:
    """The campus's zone; UTC where this machine does not know it, which the offset beside each time then says."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def ms_of(rfc3339: str) -> int:
    """Milliseconds since 1970 of a time as the picture has it."""
    since = datetime.fromisoformat(rfc3339.replace("Z", "+00:00")) - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


def at_ms(ms: int, zone: tzinfo) -> datetime:
    """A moment on the campus's clock."""
    return datetime.fromtimestamp(ms / 1_000, zone)


def clock(ms: int, zone: tzinfo) -> str:
    """`09:44:19`, of today; beside other text that says the day and the offset once."""
    return f"{at_ms(ms, zone):%H:%M:%S}"


def clock_offset(ms: int, zone: tzinfo) -> str:
    """`09:44:19 -06:00`."""
    return f"{at_ms(ms, zone):%H:%M:%S} {offset(ms, zone)}"


def full(ms: int, zone: tzinfo) -> str:
    """`2026-08-14 09:44:19 -06:00`."""
    return f"{at_ms(ms, zone):%Y-%m-%d %H:%M:%S} {offset(ms, zone)}"


def offset(ms: int, zone: tzinfo) -> str:
    """`-06:00`."""
    text = f"{at_ms(ms, zone):%z}"
    return f"{text[:3]}:{text[3:5]}"


def age(ms: float | None) -> str:
    """`0.4 s`, `42 s ago`, `41 min ago`, `26 h`, `14 days`, `never`. The page's script says it in the same words."""
    if ms is None:
        return _("never")
    seconds = max(0.0, ms / 1_000)
    if seconds < 1:
        return say("{n} s", n=f"{seconds:.1f}")
    if seconds < 60:
        return say("{n} s ago", n=int(seconds))
    if seconds < 3_600:
        return say("{n} min ago", n=int(seconds // 60))
    if seconds < 2 * 86_400:
        return say("{n} h", n=int(seconds // 3_600))
    return say("{n} days", n=int(seconds // 86_400))


def lasting(ms: float) -> str:
    """How long something lasts by now: `3 min 12 s`, `42 s`, `2 h 5 min`."""
    seconds = max(0, int(ms // 1_000))
    if seconds < 60:
        return say("{n} s", n=seconds)
    if seconds < 3_600:
        return say("{m} min {s} s", m=seconds // 60, s=seconds % 60)
    return say("{h} h {m} min", h=seconds // 3_600, m=seconds % 3_600 // 60)


def words() -> str:
    """The words of `age` and `lasting` as JSON, for the page's script, which counts on from what is written here."""
    return json.dumps(
        {
            "now": _("{n} s"),
            "s": _("{n} s ago"),
            "min": _("{n} min ago"),
            "h": _("{n} h"),
            "days": _("{n} days"),
            "never": _("never"),
            "lasts_min": _("{m} min {s} s"),
            "lasts_h": _("{h} h {m} min"),
        }
    )
