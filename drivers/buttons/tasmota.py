"""Tasmota with `SetOption73 1`: `stat/<t>/RESULT` since 9.1, `stat/<t>/BUTTON<x>` before. Pure.

Source: tasmota/docs, Buttons-and-Switches.md and Changelog of 9.1.0 ("JSON result from {"ACTION":"SINGLE"}
to {"Button1":{"Action":"SINGLE"}}"). It gives neither an id, a counter nor a time.
"""

import re

from drivers.buttons import fields
from drivers.buttons.parsed import NOTHING, Parsed, Press, Unreadable
from drivers.buttons.words import Words

WORDS = Words(
    gestures={
        "single": "single",
        "double": "double",
        "triple": "triple",
        "quad": "quadruple",
        "penta": "quintuple",
        "hold": "hold",
    },
    # OFF and CLEAR are what a switch in follow mode sends when it is let go; its ON is the press.
    edges=frozenset({"off", "clear", "none", "release"}),
)
_KEY = re.compile(r"(?:button|switch)\d{0,2}", re.ASCII)


def parse(payload: bytes, topic: str) -> Parsed:
    """The presses of one message. On a RESULT topic, where every answer passes, others are nothing.

    Raises `Unreadable`.
    """
    if not payload:
        return NOTHING
    message = fields.json_object(payload)
    lowered = {key.lower(): value for key, value in message.items()}
    actions = [lowered["action"]] if "action" in lowered else []
    for key, value in lowered.items():
        if _KEY.fullmatch(key):
            actions += [inner for name, inner in fields.mapping(value).items() if name.lower() == "action"]
    if not actions:
        if topic.rpartition("/")[2].upper() == "RESULT":
            return NOTHING
        raise Unreadable("action_missing")
    if not all(isinstance(action, str) for action in actions):
        raise Unreadable("action_unreadable")
    gestures = (WORDS.gesture(str(action)) for action in actions)
    return Parsed(presses=tuple(Press(gesture) for gesture in gestures if gesture is not None))
