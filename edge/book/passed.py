"""An event of the journal that changes nothing in the book: all that is known of it is its place and its time."""

import contextlib
from collections.abc import Collection
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec

from edge.journal.stored import Stored, since_1970_us, stored
from edge.journal.upcast import UPCASTS, upcast
from rules.book.exterior import TOLD
from rules.model.facts import VerdictReached


class Passed(msgspec.Struct, frozen=True):
    """at: UTC."""

    epoch: str
    seq: int
    hash: str
    kind: str
    at: datetime

    @property
    def at_us(self) -> int:
        """Microseconds since 1970, UTC."""
        return since_1970_us(self.at)


class _Peeked(msgspec.Struct):
    epoch: str
    seq: int
    kind: str
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class _Verdict(msgspec.Struct):
    verdict: str


class _Reached(msgspec.Struct):
    data: _Verdict


_peek: Final = msgspec.json.Decoder(_Peeked).decode
_verdict: Final = msgspec.json.Decoder(_Reached).decode


def line_of(kinds: Collection[str], digest: str, body: str, opened: dict[str, str]) -> Stored | Passed | None:
    """The event of a line of the journal, whole where its kind is one of these. None: its bytes cannot be read, and nobody can
    say what it was.
    """
    try:
        seen = _peek(body)
        if (seen.kind not in kinds or _says_nothing(seen.kind, body)) and seen.kind not in UPCASTS:
            return Passed(seen.epoch, seen.seq, digest, seen.kind, seen.at)
        values: dict[str, Any] = {}
        for name, value in opened.items():
            with contextlib.suppress(msgspec.MsgspecError):  # damaged: as good as erased
                values[name] = msgspec.json.decode(value)
        return upcast(stored(body.encode(), digest, values))
    except (ValueError, OverflowError, RecursionError):
        return None


def _says_nothing(kind: str, body: str) -> bool:
    """Of a million verdicts of doors a few tell the book anything: the others need not be read whole."""
    if kind != VerdictReached.KIND:
        return False
    try:
        return _verdict(body).data.verdict not in TOLD
    except msgspec.ValidationError:  # perhaps another version's: the fold says
        return False
