"""A moment as somebody sends it: RFC 3339 with its offset, for a time without one is a guess."""

from datetime import datetime

from edge.web.problem import Problem


def utc_us(text: str, path: str) -> int:
    """UTC microseconds since 1970. Raises Problem 422."""
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return round(at.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        pass
    detail = "It is no time of RFC 3339 with an offset, such as 2026-12-04T18:00:00-06:00."
    raise Problem(422, f"Nothing was done. {path}: {detail}", errors=[{"path": path, "detail": detail}])
