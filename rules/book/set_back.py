"""The box's clock was ahead and was set right: what happened meanwhile is dated to when it really was, as far as can be told.

Known by the record alone: an event that is dated before what was recorded before it. By as much as the clock went back, dates
that are still to come move back; of what does not say when it was recorded none is later than that event. So nothing counts as
still to come for as long as the clock was ahead: no age below 0, no escalation that waits, no flag that never becomes work.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from rules.book.book import Book
from rules.book.ticket import Signal, Ticket

LATEST: Final = "latest_us"
RIGHT: Final = "right_us"
FIRST: Final = "first_us"
"""Among the book's numbers, UTC microseconds: the latest date since the clock was set right, when that was, and the first."""
SURE: Final = "sure"
"""Also among them: 1 once a time service disciplined the clock."""
LEAST_US: Final = 60_000_000
"""Less is what a clock is disciplined by, and how late an event may be told."""


def told(book: Book, at_us: int, *, sure: bool = False) -> None:
    """An event is dated so: move what is to be moved, and remember its date. sure: its clock was disciplined by a time service.

    A clock that lost its battery is behind, and nothing was ahead: a date before all that was ever recorded says that, and so
    does one that is not sure where others were. Then nothing moves.
    """
    if sure and not book.numbers.get(SURE):
        book.numbers[SURE] = 1
    latest_us = book.numbers.get(LATEST, 0)
    if not latest_us:
        book.numbers[FIRST] = at_us
    if at_us < latest_us - LEAST_US:
        if at_us < book.numbers.get(FIRST, 0) or (not sure and book.numbers.get(SURE)):
            return
        _set_back(book, at_us, latest_us)
        book.numbers[RIGHT] = book.numbers[LATEST] = at_us
    elif at_us > latest_us:
        book.numbers[LATEST] = at_us


def known_at(book: Book, ticket: Ticket, now_us: int) -> Ticket:
    """A closed ticket, which lies on disk and was not moved: nothing of it is later than when the clock was set right, or now."""
    if max(ticket.turned_us, ticket.recovered_us) <= now_us:
        return ticket
    latest_us = min(now_us, book.numbers.get(RIGHT, now_us))
    return _ticket(ticket, lambda one: min(one, latest_us))


def _set_back(book: Book, at_us: int, latest_us: int) -> None:
    ahead_us = latest_us - at_us

    def moved(one: int) -> int:
        return one if one <= at_us else min(at_us, one - ahead_us)

    for number, ticket in book.tickets.items():
        if max(_times(ticket)) > at_us:
            book.tickets[number] = replace(_ticket(ticket, moved), ahead=True)
            book.moved.add(number)
    for key, flag in book.flags.items():
        if flag.since_us > at_us:
            book.flags[key] = replace(flag, since_us=moved(flag.since_us))
    for key, signal in book.signals.items():
        if max((*signal.times, signal.cleared_us)) > at_us:
            times = tuple(_in_order(map(moved, signal.times)))
            book.signals[key] = Signal(times, moved(signal.cleared_us))
    for number, rest in book.upkeeps.items():
        # What begins later than all that was recorded was planned so.
        if at_us < rest.from_us <= latest_us:
            ended_us = moved(rest.ended_us)
            book.upkeeps[number] = replace(
                rest, from_us=moved(rest.from_us), until_us=rest.until_us - ahead_us, ended_us=ended_us
            )
    for number, fault in book.faults.items():
        if fault.at_us > at_us:
            book.faults[number] = replace(fault, at_us=moved(fault.at_us))
    for batches in (book.batches, book.ticket_batches, book.inspection_batches):
        for number, batch in batches.items():
            if batch.at_us > at_us:
                batches[number] = replace(batch, at_us=moved(batch.at_us))
    for name, asset in book.assets.items():
        times_of = (asset.told_us, asset.stated_us, asset.written_us, asset.since_us)
        if max(times_of) > at_us:
            told_us, stated_us, written_us, since_us = map(moved, times_of)
            book.assets[name] = replace(
                asset, told_us=told_us, stated_us=stated_us, written_us=written_us, since_us=since_us
            )


def _times(ticket: Ticket) -> tuple[int, ...]:
    return ticket.opened_us, ticket.since_us, ticket.turned_us, ticket.recovered_us


def _ticket(ticket: Ticket, moved: Callable[[int], int]) -> Ticket:
    """With its dates moved, and in the order in which they were."""
    dated = sorted({*_times(ticket), *(one for span in ticket.spans for one in span)})
    now = dict(zip(dated, _in_order(map(moved, dated)), strict=True))
    return replace(
        ticket,
        opened_us=now[ticket.opened_us],
        since_us=now[ticket.since_us],
        turned_us=now[ticket.turned_us],
        recovered_us=now[ticket.recovered_us],
        spans=tuple((now[begin], now[end]) for begin, end in ticket.spans),
    )


def _in_order(times: Iterable[int]) -> Iterator[int]:
    return itertools.accumulate(times, max)
