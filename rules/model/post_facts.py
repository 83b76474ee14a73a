"""Facts of an incident's command post: tasks and timers, who holds which ICS role, who responds, what rooms report.

ICS roles as in `reference/responses.md` (FEMA IS-100.SCa). Names and words of persons are sealed; ids are opaque.
"""

from typing import ClassVar, Final, Literal, get_args

from rules.model.ids import Actor, IncidentId
from rules.model.responses import Response
from rules.model.values import dataclass

IncidentRole = Literal[
    "incident-commander",
    "safety",
    "public-information",
    "liaison",
    "operations",
    "planning",
    "logistics",
    "finance",
]
"""The ICS slots. Whoever holds `incident-commander` coordinates; only that one must always be filled."""
INCIDENT_ROLES: Final[tuple[IncidentRole, ...]] = get_args(IncidentRole)
COORDINATOR: Final[IncidentRole] = "incident-commander"

TaskState = Literal["open", "taken", "done", "not-applicable"]
RoomWord = Literal["safe", "missing", "needs-help", "injured", "intruder-seen"]
"""What a room says of itself, the calmest first: what stands later calls louder."""
ROOM_WORDS: Final[tuple[RoomWord, ...]] = get_args(RoomWord)


@dataclass(frozen=True, slots=True)
class TasksOpened:
    """What a response of the pack asks for, or one that a person added (response None).

    tasks: (number, the pack's id or `""`, role, due within so many microseconds, again every so many, it is a timer);
    0: it has no time. texts: what is to be done, in the same order. boot: in which the times began.
    """

    KIND: ClassVar[str] = "tasks.opened/1"
    SEALED: ClassVar[tuple[str, ...]] = ("texts",)
    id: IncidentId
    response: Response | None
    boot: str
    tasks: tuple[tuple[int, str, IncidentRole, int, int, bool], ...]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskTurned:
    """A person took a task, did it, gave it back (`open`), or says that it does not apply. boot: as in `TasksOpened`."""

    KIND: ClassVar[str] = "task.turned/1"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)
    id: IncidentId
    number: int
    state: TaskState
    boot: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TaskOverdue:
    """A task's or a timer's time has passed, and nobody did it."""

    KIND: ClassVar[str] = "task.overdue/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    id: IncidentId
    number: int


@dataclass(frozen=True, slots=True)
class RoleHandedOver:
    """Who holds an ICS role from now on. holder, was: an actor's id, `""`: nobody, or somebody without an account.

    name, was_name: of those without an account. responds: the new holder is a responder too, and says why that is so.
    """

    KIND: ClassVar[str] = "role.handed_over/1"
    SEALED: ClassVar[tuple[str, ...]] = ("name", "was_name", "reason")
    id: IncidentId
    role: IncidentRole
    was: Actor
    holder: Actor
    responds: bool
    name: str = ""
    was_name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResponderMarked:
    """Somebody responds at the scene, or no longer. coordinates: they hold the command too, and say why that is so."""

    KIND: ClassVar[str] = "responder.marked/1"
    SEALED: ClassVar[tuple[str, ...]] = ("name", "reason")
    id: IncidentId
    who: Actor
    here: bool
    coordinates: bool
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RoomReported:
    """What somebody in a room says. room: an id of `rules.rooms`, `""`: elsewhere, as `text` says. people None: not said."""

    KIND: ClassVar[str] = "room.reported/1"
    SEALED: ClassVar[tuple[str, ...]] = ("text",)
    id: IncidentId
    room: str
    word: RoomWord
    people: int | None
    text: str = ""


PostFact = TasksOpened | TaskTurned | TaskOverdue | RoleHandedOver | ResponderMarked | RoomReported
