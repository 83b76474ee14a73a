"""MQTT payloads of buttons: a press only from what an independent strict reading takes for one, and nothing in silence."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from drivers.buttons.formats import Channel, Format
from drivers.buttons.heard import Arrived, events
from drivers.buttons.settings import ButtonTopic
from rules.model.events import ButtonEvent, MessageRefused, PressHeard, StatusHeard
from rules.model.ids import ButtonId
from rules.model.moments import Instant
from tests.fuzz import strict

FORMATS: Final[tuple[tuple[Format, Channel, str], ...]] = (
    ("native", "press", "campus/button/pb/press"),
    ("native", "status", "campus/button/pb/status"),
    ("zigbee2mqtt", "press", "zigbee2mqtt/pb"),
    ("chirpstack", "press", "application/7/device/24e124535b000203/event/up"),
    ("shelly", "press", "shellyplusi4-gym/events/rpc"),
    ("tasmota", "press", "stat/desk/BUTTON1"),
    ("tasmota", "press", "stat/desk/RESULT"),
)
MOST_PRESSES: Final = 256
"""Of one message. Real ones say one or two; each costs a row in the record."""
LONGEST: Final = 64 * 1024
NOON: Final = Instant(1_764_000_000_000_000, 1_000_000)
_GESTURE = re.compile(r"[a-z0-9._:-][a-z0-9._:_-]{0,63}")
_PRESS_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def one(data: bytes) -> None:
    """The first byte chooses the format; the rest is the payload."""
    if data:
        format_, channel, topic = FORMATS[data[0] % len(FORMATS)]
        check(format_, channel, topic, data[1:], heard(format_, channel, topic, data[1:]))


def heard(format_: Format, channel: Channel, topic: str, payload: bytes) -> list[ButtonEvent]:
    """What the product makes of a message."""
    button = ButtonTopic(ButtonId("pb"), topic.removesuffix("/press").removesuffix("/status"), format_)
    return events([button], channel, Arrived(topic, payload, 1, False, 1), NOON, 0)


def check(format_: Format, channel: Channel, topic: str, payload: bytes, said: list[ButtonEvent]) -> None:
    """Raises AssertionError where the product believed, lost or made up something."""
    presses = [event for event in said if isinstance(event, PressHeard)]
    refused = [event for event in said if isinstance(event, MessageRefused)]
    statuses = [event for event in said if isinstance(event, StatusHeard)]
    assert len(presses) <= MOST_PRESSES, f"{len(presses)} presses from one message"
    assert len(refused) <= 1
    assert len(statuses) <= 1
    for press in presses:
        _in_bounds(press)
    for status in statuses:
        assert status.battery is None or 0 <= status.battery <= 100
    if not payload:
        assert not said, "a retained message that is being cleared says nothing"
        return
    try:
        if len(payload) > LONGEST:
            raise strict.Refused("too long")
        message = strict.json(payload)
        if not isinstance(message, dict):
            raise strict.Refused("no object")
    except strict.Refused:
        assert not presses, "a press from what is no message"
        assert refused, "a message that cannot be read is not recorded"
        return
    words = _words(format_, message)
    if channel == "status":
        assert not presses, "a press from a status"
        assert statuses or refused
    elif not words:
        assert not presses, f"a press that nobody made: {presses[0].gesture}"
    else:
        assert len(presses) <= len(words)
        clear = [word for word in words if _GESTURE.fullmatch(word) and word in _CLEAR[format_]]
        assert presses or refused or not clear, f"a press was lost in silence: {clear}"


def _in_bounds(press: PressHeard) -> None:
    assert _GESTURE.fullmatch(press.gesture), press.gesture
    assert press.press_id is None or _PRESS_ID.fullmatch(press.press_id)
    assert press.counter is None or 0 <= press.counter <= 2**53
    assert press.device_at_us is None or 0 <= press.device_at_us <= 2**53
    assert press.delivery is None
    assert not press.retained


_CLEAR: Final[dict[Format, frozenset[str]]] = {
    "native": frozenset({"single", "double", "triple", "hold"}),
    "zigbee2mqtt": frozenset({"single", "double", "hold", "emergency"}),
    "chirpstack": frozenset({"1", "2", "3", "short", "double", "long"}),
    "shelly": frozenset({"single_push", "double_push", "triple_push", "long_push", "s", "ss", "l"}),
    "tasmota": frozenset({"single", "double", "hold"}),
}
"""Words of which nobody could say that they are no press."""


def _words(format_: Format, message: Mapping[str, strict.Json]) -> list[str]:
    """Every word in the place where this format's documentation has the gesture."""
    match format_:
        case "native":
            word = message.get("gesture")
            return [word] if isinstance(word, str) else ["unreadable"] if "press_id" in message else []
        case "zigbee2mqtt":
            word = message.get("action")
            return [word] if isinstance(word, str) else []
        case "chirpstack":
            return _uplink(message)
        case "shelly":
            return _shelly(message)
        case "tasmota":
            return [word.lower() for word in _tasmota(message)]


