"""What comes of an edit that the district made: taken in by the rules of merging, once, or refused whole with a code.

The district can add, correct and hurry. It ends, mutes and lightens nothing that a live incident shows, and makes nothing
lighter that weighs safety. Whether it may ask at all is decided by who hears it (its signature, the campus it is for).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from rules.book.book import Book
from rules.book.decision import Now, Refused
from rules.book.merging import CLOSED, Held, Merged, at_once, contested, heard, merged, ranges, same
from rules.book.ticket import Ticket
from rules.book.ticket_fields import FIELDS, WEIGHTS, words_hold
from rules.book.ticket_operations import operations, said_by
from rules.book.ticket_things import weight_of
from rules.book.tickets import MOST_MINUTES, check_places, is_sha256, no_value, subject_of
from rules.model.facts import Because, Entry
from rules.model.ids import Actor
from rules.model.ticket_asks import MergeTicket
from rules.model.ticket_facts import MergeWord, TicketChanged, TicketMerged
from rules.model.ticket_operations import Operation, Range

RULE: Final = Actor("rule")
MERGED: Final = Because("merged")
MOST_OPERATIONS: Final = 1_000
"""Of the district, on one ticket."""
MOST_SEEN: Final = 64
MOST_BESIDE: Final = 20
MOST_PLACES: Final = 100
LARGEST: Final = 2**53
"""Of a number in the journal (contract section 6)."""
_ID: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")
"""Of an opaque id: nobody's address or name passes."""


def _part(value: str) -> bool:
    count, times, name = value.partition(" x ")
    return bool(times) and FIELDS["before"].holds(count) and FIELDS["title"].holds(name)


ADDED: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "note": (words_hold, "words"),
    "minutes": (lambda one: FIELDS["before"].holds(one) and 0 < int(one) <= MOST_MINUTES, "number"),
    "part": (_part, "part"),
    "photo": (is_sha256, "sha256"),
    "acknowledged": (lambda one: one == "", "nothing"),
}
"""What is only ever added: how it is written."""
IN_WORDS: Final = frozenset({"note", "part", "photo"}) | {
    name for name, one in FIELDS.items() if one.where != "field"
}
"""Fields whose value is somebody's words, or a picture: sealed."""


def merge_ticket(book: Book, asked: MergeTicket, now: Now) -> Iterator[Entry]:
    """Take an edit of the district in. Raises Refused."""
    said = asked.operation
    known = _checked(book, said, asked.sent_us)
    told = book.told.get(known.number, ())
    before = said_by(operations(said.ticket, told), now.utc_us)
    for one in before:
        if one.id == said.id:
            if _as_it_was(one, said):
                return
            raise Refused("said_otherwise", ("ticket", known.number))
    if said.line == book.head[0] or any(one.epoch == said.line for one in told):
        raise Refused("bad_operation", ("part", "line"))
    if sum(one.site == "district" for one in before) >= MOST_OPERATIONS:
        raise Refused("too_many_operations", ("ticket", known.number), ("most", MOST_OPERATIONS))
    seen = replace(said, seen=_possible(book, said), stamp_us=0)
    taken = heard(seen, now.utc_us, asked.sent_us, before)
    pack = book.campus.merging
    was, after = merged(before, pack), merged((*before, taken), pack)
    new = _new(known, taken, after)
    _may_be(book, known, taken, new, live=asked.live or bool(book.live))
    yield Entry(
        _fact(book, taken, (*before, taken), was, after, new, now),
        subject_of(known.number),
        Actor(f"district:{said.actor}"),
        because=MERGED,
    )
    weight = weight_of(book, {**known.fields, **new})
    if _rank(weight) < _rank(new.get("weight", known.field("weight"))):
        # By the thing that it is of now.
        fact = TicketChanged(known.number, "weight_of_thing", (("weight", weight),))
        yield Entry(fact, subject_of(known.number), RULE, because=MERGED)


# --- whether it is one ------------------------------------------------------------------------


def _checked(book: Book, said: Operation, sent_us: int) -> Ticket:
    """The ticket that it is about."""
    campus, _, number = said.ticket.rpartition("-")
    if campus != book.campus.id:
        raise Refused("another_campus", ("ticket", said.ticket[:64]))
    known = book.ticket(int(number)) if FIELDS["before"].holds(number) else None
    if known is None or str(known.number) != number:
        raise Refused("unknown_ticket", ("ticket", number[:64]))
    rule = book.campus.merging.fields.get(said.field)
    if rule is None or not rule.district:
        raise Refused("unknown_field", ("field", said.field[:64]))
    for part, holds in (
        ("site", said.site == "district"),
        ("line", _is_id(said.line, 64)),
        ("number", 0 < said.number <= LARGEST),
        ("place", 0 <= said.place < MOST_PLACES),
        ("actor", _is_id(said.actor, 48)),
        ("hlc", all(0 <= one <= LARGEST for one in (*said.hlc, sent_us))),
        ("seen", len(said.seen) <= MOST_SEEN and all(map(_is_range, said.seen)) and ranges(said.seen) == said.seen),
        ("why", not said.why or (said.field == "state" and words_hold(said.why))),
    ):  # fmt: skip
        if not holds:
            raise Refused("bad_operation", ("part", part))
    _check_value(book, said)
    return known


