"""What is told to people: a notice goes by one route (a page over loudspeakers, a mail), and what became of it comes back.

Sent is not informed: `sent` says that the route took it over, `received` and `acknowledged` that there is evidence of more.
"""

from typing import ClassVar, Literal

from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.kinds import KindWord, Switching
from rules.model.moments import Instant
from rules.model.responses import Response
from rules.model.values import dataclass

Audience = Literal["staff", "families", "press", "police", "another-campus", "emergency-number"]
"""Whom an output tells. Whoever is not staff hears of what is real alone (contract section 1, Kind)."""
NoticeState = Literal["ordered", "sent", "received", "acknowledged", "failed"]
"""ordered: on its way. sent: the route took it over for each recipient. failed: for one recipient at least it did not."""
Outcome = Literal["sent", "received", "acknowledged", "failed"]


@dataclass(frozen=True, slots=True)
class Notice:
    """What one route is to tell, passed by the interlock for this very notice; a route takes it and nothing else.

    kind: nothing wider than what may switch an output. response None: what was told before is over (all clear).
    zone: where it holds. number: the campus's state number, which every message carries.
    unheard: (output, room) of those who were told this by another route and did not acknowledge it; room `""`: whom that
    route is addressed to. seal: the interlock's mark (`rules.model.seal`).
    """

    id: NoticeId
    output: OutputId
    incident: IncidentId
    kind: Switching
    response: Response | None
    zone: ZoneId
    number: int
    seal: object
    unheard: tuple[tuple[OutputId, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeEnded:
    """What became of a notice, by its route. code: why not, `""` where nothing is to be said.

    told, of: recipients for whom it holds, and how many there are; both 0 where a route cannot count them (loudspeakers).
    """

    at: Instant
    notice: NoticeId
    output: OutputId
    outcome: Outcome
    code: str = ""
    told: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class NoticesOrdered:
    """Notices went out by these outputs, each with its number; held: those that may not tell, and why."""

    KIND: ClassVar[str] = "notices.ordered/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    kind: KindWord
    response: Response | None
    zone: ZoneId
    number: int
    outputs: tuple[tuple[OutputId, NoticeId], ...]
    held: tuple[tuple[OutputId, str], ...]


@dataclass(frozen=True, slots=True)
class NoticeTurned:
    """What is known of a notice is another thing than before."""

    KIND: ClassVar[str] = "notice.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    notice: NoticeId
    output: OutputId
    outcome: Outcome
    code: str
    told: int
    of: int


@dataclass(frozen=True, slots=True)
class SecondChannelTried:
    """Who was told by one route and did not acknowledge in time is tried once by an unlike one; then a `NoticeTurned` says more.

    zone, response, kind, number: of what they were told. unheard: as in `Notice`. output, notice: the second channel's;
    `""` and 0: none was found, as code says. after_us: how long they had.
    """

    KIND: ClassVar[str] = "second_channel.tried/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    kind: KindWord
    response: Response
    zone: ZoneId
    number: int
    after_us: int
    unheard: tuple[tuple[OutputId, str], ...]
    output: OutputId
    notice: NoticeId
    code: str


NoticeFact = NoticesOrdered | NoticeTurned | SecondChannelTried
