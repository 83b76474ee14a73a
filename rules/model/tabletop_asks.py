"""What persons ask about tabletop exercises: one event, with one of these in it. Each is answered once durable."""

from rules.model.ids import Actor, DrillId, RequestId
from rules.model.moments import Instant
from rules.model.tabletop_facts import TableRole, TabletopSource
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class StartTabletop:
    """See `tabletop_facts.TabletopStarted`. minutes: it ends by itself then."""

    source: TabletopSource
    of: str
    sha256: str
    title: str
    minutes: int


@dataclass(frozen=True, slots=True)
class JoinTabletop:
    id: DrillId
    role: TableRole
    name: str


@dataclass(frozen=True, slots=True)
class DecideAtTabletop:
    """See `tabletop_facts.TabletopDecided`."""

    id: DrillId
    inject: int
    at_ms: int
    role: TableRole
    text: str


@dataclass(frozen=True, slots=True)
class FindAtTabletop:
    id: DrillId
    text: str


@dataclass(frozen=True, slots=True)
class EndTabletop:
    id: DrillId
    reason: str


TabletopAsk = StartTabletop | JoinTabletop | DecideAtTabletop | FindAtTabletop | EndTabletop


@dataclass(frozen=True, slots=True)
class TabletopAsked:
    """A person's request about a tabletop exercise."""

    at: Instant
    request: RequestId
    actor: Actor
    ask: TabletopAsk
