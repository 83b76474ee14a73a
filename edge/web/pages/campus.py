"""The campus, or home: armed or not and why, doors not as they should be, zones, and whether a press would work."""

from collections.abc import Mapping
from typing import Any, Final

from edge import words
from edge.web.pages.causes import by_cause, devices_by_cause, doors_in
from edge.web.pages.devices import button_row, input_row
from edge.web.pages.fire_views import fire_rows
from edge.web.pages.flags import flag_rows
from edge.web.pages.language import _, many, say
from edge.web.pages.responses import KINDS, name
from edge.web.pages.scene import Scene
from edge.web.pages.testing import tests_running
from edge.web.pages.verdicts import door_row, worst_first
from rules.model.ids import IncidentId, ZoneId
from rules.model.verdicts import SECURED
from rules.supervision import BATTERY_LOW_PERCENT

Document = dict[str, Any]

AT_REST: Final = SECURED | {"closed_locked"}

MOST_GAPS: Final = 4
MOST_ROWS: Final = 12


def campus_view(scene: Scene, of: str = "") -> Document:
    """Home, in quiet times and beside an incident."""
    doors = sorted((door_row(scene, one) for one in scene.picture["doors"]), key=worst_first)
    look = [row for row in doors if row["attention"]]
    causes = by_cause(scene, look)
    flags = flag_rows(scene)
    inputs = [input_row(scene, one) for one in scene.picture["inputs"]]
    buttons = [button_row(scene, one) for one in scene.picture["buttons"]]
    devices = [*(one for one in inputs if one["shown_home"]), *(one for one in buttons if one["needs"])]
    shown, silent = devices_by_cause(scene, devices)
    held = 0 if scene.picture["incidents"] else sum(is_held(door) for door in scene.picture["doors"])
    return {
        "held": held,
        "state": _state(scene, len(flags)),
        "school": school_line(scene),
        "gaps": flags[:MOST_GAPS],
        "more_gaps": max(0, len(flags) - MOST_GAPS),
        "reaches": _reaches(scene),
        "look": causes[:MOST_ROWS],
        "look_more": doors_in(causes[MOST_ROWS:]),
        "look_count": len(look),
        "doors_count": len(doors),
        "as_they_should": len(doors) - len(look),
        "zones": [zone_row(scene, one) for one in scene.picture["zones"]],
        "inputs": [one for one in shown if "fire" in one],
        "buttons": [one for one in shown if "wired" in one],
        "fire_effects": fire_rows(scene),
        "silent": silent,
        "buttons_count": len(buttons),
        "walk_tests": walk_test_rows(scene),
        "tests": tests_running(scene),
        "meters": _meters(scene, buttons),
    }


def is_held(door: Document) -> bool:
    """Whether an order still stands that keeps it from its rest."""
    return door["order"] is not None and door["order"]["word"] != "rest"


def _state(scene: Scene, gaps: int) -> Document:
    box = scene.picture["appliance"]
    since = scene.clock(box["since"])
    if not box["armed"]:
        what = say("NOT ARMED since {at}", at=since)
        return {"armed": False, "words": what, "why": _(words.NOT_ARMED.get(box["why_not"], box["why_not"]))}
    if gaps:
        return {"armed": True, "words": many("Armed, with {n} gap", "Armed, with {n} gaps", gaps), "why": ""}
    return {"armed": True, "words": _("Armed"), "why": ""}


SCHOOL: Final[Mapping[str, tuple[str, str]]] = {
    "school": ("School is in session", ""),
    "community": (
        "Others use the building",
        "Few of the staff are there. A response is told by the outputs for this time.",
    ),
    "after-hours": ("After hours", "Few people are there. A response is told by the outputs for this time."),
    "unknown": (
        "It is not known whether school is in session",
        "Everybody who could be told is told. Look at the box's clock, and whether its calendar has run out.",
    ),
}
"""By `SchoolMode`: what is so, then what follows from it."""


def school_line(scene: Scene) -> Document | None:
    """Whether school is in session, and outside of it which doors to the outside are not closed and locked."""
    now = scene.picture["school"]
    if now is None:
        return None
    title, text = SCHOOL[now["mode"]]
    where = ", ".join(scene.zone_name(one) for one in now["community"])
    loose = [
        door["name"]
        for door in scene.picture["doors"]
        if now["mode"] != "school" and door["kind"] == "exterior" and door["verdict"] not in AT_REST
    ]
    return {
        "mode": now["mode"],
        "title": _(title),
        "where": where,
        "text": _(text) if text else "",
        "loose": loose,
    }


