"""The record read forward, as far as whoever asks may see it, with the numbers that they count it in."""

from typing import Any, Final

from edge.journal.stored import Stored
from edge.web.problem import Problem
from edge.web.route import Visit
from edge.web.shared import EVENT, event_of, shared
from edge.web.sieve import Position, told
from rules.model.values import dataclass

PIECE: Final = 200
LOOKED_MOST: Final = 2_000
"""Events looked at for one answer."""


@dataclass(frozen=True, slots=True)
class Shown:
    """next: where to go on, None: nothing was there at all. more: something may follow at once."""

    events: list[dict[str, Any]]
    next: str | None
    more: bool


async def read_shown(
    visit: Visit,
    after: Position | None,
    limit: int,
    *,
    only: str | None = None,
    true_start: Position | None = None,
    looked_most: int = LOOKED_MOST,
) -> Shown:
    """Events behind `after` as the caller counts them (None: from the first kept), of one incident or of all.

    true_start: instead, behind this event as the journal counts. Raises JournalRefused, Problem.
    """
    duress, names = visit.may("look-duress"), visit.may("people")
    seen = shared(visit.request)
    if not duress:
        await seen.follow_the_record()
    place = true_start if true_start is not None else await true_position(visit, after)
    found: list[dict[str, Any]] = []
    looked, more = 0, True
    while more and looked < looked_most and len(found) < limit:
        batch = await _read(visit, place, min(PIECE, looked_most - looked))
        if not duress:
            seen.feed.catch_up()
        more = len(batch) == min(PIECE, looked_most - looked)
        for event in batch:
            looked += 1
            place = event.position
            if (duress or not seen.sieve.judge(event)) and only in (None, event.incident):
                found.append(_document(event, seen.sieve.shown_seq(place), duress=duress, names=names))
            if len(found) == limit:
                more = more or event is not batch[-1]
                break
    return Shown(found, None if place is None else cursor(visit, place), more)


async def true_position(visit: Visit, after: Position | None) -> Position | None:
    """A caller's place in the record as the journal counts it."""
    if after is None or visit.may("look-duress"):
        return after
    seen = shared(visit.request)
    await seen.follow_the_record()
    return after[0], seen.sieve.true_seq(*after)


def cursor(visit: Visit, place: Position) -> str:
    """A place in the journal as the caller counts it: EPOCH:SEQ."""
    duress = visit.may("look-duress")
    return f"{place[0]}:{place[1] if duress else shared(visit.request).sieve.shown_seq(place)}"


async def _read(visit: Visit, place: Position | None, limit: int) -> list[Stored]:
    try:
        return await visit.office.events(place, limit)
    except KeyError:
        raise Problem(
            404,
            "No event stands at this place: the journal was replaced, or its old part was dropped. "
            "Begin without `after`.",
            code="unknown_position",
        ) from None


def _document(event: Stored, shown: int, *, duress: bool, names: bool) -> dict[str, Any]:
    document = event_of(told(event, duress=duress, seq=event.seq if duress else shown), names=names)
    return {name: document[name] for name in EVENT}
