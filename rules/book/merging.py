"""A ticket that was edited on both sides: a pure fold of a *set* of operations.

Two replicas merge by taking the union of what they have (`joined`), and what a ticket is depends on that set alone (`merged`);
so it is the same whatever came first, in whatever pieces, however often. The rules are `rules/packs/merging.yaml`.

**Later, or at once?** Each operation says what its author had seen: for each line of numbers (an epoch of the campus's
journal, the district's own) the ranges. That is exact, also where one operation was refused and the next was not; and who says
less than they had seen gets a conflict too many, never one too few. A line is one author: of two of its operations the higher
number is the later. One act that says several fields is one number, and does not contest itself.

**Clocks decide only between what is at once**, and only under the rule `last`; who had seen the other's wins whatever their
clock says. So a wrong clock can win once, is shown beside what it beat, and loses to the next who looks.
The time that counts for an operation is recorded once, so that every replica reads the same:

- The campus's operations count by their event's time, as the chain has it.
- A district's operation is heard by the campus first. There, and only there, `heard` compares the clocks (what the sender's
  said when it handed it over, and ours): where they are more than five minutes apart it is moved by what is beyond, so that
  edits of both are compared by one clock; and none is later than five minutes from now. An honest edit that waited thirty days
  for a line keeps its time, for waiting is no fault of a clock. The campus's event of the merge records what came of it, and
  when that was.
- That moment bounds what the campus said before it: by then those edits were made, so a clock that had been ahead and is right
  again does not win on (`rules.book.ticket_operations`).

Where copies of one operation have other times recorded, the earliest counts: a clock that is ahead gains nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from rules.book.merge_pack import MergePack, MergeRule
from rules.book.ticket_fields import WEIGHTS
from rules.model.ticket_operations import Clock, Operation, Range
from rules.model.values import dataclass

SLACK_US: Final = 300_000_000
"""Five minutes (reference/stack.md 5.5)."""
CLOSED: Final = "closed"
SAFEST: Final = ("reopened", "open", "waiting", "progress", "proposed", CLOSED)
"""States, the one furthest from done first."""
DONE: Final = frozenset({"proposed", CLOSED})


class Forked(ValueError):
    """Two operations have one id and say other things: somebody's numbering began twice. For a person."""


@dataclass(frozen=True, slots=True)
class Held:
    """What holds of a field. by: who said it. beside: what was said at once with it and is otherwise: kept and shown."""

    value: str
    by: Operation
    beside: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """A ticket. fields: of each that was ever said. added: what is only ever added, in the order of the time that counts.

    conflict: a close does not count, for somebody knew nothing of it.
    """

    fields: Mapping[str, Held]
    added: tuple[Operation, ...] = ()
    conflict: bool = False

    def value(self, name: str) -> str:
        """Of a field; `""`: nobody said."""
        held = self.fields.get(name)
        return "" if held is None else held.value

    @property
    def minutes(self) -> int:
        """Time spent, of both sides."""
        return sum(int(one.value) for one in self.added if one.field == "minutes")


# --- what was seen ----------------------------------------------------------------------------


def saw(one: Operation, other: Operation) -> bool:
    """Whether the author of `one` had `other` before them."""
    if one.line == other.line:
        return other.number < one.number
    return any(line == other.line and first <= other.number <= last for line, first, last in one.seen)


def later(one: Operation, other: Operation) -> bool:
    """Whether `one` came after `other`. Of two that claim to have seen each other neither did."""
    return saw(one, other) and not saw(other, one)


def at_once(one: Operation, other: Operation) -> bool:
    """Whether neither had seen the other; what one act says is not at once with itself."""
    same_act = one.line == other.line and one.number == other.number
    return not (same_act or later(one, other) or later(other, one))