def _uplink(message: Mapping[str, strict.Json]) -> list[str]:
    device, decoded = message.get("deviceInfo"), message.get("object")
    if not isinstance(device, dict) or not device.get("devEui"):
        return []
    words: list[str] = []
    if isinstance(decoded, dict):
        pressed = decoded.get("button_event")
        for value in (pressed.get("status") if isinstance(pressed, dict) else None, decoded.get("press")):
            if isinstance(value, str):
                words.append(value)
            elif isinstance(value, strict.Number) and re.fullmatch(r"-?\d+", value.text):
                words.append(value.text)
    data = message.get("data")
    if isinstance(data, str):
        try:
            octets = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            octets = b""
        words += [str(octets[at + 2]) for at in range(len(octets) - 2) if octets[at : at + 2] == b"\xff\x2e"]
    # The decoder's word stands before the device's bytes, and a decoder that gave the battery has read those as well.
    unclear = len(words) > 1 or (isinstance(decoded, dict) and "battery" in decoded)
    return [f"{word}?" for word in words] if unclear else words


def _shelly(message: Mapping[str, strict.Json]) -> list[str]:
    method = message.get("method")
    if method is None:
        word = message.get("event")
        return [word.lower()] if isinstance(word, str) else []
    params = message.get("params")
    listed = params.get("events") if method == "NotifyEvent" and isinstance(params, dict) else None
    found = (
        [each.get("event") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    )
    return [word for word in found if isinstance(word, str)]


def _tasmota(message: Mapping[str, strict.Json]) -> list[str]:
    found: list[strict.Json] = []
    for name, value in message.items():
        if name.lower() == "action":
            found.append(value)
        if re.fullmatch(r"(button|switch)[0-9]{0,2}", name.lower()) and isinstance(value, dict):
            found += [inner for key, inner in value.items() if key.lower() == "action"]
    # One that is no text spoils the message: it is refused whole, and recorded.
    return [str(word) for word in found] if all(isinstance(word, str) for word in found) else []


def seeds() -> list[bytes]:
    """The captured messages, and what the formats' own tests found worth a test."""
    found: list[bytes] = []
    for file in sorted((Path(__file__).parents[1] / "fixtures" / "buttons").glob("*.json")):
        captured = json.loads(file.read_text())
        payload = json.dumps(captured["payload"], separators=(",", ":")).encode()
        which = next(
            number
            for number, (format_, channel, _) in enumerate(FORMATS)
            if (format_, channel) == (captured["format"], captured["channel"])
        )
        found.append(bytes((which,)) + payload)
    many = {"method": "NotifyEvent", "params": {"events": [{"component": "input:0", "event": "a"}] * 300}}
    found.append(b"\x04" + json.dumps(many).encode())
    found += [bytes((which,)) + b"[" * 4_000 for which in (0, 3)]
    return found
