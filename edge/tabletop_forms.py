"""What is asked about tabletops, as it comes in over HTTP, the socket or a page: bounded, read once, in one place."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from edge.tabletop import LARGEST
from edge.tabletop.messages import LONGEST_MS
from edge.tabletop.playing import Speed
from rules.model.post_facts import IncidentRole
from rules.tabletop_state import LONGEST

NO_CONTROL: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*$")]
Words = Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=NO_CONTROL)]
MaybeWords = Annotated[str, Meta(max_length=LONGEST, pattern=NO_CONTROL)]
Role = Annotated[IncidentRole | Literal[""], Meta(description="An ICS role; empty: the whole table.")]


class _Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An unknown member is a mistake that somebody should hear of."""


class Start(_Form, frozen=True, kw_only=True):
    """of: the id of an incident that is over, or the name of a written one. minutes: it ends by itself then."""

    source: Literal["incident", "scenario"]
    of: Id
    minutes: Annotated[int, Meta(ge=1, le=480)] = 120


class Clock(_Form, frozen=True, kw_only=True):
    """play goes on to the next question at `speed`; step to the next moment; seek stands still at `at_ms`."""

    do: Literal["play", "pause", "step", "seek"]
    speed: Speed = 1
    at_ms: Annotated[int, Meta(ge=0, le=100 * LONGEST_MS)] = 0


class Join(_Form, frozen=True, kw_only=True):
    """Somebody sits at the table."""

    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_CONTROL)]
    role: Role = ""


class Decide(_Form, frozen=True, kw_only=True):
    """inject: the number of the question; 0: of none."""

    text: Words
    inject: Annotated[int, Meta(ge=0, le=1_000)] = 0
    role: Role = ""


class Find(_Form, frozen=True, kw_only=True):
    """What would not have gone as it should."""

    text: Words


class End(_Form, frozen=True, kw_only=True):
    reason: MaybeWords = ""


class Add(_Form, frozen=True, kw_only=True):
    """A written incident, as its file says it."""

    name: Name
    text: Annotated[str, Meta(min_length=1, max_length=LARGEST)]


OF_VERBS: Final[Mapping[str, type[_Form]]] = {
    "start": Start,
    "clock": Clock,
    "join": Join,
    "decide": Decide,
    "find": Find,
    "end": End,
    "add": Add,
}
"""By the verb, of socket and API."""
Form = Start | Clock | Join | Decide | Find | End | Add


def read(verb: str, asked: Any) -> Form:
    """The form of a verb, from plain values. Raises `msgspec.ValidationError`, KeyError for a verb there is not."""
    form: Form = msgspec.convert(asked, OF_VERBS[verb])  # type: ignore[assignment]
    return form
