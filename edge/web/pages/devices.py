"""Buttons, inputs and controllers: what is known of them, with its age."""

from collections.abc import Mapping
from typing import Any, Final

from edge.web.pages import times
from edge.web.pages.language import _, say
from edge.web.pages.responses import name
from edge.web.pages.scene import Scene
from edge.web.pages.tested import tested
from edge.web.pages.testing import tests_of
from rules.model.ids import ButtonId, ControllerId, InputId

Document = dict[str, Any]

SUPERVISION: Final[Mapping[str, tuple[str, str, str]]] = {
    # word, symbol, what to do
    "heard": ("heard", "", ""),
    "silent": ("silent", "noanswer", "A press there may not arrive: change its battery, then test it."),
    "offline": ("offline", "noanswer", "It said it is offline: check its power and network, then test it."),
    "unknown": (
        "not heard since start",
        "unknown",
        "Nobody knows whether a press there arrives: press it in a walk-test.",
    ),
    "unsupervised": (
        "cannot be supervised",
        "unconfirmed",
        "Its model does not report in time: test it by hand.",
    ),
}
INPUT_KINDS: Final[Mapping[str, str]] = {
    "fire-alarm": "Fire alarm",
    "rex": "Exit sensor",
    "exit-button": "Exit button",
    "glass-break": "Glass break",
    "tamper": "Tamper",
}
INPUT_STATES: Final[Mapping[str, tuple[str, str, str]]] = {
    # word, tone, symbol
    "active": ("active", "look", "active"),
    "quiet": ("quiet", "calm", ""),
    "unsure": ("cannot be trusted", "unk", "stale"),
    "unread": ("not read yet", "unk", "unknown"),
}
INPUT_SAYS: Final[Mapping[tuple[str, str], str]] = {
    ("fire-alarm", "active"): "Locks that the fire rule covers are free for people to leave.",
    ("fire-alarm", "unsure"): "It counts as active: check the relay and its wiring at once.",
    ("rex", "active"): "Somebody is at the door from inside.",
    ("exit-button", "active"): "Somebody is leaving there.",
    ("glass-break", "active"): "Glass broke there, or the sensor thinks so. Look.",
    ("tamper", "active"): "A cover is open. Look.",
}
CODES: Final[Mapping[str, str]] = {
    "up": "answers",
    "not_heard": "was not heard since start",
    "silent": "does not answer",
    "unreachable": "cannot be reached",
    "reset": "hung up",
    "refused": "refused to talk",
    "garbage": "answers with what cannot be read",
}


NOT_READ: Final = (
    "Its wire is not read. A press there may not arrive: check its controller and wire, then test it."
)


def button_row(scene: Scene, button: Document) -> Document:
    """One row of a list of buttons."""
    state = "test" if button["walk_test"] else button["supervision"]
    word, symbol, says = SUPERVISION.get(
        state, ("in a walk-test", "", "Until it ends, a press there calls nobody.")
    )
    if state == "silent" and button["path"] == "wired":
        says = NOT_READ
    unheard = state == "test" and button["supervision"] not in ("heard", "unsupervised")
    heard = _("It is not heard now.") if unheard else ""
    tone = {"heard": "calm", "test": "test"}.get(state, "unk")
    battery = button["battery"]
    planned = scene.plan.buttons.get(ButtonId(button["id"]))
    return {
        "id": button["id"],
        "name": button["name"],
        "called": button["name"],
        "where": button["room"]
        if button["room"] and button["room"] not in button["name"]
        else scene.zone_name(button["zone"]),
        "word": _(word),
        "symbol": symbol,
        "tone": tone,
        "says": f"{_(says)} {heard}".strip(),
        "age_ms": button["heard_ms"] if button["path"] == "mqtt" else None,
        "wired": button["path"] == "wired",
        "old": tone == "unk",
        # What can never be supervised is a standing flag, and would only hide the others here; a walk-test has its own card.
        "needs": tone != "calm" and state != "unsupervised" and (state != "test" or unheard),
        "battery": battery,
        "controller": planned.wired.controller if planned and planned.wired else "",
        "asks": [
            {"gesture": gesture, "response": name(ask["response"]), "zone": scene.zone_name(ask["zone"])}
            for gesture, ask in button["gestures"].items()
        ],
    }


def buttons_view(scene: Scene, of: str = "") -> Document:
    """All buttons: those not proven first."""
    rows = [button_row(scene, one) for one in scene.picture["buttons"]]
    rows.sort(key=lambda row: (row["tone"] == "calm", row["tone"] == "test", row["name"]))
    return {"rows": rows, "need": sum(row["tone"] == "unk" for row in rows)}