def _check_value(book: Book, said: Operation) -> None:
    name, value = said.field, said.value
    if name in ADDED:
        holds, form = ADDED[name]
        if not holds(value):
            raise no_value(name, form, value)
        return
    if not value and name in ("state", "category", "title", "weight"):
        raise Refused("not_said", ("field", name))
    if value and not FIELDS[name].holds(value):
        raise no_value(name, FIELDS[name].form, value)
    check_places(book, {name: value})


def _is_id(value: str, most: int) -> bool:
    return 0 < len(value) <= most and all(one in _ID for one in value)


def _is_range(one: Range) -> bool:
    line, first, last = one
    return _is_id(line, 64) and 0 <= first <= last <= LARGEST


def _as_it_was(known: Operation, said: Operation) -> bool:
    """Whether it is the one that was taken in before, its words erased perhaps."""
    erased = known.field in IN_WORDS and not known.value
    value = said.value if erased else known.value
    return same(replace(known, value=value, why=known.why or said.why), said)


def _possible(book: Book, said: Operation) -> tuple[Range, ...]:
    """Of what it says it had seen, what there was to see: nobody has seen what this journal has not said yet."""
    epoch, seq = book.head
    clipped = (
        (line, first, min(last, seq) if line == epoch else last)
        for line, first, last in said.seen
        if line != said.line
    )
    return ranges(one for one in clipped if one[1] <= one[2])


# --- whether it may be ------------------------------------------------------------------------


def _new(known: Ticket, taken: Operation, after: Merged) -> dict[str, str]:
    """What is another of the ticket, of fields that are no words."""
    had = {**known.fields, "state": known.state}
    names = {"state", taken.field} - IN_WORDS
    held = {name: one.value for name, one in after.fields.items() if name in names}
    return {name: value for name, value in held.items() if value != had.get(name, "")}


def _may_be(book: Book, known: Ticket, taken: Operation, new: Mapping[str, str], *, live: bool) -> None:
    """Raises Refused."""
    weight = known.field("weight")
    if "weight" in new and weight == WEIGHTS[0]:
        raise Refused("safety_kept", ("ticket", known.number))
    if taken.field == "state" and taken.value == CLOSED and not taken.why and WEIGHTS[0] in (
        weight, weight_of(book, known.fields),
    ):  # fmt: skip
        raise Refused("why_needed", ("ticket", known.number))
    if live and not _is_quiet(book, known, taken, new):
        # Of which kind, and whether anybody may know of it, is not said.
        raise Refused("not_now", ("ticket", known.number))


def _is_quiet(book: Book, known: Ticket, taken: Operation, new: Mapping[str, str]) -> bool:
    """Whether it takes nothing from sight."""
    if book.campus.merging.fields[taken.field].quiet:
        return True
    match taken.field:
        case "weight":
            return not new or _rank(new["weight"]) < _rank(known.field("weight"))
        case "due":
            day = known.field("due")
            return not new or not day or (bool(new["due"]) and new["due"] < day)
        case "state":
            return (known.closed and taken.value != CLOSED) or (not new and taken.value != CLOSED)
        case _:
            return False


def _rank(weight: str) -> int:
    return WEIGHTS.index(weight) if weight in WEIGHTS else len(WEIGHTS)


# --- what is recorded -------------------------------------------------------------------------


def _fact(
    book: Book,
    taken: Operation,
    every: tuple[Operation, ...],
    was: Merged,
    after: Merged,
    new: Mapping[str, str],
    now: Now,
) -> TicketMerged:
    held = after.fields.get(taken.field)
    words = taken.field in IN_WORDS
    beside = [
        one.id
        for one in every
        if one.field == taken.field and at_once(one, taken) and one.value != taken.value and held is not None
    ]
    if taken.field == "state" and taken.value == CLOSED:
        beside += [one.id for one in contested(taken, every) if one.id not in beside]
    elif after.conflict:
        beside += [one.id for one in after.fields["state"].beside if one.id not in beside]
    return TicketMerged(
        int(taken.ticket.rpartition("-")[2]),
        taken.line,
        taken.number,
        taken.place,
        taken.field,
        "" if words else taken.value,
        taken.seen,
        taken.actor,
        *taken.hlc,
        now.utc_us,
        taken.stamp_us,
        book.campus.merging.version,
        book.campus.merging.sha256,
        _outcome(held, taken),
        "" if words or held is None else was.value(taken.field),
        tuple(beside[-MOST_BESIDE:]),
        after.conflict,
        tuple(sorted(new.items())),
        taken.value if words else "",
        taken.why,
    )


def _outcome(held: Held | None, taken: Operation) -> MergeWord:
    if held is None:
        return "added"
    return "taken" if held.by.id == taken.id and held.value == taken.value else "kept"
