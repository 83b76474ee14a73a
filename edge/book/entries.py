"""Entries of the book on their way to the daemon, and back: checked on its side as if a stranger had made them."""

from collections.abc import Iterable

import msgspec

from drivers.lines import Unreadable
from edge import codec
from edge.book.messages import EntryLine
from rules.book.kinds import allowed
from rules.model.facts import Entry


def lines_of(entries: Iterable[Entry]) -> tuple[EntryLine, ...]:
    """What the daemon is told."""
    told: list[EntryLine] = []
    for entry in entries:
        data, opened = codec.plain(entry.fact)
        why = None if entry.because is None else (entry.because.code, tuple(entry.because.args))
        told.append(EntryLine(entry.fact.KIND, entry.subject, entry.actor, data, opened, why))
    return tuple(told)


def entry_of(told: EntryLine) -> Entry:
    """The entry that it was. Raises Unreadable for what is none, or not the book's to enter."""
    why = None if told.because is None else (told.because[0], dict(told.because[1]))
    try:
        entry = codec.entry(told.kind, told.subject, told.actor, None, told.data, told.opened, why)
    except msgspec.MsgspecError as err:
        raise Unreadable(str(err)[:200]) from None
    if entry is None or not allowed(entry):
        raise Unreadable(f"{told.kind[:64]} is not the book's to enter")
    return entry
