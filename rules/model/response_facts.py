"""What enters the journal of responses beside their states: what changed by a person's word, what was refused and why."""

from typing import ClassVar

from rules.model.ids import IncidentId, ZoneId
from rules.model.kinds import KindWord
from rules.model.responses import Response
from rules.model.school import SchoolTurned
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class ResponseChanged:
    """A named authority put something less grave in the place of what held in a zone.

    stands, stands_in: the gravest response of this incident after it, and where; what its band shows.
    A version that does not know this kind goes on showing the graver one.
    """

    KIND: ClassVar[str] = "response.changed/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    id: IncidentId
    zone: ZoneId
    was: Response
    response: Response
    stands: Response
    stands_in: ZoneId
    reason: str


@dataclass(frozen=True, slots=True)
class TransitionRefused:
    """A person asked for a response that may not follow what held there: nothing was changed.

    was, held_in: what held, and in which zone. code: why; one of the pack's own, or of `rules.transitions`.
    """

    KIND: ClassVar[str] = "transition.refused/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    response: Response
    zone: ZoneId
    kind: KindWord
    was: Response
    held_in: ZoneId
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class EndConfirmed:
    """Whoever ended an incident gave a second factor for that, or a second named person signed with them.

    second: that person's account; None: it was a code of their own.
    """

    KIND: ClassVar[str] = "incident.end_confirmed/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: IncidentId
    second: str | None


@dataclass(frozen=True, slots=True)
class ExercisePlayed:
    """An exercise that is live is played in one more zone, or by something graver there. Its first zone is in its opening.

    It holds nothing, so that it is on no zone's state. A version that does not know this kind shows its first zone alone.
    """

    KIND: ClassVar[str] = "exercise.played/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: IncidentId
    zone: ZoneId
    response: Response


@dataclass(frozen=True, slots=True)
class IncidentJoined:
    """A silent incident that is live was asked for in one more zone: somebody is threatened there as well.

    It is on no zone's state, which everybody sees. A version that does not know this kind shows its first zone alone.
    """

    KIND: ClassVar[str] = "incident.joined/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: IncidentId
    zone: ZoneId
    response: Response


ResponseFact = (
    ResponseChanged | TransitionRefused | EndConfirmed | ExercisePlayed | IncidentJoined | SchoolTurned
)
