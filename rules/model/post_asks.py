"""What persons ask of an incident's command post. silent: whether who asks may know of a silent incident."""

from rules.model.ids import Actor, IncidentId, RequestId
from rules.model.moments import Instant
from rules.model.post_facts import IncidentRole, RoomWord, TaskState
from rules.model.values import dataclass


@dataclass(frozen=True, slots=True)
class TaskAsked:
    """A task or timer is taken, done, given back, or does not apply. number: as the post shows it."""

    at: Instant
    request: RequestId
    actor: Actor
    incident: IncidentId
    number: int
    state: TaskState
    reason: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class TaskAddAsked:
    """One more task or timer. within_us: until it is due, 0: no time; every_us: due again so long after it was done."""

    at: Instant
    request: RequestId
    actor: Actor
    incident: IncidentId
    role: IncidentRole
    text: str
    within_us: int
    every_us: int
    timer: bool
    silent: bool = False


@dataclass(frozen=True, slots=True)
class RoleAsked:
    """Somebody takes a role or hands it over. holder: an actor; `""` with a name: somebody without an account; else: nobody."""

    at: Instant
    request: RequestId
    actor: Actor
    incident: IncidentId
    role: IncidentRole
    holder: Actor
    name: str
    reason: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class RespondingAsked:
    """Somebody responds at the scene, or no longer. who, name: as `RoleAsked.holder`."""

    at: Instant
    request: RequestId
    actor: Actor
    incident: IncidentId
    who: Actor
    name: str
    here: bool
    reason: str
    silent: bool = False


@dataclass(frozen=True, slots=True)
class RoomAsked:
    """A room says how it is. people None: not said."""

    at: Instant
    request: RequestId
    actor: Actor
    incident: IncidentId
    room: str
    word: RoomWord
    people: int | None
    text: str
    silent: bool = False


PostAsked = TaskAsked | TaskAddAsked | RoleAsked | RespondingAsked | RoomAsked
