"""Words for the district's flags: what happened, what still works, what to do."""

from collections.abc import Mapping
from typing import Any, Final

FLAGS: Final[Mapping[str, tuple[str, str]]] = {
    "district_away": (
        "The district's hub does not answer",
        "Everything on campus works, nothing is lost: the record waits here ({0}). Look at the line out, then ask them.",
    ),
    "district_refused": (
        "The district's hub refuses this campus",
        "Everything on campus works, and the record waits here. It said {0}: ask the district for a token, or for what it means.",
    ),
    "district_unsigned": (
        "A directive came that the district's hub did not sign",
        "Nothing of it was looked at, and none behind it is taken. The record goes up as before: ask the district for its key.",
    ),
    "district_halted": (
        "The district holds another record of this campus",
        "Everything on campus works; nothing is sent until a person has looked ({0}). A box was restored, copied or changed: "
        "keep both records, and call the district.",
    ),
}

_TROUBLE: Final[Mapping[str, str]] = {
    "": "",
    "district_away": "does not answer",
    "district_refused": "refuses this campus",
    "district_halted": "holds another record of this campus and takes nothing until a person has looked",
}


def standing(told: Mapping[str, Any]) -> str:
    """One line for people: which hub, how it goes, what waits. told: `edge.district_link.DistrictLink.told`."""
    waiting = told["waiting"]
    held = {None: "how much of the record it has is not known", 0: "it has the whole record"}.get(
        waiting, f"{waiting} events of the record wait here"
    )
    trouble = _TROUBLE.get(told["trouble"], told["trouble"])
    if not trouble:
        return f"District: {told['hub']} answers; {held}."
    heard = "never since this start" if told["heard_s"] is None else f"{told['heard_s']} s ago"
    return f"District: {told['hub']} {trouble} ({told['why']}; last heard {heard}); {held}. Nothing is lost."
