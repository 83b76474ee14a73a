"""A restart: the record folded from snapshot and journal; where the journal lost its end, from the head witness too."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from drivers.clock import instant
from edge import codec
from edge.journal.canonical import JSON
from edge.journal.journal import Journal
from edge.journal.opening import JournalInUse, typed
from edge.journal.places import Places
from edge.journal.reader import Reader
from edge.journal.snapshot import Snapshot
from edge.journal.spill import read_spill
from edge.journal.stored import Stored
from edge.journal.witness import read_witness
from edge.journal.writer import JournalRefused
from rules.model.facts import (
    Because,
    DoorsOrdered,
    Entry,
    IncidentClosed,
    IncidentOpened,
    OrderWord,
    OutputsOrdered,
    ZoneResponded,
)
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
NOTHING_LOST: Final = frozenset({None, "first_start", "machine_changed"})
"""Why an epoch goes on or a new one begins where the journal ends where it ended."""


def recover(journal: Journal) -> Record:
    """The record as snapshot and journal tell it. Where the journal does not answer: as far as it got."""
    snapshot, record = basis(journal.load_snapshots())
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
    if said is None or not behind_witness(journal, record):
        return record, []
    entries = list(_witnessed(plan, record, said))
    at = instant()
    for entry in entries:
        record = fold(record, at, entry)
    log.error("restored from the head witness", entries=len(entries), number=record.number)
    return record, entries


def behind_witness(journal: Journal, record: Record) -> bool:
    """Whether the head witness knows of responses or of doors that the journal lost."""
    said = journal.opened.head
    if said is None:
        return False
    number = int(str(said.get("number", 0)))
    if number > record.number:
        return True
    # Equal numbers prove nothing of the doors; and without a loss it is the witness that may be the older one.
    lost = journal.opened.reason not in NOTHING_LOST
    return lost and number == record.number and any(_moved(record, said))


def live_in(store: Path) -> bool:
    """Whether a store that no daemon has open holds something live: by its head witness, or by journal and spill.

    The witness is written behind the commit: killed in between, it does not know yet. Never raises: where the journal
    cannot be read, the witness alone is gone by.
    """
    places = Places(store)
    try:
        told = read_witness(places.witness)
        if told is not None and told.said.get("zones"):
            return True
        with Reader.open(store) as reader:
            return bool(_folded_from(reader, places).incidents)
    except (OSError, JournalInUse, JournalRefused):
        return False


def _folded_from(reader: Reader, places: Places) -> Record:
    """The record as a store that is only read tells it. Raises JournalRefused and OSError."""
    snapshot, record = basis(reader.snapshots())
    after = None if snapshot is None else (snapshot.head.epoch, snapshot.head.seq)
    for stored in reader.events(after):
        record = folded(record, stored)
    for event in read_spill(places.spill):
        if reader.hash_at(event.epoch, event.seq) is None:
            record = folded(record, typed(event))
    return record


def live_devices(record: Record) -> frozenset[str]:
    """The devices that live incidents stand on: their doors, the outputs that are on, the buttons that were pressed.

    Not the button of a silent one: a refused reload would tell of it.
    """
    doors = {door for door, order in record.orders.items() if order.incident in record.incidents}
    seen = {incident for incident, live in record.incidents.items() if not live.silent}
    pressed = {
        button
        for button, memory in record.buttons.items()
        if any(press.incident in seen for press in memory.presses)
    }
    return frozenset(doors | record.outputs_on | pressed)


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


def basis(snapshots: Iterable[Snapshot]) -> tuple[Snapshot | None, Record]:
    """The first of these that this code folded, with its record; None: what there is of them is to be folded anew."""
    other = False
    for snapshot in snapshots:
        try:
            return snapshot, codec.record_of(snapshot.blob)
        except (msgspec.MsgspecError, KeyError, TypeError):
            other = True
    if other:
        log.warning("every snapshot was folded by other code: folding from the beginning")
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
    yield from _closed(plan, record, zones)
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
        own = record.zones.get(zone)
        if own is None or (own.response, own.kind, own.incident) != (response, kind, incident):
            number += 1
            yield Entry(ZoneResponded(number, zone, response, kind, incident), zone, DAEMON, incident, WHY)
        doors = tuple(
            door
            for door in locks(plan, response, zone)
            if door not in spared and _ordered(record, door) != ("lock", incident)
        )
        if doors:
            yield Entry(DoorsOrdered("lock", doors, (), (), ""), zone, DAEMON, incident, WHY)
    for word, moved in _moved(record, said):
        groups: dict[IncidentId | None, list[DoorId]] = {}
        for door in moved:
            if door in plan.doors:
                groups.setdefault(_locking(plan, door, zones), []).append(door)
        for of, named in groups.items():
            yield Entry(DoorsOrdered(word, tuple(named), (), (), ""), plan.campus, DAEMON, of, WHY)


def _locking(plan: Plan, door: DoorId, zones: Mapping[str, Any]) -> IncidentId | None:
    """The incident whose response locks this door: what was released in it is not locked by it again."""
    its = plan.doors[door]
    for zone in plan.zones[its.zone].above:
        if zone in zones:
            planned = plan.responses.get(zones[zone]["response"])
            if planned is not None and its.kind in planned.locks:
                return IncidentId(str(zones[zone]["incident"]))
    return None


def _closed(plan: Plan, record: Record, zones: Mapping[str, Any]) -> Iterator[Entry]:
    """Incidents that held a zone and hold none by the witness were closed, by a person or a real press; what they had
    switched on and nothing holds any more was switched off."""
    held = {own["incident"] for own in zones.values()}
    closed = {own.incident for own in record.zones.values()} - held
    for live in record.incidents.values():
        if live.id in closed:
            yield Entry(IncidentClosed(live.id, live.kind, ""), live.id, DAEMON, live.id, WHY)
    lit = {below for zone in zones if zone in plan.zones for below in plan.zones[ZoneId(zone)].within}
    dark = tuple(
        sorted(one for one in record.outputs_on if one in plan.outputs and plan.outputs[one].zone not in lit)
    )
    if closed and dark:
        yield Entry(OutputsOrdered(False, dark, (), ()), plan.campus, DAEMON, None, WHY)


def _moved(record: Record, said: Mapping[str, JSON]) -> Iterator[tuple[OrderWord, tuple[DoorId, ...]]]:
    """The doors that the witness knows released or freed, and the record does not."""
    words: tuple[tuple[OrderWord, str], ...] = (("rest", "released"), ("free", "freed"))
    for word, key in words:
        doors = [DoorId(str(door)) for door in _list(said, key)]
        new = tuple(door for door in doors if (_ordered(record, door) or ("", None))[0] != word)
        if new:
            yield word, new


def _ordered(record: Record, door: DoorId) -> tuple[str, IncidentId | None] | None:
    order = record.orders.get(door)
    return None if order is None else (order.word, order.incident)


def _list(said: Mapping[str, JSON], key: str) -> list[JSON]:
    value = said.get(key)
    return value if isinstance(value, list) else []
