"""A live incident's command post as one document: for its page, the API and the command line. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from edge import post_words
from edge.journal.stored import rfc3339
from rules import post as rules_of_post
from rules.holding import effective
from rules.model.ids import IncidentId
from rules.model.moments import Instant
from rules.model.post_facts import COORDINATOR, INCIDENT_ROLES, ROOM_WORDS, RoomWord
from rules.model.responses import Response
from rules.plan import Plan
from rules.post_state import Holder, Post, RoomHeard, Task
from rules.rooms import room_called, rooms_of, rooms_of_incident
from rules.screens import shown
from rules.state import State

Document = dict[str, Any]
Called = Callable[[str], str]
"""What people call an actor."""


def post_document(plan: Plan, state: State, of: str, called: Called) -> Document | None:
    """The post of a live incident; None: none of this id is live. `now`: the moment that `left_s` is counted from."""
    live = state.record.incidents.get(IncidentId(of))
    if live is None:
        return None
    post, now = state.record.posts.get(live.id, Post()), state.live.now
    behind = {
        one.number: rules_of_post.left_behind(plan, state.record, live, one) for one in post.tasks.values()
    }
    tasks = [_task(one, now, state.live.boot, called, behind[one.number]) for one in post.tasks.values()]
    rooms, pressed = rooms_of_incident(plan, state.record, live), _pressed(state, live.id)
    overtaken = {one.room: one for one in post.rooms.values() if _said_before(plan, state, one)}
    said = [_heard(plan, one, called) for one in post.rooms.values() if one.room not in overtaken]
    heard = said + [one for one in _on_screens(plan, state, live.id) if not _stands(one, said)]
    places = {one["room"] for one in heard}
    heard.sort(key=lambda one: (-ROOM_WORDS.index(one["word"]), one["at"]))
    counted = [one for one in heard if one["people"] is not None]
    return {
        "incident": live.id,
        "kind": live.kind,
        "coordinator": COORDINATOR in post.roles,
        "roles": [_role(plan, post, role, called, behind) for role in INCIDENT_ROLES],
        "responders": [_holder(one, called) for one in post.responders.values()],
        "tasks": [one for one in tasks if not one["timer"]],
        "timers": [one for one in tasks if one["timer"]],
        "rooms": {
            "heard": heard,
            "silent": [
                {
                    "room": one.id,
                    "name": one.name,
                    "zone": one.zone,
                    "pressed": pressed.get(one.button or ""),
                    "safe_before": rfc3339(overtaken[one.id].at.utc_us) if one.id in overtaken else None,
                }
                for one in rooms
                if one.id not in places
            ],
            "of": len(rooms),
        },
        "people": {"counted": sum(one["people"] for one in counted), "places": len(counted)}
        if counted
        else None,
        "notes": [
            {"at": rfc3339(one.at.utc_us), "by": called(one.by), "text": one.text} for one in post.notes
        ],
    }


def _said_before(plan: Plan, state: State, one: RoomHeard) -> bool:
    """Whether a room said that it is safe before what holds there now began: of now that says nothing. A call stands."""
    room = rooms_of(plan).get(one.room)
    if room is None or one.word != "safe":
        return False
    holds = effective(plan, state.record, room.zone)
    return holds is not None and holds.since.utc_us > one.at.utc_us


def _pressed(state: State, of: IncidentId) -> dict[str, str]:
    """When each button was last pressed in an incident: somebody was there then, and nobody knows how they are now."""
    return {
        str(button): rfc3339(max(one.at.utc_us for one in found))
        for button, memory in state.record.buttons.items()
        if (found := [one for one in memory.presses if one.incident == of])
    }


def _task(task: Task, now: Instant, boot: str, called: Called, behind: tuple[Response, ...]) -> Document:
    left_us = rules_of_post.left_us(task, now, boot)
    return {
        "number": task.number,
        "text": task.text,
        "role": task.role,
        "state": task.state,
        "by": called(task.by) if task.by else None,
        "since": None if task.since is None else rfc3339(task.since.utc_us),
        "reason": task.reason,
        "timer": task.timer,
        "every_s": task.every_us // 1_000_000 or None,
        "due": None if task.due is None else rfc3339(task.due.utc_us),
        "left_s": None if left_us is None else left_us // 1_000_000,
        "late": left_us is not None and left_us <= 0 and not behind,
        "left_behind": list(behind),
        "opened": rfc3339(task.opened.utc_us),
        "last_done": None if task.done_at is None else rfc3339(task.done_at.utc_us),
    }


def _role(
    plan: Plan, post: Post, role: Any, called: Called, behind: Mapping[int, tuple[Response, ...]]
) -> Document:
    held, planned = post.roles.get(role), plan.roles.get(role)
    waiting = sum(
        one.role == role and one.state in ("open", "taken") and not one.timer and not behind[one.number]
        for one in post.tasks.values()
    )
    return {
        "role": role,
        "words": post_words.ROLES[role],
        "holder": None if held is None else _holder(held, called),
        "primary": None if planned is None else planned.primary,
        "deputies": [] if planned is None else list(planned.deputies),
        "tasks_waiting": waiting,
    }


def _holder(one: Holder, called: Called) -> Document:
    return {
        "name": one.name or called(one.who),
        "since": rfc3339(one.since.utc_us),
        "reason": one.reason,
        "coordinates_and_responds": one.both,
    }


def _heard(plan: Plan, one: RoomHeard, called: Called) -> Document:
    room = rooms_of(plan).get(one.room)
    return {
        "room": one.room or None,
        "name": room.name if room is not None else one.room or one.text,
        "word": one.word,
        "words": post_words.ROOM[one.word],
        "people": one.people,
        "text": one.text,
        "by": called(one.by),
        "at": rfc3339(one.at.utc_us),
    }


def _on_screens(plan: Plan, state: State, of: IncidentId) -> list[Document]:
    """What was answered on screens in rooms. That one drew what holds is no word of those inside."""
    found = []
    for name, one in state.record.rooms.items():
        if one.incident != of or one.answer is None or one.answered is None:
            continue
        on = shown(plan, state.record, one.output)
        if one.answer == "safe" and on is not None and on.number != one.answered_number:
            # Of what their screen shows now they have not said so.
            continue
        output = plan.outputs.get(one.output)
        room = None if output is None else room_called(plan, output.zone, name)
        word: RoomWord = "needs-help" if one.answer == "help" else "safe"
        found.append(
            {
                "room": None if room is None else room.id,
                "name": name if room is None else room.name,
                "word": word,
                "words": post_words.ROOM[word],
                "people": None,
                "text": "",
                "by": post_words.SCREENS["screen"],
                "at": rfc3339(one.answered.utc_us),
            }
        )
    return found


def _stands(one: Document, said: list[Document]) -> bool:
    """Whether a person said the same of this room. Where they differ both stand, the louder first: neither hides the other."""
    return one["room"] is not None and any(
        (it["room"], it["word"]) == (one["room"], one["word"]) for it in said
    )
