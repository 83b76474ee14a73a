"""Words for families and media: made ready from the responses pack, queued for the district, and never sent by this box."""

from typing import ClassVar, Literal

from rules.model.ids import Actor, IncidentId, RequestId, ZoneId
from rules.model.kinds import KindWord
from rules.model.moments import Instant
from rules.model.post_facts import IncidentRole
from rules.model.responses import Response
from rules.model.values import dataclass

Addressed = Literal["families", "media"]
StatementAnswer = Literal["approved", "declined"]
StatementState = Literal["waiting", "approved", "declined", "overtaken"]
"""waiting: nobody approved it. overtaken: what it says is not so any more, and nobody had approved it."""


@dataclass(frozen=True, slots=True)
class StatementAsked:
    """A person approves words for the district, or declines them with a reason. number: as the list shows it."""

    at: Instant
    request: RequestId
    actor: Actor
    number: int
    answer: StatementAnswer
    reason: str


@dataclass(frozen=True, slots=True)
class StatementsPrepared:
    """What the district may say of an incident from now on; those of before that nobody approved are overtaken.

    response None: it is over. number: the campus's state number, which each text has. statements: (number, the pack's id,
    to whom, the role that answers for it). texts: in the same order, each begun with DRILL or REAL.
    """

    KIND: ClassVar[str] = "statements.prepared/1"
    SEALED: ClassVar[tuple[str, ...]] = ("texts",)
    id: IncidentId
    kind: KindWord
    response: Response | None
    zone: ZoneId
    number: int
    statements: tuple[tuple[int, str, Addressed, IncidentRole], ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementAnswered:
    """A person approved one, or declined it."""

    KIND: ClassVar[str] = "statement.answered/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    number: int
    answer: StatementAnswer
    reason: str = ""


StatementFact = StatementsPrepared | StatementAnswered
