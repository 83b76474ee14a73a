"""What a person's request came to, for a page: `edge.words` speaks of the command line where a page has a link."""

from collections.abc import Mapping
from typing import Final

from edge import camera_words, words
from edge.control.desk import Reply
from edge.web.pages.language import _, many, say
from edge.web.pages.scene import Scene
from rules.model.ids import DoorId

ON_A_PAGE: Final[Mapping[str, str]] = {
    "unknown_button": "One of these buttons is not in the configuration any more. Nothing was started.",
    "unknown_door": "One of these doors is not in the configuration any more. Nothing was changed.",
    "unknown_zone": "This zone is not in the configuration any more. Nothing was started: choose another.",
    "unknown_press": "Nothing waits for an answer there. Nothing was changed.",
    "unknown_incident": "There is no such incident. Nothing was written.",
    "release_too_late": "The box came to this more than 10 s after you asked. No door was released: ask again.",
    "locked_since": "A lockdown reached these doors after you asked. No door was released: look, then ask again.",
    "already_answered": "Somebody answered this press before. Nothing was changed.",
    "no_incident": "No incident is live; nothing was changed.",
    "nothing_on": "Nothing is on in this room. For help press a panic button, or phone 911 and then the office.",
    "no_text": "The note holds no words; nothing was written.",
    "rule_failed": "A rule failed on this. Look at the doors, and act by hand.",
    **camera_words.ON_REQUEST,
    "late": "The box took this and has not finished in 10 s. Look at the doors before you try again.",
}
NOT_ON_DISK: Final = "The disk takes nothing now, so this is not in the record yet. It is done all the same."


def told(reply: Reply, done: str, scene: Scene | None = None) -> str:
    """In words; `done`: what to say when all of it was done, already in words. scene: knows the doors by name."""
    args = dict(reply.args)
    if reply.done:
        text = done
        still = args.get("doors_still_locked")
        if isinstance(still, int) and still:
            text += " " + many(
                "{n} door stays told to lock: release it by name.",
                "{n} doors stay told to lock: release each by name.",
                still,
            )
    elif reply.code == "held" and scene is not None:
        text = _held_back(scene, str(args.get("held", "")))
    else:
        text = _(ON_A_PAGE[reply.code]) if reply.code in ON_A_PAGE else _(words.reply(reply.code, args))
    return text if reply.durable else f"{text} {_(NOT_ON_DISK)}"


def _held_back(scene: Scene, held: str) -> str:
    """`door:code, door:code` in words: each reason once, with the names of its doors."""
    doors: dict[str, list[str]] = {}
    for one in held.split(", "):
        door, _colon, code = one.partition(":")
        planned = scene.plan.doors.get(DoorId(door))
        doors.setdefault(code, []).append(planned.name if planned else door)
    return " ".join(
        say("Held back: {doors}.", doors=", ".join(names)) + " " + _(words.held(code))
        for code, names in doors.items()
    )
