"""What a fire alarm does to doors, as lists of names. Pure."""

from typing import Any

from edge.fire_effect import fire_effects
from edge.web.pages.scene import Scene

Document = dict[str, Any]


def fire_rows(scene: Scene) -> list[Document]:
    """One for each fire input that is active or cannot be read."""
    return [
        {
            "input": one["input"],
            "released": [door["name"] for door in one["released"]],
            "unproven": [door["name"] for door in one["released"] if door["free"] is not True],
            "powered": [door["name"] for door in (*one["released"], *one["latched"]) if door["powered"]],
            "latched": [door["name"] for door in one["latched"]],
            "stay_locked": [door["name"] for door in one["stay_locked"] if door["locked"]],
            "unknown": [door["name"] for door in one["stay_locked"] if not door["locked"]],
            "held": [door["name"] for door in one["held"]],
        }
        for one in fire_effects(scene.plan, scene.state)
    ]
