"""The product's own button format (contract section 4): `{topic}/press` and `{topic}/status`. Pure."""

from drivers.buttons import fields
from drivers.buttons.parsed import NOTHING, Parsed, Press, Status, Unreadable
from drivers.buttons.words import UNREADABLE_WORD, Words

WORDS = Words(
    gestures={},
    edges=frozenset(
        {"down", "up", "release", "released", "btn_down", "btn_up", "button_down", "button_up", "none"}
    ),
)


def parse_press(payload: bytes) -> Parsed:
    """`{"press_id", "gesture", "at": RFC 3339 or absent}`. Raises `Unreadable`."""
    if not payload:
        return NOTHING  # a retained message being cleared
    message = fields.json_object(payload)
    word = message.get("gesture")
    if isinstance(word, str):
        gesture = WORDS.gesture(word)
    elif "press_id" in message:
        # What counts its presses was pressed, whatever became of the word: it is one that is not listed.
        gesture = UNREADABLE_WORD
    else:
        raise Unreadable("gesture_missing" if word is None else "gesture_unreadable")
    if gesture is None:
        return NOTHING
    press = Press(
        gesture,
        press_id=fields.press_id(message.get("press_id")),
        device_at_us=fields.rfc3339(message.get("at")),
    )
    return Parsed(presses=(press,))


def parse_status(payload: bytes) -> Parsed:
    """`{"battery": 0-100, "at"}`, or the last will `{"online": false}`. Raises `Unreadable`."""
    if not payload:
        return NOTHING
    message = fields.json_object(payload)
    online = message.get("online")
    return Parsed(
        status=Status(
            battery=fields.battery(message.get("battery")),
            online=online if isinstance(online, bool) else None,
            device_at_us=fields.rfc3339(message.get("at")),
        )
    )
