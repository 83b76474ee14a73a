"""The forms that every noun shares: identifiers, words of persons, lists, what a write answers, problems."""

from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from msgspec import Meta, Struct

from rules.model.responses import Response
from rules.model.verdicts import VerdictWord

T = TypeVar("T")

NO_CONTROL: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Control characters are no text that a terminal or a printer could show one day."""

Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!-~]+$")]
Words = Annotated[str, Meta(min_length=1, max_length=2_000, pattern=NO_CONTROL)]
MaybeWords = Annotated[str, Meta(max_length=2_000, pattern=NO_CONTROL)]
Ids = Annotated[list[Id], Meta(min_length=1, max_length=1_000)]
Cursor = Annotated[str, Meta(max_length=100, description="`next` of an earlier answer, as it was given.")]
PLACE: Final = r"^[0-9a-f-]{36}:[1-9][0-9]{0,15}$"
Place = Annotated[
    str, Meta(pattern=PLACE, description="EPOCH:SEQ, as `next` and the ids of the stream give it.")
]
Limit = Annotated[int, Meta(ge=1, le=500)]
KindAsked = Literal["real", "drill", "exercise"]
KindShown = Literal["real", "drill", "exercise", "test"]
Time = Annotated[str, Meta(description="RFC 3339, UTC.")]
Milliseconds = float

__all__ = ["Response", "VerdictWord"]


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body or query: an unknown member is a mistake that somebody should hear of."""


class Listed(Struct, Generic[T], frozen=True, kw_only=True):
    """A list. next: give it as `after` for what follows; null: that was all."""

    items: list[T]
    next: str | None


class Done(Struct, frozen=True, kw_only=True):
    """A write that was done, answered once it is durable.

    durable: on disk. false: done, but the disk takes nothing now; it is kept in memory and written when it can be.
    """

    durable: bool
    words: str


class PhotoTaken(Done, frozen=True, kw_only=True):
    """sha256: of what is kept: the picture, without what the phone wrote into it."""

    sha256: str


class Started(Done, frozen=True, kw_only=True):
    """incident: the one it opened, joined or raised; null where it is not to be shown."""

    incident: str | None


class Held(Struct, frozen=True, kw_only=True):
    """A door that the interlock held back, and why."""

    door: str
    code: str
    words: str


class Wrong(Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request; path as in `$.doors[1]`."""

    path: str
    detail: str


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457. `code` is for programs and stays as it is; `detail` is for people: what happened, and what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[Wrong] = []
    held: list[Held] = []
    durable: bool | None = None
    wait_s: int | None = None


Json = Any
