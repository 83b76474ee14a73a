"""What the campus's clock on the wall shows and its calendar says, told to the rules: they know no time zone, no other hour."""

import asyncio
import ctypes
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from drivers.clock import instant
from edge.config.calendar import SchoolCalendar
from edge.school_days import school_now
from rules.model.events import ClockTold
from rules.model.moments import SECOND_US, Instant
from rules.model.school import SchoolTold

TELL_EVERY_S: Final = 10.0
STEP_US: Final = 2 * SECOND_US
"""A wall clock that moved by more than this against CLOCK_MONOTONIC was set, and not only disciplined."""
UNSURE_AFTER_STEP_US: Final[dict[str, int]] = {
    "synchronised": 3_600 * SECOND_US,
    "by_hand": 24 * 3_600 * SECOND_US,
}
_UNSYNCHRONISED: Final = 5
"""TIME_ERROR (adjtimex(2)): nobody disciplines the kernel's clock, or its error may be more than 16 s."""

Clock = Literal["synchronised", "by_hand"]
"""synchronised: sure only while the kernel says so. by_hand: the site has set it, and answers for it (no time service)."""


Local = tuple[str, Clock, SchoolCalendar | None]
"""IANA zone, how its clock is sure, and the school's calendar where the site has one."""


def local(at: Instant, zone: tzinfo | None) -> tuple[int, int]:
    """(day as `date.toordinal`, minute after local midnight). An hour that daylight saving repeats has its minutes twice."""
    shown = datetime.fromtimestamp(at.utc_us / 1e6, UTC).astimezone(zone or UTC)
    return shown.toordinal(), shown.hour * 60 + shown.minute


def zone_of(name: str) -> tzinfo | None:
    """The campus's zone; None where this machine does not know it: then no hour is sure."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def synchronised() -> bool:
    """Whether the kernel's clock is disciplined by a time service: adjtimex(2), reading only."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        # `modes`, the first field, is 0: nothing is set. The structure is smaller than this on every Linux.
        return int(libc.adjtimex(ctypes.create_string_buffer(512))) not in (-1, _UNSYNCHRONISED)
    except (OSError, AttributeError):
        return False


class Calendar:
    """Belongs to the loop's thread. attended: whether somebody's release session is open."""

    def __init__(
        self,
        zone: Callable[[], Local],
        attended: Callable[[], bool],
        emit: Callable[[ClockTold | SchoolTold], None],
        now: Callable[[], Instant] = instant,
        kernel_sure: Callable[[], bool] = synchronised,
    ) -> None:
        self._zone = zone
        self._attended = attended
        self._emit = emit
        self._now = now
        self._kernel_sure = kernel_sure
        self._last: Instant | None = None
        self._stepped: Instant | None = None

    async def run(self) -> None:
        """Tell it now, and every ten seconds until cancelled."""
        while True:
            self.tell()
            await asyncio.sleep(TELL_EVERY_S)

    def tell(self) -> None:
        """Tell it now."""
        at = self._now()
        name, clock, school = self._zone()
        zone = zone_of(name)
        day, minute = local(at, zone)
        sure = zone is not None and self._steady(at, clock) and (clock == "by_hand" or self._kernel_sure())
        self._emit(ClockTold(at, day, minute, sure, self._attended()))
        if school is not None:
            self._emit(school_now(school, at, day, minute, sure=sure))

    def _steady(self, at: Instant, clock: Clock) -> bool:
        last, self._last = self._last, at
        if last is not None and abs((at.utc_us - last.utc_us) - at.since(last)) > STEP_US:
            self._stepped = at
        return self._stepped is None or at.since(self._stepped) > UNSURE_AFTER_STEP_US[clock]
