"""The command post in words: ICS roles, states of tasks, what rooms say, why something was not done."""

from collections.abc import Mapping
from typing import Final

ROLES: Final[Mapping[str, str]] = {
    "incident-commander": "Incident commander",
    "safety": "Safety",
    "public-information": "Public information",
    "liaison": "Liaison",
    "operations": "Operations",
    "planning": "Planning",
    "logistics": "Logistics",
    "finance": "Finance",
}
STATES: Final[Mapping[str, str]] = {
    "open": "open",
    "taken": "taken",
    "done": "done",
    "not-applicable": "does not apply",
}
ROOM: Final[Mapping[str, str]] = {
    "safe": "All here, safe",
    "missing": "Somebody is missing",
    "needs-help": "Needs help",
    "injured": "Somebody is injured",
    "intruder-seen": "Intruder seen",
}
SCREENS: Final[Mapping[str, str]] = {"screen": "somebody at the screen there"}
"""Who answers on a room's screen: nobody signs in to it."""
TEACHER: Final[Mapping[str, str]] = {
    "hold-in-place": "Hold. Stay in your room. Teach on.",
    "secure": "Secure. Outside doors lock. Teach on.",
    "lockdown": "Lockdown. Lock, lights off, out of sight, silent.",
    "evacuate": "Evacuate. Leave by the nearest safe exit. Take the roll.",
    "shelter": "Shelter. Go inside, take cover.",
    "fire": "Fire. Leave by the nearest safe exit.",
    "medical": "Medical help is on its way. Keep the hall clear.",
    "staff-assist": "Staff help was called. Teach on.",
}
"""page.md section 4: a teacher's one line."""

REFUSALS: Final[Mapping[str, str]] = {
    "not_live": "This incident is over, or never was; nothing was changed. What was done stands in its record.",
    "which_incident": "More than one incident is live; nothing was changed. Say which with --incident.",
    "unknown_task": "There is no task {task} in this incident; nothing was changed.",
    "task_stands": "That is so already; nothing was changed.",
    "task_taken": "Somebody has this task. Say why you take it over; nothing was changed.",
    "no_reason_task": "Say why it does not apply; nothing was changed.",
    "no_task_text": "A task needs words; nothing was added.",
    "too_many_tasks": "There are {most} tasks already; nothing was added. End some first.",
    "bad_time": "A time is from 1 minute to 24 hours, and a timer needs one; nothing was added.",
    "role_stands": "That is so already; nothing was changed.",
    "no_reason_role": "Somebody holds this role. Say why it passes on; nothing was changed.",
    "responds_too": (
        "Who responds at the scene does not coordinate as well: from there nobody sees the whole. "
        "Where it cannot be otherwise, say why; nothing was changed."
    ),
    "coordinates_too": (
        "Who coordinates does not respond at the scene as well: hand over first. "
        "Where it cannot be otherwise, say why; nothing was changed."
    ),
    "no_person_named": "Say who; nothing was changed.",
    "responding_stands": "That is so already; nothing was changed.",
    "too_many_responders": "{most} responders are named already; nothing was changed.",
    "unknown_room": "There is no such room in the configuration. Nothing was reported: say the place in words.",
    "no_place": "Say where: a room, or the place in words. Nothing was reported.",
    "room_too_often": (
        "Too many reports of this room in a minute: it goes on standing at the worse one ({word}). "
        "A call for help is always taken. Say the better one again in a minute."
    ),
}
