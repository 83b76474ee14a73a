"""What each flag means: who answers for it, what it costs, what ends it. The table itself is `packs/flags.yaml`."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rules.model.moments import MINUTE_US
from rules.model.values import dataclass
from rules.rights import Role

DAY_US: Final = 24 * 60 * MINUTE_US


@dataclass(frozen=True, slots=True)
class TicketRule:
    """A flag that stands this long (microseconds) becomes a ticket of this role."""

    after_us: int
    of: Role


@dataclass(frozen=True, slots=True)
class FlagRow:
    """points: of 100, lost while it stands. safety: shown in an incident at once. clears: code of what ends it.

    ticket None: it is answered or decided, not repaired. measure False: nothing done meanwhile may stand beside it.
    """

    owner: Role
    points: int
    safety: bool
    clears: str
    ticket: TicketRule | None = None
    measure: bool = True


UNLISTED: Final = FlagRow("administrator", 10, True, "version", TicketRule(0, "administrator"))


@dataclass(frozen=True, slots=True)
class FlagTable:
    """hash: SHA-256 hex of the file. verdicts: points by what a door's sensors say.

    unknown: the flag that a kind of thing counts as while nothing was heard of it. dry_run_at: local minute after
    midnight. measure_longest_us: how far ahead a measure may end. stated_us: the readiness number enters the record not
    more often than the first, and at least as often as the second. map_days: how long a layer of the map counts as
    verified.
    """

    version: int = 0
    hash: str = ""
    rows: Mapping[str, FlagRow] = field(default_factory=dict)
    unlisted: FlagRow = UNLISTED
    verdicts: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    dry_run_at: int = 390
    measure_longest_us: int = 31 * DAY_US
    stated_us: tuple[int, int] = (10 * MINUTE_US, DAY_US)
    map_days: int = 365

    def of(self, code: str) -> FlagRow:
        """The row of a flag; of one that is not listed, what an unlisted one costs."""
        return self.rows.get(code, self.unlisted)


THINGS: Final = ("button", "camera", "controller")
"""Kinds of thing that may not have been heard of since start. A door's verdict says so itself."""
