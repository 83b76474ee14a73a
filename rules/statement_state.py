"""What is kept of words for families and media: the last of each, and of which state of an incident they are."""

from collections.abc import Mapping
from dataclasses import field

from rules.model.ids import Actor, IncidentId, ZoneId
from rules.model.kinds import KindWord
from rules.model.moments import Instant
from rules.model.post_facts import IncidentRole
from rules.model.responses import Response
from rules.model.statements import Addressed, StatementState
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One text, as `StatementsPrepared`. by, since, reason: of its state."""

    number: int
    incident: IncidentId
    kind: KindWord
    response: Response | None
    zone: ZoneId
    campus_number: int
    template: str
    to: Addressed
    owner: IncidentRole
    text: str
    at: Instant
    state: StatementState
    since: Instant
    by: Actor | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """Of which state of a live incident words are ready."""

    kind: KindWord
    response: Response
    zone: ZoneId


@dataclass(frozen=True, slots=True)
class Statements:
    """last: the last number given. kept: the newest, by number; the journal has all."""

    last: int = 0
    stated: Mapping[IncidentId, Stated] = field(default_factory=dict)
    kept: Mapping[int, Statement] = field(default_factory=dict)
