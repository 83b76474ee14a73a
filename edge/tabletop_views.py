"""Tabletops as documents, each with its banner: those under way, what one shows at its moment, and those that are over. Pure."""

from typing import Any, Final

from edge import words
from edge.cli.record import told
from edge.journal.stored import rfc3339
from edge.scenarios.shelf import Written
from edge.tabletop.messages import DoorCut
from edge.tabletop.shown import Shown, is_secured
from edge.tabletop_words import BANNER, ENDS
from edge.tabletops import Seat
from rules.drill_state import DrillOver
from rules.model.ids import DoorId, ZoneId
from rules.plan import Plan
from rules.rooms import rooms_of
from rules.state import Incident, State
from rules.tabletop_state import Tabletop

Document = dict[str, Any]
MARK: Final[Document] = {"banner": BANNER, "live": False}
"""In every answer: a program that shows it must not take it for the campus."""


def listing(state: State, scenarios: list[Written], real: Incident | None) -> Document:
    """All of them, the newest first, and what one can be begun with."""
    drills = state.record.drills
    over = [one for one in reversed(list(drills.over.values())) if one.tabletop is not None]
    return {
        **MARK,
        "real": real_of(real),
        "running": [head(one) for one in reversed(list(drills.tabletops.values()))],
        "over": [_over(one) for one in over],
        "scenarios": [{"name": one.name, "title": one.title, "shipped": one.shipped} for one in scenarios],
    }


def head(one: Tabletop) -> Document:
    """What it is."""
    return {
        "id": one.id,
        "source": one.source,
        "of": one.of,
        "sha256": one.sha256,
        "title": one.title or one.of,
        "started": rfc3339(one.started.utc_us),
        "until": rfc3339(one.until.utc_us),
    }


def real_of(real: Incident | None) -> Document | None:
    """The real incident that is live now."""
    return None if real is None else {"incident": real.id, "response": real.response}


def document(plan: Plan, one: Tabletop, seat: Seat, real: Incident | None, now_us: int) -> Document:
    """What the table sees at its moment."""
    shown, playing = seat.shown, seat.playing
    at_ms = playing.position(now_us)
    going = playing.going(now_us)
    return {
        **MARK,
        **head(one),
        "real": real_of(real),
        "about": seat.film.about,
        "cut": seat.film.cut,
        "position_ms": at_ms,
        "length_ms": seat.film.length_ms,
        "speed": playing.speed if going else 0,
        "playing": going,
        **_moment(plan, shown),
        "injects": [
            {
                "number": each.number,
                "at_ms": each.at_ms,
                "text": each.text,
                "to": each.to,
                # What a good answer holds is told once the table gave its own.
                "expected": each.expected if any(said.inject == each.number for said in one.decided) else "",
                "answered": any(said.inject == each.number for said in one.decided),
            }
            for each in seat.film.injects
            if each.at_ms <= at_ms
        ],
        "to_come": sum(each.at_ms > at_ms for each in seat.film.injects),
        **said_at(one),
        "timeline": [
            {"at_ms": row_ms, "kind": row["kind"], "words": told(row), "note": row["opened"].get("text", "")}
            for row_ms, row in shown.rows()
        ],
    }


def said_at(one: Tabletop) -> Document:
    """Who sits there, what they decided and found."""
    return {
        "table": [{"role": role, "name": name} for role, name in one.table],
        "decided": [
            {"inject": each.inject, "at_ms": each.at_ms, "role": each.role, "text": each.text}
            for each in one.decided
        ],
        "found": list(one.found),
    }


def _moment(plan: Plan, shown: Shown) -> Document:
    doors = [_door(plan, door, its) for door, its in shown.told().items()]
    doors.sort(key=lambda each: (each["secured"], each["name"]))
    rooms = rooms_of(plan)
    return {
        "incidents": [
            {"id": one.id, "kind": one.kind, "response": one.response, "zone": one.zone}
            for one in shown.incidents
        ],
        "zones": [
            {"id": zone, "name": _zone(plan, zone), "response": response}
            for zone, response in shown.zones.items()
        ],
        "doors": doors,
        "outputs": list(shown.outputs),
        "rooms": [
            {
                "room": room,
                "name": rooms[room].name if room in rooms else room,
                "word": word,
                "people": people,
            }
            for room, (word, people) in shown.rooms.items()
        ],
    }


def _door(plan: Plan, door: str, its: DoorCut) -> Document:
    planned = plan.doors.get(DoorId(door))
    verdict = its.verdict or "unknown"
    return {
        "id": door,
        "name": door if planned is None else planned.name,
        "zone": "" if planned is None else planned.zone,
        "order": its.order,
        "held": its.held,
        "by": its.by,
        "verdict": verdict,
        "secured": is_secured(its),
        "words": words.held(its.held) if its.held else words.verdict(verdict, its.by or None, its.code),
    }


def _zone(plan: Plan, zone: str) -> str:
    planned = plan.zones.get(ZoneId(zone))
    return zone if planned is None else planned.name


def _over(one: DrillOver) -> Document:
    assert one.tabletop is not None  # noqa: S101  chosen by it
    return {
        **head(one.tabletop),
        "ended": None if one.ended is None else rfc3339(one.ended.utc_us),
        "code": one.code,
        "words": ENDS.get(one.code, one.code),
        "people": len(one.tabletop.table),
        "decisions": len(one.tabletop.decided),
        "open_findings": sum(finding.is_open for finding in one.findings),
    }
