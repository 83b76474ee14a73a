"""What the campus and the district said of a ticket at once: both versions, with who, when, where; and all of its operations."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from edge.book.asking import NotThere
from edge.book.database import Database, Line
from rules.book.decision import Now
from rules.book.merge_pack import MergePack
from rules.book.merging import Held, Merged, merged
from rules.book.ticket_operations import operations
from rules.model.ticket_operations import Operation

_MERGES: Final = (
    "SELECT 1 FROM changes WHERE owner = 'ticket' AND id = ? AND kind = 'ticket.merged/1' LIMIT 1"
)


class OperationsAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """number: of a ticket."""

    number: Annotated[int, Meta(ge=1, le=2**53)]


def operations_of(database: Database, asked: OperationsAsked, _now: Now) -> Line:
    """All operations of a ticket and what they come to, for the other side and for whoever compares both. Raises NotThere."""
    known = database.book.ticket(asked.number)
    if known is None:
        raise NotThere
    found = _operations(database, asked.number)
    pack = database.book.campus.merging
    said = sorted(found, key=lambda one: (one.counts_us, one.id))
    return {
        "version": pack.version,
        "sha256": pack.sha256,
        "operations": [msgspec.to_builtins(one) for one in said],
        "merged": plain(merged(found, pack)),
    }


def plain(ticket: Merged) -> Line:
    """A merged ticket as JSON has it: the same bytes on both sides where it is the same."""
    return {
        "conflict": ticket.conflict,
        "minutes": ticket.minutes,
        "added": [one.id for one in ticket.added],
        "fields": {
            name: {"value": held.value, "by": held.by.id, "beside": [one.id for one in held.beside]}
            for name, held in sorted(ticket.fields.items())
        },
    }


def versions(database: Database, number: int) -> list[Line]:
    """The fields of which two versions are kept, each with the one that holds first; none where the district never wrote."""
    if not database.lines(_MERGES, str(number)):
        return []
    pack: MergePack = database.book.campus.merging
    found = merged(_operations(database, number), pack)
    return [
        {"field": name, "said": list(_said(held)), "rule": pack.fields[name].rule}
        for name, held in found.fields.items()
        if held.beside
    ]


def _said(held: Held) -> Any:
    yield _version(held.by, held.value, holds=True)
    for one in held.beside:
        # Where a close does not count, its own author may stand for what holds.
        if one.id != held.by.id or one.value != held.value:
            yield _version(one, one.value, holds=False)


def _version(one: Operation, value: str, *, holds: bool) -> Line:
    """at_us: the time that counts for it."""
    return {
        "value": value,
        "actor": f"district:{one.actor}" if one.site == "district" else one.actor,
        "at_us": one.counts_us,
        "site": one.site,
        "why": one.why,
        "holds": holds,
    }


def _operations(database: Database, number: int) -> tuple[Operation, ...]:
    told = database.book.told.get(number, ())
    return operations(f"{database.book.campus.id}-{number}", told)
