"""An incident's journal rows as sentences, newest first; rows of one moment and one meaning share a line. Pure."""

import itertools
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any, Final

from edge.alert_words import DETECTED
from edge.camera_words import failed
from edge.notice_words import ALL_CLEAR
from edge.notice_words import STATES as NOTICE_STATES
from edge.web.pages import post_timeline as of_post
from edge.web.pages import telling, times
from edge.web.pages.devices import INPUT_STATES, called
from edge.web.pages.language import _, many, say
from edge.web.pages.responses import name, titled
from edge.web.pages.scene import Scene
from edge.web.pages.verdicts import SHAPES
from rules.model.ids import ButtonId, CameraId, DetectorId, DoorId, OutputId

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
        case "detection.heard/1" if data["standing"] == "waiting":
            text = say(
                "{what} by {name}, not confirmed",
                what=_(DETECTED.get(data["detected"], "")),
                name=_source(scene, data),
            )
        case "detection.answered/1":
            said = (
                "A report of {name} was confirmed" if data["confirmed"] else "A report of {name} was nothing"
            )
            text = say(said, name=_source(scene, data)) + _reason(row)
        case "detection.escalated/1":
            text = say("Nobody answered the report of {name} in time", name=_source(scene, data))
        case "emergency_call.heard/1" if data["standing"] in ("waiting", "test"):
            where = str(row["opened"].get("place") or row["opened"].get("extension") or "")
            told_at = ", ".join(part for part in (where, scene.zone_name(data["zone"])) if part)
            text = (
                say("TEST: a 911 test call from {where}", where=told_at)
                if data["standing"] == "test"
                else say("911 was called from {where}", where=told_at)
            )
        case "emergency_call.seen/1":
            text = _("Somebody saw that 911 was called")
        case "incident.opened/1":
            text = titled(data["kind"], data["response"]) + f", {scene.zone_name(data['zone'])}"
        case "incident.raised/1":
            text = say("Raised to {what}", what=name(data["response"])) + f", {scene.zone_name(data['zone'])}"
        case "exercise.played/1":
            what = titled("exercise", data["response"])
            text = say("{what} in {zone} as well", what=what, zone=scene.zone_name(data["zone"]))
        case "incident.joined/1":
            what, where = titled("real", data["response"]), scene.zone_name(data["zone"])
            text = say("{what} in {zone} as well", what=what, zone=where)
        case "response.changed/1":
            what = say("{was} changed to {what}", was=name(data["was"]), what=name(data["response"]))
            text = f"{what}, {scene.zone_name(data['zone'])}" + _reason(row)
        case "transition.refused/1":
            what = say("{what} was asked for and refused", what=titled(data["kind"], data["response"]))
            text = f"{what}, {scene.zone_name(data['zone'])}: " + _why_refused(scene, data) + _reason(row)
        case "incident.end_confirmed/1":
            if data["second"]:
                text = _("Its end was signed by a second named person")
            else:
                text = _("Its end was confirmed with a second factor")
        case "incident.closed/1":
            text = _("Closed. Doors stay as they are.") + _reason(row)
        case "incident.note/1":
            said_note = row["opened"].get("text")
            text, note = str(said_note) if said_note else _("A note whose words were closed or erased."), True
        case kind if kind in of_post.KINDS:
            text = of_post.line(scene, row)
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
        case "notices.ordered/1":
            what = name(str(data["response"])) if data["response"] else _(ALL_CLEAR)
            gone = ", ".join(str(one) for one, _number in data["outputs"])
            text = say("{what} is told by {outputs}", what=what, outputs=gone) if gone else what
            if data["held"]:
                text += ". " + say(
                    "Held back: {outputs}", outputs=", ".join(str(one) for one, _why in data["held"])
                )
        case "notice.turned/1":
            state = _(NOTICE_STATES.get(str(data["outcome"]), str(data["outcome"])))
            why = telling.why(str(data["code"]))
            text = f"{data['output']}: {state}" + (f" ({why})" if why else "")
        case "statements.prepared/1" if data["statements"]:
            text = many(
                "{n} text for families and media is ready: queued for the district, not sent by this box",
                "{n} texts for families and media are ready: queued for the district, not sent by this box",
                len(data["statements"]),
            )
        case "statement.answered/1":
            if data["answer"] == "approved":
                text = say("Text {n} was approved for the district", n=data["number"])
            else:
                text = say("Text {n} was declined", n=data["number"])
            text += _reason(row)
        case "second_channel.tried/1":
            text = telling.tried(data)
        case "room.heard/1":
            word = {
                "shown": _("its screen shows it"),
                "safe": _("says that it is safe"),
                "help": _("NEEDS HELP"),
            }
            said = word.get(str(data["word"]), str(data["word"]))
            text = say("Room {room}: {what} (state {n})", room=data["room"], what=said, n=data["number"])
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
        case "cameras.found_blind/1":
            cameras = ", ".join(_camera(scene, camera) for camera, _why in data["blind"])
            text = say("Blind since before the press, found out after it: {cameras}", cameras=cameras)
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


def _why_refused(scene: Scene, data: dict[str, Any]) -> str:
    code = str(data["code"])
    if said := scene.plan.transitions.reasons.get(code):
        return _(said)
    return say("{was} holds in {where}", was=name(data["was"]), where=scene.zone_name(data["held_in"]))


def _reason(row: Row) -> str:
    said = row["opened"].get("reason")
    return f" ({said})" if said else ""


def _source(scene: Scene, data: Mapping[str, Any]) -> str:
    planned = scene.plan.detectors.get(DetectorId(data["detector"]))
    return planned.name if planned else str(data["detector"])


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
