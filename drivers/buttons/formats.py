"""Bytes to presses and statuses, by the format a button was declared with and never by guess. Pure, total."""

from typing import Literal, assert_never

from drivers.buttons import chirpstack, native, shelly, tasmota, zigbee2mqtt
from drivers.buttons.parsed import Parsed, Unreadable

Format = Literal["native", "zigbee2mqtt", "chirpstack", "shelly", "tasmota"]
Channel = Literal["press", "status"]
"""Only native buttons have a status topic of their own; all else comes on the press channel."""


def parse(format_: Format, channel: Channel, topic: str, payload: bytes) -> Parsed:
    """What the message says. Never raises: what cannot be read has `refused` set to a code."""
    try:
        match format_:
            case "native":
                return native.parse_press(payload) if channel == "press" else native.parse_status(payload)
            case "zigbee2mqtt":
                return zigbee2mqtt.parse(payload)
            case "chirpstack":
                return chirpstack.parse(payload)
            case "shelly":
                return shelly.parse(payload)
            case "tasmota":
                return tasmota.parse(payload, topic)
            case _:
                assert_never(format_)
    except Unreadable as refusal:
        return Parsed(refused=refusal.code)
