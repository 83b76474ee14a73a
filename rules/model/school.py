"""Whether school is in session: what the campus's calendar says, told to rules that know no day; and what is written of it."""

from typing import ClassVar, Final, Literal, get_args

from rules.model.ids import ZoneId
from rules.model.moments import Instant
from rules.model.values import dataclass

SchoolMode = Literal["school", "community", "after-hours", "unknown"]
"""school: in session. community: others use a part of the building. unknown: no clock or no calendar is sure of it."""
OutputMode = Literal["school", "community", "after-hours"]
"""When a route is for; while it is unknown every one is."""
OUTPUT_MODES: Final[frozenset[str]] = frozenset(get_args(OutputMode))


@dataclass(frozen=True, slots=True)
class SchoolTold:
    """What the calendar says now: told at least every minute.

    mode: of the campus but for `community`, the zones (with all below) that others use meanwhile. what: the calendar's own
    word for it, an id of ours; `""`: none.
    """

    at: Instant
    mode: SchoolMode
    community: tuple[ZoneId, ...] = ()
    what: str = ""


@dataclass(frozen=True, slots=True)
class SchoolTurned:
    """The mode turned, or was first known in this run."""

    KIND: ClassVar[str] = "school.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    mode: SchoolMode
    community: tuple[ZoneId, ...]
    what: str
