"""ChirpStack v4 uplinks of a LoRaWAN button, Milesight WS101: `application/<id>/device/<eui>/event/up`. Pure.

Source: chirpstack.io docs, integrations/mqtt, integration.proto (JSON mapping); payload by
Milesight-IoT/SensorDecoders, ws-series/ws101 README. `button_event.msgid` is a random number made by the
decoder: it is never read. The frame counter and the network's time tell two presses apart.
"""

import base64
import binascii
from collections.abc import Mapping

from drivers.buttons import fields
from drivers.buttons.parsed import NOTHING, Parsed, Press, Status, Unreadable
from drivers.buttons.words import Words

WORDS = Words(
    gestures={
        "short press": "single",
        "double press": "double",
        "long press": "hold",
        "short": "single",
        "double": "double",
        "long": "hold",
        "1": "single",
        "2": "hold",
        "3": "double",
    },
    edges=frozenset({"none", "release", "released"}),
)
_WS101_LENGTHS: Mapping[tuple[int, int], int] = {
    (0xFF, 0x01): 1,  # protocol version
    (0xFF, 0x08): 6,  # serial number
    (0xFF, 0x09): 2,  # hardware version
    (0xFF, 0x0A): 2,  # firmware version
    (0xFF, 0x0B): 1,  # power on
    (0xFF, 0x0F): 1,  # LoRaWAN class
    (0xFF, 0xFE): 1,  # reset
    (0xFF, 0xFF): 2,  # TSL version
    (0xFF, 0x03): 2,  # answers to downlinks from here on
    (0xFF, 0x10): 1,
    (0xFF, 0x28): 1,
    (0xFF, 0x2F): 1,
    (0xFF, 0x3E): 1,
    (0xFF, 0x74): 1,
    (0xFE, 0x03): 2,
    (0xFE, 0x10): 1,
    (0xFE, 0x28): 1,
    (0xFE, 0x2F): 1,
    (0xFE, 0x3E): 1,
    (0xFE, 0x74): 1,
}
"""Data bytes by (channel, type); battery and press are read apart. SensorDecoders ws101, table Attribute."""
_BATTERY, _PRESS = (0x01, 0x75), (0xFF, 0x2E)


def parse(payload: bytes) -> Parsed:
    """Presses and battery of one uplink; one without either is a sign of life. Raises `Unreadable`."""
    if not payload:
        return NOTHING
    message = fields.json_object(payload)
    if not fields.mapping(message.get("deviceInfo")).get("devEui"):
        raise Unreadable("not_an_uplink")
    at = fields.rfc3339(message.get("time"))
    words, level = _decoded(fields.mapping(message.get("object")))
    refused: str | None = None
    if not words:
        # No codec, or one that drops the press: the device's own bytes are asked.
        try:
            words, raw_level, whole = _raw(message.get("data"))
            # A press may stand behind what we do not know. A codec that gave the battery has read the rest as well.
            refused = None if whole or words or level is not None else "data_unknown"
        except Unreadable:
            if level is None:
                raise
            raw_level = None
        level = raw_level if level is None else level
    count = fields.counter(message.get("fCnt"))
    gestures = [gesture for word in words if (gesture := WORDS.gesture(word)) is not None]
    return Parsed(
        presses=tuple(Press(gesture, counter=count, device_at_us=at) for gesture in gestures),
        status=None if gestures and level is None else Status(battery=level, device_at_us=at),
        refused=refused,
    )


def _decoded(decoded: Mapping[str, object]) -> tuple[list[str], int | None]:
    candidates = (fields.mapping(decoded.get("button_event")).get("status"), decoded.get("press"))
    words = [str(word) for word in candidates if isinstance(word, str | int) and not isinstance(word, bool)]
    return words[:1], fields.battery(decoded.get("battery"))


def _raw(data: object) -> tuple[list[str], int | None, bool]:
    """WS101 channels: (words, battery, whether all was read). Stops at the first unknown one; refuses where nothing
    was read before it."""
    if data is None or data == "":
        return [], None, True  # MAC commands only
    if not isinstance(data, str):
        raise Unreadable("data_unreadable")
    try:
        octets = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as err:
        raise Unreadable("data_unreadable") from err
    words: list[str] = []
    level: int | None = None
    known = False
    at = 0
    while at + 2 < len(octets):
        kind = (octets[at], octets[at + 1])
        if kind == _BATTERY:
            level = fields.battery(octets[at + 2])
            at += 3
        elif kind == _PRESS:
            words.append(str(octets[at + 2]))
            at += 3
        elif kind in _WS101_LENGTHS:
            at += 2 + _WS101_LENGTHS[kind]
        else:
            break
        known = True
    if not known:
        raise Unreadable("data_unknown")
    # One frame has one counter and one time: equal presses in it are one, however often it says so.
    return list(dict.fromkeys(words)), level, at >= len(octets)