def _reaches(scene: Scene) -> str:
    """How far a press would get now, counted and never guessed."""
    up = {one["id"] for one in scene.picture["controllers"] if one["up"]}
    doors = scene.picture["doors"]
    reached = sum(one["controller"] in up and not one["defects"] for one in doors)
    provable = sum(
        one["bolt"] is not None
        and one["bolt"]["fresh"]
        and (one["position"] is None or one["position"]["fresh"])
        for one in doors
    )
    return say(
        "A press reaches {reached} of {total} doors. {provable} can be proven secured now.",
        reached=reached,
        total=len(doors),
        provable=provable,
    )


def zone_row(scene: Scene, zone: Document) -> Document:
    """A zone with what holds in it, the kind in words."""
    held, kind, since = zone["response"], zone["kind"], zone["since"]
    if not held:
        # An exercise holds nothing: it is shown where it is played.
        held, kind, since = _played(scene, zone["id"]) or (held, kind, since)
    depth = len(scene.plan.zones[zone["id"]].above) - 1 if zone["id"] in scene.plan.zones else 0
    return {
        "id": zone["id"],
        "name": zone["name"],
        "depth": min(depth, 3),
        "response": name(held) if held else "",
        "kind": kind or "",
        "kind_word": _(KINDS.get(kind or "", kind or "")),
        "since": scene.clock(since),
        "own": zone["own"] is not None,
    }


def _played(scene: Scene, zone: str) -> tuple[str, str, str] | None:
    """The gravest that an exercise in sight plays in a zone or above it, its kind, and since when; None: nothing."""
    planned, live = scene.plan.zones.get(ZoneId(zone)), scene.state.record.incidents
    found = [
        (response, str(incident["kind"]), str(incident["opened"]))
        for incident in scene.picture["incidents"]
        if planned is not None and incident["id"] in live
        for where, response in live[IncidentId(incident["id"])].played
        if where in planned.above and response in scene.plan.responses
    ]
    return max(found, key=lambda one: scene.plan.responses[one[0]].rank, default=None)


def walk_test_rows(scene: Scene) -> list[Document]:
    """Buttons in a walk-test now, and how long still."""
    return [
        {
            "button": one["button"],
            "name": one["name"],
            "pressed": one["pressed"],
            "left": say("{n} min left", n=-(-one["left_s"] // 60)),
        }
        for one in scene.picture["walk_tests"]
    ]


def _meters(scene: Scene, buttons: list[Document]) -> list[Document]:
    """Bars with their limits: `share` and `limit` in percent of the bar. Not known is drawn as bad."""
    found = []
    # One in a walk-test was heard like any other.
    heard = sum(one["supervision"] == "heard" for one in scene.picture["buttons"])
    found.append(
        _meter(
            _("Buttons heard in time"), say("{n} of {of}", n=heard, of=len(buttons)), heard, len(buttons), 100
        )
    )
    batteries = [one["battery"] for one in scene.picture["buttons"] if one["battery"] is not None]
    if batteries:
        lowest = min(batteries)
        text = say("{n} %, limit {limit}", n=lowest, limit=BATTERY_LOW_PERCENT)
        found.append(_meter(_("Lowest button battery"), text, lowest, 100, BATTERY_LOW_PERCENT))
    controllers = scene.picture["controllers"]
    up = sum(one["up"] for one in controllers)
    found.append(
        _meter(
            _("Controllers that answer"),
            say("{n} of {of}", n=up, of=len(controllers)),
            up,
            len(controllers),
            100,
        )
    )
    doors = scene.picture["doors"]
    fresh = sum(one["bolt"] is not None and one["bolt"]["fresh"] for one in doors)
    text = say("{n} of {of}", n=fresh, of=len(doors))
    found.append(_meter(_("Doors whose bolt is read now"), text, fresh, len(doors), 100))
    return found


def _meter(title: str, text: str, value: int, of: int, limit: int) -> Document:
    share = round(100 * value / of) if of else 0
    return {"title": title, "text": text, "share": share, "limit": limit, "bad": share < limit}
