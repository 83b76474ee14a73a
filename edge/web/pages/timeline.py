"""An incident's journal rows as sentences, newest first; rows of one moment and one meaning share a line. Pure."""

import itertools
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, Final

from edge.camera_words import failed
from edge.web.pages import times
from edge.web.pages.devices import INPUT_STATES, called
from edge.web.pages.language import _, many, say
from edge.web.pages.responses import name, titled
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import SHAPES
from rules.model.ids import ButtonId, CameraId, DoorId, OutputId

Row = Mapping[str, Any]
Document = dict[str, Any]

STANDINGS: Final[Mapping[str, str]] = {
    "acted": "Press of {button}",
    "joined": "Press of {button}, joined what is live",
    "repeated": "Press of {button} came again",
    "test": "Press of {button} in a walk-test",
}
MOST_DOORS: Final = 4


def timeline(scene: Scene, rows: Iterable[Row]) -> list[Document]:
    """Lines `{at, text, note}` of an incident, the newest first."""
    lines = [line for line in (_line(scene, row) for row in rows) if line is not None]
    merged: list[Document] = []
    for key, group in itertools.groupby(lines, key=lambda line: (line["at"], line["merge"])):
        same = list(group)
        if key[1] and len(same) > 1:
            names = [str(one["name"]) for one in same]
            more = f" +{len(names) - MOST_DOORS}" if len(names) > MOST_DOORS else ""
            what = many("{n} door", "{n} doors", len(names))
            merged.append({**same[0], "text": f"{what}: {key[1]} ({', '.join(names[:MOST_DOORS])}{more})"})
        else:
            merged += same
    return _told_once(merged)[::-1]


def _told_once(lines: list[Document]) -> list[Document]:
    """What is asserted again and again is one line, where it was told first, with how often and when last."""
    standing: dict[str, Document] = {}
    kept: list[Document] = []
    for line in lines:
        told = standing.get(line["asserted"]) if line["asserted"] else None
        if told is not None and told["text"] == line["text"]:
            told["again"] += 1
            told["last"] = line["at"]
            continue
        kept.append({**line, "again": 0})
        if line["asserted"]:
            standing[line["asserted"]] = kept[-1]
    return [
        {
            **line,
            "text": line["text"] + " " + say("({n} times more, last {at})", n=line["again"], at=line["last"]),
        }
        if line["again"]
        else line
        for line in kept
    ]


def _line(scene: Scene, row: Row) -> Document | None:
    text, merge, who, asserted = "", "", "", ""
    data = row["data"]
    note = False
    match row["kind"]:
        case "press.heard/1":
            said = STANDINGS.get(data["standing"], "Press of {button}, not acted on")
            text = say(said, button=_button(scene, data["button"])) + f": {name(data['response'])}"
        case "start.asked/1":
            text = say("Started by hand: {what}", what=titled(data["kind"], data["response"]))
            text += _reason(row)
        case "press.answered/1":
            text = (
                _("An unanswered press was started")
                if data["started"]
                else _("An unanswered press was dismissed")
            )
            text += _reason(row)
        case "incident.opened/1":
            text = titled(data["kind"], data["response"]) + f", {scene.zone_name(data['zone'])}"
        case "incident.raised/1":
            text = say("Raised to {what}", what=name(data["response"])) + f", {scene.zone_name(data['zone'])}"
        case "incident.closed/1":
            text = _("Closed. Doors stay as they are.") + _reason(row)
        case "incident.note/1":
            said_note = row["opened"].get("text")
            text, note = str(said_note) if said_note else _("A note whose words were closed or erased."), True
        case "doors.ordered/1":
            word = {
                "lock": _("told to lock"),
                "rest": _("returned to rest"),
                "free": _("freed by the fire rule"),
            }
            text = f"{many('{n} door', '{n} doors', len(data['doors']))} {word.get(data['order'], data['order'])}"
            if data["held"]:
                text += ", " + many("{n} held back", "{n} held back", len(data["held"]))
            text += _reason(row)
        case "door.verdict/1":
            shape = SHAPES.get(data["verdict"])
            merge = _(shape.word) if shape else str(data["verdict"])
            who = _door(scene, data["door"])
            text = f"{who}: {merge}"
        case "outputs.ordered/1":
            # An order is no proof: what is silent is told again and again, and flashes or not.
            on = _("told to switch on") if data["on"] else _("told to switch off")
            asserted = ", ".join(_output(scene, one) for one in data["outputs"])
            text = f"{asserted}: {on}"
        case "input.turned/1":
            state = str(data["state"])
            text = f"{called(scene, data['input'])}: {_(INPUT_STATES.get(state, (state, '', ''))[0])}"
        case "controller.turned/1":
            turned = _("answers again") if data["up"] else _("does not answer")
            text = say("Controller {name} {turned}", name=data["controller"], turned=turned)
        case "cameras.asked/1":
            text = many(
                "Pictures of {n} camera are kept", "Pictures of {n} cameras are kept", len(data["cameras"])
            )
            if data["blind"]:
                text += ", " + many("{n} blind spot", "{n} blind spots", len(data["blind"]))
        case "evidence.ended/1" if data["end"] == "failed":
            text = say(
                "No pictures of {camera}: {why}",
                camera=_camera(scene, data["camera"]),
                why=_(failed(data["code"])),
            )
        case "incident.exported/1":
            text = (
                _("The record was taken out, redacted") if data["redacted"] else _("The record was taken out")
            )
        case "camera.viewed/1":
            text = say("A file of {camera} was taken out", camera=_camera(scene, data["camera"]))
        case "rule.failed/1":
            text = _("A rule failed on this event; the fallback acted instead. Look at the doors.")
        case _:
            return None
    at_ms = times.ms_of(row["at"])
    return {
        "at": _clock(at_ms, scene.zone),
        "text": text,
        "merge": merge,
        "name": who,
        "note": note,
        "asserted": asserted,
        "key": row["seq"],
    }


def _clock(at_ms: int, zone: tzinfo) -> str:
    return times.clock(at_ms, zone)


def _reason(row: Row) -> str:
    said = row["opened"].get("reason")
    return f" ({said})" if said else ""


def _output(scene: Scene, name: str) -> str:
    planned = scene.plan.outputs.get(OutputId(name))
    return f"{name} ({scene.zone_name(planned.zone)})" if planned else name


def _button(scene: Scene, button: str) -> str:
    planned = scene.plan.buttons.get(ButtonId(button))
    return planned.name if planned else button


def _camera(scene: Scene, camera: str) -> str:
    planned = scene.plan.cameras.get(CameraId(camera))
    return planned.name if planned else camera


def _door(scene: Scene, door: str) -> str:
    planned = scene.plan.doors.get(DoorId(door))
    return planned.name if planned else door
