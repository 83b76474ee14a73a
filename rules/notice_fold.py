"""Folds what is written of notices into the record: who was told by which route, what rooms said, who was tried again."""

from dataclasses import replace
from typing import TypeVar

from rules.altered import altered
from rules.model.ids import IncidentId, NoticeId, OutputId
from rules.model.moments import Instant
from rules.model.notices import NoticesOrdered, NoticeState, NoticeTurned, SecondChannelTried
from rules.model.screens import RoomHeard
from rules.notice_state import NO_NOTICE, NoticeMemory, RoomMemory, SecondMemory, key_of
from rules.state import Record

Told = TypeVar("Told", NoticeMemory, SecondMemory)


def noticed(record: Record, at: Instant, incident: IncidentId, fact: NoticesOrdered) -> Record:
    """Notices went out, or were held."""
    notices, last = dict(record.notices), record.last_notice
    said = (incident, fact.kind, fact.response, fact.number)
    rows: list[tuple[OutputId, NoticeId, NoticeState, str]]
    rows = [(output, number, "ordered", "") for output, number in fact.outputs]
    rows += [(output, NO_NOTICE, "failed", code) for output, code in fact.held]
    for output, number, state, code in rows:
        key = key_of(output, fact.zone)
        before = notices.get(key)
        # What is told again was told first when it was: who does not answer does so since then.
        same = before is not None and said == (before.incident, before.kind, before.response, before.number)
        first = before.first if before is not None and same else at
        notices[key] = NoticeMemory(
            number, output, fact.zone, *said, at, state, code, 0, 0, at, first
        )  # fmt: skip
        last = max(last, number)
    return altered(record, notices=notices, last_notice=last)


def turned(record: Record, at: Instant, fact: NoticeTurned) -> Record:
    """A route said what became of a notice, the first or a second channel's."""
    for key, one in record.notices.items():
        if one.id == fact.notice and one.output == fact.output:
            notices = {other: its for other, its in record.notices.items() if other != key}
            if one.response is not None or fact.outcome == "failed":
                notices = {**record.notices, key: _now(one, at, fact)}
            return altered(record, notices=notices)
    tried = {
        key: _now(its, at, fact)
        for key, its in record.seconds.items()
        if its.id == fact.notice and its.output == fact.output
    }
    return altered(record, seconds={**record.seconds, **tried}) if tried else record


def _now(one: Told, at: Instant, fact: NoticeTurned) -> Told:
    return replace(one, state=fact.outcome, code=fact.code, told=fact.told, of=fact.of, since=at)


def second(record: Record, at: Instant, incident: IncidentId, fact: SecondChannelTried) -> Record:
    """Who did not acknowledge was tried by another route, or there is none."""
    if incident not in record.incidents:
        return record
    seconds = dict(record.seconds)
    rooms: dict[str, tuple[str, ...]] = {}
    for first, room in fact.unheard:
        rooms[first] = (*rooms.get(first, ()), *([room] if room else []))
    for first in dict.fromkeys(one for one, _room in fact.unheard):
        seconds[key_of(first, fact.zone)] = SecondMemory(
            first, fact.zone, incident, fact.response, fact.number, rooms[first], fact.output, fact.notice, at,
            "failed" if fact.code else "ordered", fact.code, 0, 0, at,
        )  # fmt: skip
    return altered(record, seconds=seconds, last_notice=max(record.last_notice, fact.notice))


def heard_of(record: Record, at: Instant, incident: IncidentId, fact: RoomHeard) -> Record:
    """A room drew what holds, or somebody answered there."""
    known = record.rooms.get(fact.room)
    if known is None or known.incident != incident or known.output != fact.output:
        known = RoomMemory(fact.output, incident)
    if fact.number != known.number:
        # Who answers has it before them, whatever became of the word that it was drawn.
        known = replace(known, number=fact.number, drawn=at)
    if fact.word != "shown":
        known = replace(known, answer=fact.word, answered_number=fact.number, answered=at)
    return altered(record, rooms={**record.rooms, fact.room: known})


def without_notices(record: Record, incident: IncidentId) -> Record:
    """The record once an incident is over; what says so stays until every route has said it."""
    return altered(
        record,
        notices={
            key: one
            for key, one in record.notices.items()
            if one.incident != incident or one.response is None
        },
        seconds={key: one for key, one in record.seconds.items() if one.incident != incident},
        rooms={name: one for name, one in record.rooms.items() if one.incident != incident},
    )
