"""Reads what goes on to another keeper of the record: events with what opens their sealed fields, and checkpoints."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Literal, Protocol, TypeVar

import msgspec

from edge.journal.checkpoint import Checkpoint
from edge.journal.core import Core
from edge.journal.pieces import opened_store
from edge.journal.sealed import SealedValue
from edge.journal.store import Store
from rules.model.values import dataclass

T = TypeVar("T")
Found = Literal["", "unknown", "other", "lost"]
PIECE: Final = 50
"""Events read between two commits."""
CHECKPOINTS: Final = 50


@dataclass(frozen=True, slots=True)
class SealedLine:
    """An event as it lies in the journal, with what opens its sealed fields by name, as far as that is still there."""

    epoch: str
    seq: int
    hash: str
    body: bytes
    opened: Mapping[str, SealedValue]


@dataclass(frozen=True, slots=True)
class Onward:
    """What follows the place that the other keeper holds.

    found: what this journal says of that place. `unknown`: of another journal, all of this one follows. `other`: another
    event stands here, nothing follows. `lost`: it holds more of that epoch than this journal does, what follows is later.
    start: the checkpoint right before the first of `lines` where what came before it was let go.
    """

    lines: tuple[SealedLine, ...]
    more: bool
    found: Found = ""
    start: Checkpoint | None = None


class _Key(msgspec.Struct):
    epoch: str
    seq: int


_key: Final = msgspec.json.Decoder(_Key).decode


class Asked(Protocol):
    """The journal, as far as it is read here."""

    async def ask(self, what: Callable[[Core], T]) -> T: ...


async def behind(journal: Asked, epoch: str, seq: int, digest: str, limit: int) -> Onward:
    """At most `limit` events behind event `seq` of `epoch`, whose hash is `digest`; `""`: from the beginning.

    In pieces between commits. Raises JournalRefused; ValueError where an event's bytes can no longer be read.
    """
    found, place = await journal.ask(lambda core: _place(opened_store(core), epoch, seq, digest))
    if found == "other":
        return Onward((), more=False, found=found)
    lines: list[SealedLine] = []
    start: Checkpoint | None = None
    while len(lines) < limit:
        want = min(PIECE, limit - len(lines))
        piece, before = await journal.ask(partial(_piece, place=place, limit=want, first=not lines))
        start = start or before
        lines += (line for _, line in piece)
        if len(piece) < want:
            return Onward(tuple(lines), more=False, found=found, start=start)
        place = piece[-1][0]
    return Onward(tuple(lines), more=True, found=found, start=start)


async def newest(journal: Asked, count: int) -> list[SealedLine]:
    """The last `count` events of the epoch that goes on, oldest first. Raises as `behind`."""
    place = await journal.ask(lambda core: _before_newest(opened_store(core), count))
    lines: list[SealedLine] = []
    while len(lines) < count:
        piece, _ = await journal.ask(partial(_piece, place=place, limit=PIECE, first=False))
        lines += (line for _, line in piece)
        if len(piece) < PIECE:
            break
        place = piece[-1][0]
    return lines


def _before_newest(store: Store, count: int) -> int:
    head = store.head
    return 0 if head is None else store.place_of(head.epoch, max(0, head.seq - count)) or 0


async def checkpoints(journal: Asked, epoch: str, after: int, upto: int) -> list[Checkpoint]:
    """The first of an epoch's checkpoints behind number `after`, up to number `upto`. Raises JournalRefused."""
    return await journal.ask(lambda core: opened_store(core).checkpoints(epoch, after + 1, upto, CHECKPOINTS))


def _place(store: Store, epoch: str, seq: int, digest: str) -> tuple[Found, int]:
    if not epoch:
        return "", 0
    place = store.place_of(epoch, seq)
    if place is None:
        return "unknown", 0
    if not store.holds(epoch, seq):
        return "lost", store.place_of(epoch, store.last_of(epoch)) or 0
    # Of one that was let go nothing is known but what checkpoints say.
    here = store.hash_at(epoch, seq) if seq else None
    return ("", place) if here in (None, digest) else ("other", place)


def _piece(
    core: Core, place: int, limit: int, *, first: bool
) -> tuple[list[tuple[int, SealedLine]], Checkpoint | None]:
    store = opened_store(core)
    rows = store.raw_after(place, limit)
    if not rows:
        return [], None
    opened: dict[int, dict[str, SealedValue]] = {}
    for at, sealed in store.sealed_between(rows[0][0], rows[-1][0]):
        opened.setdefault(at, {})[sealed.field] = sealed
    found = []
    for at, digest, body in rows:
        key = _key(body)
        found.append((at, SealedLine(key.epoch, key.seq, digest, bytes(body), opened.get(at, {}))))
    line = found[0][1]
    jumped = first and line.seq > 1 and rows[0][0] != place + 1
    return found, store.checkpoint_before(line.epoch, line.seq - 1) if jumped else None
