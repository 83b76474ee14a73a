"""What is said of tabletop exercises, on page, command line and API."""

from collections.abc import Mapping
from typing import Final

BANNER: Final = "TABLETOP \N{EN DASH} a replay, nothing is live"
"""On every page and answer of one."""

REFUSALS: Final[Mapping[str, str]] = {
    "unknown_tabletop": "No tabletop of this name is under way; nothing was changed. The page Tabletop lists them.",
    "too_many_tabletops": "Four tabletops are under way, which is all there is room for; end one first.",
    "bad_tabletop_minutes": "A tabletop lasts 1 to 480 minutes; nothing was begun.",
    "tabletop_full": "There is no room for more of this in one tabletop; nothing was added. End it and begin another.",
    "tabletop_elsewhere": "A tabletop moves no door: begin it on the page Tabletop, or log one that was held on paper.",
    "tabletop_busy": "Another tabletop is being made; nothing was begun. Try again in a minute.",
    "tabletop_not_made": "The film could not be made: {why}. Nothing was begun; doors and presses work.",
    "unknown_scenario": "There is no written incident of this name; nothing was begun. The page Tabletop lists them.",
    "scenario_changed": "The written incident was changed since this tabletop began. End it and begin another.",
    "scenario_wrong": "The written incident may not be as it stands: {lines}. Nothing of it counts.",
    "bad_scenario_name": "A name is 1 to 64 small letters, digits and hyphens, and none of those that ship; nothing was kept.",
    "too_many_scenarios": "50 written incidents are kept, which is all there is room for; remove one of their files first.",
    "unknown_incident_over": "No incident of this id that is over is in the record; nothing was begun.",
    "incident_long_ago": "What the record has of this incident cannot be read now; nothing was begun. Try again.",
    "bad_inject": "This tabletop has no such question yet; nothing was added.",
}

ENDS: Final[Mapping[str, str]] = {
    "asked": "ended by its table",
    "real_incident": "ended by a real incident",
    "time": "its time was over",
    "boot": "the box was started anew",
}

DOES: Final[Mapping[str, str]] = {"incident": "a past incident", "scenario": "a written incident"}
