"""Which segments have had their time: the oldest ones, whole, and never a part of an incident.

Asked of the writer's thread a few hundred events at a time, so that a press in between waits for one bite and no more.
Nothing is let go here: `Journal.drop_segment` does that, and tells it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Literal

import msgspec

from edge.journal.core import Core
from edge.journal.store import Segment, Store
from edge.journal.stored import rfc3339
from edge.journal.writer import JournalRefused

Ask = Callable[[Callable[[Core], Any]], Any]
"""Have the writer do something short, and wait for it in another thread than the loop's; raises JournalRefused."""
Held = Literal["", "incident_live", "still_stands", "work_open"]

BITE: Final = 256
"""Events looked at between two commits: half a millisecond."""
NO_EARLIER: Final = "2025-01-01T00:00:00.000000Z"
"""Before this program existed: a clock that was never set."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long events are kept, in microseconds: those of incidents (of whatever kind), counted from an incident's last
    one, and all others.
    """

    incidents_us: int
    other_us: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the record still rests on: the ids of live incidents, and since when (microseconds since 1970) the oldest of
    what stands does; None: nothing stands. open_us: since when the oldest of the work that nobody finished is told of.
    """

    live: frozenset[str] = frozenset()
    since_us: int | None = None
    open_us: int | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """Segments that have had their time, oldest first. held: why one more that has is kept, `""` none."""

    segments: tuple[Segment, ...]
    held: Held = ""


class _Line(msgspec.Struct):
    at: str
    incident: str | None


@dataclass(slots=True)
class _Sort:
    """Events of one sort: how many, the newest time of them that can be true, and whether one has none that can."""

    count: int = 0
    newest: str = ""
    untimed: bool = False

    def add(self, at: str, *, true: bool) -> None:
        self.count += 1
        self.newest = max(self.newest, at) if true else self.newest
        self.untimed = self.untimed or not true

    def over(self, until: str, bound: str) -> bool:
        """Whether all of them are from before `until`; those without a true time are from before `bound`."""
        newest = max(self.newest, bound) if self.untimed else self.newest
        return self.count == 0 or newest <= until


@dataclass(slots=True)
class _Seen:
    """What was seen of a range of events. What cannot be read counts as of an incident, and as without a time."""

    of_incidents: _Sort = field(default_factory=_Sort)
    others: _Sort = field(default_factory=_Sort)
    incidents: set[str] = field(default_factory=set)

    @property
    def newest(self) -> str:
        return max(self.of_incidents.newest, self.others.newest)


_decode: Final = msgspec.json.Decoder(_Line).decode


def past(ask: Ask, terms: Terms, now_us: int, standing: Standing) -> Past:
    """What may go at this time by a clock that is sure. Not for the loop's thread. Raises JournalRefused."""
    now = rfc3339(now_us)
    kept = [one for one in ask(lambda core: _store(core).segments()) if one.dropped is None]
    found: list[tuple[Segment, set[str]]] = []
    held: Held = ""
    for one in kept:
        first, last = ask(partial(_places, one))
        seen = _Seen()
        for place in range(first - 1, last, BITE):
            _look(ask, seen, place, min(BITE, last - place), now)
        bound = _time_behind(ask, last, now)
        if not bound or not _over(seen, bound, terms, now_us):
            break
        held = _held(seen, bound, standing)
        if held:
            break
        found.append((one, seen.incidents))
    return Past(_whole(ask, found, now), held)


def _over(seen: _Seen, bound: str, terms: Terms, now_us: int) -> bool:
    return seen.of_incidents.over(rfc3339(now_us - terms.incidents_us), bound) and seen.others.over(
        rfc3339(now_us - terms.other_us), bound
    )


def _held(seen: _Seen, bound: str, standing: Standing) -> Held:
    if seen.incidents & standing.live:
        return "incident_live"
    untimed = seen.of_incidents.untimed or seen.others.untimed
    newest = max(seen.newest, bound) if untimed else seen.newest
    if standing.since_us is not None and newest >= rfc3339(standing.since_us):
        return "still_stands"
    if standing.open_us is not None and newest >= rfc3339(standing.open_us):
        return "work_open"
    return ""


def _look(ask: Ask, seen: _Seen, after: int, count: int, now: str) -> int:
    """Take in at most `count` events behind a place; the last place there was, `after` for none."""
    rows = ask(lambda core: _store(core).raw_after(after, count))
    for _, _, body in rows:
        try:
            line = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            seen.of_incidents.add("", true=False)
            continue
        sort = seen.others if line.incident is None else seen.of_incidents
        sort.add(line.at, true=NO_EARLIER <= line.at <= now)
        if line.incident is not None:
            seen.incidents.add(line.incident)
    return int(rows[-1][0]) if rows else after


def _time_behind(ask: Ask, place: int, now: str) -> str:
    """The first time behind a place that can be true: of what was written later. `""`: there is none near by."""
    for _, _, body in ask(lambda core: _store(core).raw_after(place, BITE)):
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            line = _decode(body)
            if NO_EARLIER <= line.at <= now:
                return line.at
    return ""


def _whole(ask: Ask, found: Sequence[tuple[Segment, set[str]]], now: str) -> tuple[Segment, ...]:
    """As many of these as no incident of theirs goes on behind: it is kept whole, a late note on it with it."""
    if not found:
        return ()
    _, place = ask(partial(_places, found[-1][0]))
    behind = _Seen()
    while (reached := _look(ask, behind, place, BITE, now)) != place:
        place = reached
    later = behind.incidents
    for count in range(len(found), 0, -1):
        if not later & set().union(*(incidents for _, incidents in found[:count])):
            return tuple(one for one, _ in found[:count])
        later = later | found[count - 1][1]
    return ()


def _places(one: Segment, core: Core) -> tuple[int, int]:
    store = _store(core)
    first, last = store.place_of(one.epoch, one.first), store.place_of(one.epoch, one.last)
    if first is None or last is None:
        raise JournalRefused("the journal was exchanged meanwhile")
    return first, last


def _store(core: Core) -> Store:
    if core.store is None:
        raise JournalRefused("the journal's database cannot be opened")
    return core.store
