"""An event of the journal that changes nothing in the book: all that is known of it is its place and its time."""

import contextlib
from collections.abc import Collection
from typing import Any, Final

import msgspec

from edge.journal.stored import Stored, microseconds, stored
from edge.journal.upcast import UPCASTS, upcast


class Passed(msgspec.Struct, frozen=True):
    """at_us: microseconds since 1970, UTC."""

    epoch: str
    seq: int
    hash: str
    kind: str
    at_us: int


class _Peeked(msgspec.Struct):
    epoch: str
    seq: int
    kind: str
    at: str


_peek: Final = msgspec.json.Decoder(_Peeked).decode


def line_of(kinds: Collection[str], digest: str, body: str, opened: dict[str, str]) -> Stored | Passed | None:
    """The event of a line of the journal, whole where its kind is one of these. None: its bytes cannot be read, and nobody can
    say what it was.
    """
    try:
        seen = _peek(body)
        at_us = microseconds(seen.at)
        if seen.kind not in kinds and seen.kind not in UPCASTS:
            return Passed(seen.epoch, seen.seq, digest, seen.kind, at_us)
        values: dict[str, Any] = {}
        for name, value in opened.items():
            with contextlib.suppress(msgspec.MsgspecError):  # damaged: as good as erased
                values[name] = msgspec.json.decode(value)
        return upcast(stored(body.encode(), digest, values))
    except (ValueError, OverflowError, RecursionError):
        return None
