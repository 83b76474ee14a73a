"""Incidents as the journal tells them: pure, from rows (`edge.control.rows`) to documents that can be printed.

Nothing is decided here again: what was decided stands in the rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from edge import words

Row = Mapping[str, Any]
Document = dict[str, Any]

VERDICT: Final = "door.verdict/1"

PLACED: Final = frozenset(
    {
        "incident.opened/1",
        "incident.raised/1",
        "response.changed/1",
        "exercise.played/1",
        "incident.joined/1",
        "zone.response/1",
    }
)
"""Kinds that name one more zone of an incident."""
_SHOWN: Final[Mapping[str, str]] = {
    "press.heard/1": "press of {button} ({gesture}, {standing}) asks for {response} in {zone}",
    "press.unanswered/1": "press {number} of {button} waits for a person: {why}",
    "press.answered/1": "press {number} answered, started: {started}",
    "detection.heard/1": "detector {detector} reports a {detected} ({standing}), number {number}, in {zone} {doubt}",
    "detection.pictured/1": "a picture of detector report {number}",
    "detection.viewed/1": "a picture of detector report {number} was looked at",
    "detection.escalated/1": "report {number} of detector {detector}: nobody answered in time",
    "detection.answered/1": "report {number} of detector {detector} answered, confirmed: {confirmed}",
    "emergency_call.heard/1": "{system} tells of a 911 call ({standing}), number {number}, from {zone}",
    "emergency_call.seen/1": "911 call {number} of {system} was seen",
    "start.asked/1": "a {kind} {response} is asked for in {zones}",
    "notice.turned/1": "output {output}, notice {notice}: {outcome} {code}, told {told} of {of}",
    "statement.answered/1": "words {number} for families or media: {answer}",
    "room.heard/1": "room {room} on its screen: {word}",
    "cameras.asked/1": "pictures are kept of {cameras}",
    "evidence.begun/1": "pictures of {camera} are written to {name}",
    "evidence.ended/1": "pictures of {camera} in {name}: {end} {code}",
    "incident.note/1": "note",
    "tasks.opened/1": "tasks opened",
    "task.turned/1": "task {number}: {state}",
    "task.overdue/1": "task {number} is late",
    "role.handed_over/1": "role {role} passes from {was} to {holder}",
    "responder.marked/1": "{who} responds: {here}",
    "room.reported/1": "room {room}: {word}, people {people}",
    "incident.opened/1": "{kind} incident opened: {response} in {zone}",
    "incident.raised/1": "raised to {response} in {zone}",
    "response.changed/1": "{was} changed to {response} in {zone}",
    "exercise.played/1": "{response} is played in {zone} as well",
    "incident.joined/1": "{response} is asked for in {zone} as well",
    "transition.refused/1": "{response} in {zone} refused while {was} holds in {held_in}: {code}",
    "incident.end_confirmed/1": "its end was confirmed, second person: {second}",
    "incident.closed/1": "closed",
    "incident.exported/1": "record taken out, redacted: {redacted}",
    "zone.response/1": "state {number}: zone {zone} holds {response}",
    "outputs.ordered/1": "outputs switched, on: {on}: {outputs}",
    "command.ended/1": "command {command} to {controller}: {ending} {code}",
    "input.turned/1": "input {input} is {state}",
    "controller.turned/1": "controller {controller} up: {up} {code}",
    "broker.session/1": "broker session for {session} up: {up}",
    "school.turned/1": "the school's day: {mode} {community}",
    "walk_test.ended/1": "walk-test ended: {code}",
    "flag.raised/1": "flag {code}: {subject}",
    "flag.cleared/1": "flag {code} no more: {subject}",
    "rule.failed/1": "a rule failed on {event}; what went out instead: {fallback}",
    "request.refused/1": "request {verb} refused: {code}",
}


def listing(rows: Iterable[Row]) -> list[Document]:
    """One document an incident, newest first; from rows that tell which there are, and where.

    zones: everywhere it was, the place of its gravest response first.
    """
    found: dict[str, Document] = {}
    zones: dict[str, list[str]] = {}
    for row in rows:
        data = row["data"]
        match row["kind"]:
            case "incident.opened/1":
                found[data["id"]] = {
                    "id": data["id"],
                    "kind": data["kind"],
                    "response": data["response"],
                    "zone": data["zone"],
                    "silent": data["silent"],
                    "opened": row["at"],
                    "closed": None,
                }
            case "incident.raised/1" if data["id"] in found:
                found[data["id"]] |= {"response": data["response"], "zone": data["zone"]}
            case "response.changed/1" if data["id"] in found:
                found[data["id"]] |= {"response": data["stands"], "zone": data["stands_in"]}
            case "incident.closed/1" if data["id"] in found:
                found[data["id"]]["closed"] = row["at"]
        if row["kind"] in PLACED and data.get("response") is not None:
            zones.setdefault(str(data.get("id") or data.get("incident")), []).append(data["zone"])
    for name, one in found.items():
        one["zones"] = list(dict.fromkeys((one["zone"], *zones.get(name, ()))))
    return sorted(found.values(), key=lambda one: str(one["opened"]), reverse=True)


def account(rows: Sequence[Row], incident: str) -> Document | None:
    """One incident from its own rows: what it was, the door ledger, the timeline. None: no such incident."""
    header = next((one for one in listing(rows) if one["id"] == incident), None)
    if header is None:
        return None
    start = next(row for row in rows if row["kind"] == "incident.opened/1")
    return {
        **header,
        "doors": _doors(rows),
        "timeline": [
            {
                "at": row["at"],
                "after_ms": _between_ms(start, row),
                "seq": row["seq"],
                "kind": row["kind"],
                "actor": row["actor"],
                "words": told(row),
                "door": row["data"]["door"] if row["kind"] == VERDICT else None,
                "verdict": row["data"]["verdict"] if row["kind"] == VERDICT else None,
                "reason": row["opened"].get("reason") or row["opened"].get("text", ""),
            }
            for row in rows
        ],
    }


def told(row: Row) -> str:
    """One row in words; a kind that nobody here knows is shown raw."""
    kind, data = row["kind"], row["data"]
    match kind:
        case "door.verdict/1":
            why = words.verdict(data["verdict"], data["by"], data["code"])
            return f"door {data['door']} {data['verdict']}. {why}"
        case "doors.ordered/1":
            held = "".join(f"; {door} held back: {code}" for door, code in data["held"])
            return f"told to {data['order']}: {' '.join(data['doors']) or 'none'}{held}"
        case "doors.asserted/1":
            return f"told once more to {data['order']}: {' '.join(data['doors'])}"
        case "notices.ordered/1":
            said = "over" if data["response"] is None else data["response"]
            held = "".join(f"; {output} held back: {code}" for output, code in data["held"])
            by = " ".join(output for output, _ in data["outputs"]) or "none"
            return f"state {data['number']}: people of {data['zone']} are told {said} by {by}{held}"
        case "second_channel.tried/1":
            late = " ".join(f"{output} {room}".strip() for output, room in data["unheard"])
            by = data["output"] or "no other output: reach them another way"
            return f"state {data['number']} not acknowledged in time: {late}; tried by {by}"
        case "statements.prepared/1":
            texts = " ".join(f"{number} ({to})" for number, _, to, _ in data["statements"]) or "none"
            return f"state {data['number']}: words stand ready for the district: {texts}"
        case "cameras.found_blind/1":
            blind = " ".join(f"{camera} ({why})" for camera, why in data["blind"])
            return f"blind since before the press, found out after it: {blind}"
        case _ if kind in _SHOWN:
            return words.fill(_SHOWN[kind], {name: _shown(value) for name, value in data.items()})
        case _:
            return f"{kind} {data}"


def _doors(rows: Sequence[Row]) -> list[Document]:
    """The ledger as far as the record has it: order, last verdict, its evidence. Not secured first.

    When a command was written and a bolt read is in the live picture only; the record keeps the verdicts.
    """
    doors: dict[str, Document] = {}
    ordered: dict[str, Row] = {}
    for row in rows:
        data = row["data"]
        if row["kind"] == "doors.ordered/1":
            for door, code in [*((one, "") for one in data["doors"]), *data["held"]]:
                known = doors.get(door)
                if known is not None and (known["order"], known["held"], code) == (data["order"], "", ""):
                    continue  # ordered again, by a press that joined: its verdict stands until it changes
                ordered[door] = row
                doors[door] = {**_blank(door, row), "order": data["order"], "held": code}
        elif row["kind"] == VERDICT and data["door"] in doors:
            door = doors[data["door"]]
            ledger = {**door["ledger"], "verdict_ms": _between_ms(ordered[data["door"]], row)}
            if data["verdict"] != "pending":
                door |= {"ledger": ledger}
            old = None if data["evidence_age_us"] is None else data["evidence_age_us"] / 1_000
            door |= {
                "verdict": data["verdict"],
                "held": door["held"] if data["verdict"] == "refused" else "",
                "by": data["by"],
                "code": data["code"],
                "bolt": _sensor(data["bolt"], old),
                "position": _sensor(data["position"], old),
            }
    return sorted(
        doors.values(), key=lambda door: door["verdict"] in ("secured", "secured_partial", "released")
    )


def _blank(door: str, row: Row) -> Document:
    return {
        "id": door,
        "verdict": "unknown",
        "by": None,
        "code": "",
        "controller": "",
        "bolt": None,
        "position": None,
        "ledger": {"commanded_at": row["at"], "verdict_ms": None},
    }


def _sensor(value: bool | None, age_ms: float | None) -> Document | None:
    return None if value is None else {"value": value, "age_ms": age_ms, "fresh": True}


def _between_ms(first: Row, row: Row) -> float:
    """By the monotonic clock within one boot, by the wall clock across a restart of the machine."""
    if first["boot"] == row["boot"]:
        passed_us: int = row["monotonic_us"] - first["monotonic_us"]
        return round(passed_us / 1_000, 1)
    return round((_utc(row) - _utc(first)).total_seconds() * 1_000, 1)


def _utc(row: Row) -> datetime:
    return datetime.fromisoformat(row["at"])


def _shown(value: object) -> str:
    match value:
        case list():
            return " ".join(map(str, value)) or "none"
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
