"""What the record keeps of a live incident's command post; over with the incident, whose journal has all of it."""

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from rules.model.ids import Actor
from rules.model.moments import Instant
from rules.model.post_facts import IncidentRole, RoomWord, TaskState
from rules.model.responses import Response
from rules.model.values import dataclass

MOST_PLACES: Final = 1_000
"""Places of one incident that are told apart."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task or timer. due None: it has no time. boot: in which `due` holds by the monotonic clock.

    by, since, reason: of its last turn. done_at: when one that comes again was last done. overdue: that was entered.
    """

    number: int
    code: str
    text: str
    role: IncidentRole
    opened: Instant
    timer: bool
    every_us: int
    boot: str
    due: Instant | None
    state: TaskState = "open"
    by: Actor = Actor("")
    since: Instant | None = None
    reason: str = ""
    done_at: Instant | None = None
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a role, or responds: an actor, or a name without one. both: coordinator and responder, as `reason` says."""

    who: Actor
    name: str
    since: Instant
    reason: str
    both: bool


@dataclass(frozen=True, slots=True)
class RoomHeard:
    """What a room said last. first: when it was first heard of in this incident. written: UTC times of its last facts."""

    room: str
    word: RoomWord
    people: int | None
    text: str
    by: Actor
    at: Instant
    first: Instant
    written: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PostNote:
    """A note of a live incident."""

    by: Actor
    text: str
    at: Instant


@dataclass(frozen=True, slots=True)
class Post:
    """opened: the responses whose tasks were opened. rooms: by `place`. notes: newest last."""

    opened: tuple[Response, ...] = ()
    tasks: Mapping[int, Task] = field(default_factory=dict)
    roles: Mapping[IncidentRole, Holder] = field(default_factory=dict)
    responders: Mapping[str, Holder] = field(default_factory=dict)
    rooms: Mapping[str, RoomHeard] = field(default_factory=dict)
    notes: tuple[PostNote, ...] = ()


def person(who: Actor, name: str) -> str:
    """By what one person is told from another: the account, else the name as it was written."""
    return who or f"name:{' '.join(name.split()).casefold()}"


def place(post: Post, room: str, text: str, by: Actor) -> str:
    """By what one place is told from another: the room, else the place in words, else who reports.

    Beyond `MOST_PLACES` a new place in words is its reporter's: nobody fills the memory, and none is refused for it.
    """
    if room:
        return room
    named = f"at:{' '.join(text.split()).casefold()}"
    return named if text and (named in post.rooms or len(post.rooms) < MOST_PLACES) else f"by:{by}"