def newest(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Those after which none came. Where hostile claims go round in a circle: all."""
    known = tuple(operations)
    last: dict[str, int] = {}
    for one in known:
        last[one.line] = max(one.number, last.get(one.line, 0))
    # On its own line only the last act can be: so a ticket with a thousand edits is not compared a million times.
    tops = (one for one in known if one.number == last[one.line])
    return tuple(one for one in tops if not any(later(other, one) for other in known)) or known


# --- sets of operations -----------------------------------------------------------------------


def joined(*sets: Iterable[Operation]) -> frozenset[Operation]:
    """What any of these replicas has. Raises Forked."""
    found: dict[tuple[str, str], Operation] = {}
    for one in (one for each in sets for one in each):
        key = (one.ticket, one.id)
        found[key] = one if key not in found else _one(found[key], one)
    return frozenset(found.values())


def same(one: Operation, other: Operation) -> bool:
    """Whether two copies of an operation say the same: what a receiver records of it is no part of that."""
    return replace(one, seen=(), stamp_us=0) == replace(other, seen=(), stamp_us=0)


def _one(one: Operation, other: Operation) -> Operation:
    if not same(one, other):
        raise Forked(f"{one.ticket} {one.id}")
    times = [each.stamp_us for each in (one, other) if each.stamp_us]
    return replace(one, seen=common(one.seen, other.seen), stamp_us=min(times, default=0))


def common(one: Iterable[Range], other: Iterable[Range]) -> tuple[Range, ...]:
    """What is in both."""
    others = tuple(other)
    found = (
        (line, max(first, start), min(last, end))
        for line, first, last in one
        for of, start, end in others
        if of == line
    )
    return ranges(each for each in found if each[1] <= each[2])


def ranges(those: Iterable[Range]) -> tuple[Range, ...]:
    """The same numbers in order and apart."""
    out: list[Range] = []
    for line, first, last in sorted(those):
        if out and out[-1][0] == line and first <= out[-1][2] + 1:
            out[-1] = (line, out[-1][1], max(out[-1][2], last))
        else:
            out.append((line, first, last))
    return tuple(out)


# --- clocks -----------------------------------------------------------------------------------


def issued(now_us: int, seen: Iterable[Operation]) -> Clock:
    """The clock of a new operation: by the author's own time, behind all that they had seen, but no more than five minutes
    ahead of it: what another's wrong clock said is not handed on.
    """
    last = max((one.counts_us for one in seen), default=0)
    if last < now_us:
        return now_us, 0
    top = min(last, now_us + SLACK_US)
    return top, 1 + max((one.hlc[1] for one in seen if one.counts_us == last), default=0)


def heard(operation: Operation, now_us: int, sent_us: int = 0, known: Iterable[Operation] = ()) -> Operation:
    """The same with the time that counts for it, by who hears it first: behind what it had seen of the known ones. One that has
    such a time keeps it. sent_us: the sender's clock when it handed it over; 0: unknown, and then clocks are not compared.
    """
    if operation.stamp_us:
        return operation
    apart_us = now_us - sent_us if sent_us else 0
    beyond_us = apart_us - max(-SLACK_US, min(SLACK_US, apart_us))
    at_us = min(operation.hlc[0] + beyond_us, now_us + SLACK_US)
    behind_us = 1 + max((one.counts_us for one in known if saw(operation, one)), default=0)
    return replace(operation, stamp_us=max(at_us, behind_us))


def bounded(operation: Operation, now_us: int) -> Operation:
    """The same, made no later than five minutes from `now_us`."""
    return replace(operation, stamp_us=max(1, min(operation.counts_us, now_us + SLACK_US)))


# --- the fold ---------------------------------------------------------------------------------


def merged(operations: Iterable[Operation], pack: MergePack) -> Merged:
    """What a ticket is by all its operations: those of fields that the pack does not name are not among it."""
    known = sorted(operations, key=_order)
    fields: dict[str, Held] = {}
    conflict = False
    for name, rule in pack.fields.items():
        said = [one for one in known if one.field == name]
        if not said or rule.rule == "all":
            continue
        if rule.rule == "safer":
            fields[name], conflict = _state(said, known)
        else:
            fields[name] = _held(newest(said), _BEST[rule.rule])
    added = pack.of("all")
    return Merged(fields, tuple(one for one in known if one.field in added), conflict)


def contested(close: Operation, operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """What knew nothing of a close, nor the close of it."""
    return tuple(one for one in operations if at_once(close, one))


def _state(said: list[Operation], known: list[Operation]) -> tuple[Held, bool]:
    against: tuple[Operation, ...] = ()
    left = said
    while True:
        standing = newest(left)
        void = {
            one.id for one in standing if one.value == CLOSED and any(at_once(one, other) for other in known)
        }
        if not void:
            break
        # What a close that does not count stood before stands again.
        against = against or tuple(one for one in standing if one.id in void)
        left = [one for one in left if one.id not in void]
    if not standing:
        return Held("open", against[0], against), True
    held = _held(standing, _BEST["safer"])
    if not against:
        return held, False
    if held.value in DONE:
        return Held("open", held.by, (held.by, *held.beside, *against)), True
    return Held(held.value, held.by, (*held.beside, *against)), True


def _held(last: tuple[Operation, ...], best: Callable[[Operation], tuple[object, ...]]) -> Held:
    winner = max(last, key=lambda one: (best(one), _order(one)))
    others = sorted((one for one in last if one.value != winner.value), key=_order, reverse=True)
    return Held(winner.value, winner, tuple(others))


def _order(one: Operation) -> tuple[int, Clock, str, int, str, int]:
    return one.counts_us, one.hlc, one.line, one.number, one.field, one.place


def _rank(words: tuple[str, ...], value: str) -> int:
    """The further in front, the higher; what nobody knows is the highest: unknown is never good."""
    return len(words) - (words.index(value) if value in words else -1)


_BEST: Final[Mapping[MergeRule, Callable[[Operation], tuple[object, ...]]]] = {
    "safer": lambda one: (_rank(SAFEST, one.value),),
    "higher": lambda one: (_rank(WEIGHTS, one.value) if one.value else 0,),
    "district": lambda one: (bool(one.value), one.site == "district"),
    # An earlier day is the smaller text (ISO), and none is behind all.
    "earlier": lambda one: (tuple(-ord(sign) for sign in one.value or "~"),),
    "last": lambda one: (),
}
