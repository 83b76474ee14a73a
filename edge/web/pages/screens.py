"""The screens there are: each a template, a pure view, and the parts of it that the stream may send anew."""

from collections.abc import Callable
from typing import Any, Final

from edge.web.pages.cameras import camera_view, cameras_view
from edge.web.pages.campus import campus_view
from edge.web.pages.classroom import classroom_view, rooms_view
from edge.web.pages.devices import (
    button_view,
    buttons_view,
    controller_view,
    controllers_view,
    inputs_view,
)
from edge.web.pages.doors import door_view, doors_view
from edge.web.pages.flags import flag_view, flags_view
from edge.web.pages.incident import incident_view
from edge.web.pages.map_view import map_view
from edge.web.pages.post import post_view
from edge.web.pages.readiness import readiness_view
from edge.web.pages.responder import responder_view
from edge.web.pages.scene import Scene
from rules.model.values import dataclass
from rules.rights import Right

Document = dict[str, Any]


def _nothing(scene: Scene, of: str) -> Document | None:
    return {}


@dataclass(frozen=True, slots=True)
class Screen:
    """view: what the template needs beside the frame; None: there is nothing of this id.

    parts: `templates/parts/NAME.html`, made from frame and view alone, never holding a form that is typed into.
    """

    name: str
    template: str
    parts: tuple[str, ...] = ()
    view: Callable[[Scene, str], Document | None] = _nothing
    right: Right = "look"
    """What its stream asks for, beside `look`."""


SCREENS: Final = {
    one.name: one
    for one in (
        Screen("campus", "campus.html", ("state", "look", "zones", "devices", "meters"), campus_view),
        Screen(
            "incident",
            "incident.html",
            (
                "post_line",
                "count",
                "ledger",
                "faults",
                "places",
                "wrong",
                "seen",
                "who",
                "evidence",
                "timeline",
            ),
            incident_view,
        ),
        Screen(
            "post",
            "post.html",
            (
                "post_roles",
                "post_rooms",
                "count",
                "post_map",
                "post_timers",
                "post_tasks",
                "post_failed",
                "post_statements",
                "post_notes",
                "wrong",
                "seen",
            ),
            post_view,
            "coordinate",
        ),
        Screen(
            "responder",
            "responder.html",
            (
                "responder_where",
                "responder_map",
                "responder_doors",
                "responder_locked",
                "responder_people",
                "seen",
            ),
            responder_view,
            "respond",
        ),
        Screen("classroom", "classroom.html", ("classroom",), classroom_view, "report-room"),
        Screen("classrooms", "classrooms.html", (), rooms_view, "report-room"),
        Screen("doors", "doors.html", ("doors",), doors_view),
        Screen("door", "door.html", ("door",), door_view),
        Screen("buttons", "buttons.html", ("buttons",), buttons_view),
        Screen("button", "button.html", ("button",), button_view),
        Screen("inputs", "inputs.html", ("inputs",), inputs_view),
        Screen("controllers", "controllers.html", ("controllers",), controllers_view),
        Screen("controller", "controller.html", ("controller",), controller_view),
        Screen("cameras", "cameras.html", ("cameras",), cameras_view),
        Screen("camera", "camera.html", ("camera_state",), camera_view),
        Screen("map", "map.html", ("map", "map_doors"), map_view),
        Screen("flags", "flags.html", ("flags",), flags_view),
        Screen("flag", "flag.html", ("flag",), flag_view),
        Screen("readiness", "readiness.html", ("readiness",), readiness_view),
        Screen("plain", "plain.html"),
    )
}
"""`plain` stands for every page that shows nothing live of its own: forms, lists from the record."""
EVERYWHERE: Final = ("bands", "alerts", "waits")
"""Parts of every page, in this order: what is live and whether a press would work; what machines report and waits for a person;
presses that wait for one."""


def live_parts(screen: Screen) -> tuple[str, ...]:
    """All parts of a screen's page that may change by themselves."""
    return (*EVERYWHERE, *screen.parts)
