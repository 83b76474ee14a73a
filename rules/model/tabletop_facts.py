"""What enters the journal of a tabletop exercise: who sat at the table, what they decided, what they found, and its end.

A tabletop is a view of a past or written incident: no fact here opens an incident, moves a door or tells anybody anything.
"""

from typing import ClassVar, Literal

from rules.model.ids import DrillId
from rules.model.post_facts import IncidentRole
from rules.model.values import dataclass

TabletopSource = Literal["incident", "scenario"]
"""incident: one of this campus's record; scenario: one that somebody wrote."""
TabletopEnd = Literal["asked", "real_incident", "time", "boot"]
TableRole = IncidentRole | Literal[""]
"""`""`: the whole table."""


@dataclass(frozen=True, slots=True)
class TabletopStarted:
    """A person began it. of: the incident's id, or the scenario's name; sha256: of the scenario's file, `""`: an incident.

    until_utc_us, until_mono_us, boot: when it ends by itself. day: local, as `date.toordinal`; None: not known.
    """

    KIND: ClassVar[str] = "tabletop.started/1"
    SEALED: ClassVar[tuple[str, ...]] = ("title",)
    id: DrillId
    source: TabletopSource
    of: str
    sha256: str
    until_utc_us: int
    until_mono_us: int
    boot: str
    day: int | None
    title: str


@dataclass(frozen=True, slots=True)
class TabletopJoined:
    """Somebody sits at the table, in an ICS role."""

    KIND: ClassVar[str] = "tabletop.joined/1"
    SEALED: ClassVar[tuple[str, ...]] = ("name",)
    id: DrillId
    role: TableRole
    name: str


@dataclass(frozen=True, slots=True)
class TabletopDecided:
    """What the table decided. inject: the question it answers, from 1; 0: of none. at_ms: since the first moment."""

    KIND: ClassVar[str] = "tabletop.decided/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text",)
    id: DrillId
    inject: int
    at_ms: int
    role: TableRole
    text: str


@dataclass(frozen=True, slots=True)
class TabletopFound:
    """What would not have gone as it should; it is closed as a drill's finding is (`drill_facts.DrillFindingClosed`)."""

    KIND: ClassVar[str] = "tabletop.found/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text",)
    id: DrillId
    text: str


@dataclass(frozen=True, slots=True)
class TabletopEnded:
    """It is over, and in the log of drills."""

    KIND: ClassVar[str] = "tabletop.ended/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    id: DrillId
    code: TabletopEnd
    reason: str = ""


TabletopFact = TabletopStarted | TabletopJoined | TabletopDecided | TabletopFound | TabletopEnded
