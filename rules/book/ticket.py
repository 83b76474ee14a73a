"""What rules know of a ticket, of what is put to rest, and of how a flag turned lately. Texts are not among it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from rules.model.ticket_facts import UpkeepOf, UpkeepWord
from rules.model.values import dataclass

MOST_SPANS: Final = 16
MOST_TIMES: Final = 10
Span = tuple[int, int]
"""[from, until), UTC microseconds."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """fields: by the names of `ticket_fields`, but for the state. since_us: since when it is open this time; spans: the times
    before. steps: of escalation, those that were reached. recovered_us: when it was last seen that its flag is gone.
    turned_us: when its state became what it is. conflict: closed on one side while the other edited it; nobody settled it yet.
    ahead: the box's clock was ahead, and some of these dates were moved back.
    """

    number: int
    fields: Mapping[str, str]
    state: str
    key: str
    batch: int
    opened_us: int
    since_us: int
    turned_us: int
    spans: tuple[Span, ...] = ()
    steps: tuple[str, ...] = ()
    recovered_us: int = 0
    conflict: bool = False
    ahead: bool = False

    @property
    def closed(self) -> bool:
        """Nothing is left to do."""
        return self.state == "closed"

    def field(self, name: str) -> str:
        """One of its fields; `""`: not said."""
        return self.fields.get(name, "")

    def turned(self, state: str, at_us: int, fields: Mapping[str, str] | None = None) -> "Ticket":
        """In another state; what is closed is not aged until it is reopened. fields: all of them; None: as they are."""
        since_us, spans = self.since_us, self.spans
        if state == "closed" and not self.closed:
            spans = (*spans, (since_us, at_us))[-MOST_SPANS:]
        elif self.closed and state != "closed":
            since_us = at_us
        fields = self.fields if fields is None else fields
        return replace(self, state=state, turned_us=at_us, since_us=since_us, spans=spans, fields=fields)

    def age_us(self, now_us: int, rests: Iterable[Span] = ()) -> int:
        """How long it was open by now, all times together, without the times of rest."""
        spans = self.spans if self.closed else (*self.spans, (self.since_us, max(self.since_us, now_us)))
        resting = joined(rests)
        return sum(
            end - begin - sum(max(0, min(end, until) - max(begin, start)) for start, until in resting)
            for begin, end in spans
        )


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Maintenance of a device or zone, or a ticket's snooze. ended_us: 0 while nobody ended it and it is not told over."""

    what: UpkeepWord
    of: UpkeepOf
    subject: str
    owner: str
    from_us: int
    until_us: int
    ended_us: int = 0

    @property
    def span(self) -> Span:
        """From when to when it holds."""
        until = min(self.until_us, self.ended_us) if self.ended_us else self.until_us
        return self.from_us, max(self.from_us, until)

    def holds(self, now_us: int) -> bool:
        """Whether it holds now."""
        begin, end = self.span
        return begin <= now_us < end


@dataclass(frozen=True, slots=True)
class Signal:
    """How a flag turned: the last times that it was raised, the newest last, and when it was last cleared."""

    times: tuple[int, ...] = ()
    cleared_us: int = 0

    @property
    def last_us(self) -> int:
        """When it was last raised; 0: never, as far as is known."""
        return self.times[-1] if self.times else 0

    def often(self, count: int, within_us: int, now_us: int) -> bool:
        """Whether it was raised so many times within so long, and the last of them not longer ago than that."""
        last = self.times[-count:]
        return len(last) == count and last[-1] - last[0] <= within_us and now_us - last[-1] <= within_us


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time in spans that do not overlap."""
    out: list[Span] = []
    for begin, end in sorted(spans):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out
