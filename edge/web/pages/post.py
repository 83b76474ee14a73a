"""The coordinator's page of a live incident: who does what, what is late, which rooms are silent, what did not work. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from edge import post_words
from edge.notice_words import CODES as NOTICE_CODES
from edge.post import post_document
from edge.web.pages import telling, times
from edge.web.pages.incident import incident_view
from edge.web.pages.language import _, many, say
from edge.web.pages.map_zones import zones_view
from edge.web.pages.responses import name
from edge.web.pages.scene import Scene
from edge.web.pages.statement_rows import statement_rows
from rules.model.post_facts import COORDINATOR

Document = dict[str, Any]

TONES: Final[Mapping[str, str]] = {
    "intruder-seen": "act",
    "injured": "act",
    "needs-help": "act",
    "missing": "act",
    "safe": "ok",
}
"""Of what a room says; one that is silent is not known."""
SYMBOLS: Final[Mapping[str, str]] = {"act": "forced", "ok": "secured"}
MOST_SILENT: Final = 60


def post_view(scene: Scene, of: str) -> Document | None:
    """Everything of the page; None: no incident of this id is live and in sight."""
    whole = incident_view(scene, of)
    found = post_document(scene.plan, scene.state, of, scene.called)
    if whole is None or found is None:
        return None
    tasks = [_task(scene, one) for one in found["tasks"]]
    return {
        **whole,
        **rooms_view(scene, found),
        **zones_view(scene, of, found["rooms"]),
        "vacant": not found["coordinator"],
        "roles": [_role(scene, one) for one in found["roles"]],
        "unnamed": ", ".join(_(one["words"]) for one in found["roles"] if one["primary"] is None),
        "callable_now": _(", then ").join(_named(found["roles"][0])),
        "responders": [_holder(scene, one) for one in found["responders"]],
        "tasks": sorted((one for one in tasks if not one["over"]), key=_urgent),
        "tasks_over": [one for one in tasks if one["over"]],
        "late": sum(one["late"] for one in (*found["tasks"], *found["timers"])),
        "timers": sorted((_task(scene, one) for one in found["timers"]), key=_urgent),
        "failed": failed_outputs(scene),
        "statements": [one for one in statement_rows(scene, of) if one["current"]],
        "notes": [{**one, "clock": scene.clock(one["at"])} for one in reversed(found["notes"])],
    }


def rooms_view(scene: Scene, found: Document) -> Document:
    """What rooms say, the loudest first, and those that say nothing; how many people were counted where."""
    rooms, people = found["rooms"], found["people"]
    silent = [
        {
            "id": one["room"],
            "name": _last_known(scene, one),
        }
        for one in sorted(rooms["silent"], key=_nothing_known)
    ]
    return {
        "heard": [_heard(scene, one) for one in rooms["heard"]],
        "silent": silent[:MOST_SILENT],
        "silent_count": len(silent),
        "silent_more": max(0, len(silent) - MOST_SILENT),
        "rooms_of": rooms["of"],
        "people": people,
    }


def _nothing_known(one: Document) -> bool:
    return one["pressed"] is None and one["safe_before"] is None


def _last_known(scene: Scene, one: Document) -> str:
    """A silent room with what was known of it before, which says nothing of now."""
    if one["pressed"]:
        return say("{room}, pressed {at}", room=one["name"], at=scene.clock(one["pressed"]))
    if one["safe_before"]:
        return say("{room}, safe before, {at}", room=one["name"], at=scene.clock(one["safe_before"]))
    return str(one["name"])


def _heard(scene: Scene, one: Document) -> Document:
    tone = TONES[one["word"]]
    by_screen = one["by"] == post_words.SCREENS["screen"]
    stamp = f"{times.ms_of(one['at'])}{'-screen' if by_screen else ''}"
    return {
        "key": "-".join((*(one["room"] or one["name"]).split(), stamp)),
        "id": one["room"] or "",
        "name": one["name"],
        "tone": tone,
        "symbol": SYMBOLS[tone],
        "word": _(post_words.ROOM[one["word"]]),
        "people": one["people"],
        "text": one["text"] if one["room"] else "",
        "by": _(one["by"]) if by_screen else one["by"],
        "at": scene.clock(one["at"]),
        "age_ms": scene.since_ms(one["at"]),
    }


def _task(scene: Scene, one: Document) -> Document:
    stamp = times.ms_of(one["since"] or one["opened"])
    return {
        "number": one["number"],
        "key": f"{one['number']}-{one['state']}-{stamp}{_grade(one)}",
        "was": f"{one['state']} {stamp}",
        "text": one["text"] or _("The words of this task were erased."),
        "role": _(post_words.ROLES[one["role"]]),
        "state": one["state"],
        "over": one["state"] in ("done", "not-applicable"),
        "word": _(post_words.STATES[one["state"]]),
        "by": one["by"] or "",
        "since": scene.clock(one["since"]),
        "reason": one["reason"],
        "late": one["late"],
        "due": scene.clock(one["due"]) if one["left_s"] is not None else "",
        "late_ms": scene.since_ms(one["due"]) if one["late"] else None,
        "every": many("again every {n} min", "again every {n} min", one["every_s"] // 60)
        if one["every_s"]
        else "",
        "last": scene.clock(one["last_done"]),
        "left_s": one["left_s"],
        "behind": say(
            "of {response}, which holds nowhere now", response=", ".join(map(name, one["left_behind"]))
        )
        if one["left_behind"]
        else "",
    }


def _grade(one: Document) -> str:
    return "-late" if one["late"] else "-behind" if one["left_behind"] else ""


def _urgent(one: Document) -> tuple[bool, bool, bool, float, int]:
    """What is late first, then what is due next, what has no time, and last what is of a response that holds no more."""
    left = one["left_s"]
    time_left = float("inf") if left is None else left
    return bool(one["behind"]), not one["late"], one["over"], time_left, one["number"]


def _role(scene: Scene, one: Document) -> Document:
    held = one["holder"]
    stamp = 0 if held is None else times.ms_of(held["since"])
    names = _named(one)
    return {
        # Who has it, who must have it, and what somebody waits for; the others stand behind a touch.
        "first": bool(held or one["role"] == COORDINATOR or one["tasks_waiting"] or names),
        "role": one["role"],
        "name": _(post_words.ROLES[one["role"]]),
        "key": f"{one['role']}-{stamp}",
        "was": str(stamp),
        "holder": None if held is None else _holder(scene, held),
        "named": names,
        "thin": len(names) < 3,
        "waiting": many("{n} task waits for it", "{n} tasks wait for it", one["tasks_waiting"])
        if one["tasks_waiting"]
        else "",
    }


def _named(one: Document) -> list[str]:
    """Who is to hold a role, in the order in which they are called."""
    return [name for name in (one["primary"], *one["deputies"]) if name]


def _holder(scene: Scene, one: Document) -> Document:
    return {
        "name": one["name"],
        "since": scene.clock(one["since"]),
        "reason": one["reason"],
        "both": one["coordinates_and_responds"],
    }


def failed_outputs(scene: Scene) -> list[Document]:
    """Outputs of which it is known that they did not do what they were told, or not known that they did."""
    found = []
    for one in scene.picture["outputs"]:
        for told in one["notices"]:
            if told["state"] == "failed":
                why = _(NOTICE_CODES.get(told["code"], told["code"]))
                found.append(_failed(scene, one, say("Not sent: {why}", why=why) if why else _("Not sent")))
            if told["second"] is not None and told["second"]["state"] == "failed":
                found.append(_failed(scene, one, telling.second(told, scene.clock)))
        command = one["command"]
        if one["ordered_on"] and (one["held"] or command is None or command["ending"] != "written"):
            found.append(_failed(scene, one, _("Told to switch on, and no answer came")))
    return found


def _failed(scene: Scene, output: Document, why: str) -> Document:
    return {"id": output["id"], "zone": scene.zone_name(output["zone"]), "why": why}
