"""Test presses: the tested path's evidence, for the tester's screen and nobody else's alarm. Pure.

A test reaches nothing but this: what the record heard of it, with its time (the contract's section 1).
"""

from typing import Any, Final

from edge.web.pages import times
from edge.web.pages.responses import name
from edge.web.pages.scene import Scene
from edge.web.sight import is_silent
from rules.model.ids import ButtonId
from rules.state import PressMemory

Document = dict[str, Any]

SHOWN_MS: Final = 5 * 60_000
"""How long a test press stands at home: for the tester to come back to a screen. Its button's page keeps it for a day."""
MOST: Final = 5


def tests_of(scene: Scene, button: ButtonId) -> list[Document]:
    """A button's test presses of the last day, the newest first: by a walk-test, or by a person's word."""
    memory = scene.state.record.buttons.get(button)
    found = [press for press in (memory.presses if memory else ()) if press.standing == "test"]
    rows = [_row(scene, button, press) for press in sorted(found, key=lambda press: -press.at.utc_us)]
    return [row for row in rows if row is not None][:MOST]


def tests_running(scene: Scene) -> list[Document]:
    """Test presses of the last minutes anywhere, the newest first."""
    rows = [row for button in scene.state.record.buttons for row in tests_of(scene, button)]
    return sorted(
        (row for row in rows if row["age_ms"] <= SHOWN_MS), key=lambda row: (row["age_ms"], row["key"])
    )


def _row(scene: Scene, button: ButtonId, press: PressMemory) -> Document | None:
    planned = scene.plan.buttons.get(button)
    ask = (planned.asks.get(press.gesture) or planned.highest) if planned else None
    if ask is not None and is_silent(scene.plan, ask.response) and not scene.duress:
        return None
    at_ms = press.at.utc_us // 1_000
    return {
        "key": f"{button}-{at_ms}",
        "button": button,
        "name": planned.name if planned else button,
        "at": times.clock(at_ms, scene.zone),
        "age_ms": max(0, scene.now_ms - at_ms),
        "gesture": press.gesture if planned and press.gesture in planned.asks else "",
        "asks": name(ask.response) if ask else "",
    }
