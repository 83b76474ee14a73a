"""Somebody edits the configuration and has it read again (SIGHUP), well or badly, at the worst moment."""

import json
import signal
from copy import deepcopy
from typing import Final, Literal

from tests.faults.campus import Campus
from tests.faults.fault import Fault

Edit = Literal["as it was", "changed", "broken", "gone", "without a door"]
DOOR: Final = "tcp-2"


class Reloaded(Fault):
    """The file is read again: unchanged, with another name of the school, cut off in the middle, gone, or without a door.

    A door of a live incident may not go; without an incident it may, and comes back with the next reload.
    """

    def __init__(self, edit: Edit) -> None:
        self.name = f"reload, {edit}"  # type: ignore[misc]
        self._edit = edit

    def strike(self, campus: Campus) -> None:
        text = json.dumps(campus.tree, indent=1)
        tree = deepcopy(campus.tree)
        match self._edit:
            case "changed":
                tree["campus"]["name"] = "Flow School, renamed"
                text = json.dumps(tree, indent=1)
            case "broken":
                text = text[: len(text) // 2]
            case "without a door":
                tree["doors"] = [one for one in tree["doors"] if one["id"] != DOOR]
                text = json.dumps(tree, indent=1)
        if self._edit == "gone":
            campus.config.unlink(missing_ok=True)
        else:
            campus.config.write_text(text)
        campus.daemon.kill(signal.SIGHUP)

    def mend(self, campus: Campus) -> None:
        campus.config.write_text(json.dumps(campus.tree, indent=1))
        campus.daemon.kill(signal.SIGHUP)
