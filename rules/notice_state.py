"""What is kept about notices: of each output and zone the last one, and when it is tried again."""

from typing import Final

from rules.model.ids import IncidentId, NoticeId, OutputId, ZoneId
from rules.model.kinds import KindWord
from rules.model.moments import Instant
from rules.model.notices import NoticeState
from rules.model.responses import Response
from rules.model.screens import ScreenAnswer
from rules.model.values import dataclass

NO_NOTICE: Final = NoticeId(0)
"""Of what the interlock held: nothing went out."""
NoticeKey = str
"""`key_of` an output and a zone: a snapshot of the record has strings for keys."""


def key_of(output: OutputId, zone: ZoneId) -> NoticeKey:
    """Neither holds a slash."""
    return f"{output}/{zone}"


@dataclass(frozen=True, slots=True)
class NoticeMemory:
    """The last notice of an output for a zone, and what is known of it. response None: it says that all is over.

    since: of that state. told, of: as `NoticeEnded`. first: when this was told first, however often it was told again.
    """

    id: NoticeId
    output: OutputId
    zone: ZoneId
    incident: IncidentId
    kind: KindWord
    response: Response | None
    number: int
    ordered: Instant
    state: NoticeState
    code: str
    told: int
    of: int
    since: Instant
    first: Instant


@dataclass(frozen=True, slots=True)
class SecondMemory:
    """Who did not acknowledge a notice in time, and by which unlike route they were tried, once.

    of_output, zone, incident, response, number: of that notice. rooms: those that were not heard from; of a route without
    rooms none. output `""`: there is no second channel. at: when it was ordered; since: of what is known of it.
    """

    of_output: OutputId
    zone: ZoneId
    incident: IncidentId
    response: Response
    number: int
    rooms: tuple[str, ...]
    output: OutputId
    id: NoticeId
    at: Instant
    state: NoticeState
    code: str
    told: int
    of: int
    since: Instant


@dataclass(frozen=True, slots=True)
class RoomMemory:
    """What is known of a room in a live incident: the state that its screen drew last, and what was answered last.

    number 0: nothing was drawn. answered_number 0: nobody answered.
    """

    output: OutputId
    incident: IncidentId
    number: int = 0
    drawn: Instant | None = None
    answer: ScreenAnswer | None = None
    answered_number: int = 0
    answered: Instant | None = None


@dataclass(frozen=True, slots=True)
class NoticeLive:
    """sent: in this run. tries: so far, of what is to be told now; next_try: when it is told again if it has to be."""

    sent: Instant
    tries: int
    next_try: Instant
