"""What a response is called and says, and how a kind is marked. page.md sections 3 and 4; Standard Response Protocol."""

from collections.abc import Mapping
from typing import Any, Final

from edge.response_words import NAMES, words_of
from edge.web.pages import times
from edge.web.pages.language import _, say
from edge.web.pages.scene import Scene
from rules.holding import effective
from rules.model.ids import IncidentId, ZoneId
from rules.notices import UNSAID
from rules.plan import ButtonPlan
from rules.state import ZoneState

Document = dict[str, Any]

KINDS: Final[Mapping[str, str]] = {
    "real": "real",
    "drill": "drill",
    "exercise": "exercise",
    "test": "test",
}
"""A real incident carries no mark where one is expected, so that a mark that is lost errs to real."""
MARKS: Final[Mapping[str, str]] = {"drill": "DRILL", "exercise": "EXERCISE", "test": "TEST"}
MARKS_SAY: Final[Mapping[str, str]] = {
    "drill": "DRILL. No 911 call, this campus only. A real press ends the drill.",
    "exercise": "EXERCISE. Screens and record only: no lock moves, nothing sounds. A real press ends it.",
    "test": "TEST. Nobody is called and nothing is locked.",
}


def name(response: str) -> str:
    """`Lockdown`; a response nobody here knows by its code."""
    return _(NAMES.get(response, response))


def titled(kind: str, response: str) -> str:
    """`DRILL Lockdown`, `Lockdown`: with the mark as the first word, for titles and lists."""
    mark = MARKS.get(kind)
    return f"{_(mark)} {name(response)}" if mark else name(response)


def band(scene: Scene, incident: Document) -> Document:
    """The band of one live incident, for the top of every page."""
    kind, response = incident["kind"], incident["response"]
    first = next(iter(presses(scene, incident["id"])), None)
    where, elsewhere = _whereabouts(scene, incident)
    return {
        "id": incident["id"],
        "kind": kind,
        "response": response,
        "mark": _(MARKS.get(kind, "")),
        "mark_says": _(MARKS_SAY.get(kind, "")),
        "silent": incident["silent"],
        "name": name(response),
        "says": f"{where}. {_(words_of(scene.plan.responses).get(response, ''))} {elsewhere}".strip(),
        "where": ", ".join(_called(scene, one) for one in incident["zones"]),
        "since": scene.clock(incident["opened"]),
        "from": _place(first) if first else "",
        "opened_ms": times.ms_of(incident["opened"]),
        "lasting": times.lasting(scene.since_ms(incident["opened"]) or 0),
        "title": titled(kind, response),
    }


def _whereabouts(scene: Scene, incident: Document) -> tuple[str, str]:
    """Where the gravest response of an incident holds, and what else of it holds where; `""`: nothing else does."""
    found: dict[str, list[str]] = {incident["response"]: [_called(scene, incident["zone"])]}
    for zone, own in scene.state.record.zones.items():
        if own.incident == incident["id"] and zone != incident["zone"] and _to_be_named(scene, zone, own):
            found.setdefault(own.response, []).append(_called(scene, zone))
    live = scene.state.record.incidents.get(IncidentId(incident["id"]))
    for zone, response in live.played if live is not None else ():
        if zone != incident["zone"]:
            found.setdefault(response, []).append(_called(scene, zone))
    where = ", ".join(found.pop(incident["response"]))
    rest = "; ".join(f"{name(one)}: {', '.join(zones)}" for one, zones in found.items())
    return where, say("Also {rest}.", rest=rest) if rest else ""


def _to_be_named(scene: Scene, zone: ZoneId, own: ZoneState) -> bool:
    """Not what something graver stands above, but for a call for help; and not what the same above says already."""
    plan, record = scene.plan, scene.state.record
    if zone not in plan.zones:
        return True
    above = [record.zones[one] for one in plan.zones[zone].above[1:] if one in record.zones]
    if any(one.response == own.response for one in above):
        return False
    return own.response in UNSAID or effective(plan, record, zone) is own


def _called(scene: Scene, zone: str) -> str:
    return _("Whole campus") if zone == scene.plan.campus else scene.zone_name(zone)


def _place(press: Document) -> str:
    return f"{press['name']}, {press['where']}" if press["where"] else str(press["name"])


def presses(scene: Scene, incident: str) -> list[Document]:
    """Each press that opened, raised or joined an incident: place, room, moment; the first one first."""
    found = [
        (press.at.utc_us, button, press.gesture)
        for button, memory in scene.state.record.buttons.items()
        for press in memory.presses
        if press.incident == incident
    ]
    rows = []
    for at_us, button, gesture in sorted(found):
        planned = scene.plan.buttons.get(button)
        rows.append(
            {
                "key": f"{button}-{at_us}",
                "button": button,
                "name": planned.name if planned else button,
                "where": _where(scene, planned),
                "at": times.clock(at_us // 1_000, scene.zone),
                "gesture": gesture,
            }
        )
    return rows


def _where(scene: Scene, planned: ButtonPlan | None) -> str:
    """The button's room, or its zone; `""` where its name says it already."""
    where = (planned.room or scene.zone_name(planned.zone)) if planned else ""
    return "" if planned is not None and where in planned.name else where


def bands(scene: Scene) -> list[Document]:
    """Every live incident in sight: real before what is not, the highest response first."""

    def place(one: Document) -> tuple[bool, int, str]:
        planned = scene.plan.responses.get(one["response"])
        return one["kind"] != "real", -(planned.rank if planned else 0), one["opened"]

    return [band(scene, one) for one in sorted(scene.picture["incidents"], key=place)]


def standing(live: Document) -> str:
    """What a band of `bands` stands for now; another once the response rises or another incident begins."""
    return f"{live['id']} {live['response']}"


def startable(scene: Scene, *, kind: str) -> list[Document]:
    """What can be started by hand, for the whole campus; the highest-ranked first. Silent ones need a zone and no list."""
    locking = _("Starts at this touch.")
    shown = [one for one in scene.plan.responses.values() if not one.silent and one.scope == "campus"]
    shown.sort(key=lambda one: -one.rank)
    return [
        {
            "response": one.response,
            "zone": scene.plan.campus,
            "kind": kind,
            "title": say("{response}, whole campus", response=name(one.response)),
            "says": f"{_(words_of(scene.plan.responses)[one.response])} {locking}",
            "worst": place == 0,
        }
        for place, one in enumerate(shown)
    ]


def is_known(scene: Scene, response: str) -> bool:
    """Whether the pack of this campus has a response."""
    return any(one == response for one in scene.plan.responses)
