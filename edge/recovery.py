"""A restart: the record folded from snapshot and journal; where the journal lost its end, from the head witness too."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
import structlog

from drivers.clock import instant
from edge import codec
from edge.journal.canonical import JSON
from edge.journal.journal import Journal
from edge.journal.snapshot import Snapshot
from edge.journal.stored import Stored
from edge.journal.writer import JournalRefused
from rules.model.facts import Because, DoorsOrdered, Entry, IncidentOpened, ZoneResponded
from rules.model.ids import DoorId, IncidentId, ZoneId
from rules.model.kinds import KindWord
from rules.model.moments import Instant
from rules.model.responses import Response
from rules.plan import Plan
from rules.record import fold
from rules.responses import locks
from rules.state import Record
from rules.step import DAEMON

log = structlog.get_logger()

WHY: Final = Because("head_witness")


def recover(journal: Journal) -> Record:
    """The record as snapshot and journal tell it. Where the journal does not answer: as far as it got."""
    snapshot, record = _snapshot(journal)
    try:
        for stored in journal.rows_after(snapshot):
            record = folded(record, stored)
        for stored in journal.opened.orphans:
            record = folded(record, stored)
    except JournalRefused:
        log.exception("the journal does not answer: going by the head witness")
    return record


def witnessed(journal: Journal, plan: Plan, record: Record) -> tuple[Record, list[Entry]]:
    """The record with what only the head witness still knows, and the entries by which the journal knows it again."""
    said = journal.opened.head
    if said is None or int(str(said.get("number", 0))) <= record.number:
        return record, []
    entries = list(_witnessed(plan, record, said))
    at = instant()
    for entry in entries:
        record = fold(record, at, entry)
    log.error("restored from the head witness", entries=len(entries), number=record.number)
    return record, entries


def live_devices(record: Record) -> frozenset[str]:
    """The devices that live incidents stand on: their doors, and the outputs that are on."""
    doors = {door for door, order in record.orders.items() if order.incident in record.incidents}
    return frozenset(doors | record.outputs_on)


def folded(record: Record, stored: Stored) -> Record:
    """The record after one stored event. One that is not ours, or of a kind nobody knows, changes nothing."""
    try:
        entry = codec.entry(
            stored.kind,
            stored.subject,
            stored.actor,
            stored.incident,
            stored.data,
            stored.opened,
        )
    except msgspec.ValidationError:
        log.exception("an event holds what its kind does not", kind=stored.kind, seq=stored.seq)
        return record
    if entry is None:
        return record
    return fold(record, Instant(stored.at_us, stored.monotonic_us), entry)


def _snapshot(journal: Journal) -> tuple[Snapshot | None, Record]:
    snapshot = journal.load_snapshot()
    if snapshot is None:
        return None, Record()
    try:
        return snapshot, codec.record_of(snapshot.blob)
    except (msgspec.MsgspecError, KeyError, TypeError):
        log.warning("the snapshot is of another version: folding from the beginning")
        return None, Record()


def _witnessed(plan: Plan, record: Record, said: Mapping[str, JSON]) -> Iterator[Entry]:
    """What the witness knows and the record does not: each zone's response, and the doors that go with it."""
    spared = {DoorId(str(door)) for door in (*_list(said, "released"), *_list(said, "freed"))}
    known = set(record.incidents)
    zones: dict[str, Any] = said["zones"] if isinstance(said.get("zones"), dict) else {}  # type: ignore[assignment]
    number = int(str(said["number"]))
    for zone in plan.zones.keys() - zones.keys():
        if zone in record.zones:
            number += 1
            yield Entry(ZoneResponded(number, zone, None, None, None), zone, DAEMON, None, WHY)
    for name, held in zones.items():
        zone = ZoneId(name)
        response: Response = held["response"]
        if zone not in plan.zones or response not in plan.responses:
            continue
        kind: KindWord = held["kind"]
        incident = IncidentId(held["incident"])
        if incident not in known:
            known.add(incident)
            opened = IncidentOpened(incident, kind, response, zone, silent=False)
            yield Entry(opened, incident, DAEMON, incident, WHY)
        number += 1
        yield Entry(ZoneResponded(number, zone, response, kind, incident), zone, DAEMON, incident, WHY)
        doors = tuple(door for door in locks(plan, response, zone) if door not in spared)
        if doors:
            yield Entry(DoorsOrdered("lock", doors, (), (), ""), zone, DAEMON, incident, WHY)


def _list(said: Mapping[str, JSON], key: str) -> list[JSON]:
    value = said.get(key)
    return value if isinstance(value, list) else []
