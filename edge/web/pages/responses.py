"""What a response is called and says, and how a kind is marked. page.md sections 3 and 4; Standard Response Protocol."""

from collections.abc import Mapping
from typing import Any, Final

from edge.web.pages import times
from edge.web.pages.language import _, say
from edge.web.pages.scene import Scene
from rules.plan import ButtonPlan

Document = dict[str, Any]

NAMES: Final[Mapping[str, str]] = {
    "hold-in-place": "Hold",
    "secure": "Secure",
    "lockdown": "Lockdown",
    "evacuate": "Evacuate",
    "shelter": "Shelter",
    "fire": "Fire",
    "medical": "Medical",
    "duress": "Silent duress",
    "staff-assist": "Staff help",
}
SAYS: Final[Mapping[str, str]] = {
    "hold-in-place": "In your room or area. Clear the halls.",
    "secure": "Get inside. Lock outside doors.",
    "lockdown": "Locks, lights, out of sight.",
    "evacuate": "Leave by the nearest safe exit.",
    "shelter": "Inside rooms, take cover.",
    "fire": "Leave by the nearest safe exit.",
    "medical": "Keep the way there clear.",
    "duress": "Somebody is threatened. Do not speak of it and show it to nobody.",
    "staff-assist": "Somebody asks for help there.",
}
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
    campus = incident["zone"] == scene.plan.campus
    first = next(iter(presses(scene, incident["id"])), None)
    where = _("Whole campus") if campus else scene.zone_name(incident["zone"])
    return {
        "id": incident["id"],
        "kind": kind,
        "response": response,
        "mark": _(MARKS.get(kind, "")),
        "mark_says": _(MARKS_SAY.get(kind, "")),
        "silent": incident["silent"],
        "name": name(response),
        "says": f"{where}. {_(SAYS.get(response, ''))}".strip(),
        "since": scene.clock(incident["opened"]),
        "from": _place(first) if first else "",
        "opened_ms": times.ms_of(incident["opened"]),
        "lasting": times.lasting(scene.since_ms(incident["opened"]) or 0),
        "title": titled(kind, response),
    }


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
            "says": f"{_(SAYS[one.response])} {locking}",
            "worst": place == 0,
        }
        for place, one in enumerate(shown)
    ]


def is_known(scene: Scene, response: str) -> bool:
    """Whether the pack of this campus has a response."""
    return any(one == response for one in scene.plan.responses)
