"""Detectors' reports and 911 calls as pages show them: made of `edge.alerts`, in words. Pure."""

from typing import Any, Final

from drivers.clock import instant
from edge import alerts
from edge.web.pages.language import _, many, say
from edge.web.pages.responses import name as response_name
from edge.web.pages.scene import Scene
from rules.model.ids import CameraId
from rules.model.moments import Instant

Document = dict[str, Any]

NOTHING: Final[Document] = {"detections": [], "calls": []}
"""For whoever has no right to it: no row, no number, no gap."""
STATES: Final = {
    "heard": ("secured", "ok", "Heard"),
    "unknown": ("unknown", "unk", "Not heard since start"),
    "silent": ("noanswer", "act", "Silent"),
    "unsupervised": ("unknown", "unk", "Not supervised"),
}


def alerts_view(scene: Scene) -> Document:
    """What stands at the top of every page of those who may see it."""
    now = _now(scene)
    return {
        "detections": [detection_view(scene, one) for one in alerts.detections(scene.plan, scene.state, now)],
        "calls": [_call(scene, one) for one in alerts.calls(scene.plan, scene.state, now)],
    }


def detection_of(scene: Scene, number: int) -> Document | None:
    """One report; None: there is none of this number, or it was answered long ago."""
    found = alerts.detections(scene.plan, scene.state, _now(scene))
    return next((detection_view(scene, one) for one in found if one["number"] == number), None)


def detection_view(scene: Scene, one: Document) -> Document:
    """A report in words."""
    where = ", ".join(dict.fromkeys(part for part in (one["place"] or one["name"], one["zone_name"]) if part))
    title = _(one["words"])
    sure = say("{n} % sure", n=one["confidence"]) if one["confidence"] is not None else ""
    photos = [f"/api/v1/detections/{one['number']}/photos/{sha256}" for sha256 in one["photos"]]
    over = ""
    if one["state"] == "confirmed":
        over = say(
            "{what}, {where}: confirmed at {at}.", what=title, where=where, at=scene.clock(one["answered"])
        )
    elif one["state"] == "dismissed":
        over = say(
            "CANCELLED: {what}, {where}. A person said at {at} that it was nothing. Nothing was locked by it.",
            what=title,
            where=where,
            at=scene.clock(one["answered"]),
        )
    return {
        "number": one["number"],
        "title": title,
        "where": where,
        "name": one["name"],
        "by": say("Reported by {name}", name=one["name"]) + (f", {sure}." if sure else "."),
        "said": one["said"],
        "at": scene.clock(one["at"]),
        "age_ms": one["age_ms"],
        "doubt": _(one["doubt_words"]) if one["doubt"] else "",
        "more": many("{n} report so far.", "{n} reports so far.", one["count"]) if one["count"] > 1 else "",
        "escalated": one["escalated"],
        "photo": photos[-1] if photos else "",
        "photos": photos,
        "cameras": [(id_, scene.plan.cameras[CameraId(id_)].name) for id_ in one["cameras"]],
        "response": response_name(one["response"]),
        "in_zone": scene.zone_name(one["in_zone"]),
        "state": one["state"],
        "over": over,
        "incident": one["incident"],
    }


def _call(scene: Scene, one: Document) -> Document:
    extension = say("extension {number}", number=one["extension"]) if one["extension"] else ""
    where = ", ".join(dict.fromkeys(part for part in (one["place"] or extension, one["zone_name"]) if part))
    who = [one["caller"], extension if one["place"] else ""]
    if one["callback"]:
        who.append(say("call back {number}", number=one["callback"]))
    said = ", ".join(part for part in who if part)
    return {
        "number": one["number"],
        "test": one["test"],
        "where": where,
        "who": f"{said}." if said else "",
        "at": scene.clock(one["at"]),
        "age_ms": one["age_ms"],
        "doubt": _(one["doubt_words"]) if one["doubt"] else "",
        "state": one["state"],
        "over": say("The 911 call from {where} was seen at {at}.", where=where, at=scene.clock(one["seen"])),
    }


def sources_view(scene: Scene) -> list[Document]:
    """Who reports, and whether it is heard."""
    rows = []
    for one in alerts.sources(scene.plan, scene.state):
        symbol, tone, word = STATES[one["supervision"]]
        counted = one["only_counted"]
        says = scene.zone_name(one["zone"])
        if counted:
            says += ". " + many("{n} report was only counted.", "{n} reports were only counted.", counted)
        rows.append(
            {
                "id": one["id"],
                "name": one["name"],
                "symbol": symbol,
                "tone": tone,
                "word": _(word),
                "says": says,
                "age_ms": scene.since_ms(one["heard"]),
                "old": one["supervision"] != "heard",
            }
        )
    return rows


def _now(scene: Scene) -> Instant:
    """The moment of the scene, for ages by the wall clock."""
    return Instant(scene.now_ms * 1_000, instant().mono_us)
