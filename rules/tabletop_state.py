"""What the record keeps of a tabletop exercise: under way, and in the log of drills once it is over."""

from typing import Final

from rules.model.ids import DrillId
from rules.model.moments import Instant
from rules.model.tabletop_facts import TableRole, TabletopSource
from rules.model.values import dataclass

TABLETOP: Final = "tabletop"
"""Its type among the types of drill: a law that lets it count names it."""
MOST_RUNNING: Final = 4
MOST_AT_TABLE: Final = 60
MOST_DECIDED: Final = 200
MOST_FOUND: Final = 60
LONGEST: Final = 1_000
"""Characters of one text: what is kept in memory of all of them is bounded."""


@dataclass(frozen=True, slots=True)
class Decided:
    """See `tabletop_facts.TabletopDecided`."""

    at: Instant
    inject: int
    at_ms: int
    role: TableRole
    text: str


@dataclass(frozen=True, slots=True)
class Tabletop:
    """One of them. table: (role, name) of whoever sits there, in order. found: texts, numbered from 0."""

    id: DrillId
    source: TabletopSource
    of: str
    sha256: str
    title: str
    started: Instant
    until: Instant
    boot: str
    day: int | None
    table: tuple[tuple[TableRole, str], ...] = ()
    decided: tuple[Decided, ...] = ()
    found: tuple[str, ...] = ()
