"""What screens in rooms say: that one drew what it was told, and what those inside answer. Evidence of each room by itself."""

from typing import ClassVar, Literal, NewType

from rules.model.ids import Actor, OutputId, RequestId
from rules.model.moments import Instant
from rules.model.values import dataclass

RoomName = NewType("RoomName", str)
"""As people call it, `101`; for a screen of a whole zone the zone's id."""
ScreenAnswer = Literal["safe", "help"]
ScreenWord = Literal["shown", "safe", "help"]


@dataclass(frozen=True, slots=True)
class ScreenDrew:
    """A room's enrolled screen has drawn what state `number` of the campus says."""

    at: Instant
    actor: Actor
    output: OutputId
    room: RoomName
    number: int


@dataclass(frozen=True, slots=True)
class ScreenAnswerAsked:
    """Somebody in a room answers on its screen: all are safe, or they need help."""

    at: Instant
    request: RequestId
    actor: Actor
    output: OutputId
    room: RoomName
    answer: ScreenAnswer


@dataclass(frozen=True, slots=True)
class RoomHeard:
    """A room was heard from. number: the state that its screen showed then."""

    KIND: ClassVar[str] = "room.heard/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    room: RoomName
    output: OutputId
    number: int
    word: ScreenWord


ScreenFact = RoomHeard
