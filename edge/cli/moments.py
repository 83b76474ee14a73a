"""A moment to come, as somebody writes it: `90d`, a day, or a time."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Final

_UNITS: Final = {"h": 3_600, "d": 86_400, "w": 7 * 86_400}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def seconds(text: str, *, whole_day: bool = False) -> int | None:
    """Seconds since 1970, None: it is no time. Without an offset it is this machine's; whole_day: a day ends with itself."""
    if (found := re.fullmatch(r"(\d{1,5})([hdw])", text)) is not None:
        return round(time.time()) + int(found[1]) * _UNITS[found[2]]
    try:
        at = datetime.fromisoformat(text)
        if whole_day and _DAY.fullmatch(text):
            at += timedelta(days=1)
        return max(0, round(at.astimezone(UTC).timestamp()))
    except (ValueError, OverflowError):
        return None
