"""What the record keeps of drills: the one under way, those that are planned, and those that are over."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rules.model.drill_facts import DrillKind
from rules.model.ids import ButtonId, DoorId, DrillId, IncidentId, OutputId, ZoneId
from rules.model.moments import Instant
from rules.model.responses import Response
from rules.model.values import dataclass
from rules.tabletop_state import Tabletop

MOST_OVER: Final = 200
"""Drills that are over and kept in memory: four years of the busiest law. The journal has all of them."""
MOST_PLANNED: Final = 100


@dataclass(frozen=True, slots=True)
class PlannedDrill:
    """See `drill_facts.DrillPlanned`. notices: (whom, how, UTC microseconds), in order."""

    id: DrillId
    type: str
    kind: DrillKind
    response: Response
    zones: tuple[ZoneId, ...]
    buttons: tuple[ButtonId, ...]
    failures: tuple[tuple[str, str], ...]
    day: int
    minute: int
    announced: bool
    note: str
    notices: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class DrillRun:
    """The drill under way. enrolled: buttons that still count as its own; asked: those that did when it began.

    incident None: nobody has pressed yet. pressed: when each enrolled button was last. ordered, held, secured: of doors that
    were told to lock for it: when first, the interlock's code, and microseconds until sensors proved it.
    """

    id: DrillId
    type: str
    kind: DrillKind
    response: Response
    zones: tuple[ZoneId, ...]
    asked: tuple[ButtonId, ...]
    enrolled: tuple[ButtonId, ...]
    failures: tuple[tuple[str, str], ...]
    started: Instant
    until: Instant
    boot: str
    day: int | None
    planned: PlannedDrill | None = None
    incident: IncidentId | None = None
    pressed: Mapping[ButtonId, Instant] = field(default_factory=dict)
    ordered: Mapping[DoorId, Instant] = field(default_factory=dict)
    held: Mapping[DoorId, str] = field(default_factory=dict)
    secured: Mapping[DoorId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """code, subject: what did not go as it should. ticket, change: what closed it; both `""`: it is open."""

    code: str
    subject: str
    ticket: str = ""
    change: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nothing came of it yet."""
        return not (self.ticket or self.change)


@dataclass(frozen=True, slots=True)
class DrillOver:
    """A drill that took place. logged: by a person's word, without this box. ended: None where only a day is known.

    fields: of its record, by name. tabletop: what was said at one, None: it was none. For the rest see `drill_facts.DrillEnded`.
    """

    id: DrillId
    type: str
    kind: DrillKind
    response: Response | None
    zones: tuple[ZoneId, ...]
    failures: tuple[tuple[str, str], ...]
    day: int | None
    minute: int | None
    started: Instant | None
    ended: Instant | None
    code: str
    logged: bool
    planned: PlannedDrill | None
    incident: IncidentId | None = None
    doors: tuple[tuple[DoorId, int], ...] = ()
    unsecured: tuple[tuple[DoorId, str], ...] = ()
    pressed: tuple[ButtonId, ...] = ()
    silent: tuple[ButtonId, ...] = ()
    heard: tuple[OutputId, ...] = ()
    unheard: tuple[tuple[OutputId, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    rooms_heard: tuple[tuple[str, int], ...] = ()
    rooms_silent: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    tabletop: Tabletop | None = None


@dataclass(frozen=True, slots=True)
class Drills:
    """All of it. over: in the order in which they ended. tabletops: those under way."""

    run: DrillRun | None = None
    planned: Mapping[DrillId, PlannedDrill] = field(default_factory=dict)
    over: Mapping[DrillId, DrillOver] = field(default_factory=dict)
    tabletops: Mapping[DrillId, Tabletop] = field(default_factory=dict)
