"""The teacher's page of one room: one line that says what holds, and one button to report. Pure."""

from typing import Any, Final

from edge import post_words
from edge.web.pages import times
from edge.web.pages.language import _
from edge.web.pages.post import TONES
from edge.web.pages.responses import MARKS, MARKS_SAY
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import door_row
from rules.holding import effective, within
from rules.model.ids import IncidentId, ZoneId
from rules.model.post_facts import ROOM_WORDS
from rules.post_state import Post
from rules.rooms import rooms_of

Document = dict[str, Any]
HIDE: Final = frozenset({"lockdown"})
"""While it holds, this page gives no light and makes no sound (page.md, dark = light discipline)."""


def classroom_view(scene: Scene, of: str) -> Document | None:
    """None: there is no room of this id."""
    room = rooms_of(scene.plan).get(of)
    if room is None:
        return None
    holds = effective(scene.plan, scene.state.record, room.zone)
    incident = "" if holds is None else holds.incident
    kind = "" if holds is None else holds.kind
    if holds is None:
        # An exercise is on screens alone: no zone is in a response by it.
        practice = next((one for one in scene.picture["incidents"] if _plays(scene, one, room.zone)), None)
        incident, kind = ("", "") if practice is None else (practice["id"], "exercise")
    response = holds.response if holds is not None else ""
    door = next((one for one in scene.picture["doors"] if one["id"] == room.door), None)
    post = scene.state.record.posts.get(IncidentId(incident), Post())
    heard = post.rooms.get(of)
    return {
        "id": of,
        "name": room.name,
        "incident": incident,
        "mark": _(MARKS.get(kind, "")),
        "mark_says": _(MARKS_SAY.get(kind, "")),
        "kind": kind,
        "line": _(post_words.TEACHER.get(response, "")) if response else _("No response."),
        "since": "" if holds is None else times.clock(holds.since.utc_us // 1_000, scene.zone),
        "dark": response in HIDE,
        "door": None if door is None else door_row(scene, door),
        "said": None
        if heard is None
        else {
            "word": _(post_words.ROOM[heard.word]),
            "tone": TONES[heard.word],
            "at": times.clock(heard.at.utc_us // 1_000, scene.zone),
            "people": heard.people,
        },
        "words": [(word, _(post_words.ROOM[word]), TONES[word]) for word in ROOM_WORDS],
    }


def _plays(scene: Scene, incident: Document, zone: ZoneId) -> bool:
    """Whether an exercise is played in a zone; one of a zone that left the configuration is played everywhere."""
    live = scene.state.record.incidents.get(IncidentId(incident["id"]))
    if incident["kind"] != "exercise" or live is None:
        return False
    there = within(scene.plan, scene.state.record, live)
    return there is None or zone in there


def rooms_view(scene: Scene, of: str) -> Document:
    """Every room by zone, to choose one's own."""
    zones: dict[str, list[Document]] = {}
    for room in rooms_of(scene.plan).values():
        zones.setdefault(room.zone, []).append({"id": room.id, "name": room.name})
    dark = any(one.response in HIDE for one in scene.state.record.zones.values())
    return {
        "dark": dark,
        "zones": [{"name": scene.zone_name(zone), "rooms": rooms} for zone, rooms in zones.items()],
    }
