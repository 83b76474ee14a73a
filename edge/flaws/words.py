"""Firmware in words, for CLI and page: states and reasons as sentences. A code without words is shown as it is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

STATES: Final[Mapping[str, str]] = {
    "tested": "tested",
    "untested": "not tested",
    "unknown": "UNKNOWN",
    "end_of_life": "END OF LIFE",
    "unsupported": "UNSUPPORTED",
    "known_flaw": "FLAWED",
    "known_exploited": "EXPLOITED",
}
REASONS: Final[Mapping[str, str]] = {
    "no_model": "the configuration does not say its model",
    "no_note": "there is no firmware note for {0}",
    "cannot_tell": "this family cannot say what it is",
    "not_told": "it has not said what it is",
    "no_firmware": "it does not say its firmware",
    "below_minimum": "its firmware is older than {0}, the oldest that this product supports",
    "minimum_unordered": "nobody can tell whether its firmware is older than {0}",
    "none_tested": "no firmware of this family was tested with this product",
    "not_tested": "this firmware was not tested with this product; {0} was",
    "other_model": "it says that it is a {1}; configured is {0}",
    "support_unknown": "until when its vendor supports it was not found",
    "support_ended": "its vendor's support ended on {0}",
    "no_cpe": "flaws of this family are published under no name that we know",
    "no_name": "flaws of this very model are published under no name that we know",
    "no_bundle": "no list of published flaws was brought",
    "flaw": "{0} is in this firmware",
    "flaw_unstated": "{0} names this model and no version: ask its vendor",
    "flaw_unordered": "{0} names this product; nobody can tell whether this version",
}


def reason(code: str, args: Sequence[str]) -> str:
    """Why a device is in a state, in words."""
    text = REASONS.get(code)
    said = code if text is None else text.format(*args, *("?" for _ in range(3)))
    return f"{said} (attackers use it)" if "exploited" in args[1:] else said


def firmware_of(device: Mapping[str, Any]) -> str:
    """What a device of the `firmware` document says of itself, in a line."""
    said = device["said"]
    if said is None:
        return ""
    return " ".join(one for one in (said["vendor"], said["model"], said["firmware"]) if one)
