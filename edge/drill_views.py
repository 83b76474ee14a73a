"""Drills as documents: what is due, what is planned, under way and over, and the record of one with all that its law asks for.

Pure, from plan and record. Days and times are the campus's own; what is not known is null, and named where the law asks for it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from edge import drill_words, tabletop_words, words
from edge.journal.stored import rfc3339
from rules import drill_law
from rules.drill_state import DrillOver, DrillRun, PlannedDrill
from rules.model.ids import ButtonId, DoorId, DrillId, OutputId, ZoneId
from rules.model.moments import MILLISECOND_US, Instant
from rules.plan import Plan
from rules.rooms import rooms_of
from rules.state import State

Document = dict[str, Any]
LAST: Final = 5
"""A drill is set against so many of its type before it."""
NOT_A_VERDICT: Final = "Nobody knows: no verdict was reached."


def listing(plan: Plan, state: State, zone: tzinfo | None, *, all_planned: bool) -> list[Document]:
    """Every drill, the newest first. all_planned: also those that nobody may see coming."""
    drills = state.record.drills
    found = [_planned(plan, one) for one in drills.planned.values() if all_planned or one.announced]
    found.sort(key=lambda one: (one["date"], one["time"]), reverse=True)
    if drills.run is not None:
        found.append(_under_way(plan, state, drills.run, zone))
    found += [_over(plan, one, zone) for one in reversed(list(drills.over.values()))]
    return found


def told(plan: Plan, state: State, zone: tzinfo | None, drill: str | None) -> Document | None:
    """For the socket: all of it, or the record of one; None: there is none such."""
    if drill is not None:
        return record(plan, state, drill, zone)
    return {**due(plan, state), "drills": listing(plan, state, zone, all_planned=True)}


def due(plan: Plan, state: State) -> Document:
    """The law that was chosen, and how each of its requirements stands today; law null: none was chosen."""
    law, clock = plan.drills.law, state.live.clock
    if law is None or clock is None:
        return {
            "law": None if law is None else law.id,
            **_law(plan),
            "as_of": None,
            "year": None,
            "items": [],
        }
    first, last = drill_law.school_year(plan.drills, clock.day)
    return {
        "law": law.id,
        **_law(plan),
        "as_of": _day(clock.day),
        "year": {"first": _day(first), "last": _day(last)},
        "items": [
            {
                "id": one.requirement.id,
                "title": one.requirement.title,
                "types": list(one.requirement.types),
                "progress": one.progress,
                "words": drill_words.PROGRESS[one.progress],
                "done": one.done,
                "needed": one.needed,
                "missing": one.missing,
                "next": _day(one.next),
            }
            for one in drill_law.due(plan.drills, state.record.drills, clock.day)
        ],
    }


def record(plan: Plan, state: State, drill: str, zone: tzinfo | None) -> Document | None:
    """The whole record of one that is over, with names and words; None: there is none."""
    one = state.record.drills.over.get(DrillId(drill))
    if one is None:
        return None
    fields = list(_fields(plan, one, zone))
    return {
        **_over(plan, one, zone),
        "tabletop": _tabletop(one),
        "note": one.note or ("" if one.planned is None else one.planned.note),
        "notices": _notices(one.planned),
        "notice_rules": _notice_rules(plan, one.type, _at(one, zone), one.planned),
        **_law(plan),
        "fields": fields,
        "missing": [field["title"] for field in fields if not field["value"]],
        "keep_until": _kept(plan, one),
        "post_by": _posted(plan, one),
        "last": [_compared(before) for before in last_of(state, one)],
    }


def last_of(state: State, one: DrillOver) -> list[DrillOver]:
    """At most five of its type before it of which devices showed something, the newest first."""
    over = list(state.record.drills.over.values())
    before = over[: next(n for n, other in enumerate(over) if other.id == one.id)]
    same = [
        other
        for other in before
        if other.type == one.type and other.kind == one.kind and other.incident is not None
    ]
    return same[: -LAST - 1 : -1]


def _law(plan: Plan) -> Document:
    law = plan.drills.law
    if law is None:
        return {"law_name": None, "edition": None, "source": [], "law_notes": []}
    return {
        "law_name": law.name,
        "edition": law.edition,
        "source": list(law.source),
        "law_notes": list(law.notes),
    }


# --- each of them -----------------------------------------------------------------------------


def _head(plan: Plan, one: PlannedDrill | DrillRun | DrillOver) -> Document:
    known = plan.drills.types.get(one.type)
    return {
        "id": one.id,
        "type": one.type,
        "title": one.type if known is None else known.title,
        "kind": one.kind,
        "response": one.response,
        "zones": [{"id": zone, "name": _zone_name(plan, zone)} for zone in one.zones],
        "failures": [{"what": what, "id": of, "name": _name(plan, what, of)} for what, of in one.failures],
    }


def _planned(plan: Plan, one: PlannedDrill) -> Document:
    at = datetime.combine(date.fromordinal(one.day), datetime.min.time()) + timedelta(minutes=one.minute)
    return {
        **_head(plan, one),
        "state": "planned",
        "date": _day(one.day),
        "time": _time(one.minute),
        "buttons": [_button(plan, each) for each in one.buttons],
        "announced": one.announced,
        "notice_rules": _notice_rules(plan, one.type, at, one),
    }


def _under_way(plan: Plan, state: State, run: DrillRun, zone: tzinfo | None) -> Document:
    at = _local(run.started, zone)
    return {
        **_head(plan, run),
        "state": "under_way",
        "date": f"{at:%Y-%m-%d}",
        "time": f"{at:%H:%M}",
        "started": rfc3339(run.started.utc_us),
        "incident": run.incident,
        "waits": run.incident is None,
        "until": rfc3339(run.until.utc_us) if run.enrolled else None,
        "buttons": [
            {
                **_button(plan, one),
                "enrolled": one in run.enrolled,
                "pressed": one in run.pressed,
            }
            for one in run.asked
        ],
        "doors": [_door(plan, one, took // MILLISECOND_US) for one, took in run.secured.items()],
        "told": len({*run.ordered, *run.held}),
    }


def _over(plan: Plan, one: DrillOver, zone: tzinfo | None) -> Document:
    at = _at(one, zone)
    lasted = None if one.started is None or one.ended is None else one.ended.utc_us - one.started.utc_us
    return {
        **_head(plan, one),
        "state": "over",
        "date": _day(one.day) if at is None else f"{at:%Y-%m-%d}",
        "time": None if at is None else f"{at:%H:%M}",
        "started": None if one.started is None else rfc3339(one.started.utc_us),
        "ended": None if one.ended is None else rfc3339(one.ended.utc_us),
        "lasted_ms": None if lasted is None else max(0, lasted) // MILLISECOND_US,
        "code": one.code,
        "words": _ends(one),
        "logged": one.logged,
        "counts": any(other is one for other in drill_law.counted_of((one,)))
        and (one.tabletop is None or drill_law.names(plan.drills, one.type)),
        "incident": one.incident,
        "doors": [_door(plan, door, ms) for door, ms in sorted(one.doors, key=lambda each: -each[1])],
        "unsecured": [_unsecured(plan, door, code) for door, code in one.unsecured],
        "slowest_ms": max((ms for _, ms in one.doors), default=None),
        "pressed": [_button(plan, each) for each in one.pressed],
        "silent": [_button(plan, each) for each in one.silent],
        "rooms_heard": [{**_room(plan, each), "ms": ms} for each, ms in one.rooms_heard],
        "rooms_silent": [_room(plan, each) for each in one.rooms_silent],
        "heard": [_output(each) for each in one.heard],
        "unheard": [
            {**_output(each), "code": code, "words": drill_words.UNHEARD.get(code, code)}
            for each, code in one.unheard
        ],
        "findings": [
            {
                "number": number,
                "code": finding.code,
                "subject": finding.subject,
                "words": words.fill(
                    drill_words.FINDINGS.get(finding.code, finding.code),
                    {"subject": _subject(plan, finding.subject)},
                ),
                "open": finding.is_open,
                "ticket": finding.ticket,
                "change": finding.change,
            }
            for number, finding in enumerate(one.findings)
        ],
        "open_findings": sum(finding.is_open for finding in one.findings),
    }


def _ends(one: DrillOver) -> str:
    ends = drill_words.ENDS if one.tabletop is None else tabletop_words.ENDS
    return ends.get(one.code, one.code)


def _tabletop(one: DrillOver) -> Document | None:
    """What a table was shown, who sat there, and what they decided; None: it was no tabletop."""
    its = one.tabletop
    if its is None:
        return None
    return {
        "source": its.source,
        "of": its.of,
        "sha256": its.sha256,
        "title": its.title,
        "table": [{"role": role, "name": name} for role, name in its.table],
        "decided": [
            {"inject": each.inject, "at_ms": each.at_ms, "role": each.role, "text": each.text}
            for each in its.decided
        ],
    }


def _compared(one: DrillOver) -> Document:
    """What an earlier drill came to, to set another one against."""
    return {
        "id": one.id,
        "date": _day(one.day),
        "doors": dict(one.doors),
        "unsecured": len(one.unsecured),
        "silent": len(one.silent),
        "rooms_silent": len(one.rooms_silent),
        "unheard": len(one.unheard),
        "slowest_ms": max((ms for _, ms in one.doors), default=None),
    }


# --- what the law asks of it --------------------------------------------------------------------


def _fields(plan: Plan, one: DrillOver, zone: tzinfo | None) -> Iterator[Document]:
    """Each field that the law asks for, and those that somebody filled in beside. A value that is `""` is missing."""
    law = plan.drills.law
    asked = () if law is None else law.fields
    for name in dict.fromkeys((*asked, *one.fields)):
        known = plan.drills.fields.get(name)
        value = one.fields.get(name) or _by_device(plan, one, name, zone)
        by_person = known is None or known.by == "person" or one.logged
        yield {
            "field": name,
            "title": name if known is None else known.title,
            "asked": name in asked,
            "verified": law is None or name not in law.unverified,
            "by": "person" if by_person else "device",
            "value": value,
        }


def _by_device(plan: Plan, one: DrillOver, name: str, zone: tzinfo | None) -> str:
    at = _at(one, zone)
    match name:
        case "school":
            return plan.zones[plan.campus].name
        case "school_year" if one.day is not None:
            first, last = drill_law.school_year(plan.drills, one.day)
            years = date.fromordinal(first).year, date.fromordinal(last).year
            return "-".join(dict.fromkeys(str(year) for year in years))
        case "type":
            known = plan.drills.types.get(one.type)
            return one.type if known is None else known.title
        case "date" if one.day is not None:
            return str(_day(one.day))
        case "time" if at is not None:
            return f"{at:%H:%M}"
        case "conditions" if not one.logged:
            failures = [f"{what} {_name(plan, what, of)} counts as failed" for what, of in one.failures]
            return "; ".join(failures) or "none"
        case "announced" if one.planned is not None:
            return "yes" if one.planned.announced else "no"
        case _:
            return ""


def _notices(planned: PlannedDrill | None) -> list[Document]:
    if planned is None:
        return []
    return [
        {"whom": whom, "title": drill_words.WHOM.get(whom, whom), "how": how, "at": rfc3339(at)}
        for whom, how, at in planned.notices
    ]


def _notice_rules(plan: Plan, kind: str, at: datetime | None, planned: PlannedDrill | None) -> list[Document]:
    """Who has to be told by when, and whether they were: the box knows what somebody recorded, and no more."""
    law = plan.drills.law
    if law is None or at is None:
        return []
    told = {} if planned is None else {whom: rfc3339(utc) for whom, _, utc in reversed(planned.notices)}
    return [
        {
            "whom": one.whom,
            "title": one.title,
            "by": f"{at - timedelta(hours=one.hours):%Y-%m-%d %H:%M}",
            "given": told.get(one.whom),
        }
        for one in law.notices
        if not one.types or kind in one.types
    ]


def _kept(plan: Plan, one: DrillOver) -> str | None:
    law = plan.drills.law
    if law is None or law.keep is None or one.day is None:
        return None
    held = date.fromordinal(one.day)
    return _day(drill_law.day_of(held.year + law.keep, (held.month, held.day)))


def _posted(plan: Plan, one: DrillOver) -> str | None:
    law = plan.drills.law
    return None if law is None or law.post is None or one.day is None else _day(one.day + law.post)


# --- names ------------------------------------------------------------------------------------


def _at(one: DrillOver, zone: tzinfo | None) -> datetime | None:
    if one.started is not None:
        return _local(one.started, zone)
    if one.day is None or one.minute is None:
        return None
    return datetime.combine(date.fromordinal(one.day), datetime.min.time()) + timedelta(minutes=one.minute)


def _local(at: Instant, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(at.utc_us / 1e6, UTC).astimezone(zone)


def _day(day: int | None) -> str | None:
    return None if day is None else date.fromordinal(day).isoformat()


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _zone_name(plan: Plan, zone: ZoneId) -> str:
    return plan.zones[zone].name if zone in plan.zones else zone


def _button(plan: Plan, one: ButtonId) -> Document:
    planned = plan.buttons.get(one)
    return {"button": one, "name": planned.name if planned else one, "room": planned.room if planned else ""}


def _room(plan: Plan, one: str) -> Document:
    room = rooms_of(plan).get(one)
    return {"room": one, "name": one if room is None else room.name}


def _door(plan: Plan, one: DoorId, ms: int) -> Document:
    return {"door": one, "name": _name(plan, "door", one), "ms": ms}


def _output(one: OutputId) -> Document:
    return {"output": one}


def _unsecured(plan: Plan, door: DoorId, code: str) -> Document:
    said = (
        drill_words.UNSECURED.get(code) or words.VERDICTS.get(code) or words.HELD.get(code) or NOT_A_VERDICT
    )
    return {"door": door, "name": _name(plan, "door", door), "code": code, "words": said}


def _name(plan: Plan, what: str, of: str) -> str:
    if what == "door" and DoorId(of) in plan.doors:
        return plan.doors[DoorId(of)].name
    if what == "button" and ButtonId(of) in plan.buttons:
        return plan.buttons[ButtonId(of)].name
    return of


def _subject(plan: Plan, of: str) -> str:
    if ButtonId(of) in plan.buttons:
        return _name(plan, "button", of)
    room = rooms_of(plan).get(of)
    return _name(plan, "door", of) if room is None else room.name