def button_view(scene: Scene, of: str) -> Document | None:
    """One button; None: there is none of this id."""
    found = next((one for one in scene.picture["buttons"] if one["id"] == of), None)
    planned = scene.plan.buttons.get(ButtonId(of))
    if found is None or planned is None:
        return None
    limit_us = planned.silence_limit_us
    return {
        "row": button_row(scene, found),
        "zone": scene.zone_name(found["zone"]),
        "limit": say("{n} s", n=limit_us // 1_000_000) if limit_us is not None else "",
        "escalation": say(
            "{n} presses within {s} s ask for: {response}",
            n=planned.escalation.presses,
            s=planned.escalation.within_us // 1_000_000,
            response=name(planned.escalation.ask.response),
        )
        if planned.escalation
        else "",
        "walk_tests": [one for one in scene.picture["walk_tests"] if one["button"] == of],
        "tests": tests_of(scene, ButtonId(of)),
        "proven_ms": scene.since_ms(max(found["last_proven"].values(), default=None)),
        "tested": tested(scene, f"button:{of}"),
    }


def input_row(scene: Scene, one: Document) -> Document:
    """One row of the list of inputs. shown_home: it is not as quiet as it should be."""
    word, tone, symbol = INPUT_STATES.get(one["state"], (one["state"], "unk", "unknown"))
    quiet_kind = one["kind"] in ("rex", "exit-button")
    where = [scene.zone_name(zone) for zone in one["zones"]] + _doors(scene, one["doors"])
    return {
        "id": one["id"],
        "kind": _(INPUT_KINDS.get(one["kind"], one["kind"])),
        "called": called(scene, one["id"]),
        "fire": one["kind"] == "fire-alarm",
        "word": _(word),
        "tone": tone,
        "symbol": symbol,
        "says": _(INPUT_SAYS.get((one["kind"], one["state"]), "")),
        "age_ms": one["age_ms"],
        "old": tone == "unk",
        "controller": one["controller"],
        "where": ", ".join(where[:4]) + (" …" if len(where) > 4 else ""),
        "shown_home": tone != "calm" and not (quiet_kind and one["state"] == "active"),
    }


def called(scene: Scene, name: str) -> str:
    """`Exit sensor (rex-101)`: what an input is, before what whoever repairs it calls it."""
    planned = scene.plan.inputs.get(InputId(name))
    return f"{_(INPUT_KINDS.get(planned.kind, planned.kind))} ({name})" if planned else name


def _doors(scene: Scene, doors: list[str]) -> list[str]:
    return [str(planned.name) for one, planned in scene.plan.doors.items() if one in doors]


def inputs_view(scene: Scene, of: str = "") -> Document:
    """All inputs: fire first, then what is not quiet."""
    rows = [input_row(scene, one) for one in scene.picture["inputs"]]
    rows.sort(key=lambda row: (row["tone"] == "calm", row["kind"], row["id"]))
    return {"rows": rows}


def controller_row(scene: Scene, one: Document) -> Document:
    """One row of the list of controllers."""
    doors = one["doors"]
    code = one["code"]
    return {
        "id": one["id"],
        "driver": one["driver"],
        "up": one["up"],
        "tone": "calm" if one["up"] else "unk",
        "symbol": "" if one["up"] else "noanswer",
        "word": _("answers") if one["up"] else _(CODES.get(code, "does not answer")),
        "code": "" if one["up"] or code in CODES else code,
        "doors": doors,
        "since_ms": times.ms_of(one["since"]) if one["since"] else None,
        "since": scene.full(one["since"]),
        # Of one that answers this is no age of anything read: it says since when.
        "age_ms": scene.since_ms(one["since"]),
        "from": "" if not one["up"] else scene.full(one["since"]),
    }


def controllers_view(scene: Scene, of: str = "") -> Document:
    """All controllers: those that do not answer first."""
    rows = [controller_row(scene, one) for one in scene.picture["controllers"]]
    rows.sort(key=lambda row: (row["up"], row["id"]))
    return {"rows": rows, "down": sum(not row["up"] for row in rows)}


def controller_view(scene: Scene, of: str) -> Document | None:
    """One controller, with what hangs on it; None: there is none of this id."""
    from edge.web.pages.verdicts import door_row, worst_first

    found = next((one for one in scene.picture["controllers"] if one["id"] == of), None)
    planned = scene.plan.controllers.get(ControllerId(of))
    if found is None or planned is None:
        return None
    doors = [door_row(scene, one) for one in scene.picture["doors"] if one["controller"] == of]
    inputs = [input_row(scene, one) for one in scene.picture["inputs"] if one["controller"] == of]
    return {
        "row": controller_row(scene, found),
        "mounted": planned.mounted,
        "doors": sorted(doors, key=worst_first),
        "inputs": inputs,
        "outputs": [one["id"] for one in scene.picture["outputs"] if _on(scene, one["id"], of)],
    }


def _on(scene: Scene, output: str, controller: str) -> bool:
    return any(
        one.id == output and one.point is not None and one.point.controller == controller
        for one in scene.plan.outputs.values()
    )
