"""What a room's screen shows, as a pure view: the response that holds there in a few words, and whether the room has answered."""

from typing import Any, Final

from edge.response_words import words_of
from edge.web.pages import templates, times
from edge.web.pages.language import _, say
from edge.web.pages.responses import name
from rules.model.ids import OutputId
from rules.model.screens import RoomName
from rules.model.values import dataclass
from rules.plan import Plan
from rules.screens import has_answered, room_of, shown
from rules.state import Record

Document = dict[str, Any]
ANSWERS: Final = {"safe": "We are safe", "help": "We need help"}


@dataclass(frozen=True, slots=True)
class Face:
    """What a screen has on it. title: of the page. html: the part that changes, made of values."""

    title: str
    html: str
    values: Document


def face(plan: Plan, record: Record, place: str, campus: str, zone: str, *, is_armed: bool) -> Face | None:
    """Of a room or zone; None: there is no such screen. campus: its name. zone: the campus's IANA time zone."""
    found = room_of(plan, place)
    if found is None:
        return None
    output, room = found
    on, known = shown(plan, record, output.id), record.rooms.get(room)
    where = _where(plan, output.id, room)
    values: Document = {"place": place, "campus": campus, "where": where, "on": on is not None}
    if on is None or on.response is None:
        values |= {"armed": is_armed, "commissioned": output.commissioned is not None}
        return Face(f"{where}: {campus}", templates.page("takeover_state.html", values), values)
    drill, word = on.kind == "drill", name(on.response)
    clock = times.zone_of(zone)
    answered = known is not None and has_answered(record.rooms, room, on)
    values |= {
        "drill": drill,
        "word": word,
        "says": _(words_of(plan.responses)[on.response]),
        "number": on.number,
        "since": times.clock(on.ordered.utc_us // 1_000, clock),
        "asks": bool(output.rooms),
        "answer": known.answer if known is not None and answered else "",
        "answered": times.clock(known.answered.utc_us // 1_000, clock) if known and known.answered else "",
    }
    title = f"{say('DRILL. {word}', word=word) if drill else word}: {where}"
    return Face(title, templates.page("takeover_state.html", values), values)


def _where(plan: Plan, output: OutputId, room: RoomName) -> str:
    planned = plan.outputs[output]
    zone = plan.zones[planned.zone].name
    return say("Room {room}, {zone}", room=room, zone=zone) if planned.rooms else zone
