"""Zigbee2MQTT's JSON for a button: `{"action": "single", "battery": 87, "linkquality": 120}`. Pure.

Source: zigbee2mqtt.io, devices/TS0215A_sos and its sister pages. It gives neither an id, a counter nor a
time of the press (`last_seen` is the bridge's), so that an arrival 1 s after an equal one is a new press.
"""

from drivers.buttons import fields
from drivers.buttons.parsed import NOTHING, Parsed, Press, Status, Unreadable
from drivers.buttons.words import Words

WORDS = Words(
    gestures={
        "single": "single",
        "double": "double",
        "triple": "triple",
        "tripple": "triple",
        "quadruple": "quadruple",
        "hold": "hold",
        "long": "hold",
        "long_press": "hold",
        "emergency": "emergency",
    },
    edges=frozenset({"none", "null", "release", "released", "button_down", "button_up", "wakeup"}),
    # Not `brightness_move_up`: it is what IKEA's one-button E1812 says when it is held. Its release is `brightness_stop`.
    edge_prefixes=("release_",),
    edge_suffixes=("_release", "_released", "_stop"),
    numbered=True,
)


def parse(payload: bytes) -> Parsed:
    """A press where `action` is a gesture; a status where there is a battery or no press. `Unreadable`."""
    if not payload:
        return NOTHING
    message = fields.json_object(payload)
    action = message.get("action")
    presses: tuple[Press, ...] = ()
    if action is not None:
        if not isinstance(action, str):
            raise Unreadable("action_unreadable")
        gesture = WORDS.gesture(action)
        presses = () if gesture is None else (Press(gesture),)
    status = Status(battery=fields.battery(message.get("battery")))
    return Parsed(presses=presses, status=None if presses and status.battery is None else status)
