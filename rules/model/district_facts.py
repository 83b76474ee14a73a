"""What the district asked for, and what came of it: words of events and of the record."""

from typing import ClassVar, Literal

from rules.model.moments import Instant
from rules.model.values import dataclass

Outcome = Literal["applied", "refused"]


@dataclass(frozen=True, slots=True)
class DirectiveAnswered:
    """A directive of the district was applied whole, or refused whole; each has one answer, in the order of their numbers.

    number: from 1, of this campus. directive: its kind, such as `ticket.merge/1`. code: why it was refused, `""` else.
    """

    KIND: ClassVar[str] = "directive.answered/1"
    SEALED: ClassVar[tuple[str, ...]] = ()
    number: int
    directive: str
    outcome: Outcome
    code: str


@dataclass(frozen=True, slots=True)
class DirectiveEnded:
    """What came of a directive, told by what applied it."""

    at: Instant
    number: int
    directive: str
    code: str
