"""What happened at an incident's post, as lines of its timeline. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from edge import post_words
from edge.web.pages.language import _, many, say
from edge.web.pages.responses import name
from edge.web.pages.scene import Scene
from rules.rooms import rooms_of

Row = Mapping[str, Any]

KINDS: Final = frozenset(
    {
        "tasks.opened/1",
        "task.turned/1",
        "task.overdue/1",
        "role.handed_over/1",
        "responder.marked/1",
        "room.reported/1",
    }
)


def line(scene: Scene, row: Row) -> str:
    """One row in words; names and texts as far as they are not erased."""
    data, opened = row["data"], row["opened"]
    match row["kind"]:
        case "tasks.opened/1":
            texts = opened.get("texts", [])
            if data["response"] is None:
                return say("Task {n} added: {text}", n=data["tasks"][0][0], text=" ".join(map(str, texts)))
            count = many("{n} task opened", "{n} tasks opened", len(data["tasks"]))
            return f"{count}: {name(data['response'])}"
        case "task.turned/1":
            word = _(post_words.STATES.get(data["state"], data["state"]))
            return say("Task {n}: {what}", n=data["number"], what=word) + _by(scene, row) + _why(row)
        case "task.overdue/1":
            return say("Task {n} is LATE: nobody has done it", n=data["number"])
        case "role.handed_over/1":
            role = _(post_words.ROLES.get(data["role"], data["role"]))
            to = _who(scene, data["holder"], opened.get("name")) or _("nobody")
            was = _who(scene, data["was"], opened.get("was_name"))
            moved = (
                say("{role}: {to}, from {was}", role=role, to=to, was=was)
                if was
                else say("{role}: {to}", role=role, to=to)
            )
            both = " " + _("COORDINATES AND RESPONDS") if data["responds"] else ""
            return moved + both + _why(row)
        case "responder.marked/1":
            who = _who(scene, data["who"], opened.get("name")) or _("somebody")
            text = (
                say("{who} responds", who=who) if data["here"] else say("{who} responds no longer", who=who)
            )
            both = " " + _("COORDINATES AND RESPONDS") if data["coordinates"] else ""
            return text + both + _why(row)
        case _:
            room = rooms_of(scene.plan).get(data["room"])
            where = room.name if room is not None else data["room"] or _("Elsewhere")
            word = _(post_words.ROOM.get(data["word"], data["word"]))
            count = "" if data["people"] is None else ", " + many("{n} person", "{n} people", data["people"])
            said = opened.get("text")
            return f"{where}: {word}{count}" + (f" ({said})" if said else "") + _by(scene, row)


def _by(scene: Scene, row: Row) -> str:
    actor = row.get("actor")
    return f" · {scene.called(actor)}" if actor else ""


def _who(scene: Scene, actor: str, name: object) -> str:
    return scene.called(actor) if actor else str(name or "")


def _why(row: Row) -> str:
    said = row["opened"].get("reason")
    return f" ({said})" if said else ""
