"""Folds rows step by step into an empty record, by the fold of the live one, and keeps what each changed. Decides nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from edge import codec
from edge.journal.stored import microseconds
from edge.tabletop.messages import Cut, DoorCut, Film, IncidentCut, InjectCut
from rules.model.facts import DoorsOrdered, Entry, VerdictReached
from rules.model.moments import Instant
from rules.model.post_facts import RoomReported
from rules.record import fold
from rules.state import Record

Row = Mapping[str, Any]
NO_DOOR: Final = DoorCut()


def film(
    rows: Sequence[Row], *, title: str, about: str = "", cut: bool = False, begins_us: int | None = None
) -> Film:
    """The film of an incident's rows. begins_us: UTC of its first moment; None: that of its first row."""
    record, doors, made = Record(), dict[str, DoorCut](), list[Cut]()
    first = begins_us
    if first is None:
        first = microseconds(rows[0]["at"]) if rows else 0
    for row in rows:
        at_ms = max(0, microseconds(row["at"]) - first) // 1_000
        entry = entry_of(row)
        if entry is None:
            made.append(Cut(at_ms=at_ms))
            continue
        before = record
        record = fold(record, Instant(microseconds(row["at"]), int(row["monotonic_us"])), entry)
        turned = _doors(before, record, entry, doors)
        doors.update(turned)
        made.append(_cut(at_ms, before, record, entry, turned))
    return Film(
        title=title,
        about=about,
        length_ms=max((one.at_ms for one in made), default=0),
        rows=[msgspec.Raw(msgspec.json.encode(row)) for row in rows],
        cuts=made,
        cut=cut,
    )


def entry_of(row: Row) -> Entry | None:
    """The entry of a row as `edge.control.rows` has it; None: of another version, or not what it should be."""
    because = row["because"]
    why = None if because is None else (because["code"], because["args"])
    try:
        return codec.entry(
            row["kind"], row["subject"], row["actor"], row["incident"], row["data"], row["opened"], why
        )
    except msgspec.ValidationError:
        return None


def _cut(at_ms: int, before: Record, now: Record, entry: Entry, turned: dict[str, DoorCut]) -> Cut:
    fact = entry.fact
    return Cut(
        at_ms=at_ms,
        zones=None if now.zones is before.zones else {one: its.response for one, its in now.zones.items()},
        doors=turned,
        outputs=None if now.outputs_on == before.outputs_on else sorted(now.outputs_on),
        incidents=None
        if now.incidents is before.incidents
        else [IncidentCut(one.id, one.kind, one.response, one.zone) for one in now.incidents.values()],
        rooms={fact.room or fact.text: (fact.word, fact.people)} if isinstance(fact, RoomReported) else {},
    )


def _doors(before: Record, now: Record, entry: Entry, known: Mapping[str, DoorCut]) -> dict[str, DoorCut]:
    fact, turned = entry.fact, dict[str, DoorCut]()
    if isinstance(fact, DoorsOrdered) and now.orders is not before.orders:
        held = dict(fact.held)
        for door in (*fact.doors, *held):
            was = known.get(door, NO_DOOR)
            if was.order != fact.order or was.held != held.get(door, ""):
                turned[door] = DoorCut(fact.order, held.get(door, ""))
    elif isinstance(fact, VerdictReached):
        was = known.get(fact.door, NO_DOOR)
        held_by = was.held if fact.verdict == "refused" else ""
        turned[fact.door] = DoorCut(was.order, held_by, fact.verdict, fact.by or "", fact.code)
    return turned


def with_injects(made: Film, injects: list[InjectCut]) -> Film:
    """The same with questions for the table, which may lie behind the last row."""
    length_ms = max([made.length_ms, *(one.at_ms for one in injects)])
    return msgspec.structs.replace(made, injects=injects, length_ms=length_ms)
