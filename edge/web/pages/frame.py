"""What stands on every page: live incidents, unanswered presses, the way to start a response, the menu. Pure."""

from collections.abc import Callable
from typing import Any, Final

from edge import words
from edge.web.pages import times
from edge.web.pages.language import _, say
from edge.web.pages.responses import bands, name, startable
from edge.web.pages.scene import Scene
from rules.rights import Right

Document = dict[str, Any]
May = Callable[[Right], bool]

MENU: Final[tuple[tuple[str, str, Right], ...]] = (
    ("/", "Campus", "look"),
    ("/map", "Map", "look"),
    ("/doors", "Doors", "look"),
    ("/buttons", "Buttons", "look"),
    ("/inputs", "Inputs", "look"),
    ("/controllers", "Controllers", "look"),
    ("/cameras", "Cameras", "look"),
    ("/detections", "Detectors", "alerts"),
    ("/flags", "Flags", "look"),
    ("/readiness", "Readiness", "look"),
    ("/assets", "Assets", "assets"),
    ("/firmware", "Firmware", "look"),
    ("/inspections", "Inspections", "assets"),
    ("/assessments", "Assessments", "assets"),
    ("/incidents", "Incidents", "look"),
    ("/classroom", "My room", "report-room"),
    ("/tickets", "Tickets", "read-tickets"),
    ("/tickets/new", "Report a problem", "report"),
    ("/upkeep", "What rests", "read-tickets"),
    ("/sweeps", "Exterior doors", "assets"),
    ("/walk-test", "Walk-test", "walk-test"),
    ("/selftest", "Self-test", "selftest"),
    ("/drills", "Drills", "start-drill"),
    ("/tabletop", "Tabletop", "start-drill"),
    ("/release", "Release doors", "release"),
    ("/rules", "Rules", "look"),
    ("/people", "People", "people"),
)


def live_frame(scene: Scene, screen: str, of: str = "") -> Document:
    """What the live parts need beside their own view: the same for all who may see the same."""
    live = bands(scene)
    box = scene.picture["appliance"]
    shown = next((one for one in live if one["id"] == of), None) if screen == "incident" else None
    return {
        "screen": screen,
        "of": of,
        "now_ms": scene.now_ms,
        "bands": live,
        # The incident's own page is headed by its own band; on others each band is a link.
        "here": shown["id"] if shown else "",
        "unanswered": [_unanswered(scene, one) for one in scene.picture["unanswered"]],
        "armed": box["armed"],
        "not_armed": _(words.NOT_ARMED.get(box["why_not"], box["why_not"])),
        "since": scene.clock(box["since"]),
        "trouble": box["journal"]["words"],
        "mode": "" if box["mode"] == "normal" else _(words.MODES[box["mode"]]),
        "campus": box["name"],
    }


def _unanswered(scene: Scene, press: Document) -> Document:
    at_ms = times.ms_of(press["at"])
    # By its moment and not by its number: a gap in the numbers would tell of one that is not shown.
    return {
        "key": f"{press['button']}-{at_ms}",
        "where": press["name"]
        + (f", {press['room']}" if press["room"] and press["room"] not in press["name"] else ""),
        "response": name(press["response"]),
        "zone": scene.zone_name(press["in_zone"]),
        "why": _(press["words"]),
        "at": times.clock(at_ms, scene.zone),
        "age_ms": max(0, scene.now_ms - at_ms),
    }


def start_words(live: list[Document]) -> str:
    """What the way to start is called, beside what is live."""
    real = any(one["kind"] == "real" and not one["silent"] for one in live)
    return _("Change response…") if real else _("Start a response…")


def frame(scene: Scene, screen: str, of: str, may: May) -> Document:
    """All of a page's surroundings for somebody with these rights."""
    live = live_frame(scene, screen, of)
    if not may("look"):
        # A session that ran out starts from here; what is live is shown once it is signed in again.
        live = {**live, "bands": [], "here": ""}
    first = live["bands"][0]["title"] if live["bands"] else ""
    return {
        **live,
        "as_of": times.clock_offset(scene.now_ms, scene.zone),
        "menu": [(href, _(label), href == "/" + screen) for href, label, right in MENU if may(right)],
        "startable": startable(scene, kind="real"),
        "zones_to_start": [(one.id, one.name) for one in scene.plan.zones.values()],
        "start_words": start_words(live["bands"]),
        "may": {
            right: may(right)
            for right in (
                "start",
                "acknowledge",
                "dismiss",
                "note",
                "close",
                "release",
                "lock",
                "measure",
                "selftest",
                "configure",
                "export",
                "assets",
                "assets-write",
                "coordinate",
                "respond",
                "report-room",
            )
        },
        "first_live": first,
        "title_of": lambda title: say("{title}, {campus}", title=title, campus=live["campus"]),
    }
